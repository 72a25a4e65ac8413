"""What is removed, by its age or for a patient, and that it is then nowhere any more."""

import shutil
import sqlite3
from pathlib import Path

from cds_service.store import keeping, migrate, records
from cds_service.store.tables import CARDS, DECISIONS, ERASURES, FEEDBACK, METADATA, READS
from tests.store.places import NOW, Place, ago, answer, told

NAIVE = NOW.replace(tzinfo=None)


def test_what_is_too_old_goes_and_the_rest_stays(place: Place) -> None:
    kept = place.store()
    for number, days in enumerate((30.01, 30, 29.99, 400, *[31] * 600)):
        kept.record(answer(f"card-{number}", answered_at=ago(days)))
        if number < 4:
            kept.feedback([told(f"card-{number}", received_at=ago(days))])
    assert kept.flush(10)
    removed = keeping.purge(kept.engines, ago(30).replace(tzinfo=None))
    assert removed == 602 + 2
    assert {x["answered_at"] for x in place.rows(DECISIONS)} == {ago(x).replace(tzinfo=None) for x in (30, 29.99)}
    assert {x["uuid"] for x in place.rows(CARDS)} == {"card-1", "card-2"}
    assert {x["card"] for x in place.rows(FEEDBACK)} == {"card-1", "card-2"}


def test_retention_works_by_itself(place: Place) -> None:
    kept = place.store(keep_days=0)
    for days in (31, 29):
        kept.record(answer(answered_at=ago(days)))
    assert kept.flush(5)
    place.store(keep_days=0).background.chores()
    assert len(place.rows(DECISIONS)) == 2
    place.store(keep_days=30).background.chores()
    assert len(place.rows(DECISIONS)) == 1


def test_a_patient_is_erased_and_nobody_else(place: Place) -> None:
    kept = place.store()
    for patient in ("p-1", "p-2"):
        kept.record(answer(f"card-{patient}", patient=patient))
        kept.feedback([told(f"card-{patient}")])
    kept.feedback([told("never-issued")])
    assert kept.flush(5)
    with kept.engines.sure.begin() as connection:
        erased = keeping.erase(connection, kept.pseudonym("p-1"), "", NAIVE)
    assert erased == keeping.Erased(1, 1)
    assert [x["patient"] for x in place.rows(DECISIONS)] == [kept.pseudonym("p-2")]
    assert {x["uuid"] for x in place.rows(CARDS)} == {"card-p-2"}
    assert {x["card"] for x in place.rows(FEEDBACK)} == {"card-p-2", "never-issued"}


def test_the_same_id_at_another_hospital_is_another_patient(place: Place) -> None:
    kept = place.store()
    for client in ("https://a.example", "https://b.example"):
        kept.record(answer(f"card-{client}", client=client))
        kept.feedback([told(f"card-{client}", client=client)])
    assert kept.flush(5)
    with kept.engines.sure.begin() as connection:
        pseudonym = kept.pseudonym("p-1")
        assert keeping.clients_of(connection, pseudonym) == ["https://a.example", "https://b.example"]
        assert keeping.erase(connection, pseudonym, "https://a.example", NAIVE) == keeping.Erased(1, 1)
    assert [x["client"] for x in place.rows(DECISIONS)] == ["https://b.example"]
    assert [x["client"] for x in place.rows(FEEDBACK)] == ["https://b.example"]


def test_what_waits_in_the_spool_of_a_replica_is_erased_too(place: Place, tmp_path: Path) -> None:
    """The other replica has lines of the patient that this one cannot see; they come after the erasure."""
    kept = place.store()
    (tmp_path / "replica").mkdir()
    shutil.copy(place.folder / "patient.key", tmp_path / "replica")
    replica = place.store(tmp_path / "replica")
    before = [records.line(answer(f"c-{x}", patient=x), kept.key) for x in ("p-1", "p-2")]
    later = records.line(answer("later", answered_at=ago(-1)), kept.key)
    elsewhere = records.line(answer("elsewhere", client="https://b.example"), kept.key)
    with kept.engines.sure.begin() as connection:
        keeping.erase(connection, kept.pseudonym("p-1"), "https://ehr.example", NAIVE)
    replica.background.write([*before, later, elsewhere])
    assert {x["uuid"] for x in place.rows(CARDS)} == {"c-p-2", "later", "elsewhere"}
    assert len(place.rows(ERASURES)) == 1


def test_of_an_erased_patient_no_byte_is_left(files: Place) -> None:
    kept = files.store()
    for number in range(200):
        kept.record(answer(f"card-{number}", record={"decision": {"value": f"ERASE-ME {number:05} " * 50}}))
    kept.feedback([told("card-1", content={"userComment": "ERASE-ME too"})])
    kept.record(answer("stays", patient="p-2", record={"decision": {"value": "KEEP-ME"}}))
    assert kept.flush(5)
    with kept.engines.sure.begin() as connection:
        keeping.erase(connection, kept.pseudonym("p-1"), "", NAIVE)
    assert keeping.overwrite(kept.engines)
    content = b"".join(x.read_bytes() for x in files.folder.rglob("*") if x.is_file())
    assert b"KEEP-ME" in content
    assert b"ERASE-ME" not in content


def test_a_log_that_somebody_reads_is_said_to_hold_old_pages(files: Place) -> None:
    kept = files.store()
    kept.record(answer())
    assert kept.flush(5)
    reader = sqlite3.connect(files.folder / "decisions.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM decisions").fetchall()
    kept.record(answer())
    assert kept.flush(5)
    assert not keeping.overwrite(kept.engines)
    reader.close()
    assert keeping.overwrite(kept.engines)


def test_what_there_is_can_be_told(place: Place) -> None:
    kept = place.store()
    with kept.engine.connect() as connection:
        assert keeping.oldest(connection) is None
    kept.record(answer(answered_at=ago(2)))
    kept.record(answer())
    kept.feedback([told()])
    assert kept.flush(5)
    with kept.engine.connect() as connection:
        assert dict(keeping.counts(connection)) == {x.name: 0 for x in METADATA.sorted_tables} | {
            "decisions": 2,
            "cards": 2,
            "feedback": 1,
            "about": 2,
        }
        assert keeping.oldest(connection) == ago(2).replace(tzinfo=None)
        assert keeping.size(kept.engines, connection) > 10_000
        assert migrate.current(connection) == migrate.HEAD
    assert place.rows(READS) == []
