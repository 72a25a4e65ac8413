"""The real FHIR server: one for each run of the tests; where it cannot run, the run says what was not tested."""

import os
from collections.abc import Iterator

import pytest

from tests.fhir_server import fhir_server, missing


@pytest.fixture(scope="session")
def fhir_base() -> Iterator[str]:
    """The base URL of a real FHIR server, empty at first."""
    if lacking := missing():
        pytest.fail(f"The tests against a real FHIR server cannot run: {lacking}.")
    with fhir_server() as base:
        yield base


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without Java and Maven leave out what needs the server; not so where CI=true."""
    needy = [x for x in items if "fhir_base" in getattr(x, "fixturenames", ())]
    if needy and _lacking():
        items[:] = [x for x in items if x not in needy]
        config.hook.pytest_deselected(items=needy)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The one line on what was left out."""
    if lacking := _lacking():
        said = f"NOT TESTED: the journeys against a real FHIR server: {lacking}."
        terminalreporter.write_line(said, yellow=True, bold=True)


def _lacking() -> str:
    return "" if os.environ.get("CI") == "true" else missing()
