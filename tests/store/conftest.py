"""Every test of the store runs on SQLite and on PostgreSQL, unless it is about one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.places import Place
from tests.store.postgresql import Server, server


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty database, and a folder of the service."""
    url = f"sqlite:///{tmp_path}/data/decisions.sqlite" if request.param == "sqlite" else server().database()
    made = Place(url, tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Place]:
    """The same on SQLite only, for what is about its files."""
    made = Place(f"sqlite:///{tmp_path}/data/decisions.sqlite", tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A PostgreSQL server that a test may stop; it runs again for the next one."""
    made = server("to be stopped")
    yield made
    made.pause(on=False)
    made.start()
