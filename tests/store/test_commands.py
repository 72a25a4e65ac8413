"""`cds store`, `cds explain --decision` and `cds replay-decision` on a real database."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click
import pytest

from cds_service import store
from cds_service.app import create_app, wording
from cds_service.cli import recorded
from cds_service.cli import store as command
from cds_service.clinical.decide import decide
from cds_service.clinical.facts import Facts
from cds_service.clinical.protocol import Protocol
from cds_service.render.extension import extension, pruned
from cds_service.settings import Settings
from cds_service.store import Answer, Store, keeping
from cds_service.store.tables import DECISIONS, FEEDBACK, READS
from tests.clinical import builders
from tests.clinical.builders import PROTOCOL, P, counts, draft, facts, order
from tests.hook.calls import TROFOSFAMIDE, call
from tests.store.places import INSTANCE, NOW, Place, ago, answer, told
from tests.store.test_frozen import FULL
from tests.support import ORDER_SIGN


@pytest.fixture
def home(files: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A service whose settings name the place."""
    monkeypatch.setenv("CDS_DATA_DIR", str(files.folder))
    monkeypatch.setattr("getpass.getuser", lambda: "somebody")
    monkeypatch.delenv("SUDO_USER", raising=False)
    return files


def decided(facts: Facts, by: Protocol | None = None, **changes: Any) -> Answer:
    """A decision as the service records it, with the words of its card; `by` is the protocol of maintenance."""
    protocols, renderers = wording(Settings(), by)
    decision = decide(protocols, facts, NOW)
    protocol = protocols["trofosfamide-maintenance"]
    (card,) = renderers["en"].cards(decision, (), lambda: "5c1f3f3e-6c1c-4d9b-9a51-0d8b6c6f3f01")
    kept = {x: card[x] for x in ("uuid", "indicator", "summary", "detail")}
    record = {
        "decision": pruned(extension(decision, protocol)),
        "cards": [kept | {"topic": card["source"]["topic"]["code"]}],
    }
    fixed = {"protocol": protocol.id, "protocol_version": protocol.version, "protocol_hash": protocol.digest}
    return answer(**fixed | {"record": record, "facts": facts, "request_id": "request-1"} | changes)


@pytest.fixture
def kept(home: Place) -> Iterator[Store]:
    made = home.store()
    yield made
    made.close()


def keep(kept: Store, made: Answer) -> str:
    """The id of a decision that was kept."""
    assert kept.record(made)
    assert kept.flush(5)
    with kept.engine.connect() as connection:
        return str(connection.execute(DECISIONS.select().order_by(DECISIONS.c.answered_at.desc())).first().id)  # type: ignore[union-attr]


def test_the_overview_says_what_there_is(home: Place, kept: Store) -> None:
    keep(kept, answer(answered_at=ago(3)))
    lines = list(command.overview())
    assert lines[0] == f"Database   sqlite:///{home.folder}/decisions.sqlite"
    assert "Schema     0003, up to date" in lines
    assert "Oldest     2026-11-20 09:00:00 UTC" in lines
    assert "decisions  1 rows" in lines
    assert lines[-1].startswith("Spool      0 bytes in 1 files")


def test_the_overview_of_nothing_makes_nothing(home: Place) -> None:
    lines = list(command.overview())
    assert "cannot be read: unable to open database file" in lines[1]
    assert not home.folder.exists()


def test_purging_removes_what_is_old_and_is_recorded(home: Place, kept: Store) -> None:
    keep(kept, answer(answered_at=ago(1000)))
    (line,) = command.purge(500)
    assert line.startswith("Removed 1 rows")
    assert home.rows(DECISIONS) == []
    assert [(x["reader"], x["action"]) for x in home.rows(READS)] == [("somebody", "purge")]


@pytest.mark.parametrize("days", [0, -1])
def test_purging_everything_has_to_be_meant(days: int, home: Place, kept: Store) -> None:
    keep(kept, answer())
    with pytest.raises(click.ClickException, match="Nothing was removed"):
        list(command.purge(days))
    assert len(home.rows(DECISIONS)) == 1


def test_erasing_a_patient_is_recorded_without_the_patient(home: Place, kept: Store) -> None:
    keep(kept, answer("card-1", patient="p-77"))
    kept.feedback([told("card-1")])
    assert list(command.erase("p-77")) == ["Erased 1 decisions and 1 items of feedback."]
    assert home.rows(DECISIONS) == home.rows(FEEDBACK) == []
    assert [(x["reader"], x["action"], x["decision"]) for x in home.rows(READS)] == [("somebody", "erase", "")]
    assert list(command.erase("p-77")) == ["Erased 0 decisions and 0 items of feedback."]


def test_erasing_an_id_that_several_hospitals_know_needs_one_of_them(home: Place, kept: Store) -> None:
    for client in ("https://a.example", "https://b.example"):
        keep(kept, answer(client=client))
    with pytest.raises(click.ClickException, match=r"Name one of them: https://a\.example, https://b\.example"):
        list(command.erase("p-1"))
    assert len(home.rows(DECISIONS)) == 2
    assert next(command.erase("p-1", "https://a.example")).startswith("Erased 1 decisions")


def test_erasing_takes_along_what_a_killed_process_left_in_the_spool(home: Place, kept: Store) -> None:
    kept.close()
    folder = home.folder / "spool"
    folder.mkdir(exist_ok=True)
    lines = [store.records.line(answer(f"c-{x}", patient=x), kept.key) for x in ("p-1", "p-2")]
    (folder / "left.jsonl").write_bytes(b"".join(lines))
    assert list(command.erase("p-1")) == ["Erased 0 decisions and 0 items of feedback."]
    assert list(folder.iterdir()) == []
    assert [x["patient"] for x in home.rows(DECISIONS)] == [kept.pseudonym("p-2")]


