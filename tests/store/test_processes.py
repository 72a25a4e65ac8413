"""Processes that fork, end, or are killed, with decisions on their way."""

import os
import signal
import subprocess
import sys

from cds_service.store import records
from cds_service.store.tables import DECISIONS, FEEDBACK
from tests.store.killing import Acknowledged, kill_under_load, lost, stopped_gently
from tests.store.places import Place, answer

KILLS = 5


def test_a_forked_worker_keeps_its_own_spool(files: Place) -> None:
    kept = files.store()
    assert kept.record(answer())
    child = os.fork()
    if child == 0:
        os._exit(0 if kept.record(answer()) and kept.flush(5) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert kept.flush(5)
    assert len(files.rows(DECISIONS)) == 2


def test_what_a_killed_process_left_behind_is_taken_over(place: Place) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from tests.store.places import Place, answer\n"
        "kept = Place(sys.argv[1], Path(sys.argv[2])).store()\n"
        "kept.writer.start = lambda: None\n"  # nothing is drained before the end
        "assert all(kept.record(answer()) for _ in range(700)); os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code, place.url, str(place.folder)], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    (left,) = (place.folder / "spool").iterdir()
    with left.open("ab") as file:
        file.write(b'{"id": "half a li')
    kept = place.store()
    kept.background.chores()
    assert len(place.rows(DECISIONS)) == 700
    assert list((place.folder / "spool").iterdir()) == []


def test_what_a_living_process_writes_is_left_to_it(files: Place) -> None:
    one, other = files.store(), files.store()
    one.writer.start = lambda: None  # it has not come to it yet
    assert one.record(answer())
    other.background.chores()
    assert files.rows(DECISIONS) == []
    assert one.waiting() > 0


def test_the_same_line_twice_is_one_decision(place: Place) -> None:
    kept = place.store()
    line = records.line(answer(), kept.key)
    kept.background.write([line, line])
    kept.background.write([line])
    assert len(place.rows(DECISIONS)) == 1


def test_what_was_acknowledged_outlives_the_processes(place: Place) -> None:
    acknowledged = Acknowledged()
    for _ in range(KILLS):
        kill_under_load(place, acknowledged)
    assert len(acknowledged.feedback) > 50
    assert len(acknowledged.decisions) > 50
    assert lost(place, acknowledged) == Acknowledged()
    assert len(place.rows(FEEDBACK)) == len({x["card"] for x in place.rows(FEEDBACK)})
    assert len(place.rows(DECISIONS)) >= len(acknowledged.decisions)
    assert list((place.folder / "spool").iterdir()) == []


def test_a_service_that_is_told_to_stop_leaves_nothing_in_the_spool(place: Place) -> None:
    acknowledged = stopped_gently(place)
    assert len(place.rows(DECISIONS)) == len(acknowledged.decisions) > 0
    assert list((place.folder / "spool").iterdir()) == []
