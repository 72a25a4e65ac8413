"""Which tests share what is dear: one FHIR server, one database, the answers to the generated records."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# Of one group all tests run in one process, so that what they share is made once; `make test` runs two processes.
GROUPS = {"generative": "records", "journeys": "fhir-server", "store": "database", "operations": "database"}


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if folder in GROUPS:
            item.add_marker(pytest.mark.xdist_group(GROUPS[folder]))
