"""The schema, from each released one to that of today, with all that was there."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, DateTime, Engine, LargeBinary, MetaData, String, Table, create_engine, inspect, make_url

from cds_service import store
from cds_service.errors import StartError
from cds_service.store import migrate
from cds_service.store.tables import CARDS, DECISIONS, METADATA
from tests.store.places import NOW, Place, answer, told

# The schema of the first release as that release made it: without any note of a version.
FIRST = Table(
    "decisions",
    MetaData(),
    Column("id", String(36), primary_key=True),
    Column("answered_at", DateTime, nullable=False, index=True),
    Column("hook_instance", String(36), nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("protocol", String(64), nullable=False),
    Column("protocol_version", String(32), nullable=False),
    Column("protocol_hash", String(64), nullable=False),
    Column("record", LargeBinary, nullable=False),
)


def row(number: int, record: bytes | None = None) -> dict[str, Any]:
    made = {
        "requestId": f"request-{number}",
        "decision": {"conclusion": "none", "dose": 1.50},
        "cards": [{"uuid": f"card-{number}", "topic": "interrupt"}] if number % 2 else [],
        "milliseconds": 3.14,
    }
    return {
        "id": f"{number:036}",
        "answered_at": NOW.replace(tzinfo=None, second=number % 60, microsecond=number),
        "hook_instance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "service": "trofosfamide-order-sign",
        "protocol": "trofosfamide-maintenance",
        "protocol_version": "1.0",
        "protocol_hash": "a" * 64,
        "record": json.dumps(made).encode() if record is None else record,
    }


def engine(place: Place) -> Engine:
    """A connection that nothing of the store takes part in."""
    url = make_url(place.url)
    if url.get_backend_name() == "sqlite":
        place.folder.mkdir(parents=True, exist_ok=True)
        return create_engine(url)
    return create_engine(url.set(drivername="postgresql+psycopg"))


@pytest.fixture
def first(place: Place) -> Place:
    """A database of the first release, with decisions in it; some records are damaged."""
    made = engine(place)
    with made.begin() as connection:
        FIRST.metadata.create_all(connection)
        connection.execute(FIRST.insert(), [row(x) for x in range(1234)])
        connection.execute(FIRST.insert(), [row(2000, b"half a rec"), row(2001, b"[]")])
    made.dispose()
    return place


def test_decisions_of_the_first_release_are_kept_as_they_were(first: Place) -> None:
    first.store()
    found = {x["id"]: x for x in first.rows(DECISIONS)}
    assert len(found) == 1236
    for number in (0, 1, 777, 1233):
        kept = found[f"{number:036}"]
        assert {x: kept[x] for x in row(number)} == row(number)
        assert kept["request_id"] == f"request-{number}"
        assert (kept["patient"], kept["client"], kept["facts"]) == ("", "", None)
    assert found[f"{2000:036}"]["record"] == b"half a rec"
    assert {x["uuid"] for x in first.rows(CARDS)} == {f"card-{x}" for x in range(1, 1234, 2)}


def test_what_was_issued_by_the_first_release_is_known_to_feedback(first: Place) -> None:
    kept = first.store()
    assert kept.feedback([told("card-1"), told("card-2")]) == (2, 1)


@pytest.mark.parametrize("before", ["nothing", "first release", "today"])
def test_the_schema_is_that_of_the_tables(before: str, place: Place, request: pytest.FixtureRequest) -> None:
    if before == "first release":
        request.getfixturevalue("first")
    for _ in range(1 + (before == "today")):
        place.store()
    made = engine(place)
    with made.connect() as connection:
        options = {"compare_type": True, "compare_server_default": False}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), METADATA)
        assert migrate.current(connection) == migrate.HEAD
    made.dispose()
    assert [x for x in differences if "comment" not in str(x[0])] == []


def test_the_newest_step_is_the_one_that_is_looked_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_replicas_that_start_at_once_do_it_once(first: Place) -> None:
    failed: list[Exception] = []

    def start() -> None:
        try:
            first.store().record(answer())
        except StartError as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(first.rows(CARDS)) >= 617


def test_a_step_that_fails_leaves_everything_as_it_was(first: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    made = engine(first)
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE about (unexpected INTEGER)")
    with pytest.raises(StartError, match="about"):
        first.store()
    with made.begin() as connection:
        assert migrate.current(connection) == "0001"
        assert {x["name"] for x in _columns(connection)} == {x.name for x in FIRST.columns}
        connection.exec_driver_sql("DROP TABLE about")
    made.dispose()
    first.store()
    assert len(first.rows(DECISIONS)) == 1236


def _columns(connection: Any) -> list[Any]:
    return list(inspect(connection).get_columns("decisions"))


def test_a_schema_of_a_later_release_is_refused(place: Place) -> None:
    place.store()
    made = engine(place)
    with made.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    made.dispose()
    with pytest.raises(StartError, match="later release"):
        store.opened(place.url, place.folder)