def test_erasing_says_where_something_still_stands(home: Place, kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_SPOOL_SECONDS", 0.1)
    monkeypatch.setattr(kept.writer, "start", lambda: None)  # a living process that hangs
    kept.record(answer())
    _, said = command.erase("p-1")
    assert said.startswith("It still stands in ")


def test_a_database_that_is_lost_says_so(home: Place, kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: Any) -> Any:
        raise store.SQLAlchemyError("it is locked")

    monkeypatch.setattr(keeping, "erase", locked)
    with pytest.raises(click.ClickException, match=r"cannot be used: it is locked\."):
        list(command.erase("p-1"))


@pytest.mark.parametrize("by", ["id", "request", "card", "CARD"])
def test_a_decision_is_shown_again(by: str, home: Place, kept: Store) -> None:
    number = keep(kept, decided(FULL))
    card = "5c1f3f3e-6c1c-4d9b-9a51-0d8b6c6f3f01"
    kept.feedback([told(content={"userComment": "not\x1b[31m now", "reason": {"code": "x"}})])
    asked = {"id": number, "request": "request-1", "card": card, "CARD": card.upper()}[by]
    text = "\n".join(recorded.shown(asked))
    assert number in text
    assert f"hook instance {INSTANCE}" in text
    assert f"Card {card}: not-assessed" in text
    assert "2026-11-23 09:00:00 UTC  accepted: x, not [31m now" in text
    assert '"conclusion": "not-assessed"' in text
    assert "platelets: no number" in text
    assert [(x["reader"], x["action"], x["decision"]) for x in home.rows(READS)] == [("somebody", "explain", number)]


def test_a_decision_made_again_is_the_same(home: Place, kept: Store) -> None:
    number = keep(kept, decided(FULL))
    replay = recorded.replayed(number)
    assert replay.same, "\n".join(replay.lines)
    assert "The decision made again is the same." in replay.lines
    assert [x["action"] for x in home.rows(READS)] == ["replay"]


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("decision", {"conclusion": "none"}),
        ("decision", {"also": ["restart-reduced"]}),
        ("cards", {"summary": "Something else was said"}),
    ],
)
def test_a_decision_that_is_not_the_same_says_where(what: str, change: dict[str, Any], kept: Store) -> None:
    made = decided(FULL)
    record = json.loads(json.dumps(made.record))
    target = record[what][0] if what == "cards" else record[what]
    target.update(change)
    replay = recorded.replayed(keep(kept, decided(FULL, record=record)))
    assert not replay.same
    (said,) = [x for x in replay.lines if x.startswith("DIFFERENT")]
    assert next(iter(change)) in said


def test_a_decision_is_made_again_under_the_values_of_its_time(home: Place) -> None:
    before = replace(PROTOCOL, digest="0" * 64, parameters=replace(P, interrupt_grade=4))
    neutropenic = facts([*counts(neutrophils="0.7")], [order(100, builders.ago(days=40))], [draft(100)])
    made = decided(neutropenic, before)
    assert decided(neutropenic).record["decision"]["conclusion"] == "interrupt"
    assert made.record["decision"]["conclusion"] != "interrupt"
    replay = recorded.replayed(keep(home.store(protocols=(before,)), made))
    assert replay.same, replay.lines


def test_a_replay_says_that_the_protocol_of_then_was_not_kept(kept: Store) -> None:
    made = decided(FULL)
    record = {**made.record, "decision": {**made.record["decision"], "protocolDigest": "0" * 64}}
    replay = recorded.replayed(keep(kept, decided(FULL, record=record, protocol_hash="0" * 64)))
    assert replay.same
    assert any(x.startswith("The protocol of then was not kept") for x in replay.lines)


def test_what_an_earlier_release_recorded_is_shown_and_not_replayed(kept: Store) -> None:
    number = keep(kept, answer())
    assert any(number in x for x in recorded.shown(number))
    with pytest.raises(click.ClickException, match="without what it rested on"):
        recorded.replayed(number)


def test_what_was_never_decided_is_not_shown_and_nobody_has_read_it(home: Place, kept: Store) -> None:
    with pytest.raises(click.ClickException, match="No decision, request or card nothing is recorded"):
        list(recorded.shown("nothing"))
    assert home.rows(READS) == []


def test_a_reading_that_cannot_be_recorded_shows_nothing(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    number = keep(kept, decided(FULL))

    def full(*_: Any) -> Any:
        raise store.SQLAlchemyError("disk full")

    monkeypatch.setattr("cds_service.store.reading.note", full)
    with pytest.raises(click.ClickException, match="disk full"):
        list(recorded.shown(number))


def test_the_account_behind_sudo_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    monkeypatch.setenv("SUDO_USER", "anna")
    assert command.account() == "root for anna"

    def nameless() -> str:
        raise KeyError(10001)

    monkeypatch.setattr("getpass.getuser", nameless)
    monkeypatch.delenv("SUDO_USER")
    assert command.account().startswith("uid ")


def test_the_service_itself_records_what_can_be_found_again(home: Place) -> None:
    client = create_app(Settings(data_dir=home.folder), clock=lambda: NOW).test_client()
    response = client.post(ORDER_SIGN, json=call(TROFOSFAMIDE, prefetch={"medications": None, "results": None}))
    deadline = time.monotonic() + 10
    while not home.rows(DECISIONS) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert any("not-assessed" in x for x in recorded.shown(response.headers["X-Request-Id"]))
