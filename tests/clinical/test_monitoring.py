"""What is due beside the dose: the first topic that applies, and nothing where the record was not read."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Monitoring
from cds_service.clinical.facts import Reason, Unknown, When
from tests.clinical.builders import NOW, PROTOCOLS, ago, counts, day, decided, draft, evidence, facts, order

FIRST_LINE = PROTOCOLS["trofosfamide-first-line-elderly"].url
IMAGE = evidence("imaging", "done", ago(days=30))
STABLE = evidence("response", "stable", ago(days=30))
PROGRESSION = evidence("response", "progression", ago(days=6))


def due(days: int, *items: Any, results: Any = None, **more: Any) -> Monitoring | None:
    """What is due where 150 mg/day runs since so many days, with this oncology record."""
    found = counts() if results is None else results
    return decided(found, [order(150, ago(days=days))], more.pop("drafts", ()), evidence=items, **more).monitoring


def topic(found: Monitoring | None) -> str:
    return found.topic if found else ""


def test_what_is_due_says_since_when_and_on_what_it_rests() -> None:
    found = due(40, IMAGE, PROGRESSION)
    assert found == Monitoring(
        "progression-recorded",
        PROTOCOLS["trofosfamide-maintenance"].sources["progression-recorded"].citation,
        PROGRESSION.when,
        evidence=(PROGRESSION,),
    )


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ((STABLE,), ""),
        ((STABLE, PROGRESSION), "progression-recorded"),
        ((PROGRESSION, evidence("response", "stable", ago(days=2))), ""),
        ((evidence("response", "progression", ago(days=41)),), ""),
        ((evidence("response", "progression", day(40)),), "progression-recorded"),
        ((evidence("response", "progression"),), ""),
        ((PROGRESSION, evidence("response", "stable", PROGRESSION.when)), "progression-recorded"),
    ],
)
def test_a_progression_counts_where_it_is_the_newest_record_of_the_course(items: Any, expected: str) -> None:
    assert topic(due(40, IMAGE, *items)) == expected


def test_of_progressions_of_overlapping_times_one_in_the_course_counts() -> None:
    broad = When(ago(days=60).start, ago(days=20).end)
    before = evidence("response", "progression", When(ago(days=58).start, ago(days=50).end), source="Observation/a")
    found = due(40, IMAGE, before, evidence("response", "progression", broad, source="Observation/b"))
    assert found
    assert [x.source for x in found.evidence] == ["Observation/b"]


def test_the_first_topic_is_said_and_no_other() -> None:
    old = counts(ago(days=30))
    assert topic(due(800, STABLE, PROGRESSION, results=old)) == "progression-recorded"
    assert topic(due(800, STABLE, results=old)) == "count-due"
    assert topic(due(800, STABLE)) == "imaging-due"
    assert topic(due(800, STABLE, IMAGE)) == "pause-consider"


def test_a_pause_is_no_topic_of_first_line() -> None:
    assert topic(due(800, STABLE, IMAGE, declared=(FIRST_LINE,))) == ""
    assert topic(due(800, STABLE, declared=(FIRST_LINE,))) == "imaging-due"


@pytest.mark.parametrize(
    "more",
    [
        {"results": counts(neutrophils="0.7")},
        {"drafts": [draft(100, status="stopped")]},
        {"drafts": [draft(150, protocols=("https://other.example/x",))]},
    ],
    ids=["beside a critical card", "where the draft stops the drug", "under a protocol that is not known"],
)
def test_nothing_is_due(more: dict[str, Any]) -> None:
    assert due(40, IMAGE, PROGRESSION)
    assert due(40, IMAGE, PROGRESSION, **more) is None


def test_nothing_is_due_in_a_pause_but_where_the_drug_is_to_be_given_again() -> None:
    stopped = order(100, ago(days=40), ago(days=10), "stopped")
    assert decided(counts(), [stopped], evidence=(PROGRESSION,)).monitoring is None
    again = decided(counts(), [stopped], [draft(100)], evidence=(PROGRESSION,)).monitoring
    assert topic(again) == "progression-recorded"


def test_no_count_is_due_where_nothing_was_assessed() -> None:
    assert topic(due(90, IMAGE, results=counts(ago(days=30)))) == "count-due"
    assert topic(due(90, IMAGE, results=counts(ago(days=40)))) == ""


@pytest.mark.parametrize("reason", [Reason.NOT_READ, Reason.FETCH_FAILED, Reason.INCOMPLETE, Reason.UNREADABLE])
def test_images_that_were_not_read_are_not_missing(reason: Reason) -> None:
    studies, reports = (Unknown("imaging", reason, detail=x) for x in ("imaging", "imagingReports"))
    assert topic(due(200)) == "imaging-due"
    assert topic(due(200, unseen=(studies,))) == "imaging-due"
    assert topic(due(200, unseen=(reports,))) == "imaging-due"
    assert topic(due(200, unseen=(studies, reports))) == ""
    odd = Unknown("imaging", Reason.UNREADABLE, "ImagingStudy/x", "imaging")
    assert topic(due(200, unseen=(odd, studies))) == "imaging-due"


def test_no_pause_where_the_record_of_the_disease_has_a_hole() -> None:
    unread = Unknown("response", Reason.UNREADABLE, "Observation/x", "cancer")
    assert topic(due(800, IMAGE, unseen=(unread,))) == ""
    undated = evidence("response", "progression")
    assert topic(due(800, IMAGE, STABLE, undated)) == ""
    before = evidence("response", "progression", ago(days=900))
    assert topic(due(800, IMAGE, STABLE, before)) == "pause-consider"


def test_what_was_looked_for_and_not_read_is_named() -> None:
    plans = Unknown("protocol", Reason.NOT_READ, detail="carePlans")
    unread = [Unknown(x, Reason.NOT_READ, detail="cancer") for x in ("response", "histology", "imaging")]
    found = decided(counts(), [order(150, ago(days=200))], evidence=(), unseen=(*unread, plans))
    assert topic(found.monitoring) == "imaging-due"
    assert [x for x in found.unknown if x in (*unread, plans)] == sorted((unread[0], unread[2], plans), key=str)


def cited(name: str) -> str:
    """Where the maintenance protocol says what is due."""
    return PROTOCOLS["trofosfamide-maintenance"].sources[name].citation


OLD_IMAGE = evidence("imaging", "done", ago(days=150))
SAME_TIME = evidence("imaging", "done", ago(days=150), source="Observation/zz")


@pytest.mark.parametrize(
    ("days", "age", "items", "expected"),
    [
        (90, 30, [IMAGE], Monitoring("count-due", cited("count-due"), ago(days=30), date(2026, 11, 21))),
        (200, 2, [], Monitoring("imaging-due", cited("imaging-due"), ago(days=200), date(2026, 8, 7))),
        (
            200, 2, [OLD_IMAGE],
            Monitoring("imaging-due", cited("imaging-due"), ago(days=150), date(2026, 9, 26), (OLD_IMAGE,)),
        ),
        (
            200, 2, [OLD_IMAGE, SAME_TIME],
            Monitoring("imaging-due", cited("imaging-due"), ago(days=150), date(2026, 9, 26), (SAME_TIME,)),
        ),
        (
            800, 2, [STABLE, IMAGE],
            Monitoring("pause-consider", cited("pause-consider"), ago(days=800), date(2026, 9, 14)),
        ),
    ],
    ids=["count", "no image", "old image", "two images of one time", "pause"],
)  # fmt: skip
def test_what_is_due_has_its_day(days: int, age: int, items: list[Any], expected: Monitoring) -> None:
    assert due(days, *items, results=counts(ago(days=age))) == expected


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-07-30T22:30:00+00:00", ("imaging-due", date(2026, 10, 31))),
        ("2024-02-28T23:30:00+00:00", ("pause-consider", date(2026, 2, 28))),
    ],
)
def test_months_are_counted_on_the_calendar_of_the_site(start: str, expected: tuple[str, date]) -> None:
    begun = datetime.fromisoformat(start)
    items = (IMAGE, STABLE) if expected[0] == "pause-consider" else ()
    known = facts(counts(), [order(150, When(begun, begun))], evidence=items)
    found = decide(PROTOCOLS, known, NOW.astimezone(ZoneInfo("Europe/Berlin"))).monitoring
    assert found
    assert (found.topic, found.due) == expected


def test_of_several_progressions_of_one_time_the_last_is_told() -> None:
    broad = evidence("response", "progression", When(ago(days=9).start, ago(days=3).end), source="Observation/b")
    narrow = evidence("response", "progression", When(ago(days=8).start, ago(days=5).end), source="Observation/z")
    twin = evidence("response", "progression", broad.when, source="Observation/a")
    found = due(40, IMAGE, narrow, broad, twin)
    assert found
    assert (found.since, [x.source for x in found.evidence]) == (broad.when, ["Observation/b"])


def test_what_comes_after_the_topic_that_is_said_was_not_looked_for() -> None:
    unread = [Unknown(x, Reason.NOT_READ, detail="cancer") for x in ("response", "imaging")]
    found = decided(counts(ago(days=30)), [order(150, ago(days=90))], unseen=unread)
    assert topic(found.monitoring) == "count-due"
    assert [x for x in found.unknown if x in unread] == unread[:1]
