"""The real FHIR server: one for each run of the tests; where it cannot run, the run says what was not tested."""

import os
from collections.abc import Iterator

import pytest

from tests.fhir_server import fhir_server, missing

_LEFT_OUT = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def fhir_base() -> Iterator[str]:
    """The base URL of a real FHIR server, empty at first."""
    if lacking := missing():
        pytest.fail(f"The tests against a real FHIR server cannot run: {lacking}.")
    with fhir_server() as base:
        yield base


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without Java and Maven leave out what needs the server, and remember to say so; not so where CI=true."""
    needy = [x for x in items if "fhir_base" in getattr(x, "fixturenames", ())]
    if not needy or os.environ.get("CI") == "true" or not (lacking := missing()):
        return
    items[:] = [x for x in items if x not in needy]
    config.hook.pytest_deselected(items=needy)
    config.stash[_LEFT_OUT] = f"NOT TESTED: {len(needy)} journeys against a real FHIR server: {lacking}."


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The one line on what was left out."""
    if said := config.stash.get(_LEFT_OUT, ""):
        terminalreporter.write_line(said, yellow=True, bold=True)
