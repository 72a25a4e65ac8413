"""Feedback: each item once, whatever was issued and whenever its decision arrives; all of a batch or none."""

import json
import threading
from datetime import timedelta

import pytest

from cds_service.store import Lost
from cds_service.store.tables import DECISIONS, FEEDBACK
from tests.store.places import CARD, NOW, Place, answer, told


def test_an_item_is_kept_with_all_that_it_says(place: Place) -> None:
    kept = place.store()
    assert kept.feedback([told(content={"userComment": "no ☂"})]) == (1, 1)
    (row,) = place.rows(FEEDBACK)
    assert json.loads(row["content"]) == {"userComment": "no ☂"}
    assert (row["card"], row["outcome"], row["client"]) == (CARD, "accepted", "https://ehr.example")
    assert (row["outcome_at"], row["received_at"]) == (NOW.replace(tzinfo=None),) * 2


@pytest.mark.requirement(100)
def test_a_repeat_is_one_item_and_anything_else_another(place: Place) -> None:
    kept = place.store()
    assert kept.feedback([told(), told()]) == (1, 1)
    assert kept.feedback([told(received_at=NOW + timedelta(days=1))]) == (0, 1)
    others = [
        told(outcome="overridden"),
        told(outcome_at=NOW + timedelta(microseconds=1)),
        told(content={}),
        told(client="https://other.example"),
        told(service="trofosfamide-patient-view"),
        told("another card"),
    ]
    assert kept.feedback([told(), *others]) == (6, 2)
    assert len(place.rows(FEEDBACK)) == 7
    assert {x["received_at"] for x in place.rows(FEEDBACK)} == {NOW.replace(tzinfo=None)}


@pytest.mark.requirement(100)
@pytest.mark.parametrize("decision_first", [True, False])
def test_feedback_is_marked_as_on_an_issued_card_whichever_comes_first(place: Place, *, decision_first: bool) -> None:
    kept = place.store()
    if decision_first:
        kept.record(answer(CARD))
        assert kept.flush(5)
    assert kept.feedback([told(), told("never-issued")]) == (2, 1 if decision_first else 2)
    if not decision_first:
        kept.record(answer(CARD))
        assert kept.flush(5)
    (decision,) = place.rows(DECISIONS)
    found = {x["card"]: (x["issued"], x["decision"], x["patient"]) for x in place.rows(FEEDBACK)}
    assert found == {
        CARD: (True, decision["id"], kept.pseudonym("p-1")),
        "never-issued": (False, "", ""),
    }


def test_feedback_and_its_decision_at_the_same_moment_find_each_other(place: Place) -> None:
    stores = [place.store(), place.store()]
    cards = [f"card-{x}" for x in range(60)]

    def tell() -> None:
        for card in cards:
            stores[0].feedback([told(card)])

    def decide() -> None:
        for card in cards:
            stores[1].record(answer(card))
            stores[1].flush(5)

    threads = [threading.Thread(target=x) for x in (tell, decide)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [x["card"] for x in place.rows(FEEDBACK) if not x["issued"]] == []
    assert len(place.rows(FEEDBACK)) == 60


def test_of_a_batch_that_cannot_be_stored_in_whole_nothing_is(place: Place) -> None:
    kept = place.store()
    too_long = told("c" * 256) if kept.engines.path is None else told(None)  # type: ignore[arg-type]
    with pytest.raises((Lost, AttributeError)):
        kept.feedback([told(), too_long])
    assert place.rows(FEEDBACK) == []


def test_a_batch_may_be_large(place: Place) -> None:
    kept = place.store()
    assert kept.feedback([told(f"card-{x}") for x in range(5000)]) == (5000, 5000)
    assert kept.feedback([]) == (0, 0)
    assert len(place.rows(FEEDBACK)) == 5000


def test_replicas_that_are_told_the_same_at_once_keep_it_once(place: Place) -> None:
    stores = [place.store(), place.store()]
    batch = [told(f"card-{x}") for x in range(50)]
    new: list[int] = []
    threads = [threading.Thread(target=lambda s=s: new.append(s.feedback(batch)[0])) for s in stores * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(new) == len(place.rows(FEEDBACK)) == 50
