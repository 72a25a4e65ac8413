"""A service of one's own."""

import pytest

from tests.support import CheckedClient, client


@pytest.fixture(scope="module")
def unhurried() -> CheckedClient:
    """A client of a service that was sent nothing yet: the one that tests share may have had its fill of feedback."""
    return client.__wrapped__()
