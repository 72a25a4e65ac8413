"""The database is lost, locked, full or hangs: answers go on at once, and what was answered is caught up."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from cds_service.errors import StartError
from cds_service.store import TOKENS_ALONE, Lost, Store
from cds_service.store.tables import DECISIONS, FEEDBACK
from tests.store.places import NOW, Place, answer, told
from tests.store.postgresql import Server

Broken = tuple[Place, Store, Callable[[], None]]


@pytest.fixture(params=["locked", "removed", "full", "stopped", "hanging"])
def broken(request: pytest.FixtureRequest, files: Place, tmp_path: Path) -> Iterator[Broken]:
    """A place, its store whose database has just been lost, and what mends it."""
    if request.param in ("stopped", "hanging"):
        server: Server = request.getfixturevalue("own_server")
        place = Place(server.database(), tmp_path / "data")
        kept = place.store()
        assert kept.fault() == ""
        if request.param == "stopped":
            server.stop()
            yield place, kept, server.start
        else:
            server.pause(on=True)
            yield place, kept, lambda: server.pause(on=False)
        place.close()
        return
    kept = files.store()
    assert kept.fault() == ""
    yield files, kept, {"locked": _lock, "removed": _remove, "full": _fill}[request.param](files, kept)


def _lock(place: Place, _: Store) -> Callable[[], None]:
    other = sqlite3.connect(place.folder / "decisions.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other.close


def _remove(place: Place, _: Store) -> Callable[[], None]:
    file = place.folder / "decisions.sqlite"
    file.rename(file.with_name("away"))
    return lambda: file.with_name("away").rename(file) and None


def _fill(place: Place, kept: Store) -> Callable[[], None]:
    """A disk without room, as SQLite meets it: every connection may have as many pages as there are."""
    full = [True]

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages if full[0] else 1 << 30}")

    for engine in (kept.engines.quick, kept.engines.steady, kept.engines.sure):
        event.listen(engine, "checkout", limit)
    return lambda: full.__setitem__(0, False)


def test_what_is_answered_without_a_database_is_quick_and_caught_up(broken: Broken) -> None:
    place, kept, mend = broken
    times = []
    for _ in range(20):
        start = time.monotonic()
        assert kept.record(answer(record={"decision": {"pages": "x" * 50_000}}))
        times.append(time.monotonic() - start)
    assert max(times) < 0.05
    assert not kept.flush(0.5)
    assert kept.waiting() > 0
    mend()
    assert kept.flush(15)
    assert len(place.rows(DECISIONS)) == 20


def test_feedback_is_refused_and_not_acknowledged_without_a_database(broken: Broken) -> None:
    place, kept, mend = broken
    start = time.monotonic()
    many = [told(content={"userComment": f"{x}" * 2000}) for x in range(100)]
    with pytest.raises(Lost):
        kept.feedback(many)
    assert time.monotonic() - start < 8
    mend()
    assert kept.feedback(many)[0] in (100, 0)
    assert len(place.rows(FEEDBACK)) == 100


def test_tokens_are_remembered_by_the_process_without_a_database(broken: Broken) -> None:
    _, kept, mend = broken
    noticed: list[str] = []
    alone = Store(**{x: getattr(kept, x) for x in Store.__slots__})
    alone.tokens._lost = lambda: noticed.append(TOKENS_ALONE)
    times = []
    for token in [f"{x:01000}" for x in range(300)]:
        start = time.monotonic()
        assert alone.first("iss", token, NOW)
        assert not alone.first("iss", token, NOW)
        times.append(time.monotonic() - start)
    assert noticed
    assert max(times) < 0.5
    assert sum(times) < 3
    mend()


def test_the_fault_is_told_while_there_is_one(broken: Broken) -> None:
    _, kept, mend = broken
    kept.record(answer(record={"decision": {"pages": "x" * 50_000}}))
    assert not kept.flush(1)
    start = time.monotonic()
    fault = kept.fault()
    assert time.monotonic() - start < 3
    mend()
    deadline = time.monotonic() + 10
    while kept.fault() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert kept.fault() == ""
    assert fault


def test_a_service_starts_while_somebody_writes(files: Place) -> None:
    files.store().close()
    mend = _lock(files, files.store())
    start = time.monotonic()
    kept = files.store()
    assert time.monotonic() - start < 1
    assert kept.record(answer())
    assert "locked" in kept.fault()
    mend()
    assert kept.flush(10)


def test_a_service_starts_without_its_server_and_catches_up(own_server: Server, tmp_path: Path) -> None:
    place = Place(own_server.database(), tmp_path / "data")
    own_server.stop()
    kept = place.store()
    assert kept.record(answer())
    assert kept.fault()
    own_server.start()
    assert kept.flush(15)
    assert len(place.rows(DECISIONS)) == 1
    place.close()


def test_a_wrong_key_is_found_when_the_server_is_back(own_server: Server, tmp_path: Path) -> None:
    place = Place(own_server.database(), tmp_path / "one")
    place.store().close()
    own_server.stop()
    other = place.store(tmp_path / "two")
    assert other.record(answer())
    own_server.start()
    with pytest.raises(StartError, match="another key"):
        other.background.prepare()
    assert not other.flush(1)


def test_a_removed_database_is_not_begun_anew_in_silence(files: Place) -> None:
    kept = files.store()
    kept.feedback([told()])
    (files.folder / "decisions.sqlite").unlink()
    with pytest.raises(Lost):
        kept.feedback([told()])
    assert "unable to open" in kept.fault()
    assert not (files.folder / "decisions.sqlite").exists()


def test_a_spool_is_bounded_and_says_when_it_takes_no_more(files: Place) -> None:
    kept = files.store(spool_bytes=100_000)
    mend = _lock(files, kept)
    taken = [kept.record(answer(record={"decision": {"x": "y" * 10_000}})) for _ in range(1100)]
    assert taken[0]
    assert not taken[-1]
    assert sum(x.stat().st_size for x in (files.folder / "spool").iterdir()) <= 100_000
    mend()
    assert kept.flush(15)
    assert len(files.rows(DECISIONS)) == sum(taken)


_FULL = """
import resource, sys, time
from pathlib import Path
from cds_service import store
from cds_service.store import Options
from tests.store.places import answer
kept = store.opened(f"sqlite:///{sys.argv[1]}/decisions.sqlite", Path(sys.argv[1]))
room = 600_000
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
slowest, taken = 0, []
for _ in range(1500):
    start = time.monotonic()
    taken.append(kept.record(answer(record={"decision": {"x": "y" * 5000}})))
    slowest = max(slowest, time.monotonic() - start)
try:
    kept.feedback([])
    full = bool(kept.fault())
finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(sum(taken), slowest < 0.1, kept.flush(20))
"""


def test_a_disk_without_room_for_anything_changes_no_answer(tmp_path: Path) -> None:
    """No file may grow over a limit: neither the database nor the spool; then there is room again."""
    told_ = subprocess.run(
        [sys.executable, "-c", _FULL, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert told_.returncode == 0, told_.stderr
    taken, quick, caught_up = told_.stdout.split()
    assert (quick, caught_up) == ("True", "True")
    assert int(taken) >= 1000
    place = Place(f"sqlite:///{tmp_path}/decisions.sqlite", tmp_path)
    assert len(place.rows(DECISIONS)) == int(taken)
