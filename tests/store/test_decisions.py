"""What is kept of a decision: on disk when the answer goes out, in the database soon after."""

import json
import sqlite3
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cds_service import store
from cds_service.clinical.facts import Facts
from cds_service.clinical.protocol import Protocol
from cds_service.errors import StartError
from cds_service.store import frozen
from cds_service.store.tables import CARDS, DECISIONS, PROTOCOLS
from tests.clinical.builders import PROTOCOL
from tests.store.places import ANSWER, CARD, INSTANCE, NOW, Place, answer


def test_a_decision_is_kept_with_all_that_it_says(place: Place) -> None:
    kept = place.store()
    berlin = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    assert kept.record(answer(CARD, answered_at=berlin, facts=Facts()))
    assert kept.flush(5)
    (row,) = place.rows(DECISIONS)
    assert json.loads(row["record"]) == ANSWER.record
    assert (row["answered_at"], row["zone"]) == (NOW.replace(tzinfo=None), "Europe/Berlin")
    assert (row["hook_instance"], row["service"], row["client"]) == (INSTANCE, ANSWER.service, ANSWER.client)
    assert (row["protocol"], row["protocol_version"], row["protocol_hash"]) == ("protocol", "1", "abc")
    assert (row["request_id"], row["mode"]) == ("r-1", "live")
    assert frozen.thaw(Facts, row["facts"]) == Facts()
    assert place.rows(CARDS) == [{"uuid": CARD, "decision": row["id"], "topic": "interrupt"}]


def test_what_a_decision_was_made_by_is_kept_once_by_its_digest(place: Place) -> None:
    for _ in range(2):
        kept = place.store(protocols=(PROTOCOL,))
        assert kept.record(answer(protocol_hash=PROTOCOL.digest))
        assert kept.flush(5)
    (row,) = place.rows(PROTOCOLS)
    assert (row["digest"], row["id"], row["version"]) == (PROTOCOL.digest, PROTOCOL.id, PROTOCOL.version)
    assert frozen.thaw(Protocol, row["content"]) == PROTOCOL


def test_of_a_patient_only_a_keyed_digest_is_kept(place: Place) -> None:
    kept = place.store()
    kept.record(answer(patient="p-very-secret"))
    kept.record(answer(patient=""))
    assert kept.flush(5)
    digests = {x["patient"] for x in place.rows(DECISIONS)}
    assert digests == {kept.pseudonym("p-very-secret"), ""}
    assert "p-very-secret" not in str(place.rows(DECISIONS))
    other = store.opened(f"sqlite:///{place.folder}/other/d.sqlite")
    assert other.pseudonym("p-very-secret") not in digests


def test_a_card_that_was_decided_in_silence_was_not_issued(place: Place) -> None:
    kept = place.store()
    kept.record(answer(mode="silent"))
    assert kept.flush(5)
    assert len(place.rows(DECISIONS)) == 1
    assert place.rows(CARDS) == []


def test_threads_side_by_side_lose_nothing(place: Place) -> None:
    stores = [place.store(), place.store()]
    kept: list[bool] = []
    threads = [
        threading.Thread(target=lambda s=s: kept.extend(s.record(answer()) for _ in range(50))) for s in stores * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(x.flush(5) for x in stores)
    assert len(place.rows(DECISIONS)) == sum(kept) == 200


def test_a_database_is_opened_again_with_what_it_held(place: Place) -> None:
    for _ in range(2):
        kept = place.store()
        kept.record(answer())
        kept.close()
    assert len(place.rows(DECISIONS)) == 2


def test_a_row_that_the_database_refuses_keeps_no_other_out(place: Place) -> None:
    kept = place.store()
    kept.record(answer())
    kept.record(answer(protocol="p" * 65, client="nul \0"))
    kept.record(answer())
    assert kept.flush(5)
    assert len([x for x in place.rows(DECISIONS) if x["protocol"] == "protocol"]) == 2


def test_only_the_owner_may_read_the_files(files: Place) -> None:
    kept = files.store()
    kept.record(answer())
    modes = {x.relative_to(files.folder).parts[0]: x.stat().st_mode & 0o777 for x in files.folder.rglob("*")}
    assert modes.pop("spool") == 0o600
    assert (files.folder / "spool").stat().st_mode & 0o777 == 0o700
    assert files.folder.stat().st_mode & 0o777 == 0o700
    assert {"decisions.sqlite", "patient.key"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_a_place_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"cannot be opened: .*Nothing was started\.$"):
        store.opened(f"sqlite:///{tmp_path}/file/d.sqlite")
    (tmp_path / "broken.sqlite").write_text("this is no database, whatever its name says" * 99)
    with pytest.raises(StartError, match="not a database"):
        store.opened(f"sqlite:///{tmp_path}/broken.sqlite")


def test_a_server_needs_a_folder_of_this_machine_beside_it() -> None:
    with pytest.raises(StartError, match="no folder was named"):
        store.opened("postgresql://someone:secret@127.0.0.1:1/none")


def test_a_password_is_never_shown() -> None:
    assert "secret" not in store.shown("postgresql://someone:secret@127.0.0.1:1/none")
    assert "secret" not in store.shown("no url with a secret")


def test_a_database_of_another_key_is_refused(place: Place, tmp_path: Path) -> None:
    place.store()
    with pytest.raises(StartError, match=r"Copy patient\.key"):
        place.store(tmp_path / "elsewhere")


@pytest.mark.parametrize("damage", ["", "00" * 31, "not hexadecimal" * 9])
def test_a_damaged_key_stops_the_start(damage: str, files: Place) -> None:
    files.folder.mkdir()
    (files.folder / "patient.key").write_text(damage)
    with pytest.raises(StartError, match=r"patient\.key"):
        files.store()


def test_the_key_is_made_once(files: Place) -> None:
    first = files.store().pseudonym("p")
    assert files.store().pseudonym("p") == first
    assert [x.name for x in files.folder.glob("*key*")] == ["patient.key"]


def test_what_is_committed_waits_for_the_disk_where_it_is_acknowledged(place: Place) -> None:
    kept = place.store()
    asked = "PRAGMA synchronous" if kept.engines.path else "SHOW synchronous_commit"
    found = []
    for engine in (kept.engines.quick, kept.engines.sure):
        with engine.connect() as connection:
            found.append(connection.exec_driver_sql(asked).scalar())
    assert found == ([1, 2] if kept.engines.path else ["off", "on"])


def test_the_log_of_sqlite_does_not_grow_without_end(files: Place) -> None:
    kept = files.store()
    for _ in range(40):
        kept.record(answer(record={"decision": {"x": "y" * 100_000}}))
    assert kept.flush(5)
    kept.background.chores()
    kept.record(answer())
    assert kept.flush(5)
    assert sqlite3.connect(files.folder / "decisions.sqlite").execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert (files.folder / "decisions.sqlite-wal").stat().st_size < 2 * 40 * 100_000
