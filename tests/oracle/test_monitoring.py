"""What is due beside the dose: each topic on both sides of its limit, and what goes before it; worked out by hand."""

from datetime import timedelta

import pytest

from tests.oracle import oncology_codes as oc
from tests.oracle.asking import ME, NOW, ago, ask, bundle, counts, draft, obs, order
from tests.oracle.monitoring import months_later
from tests.oracle.protocols import FIRST_LINE
from tests.oracle.test_eligibility import BAD, GOOD, seen

READ = {"cancer": bundle([]), "imaging": bundle([]), "imagingReports": bundle([])}


def due(since=20, blood=1, drafted=None, **prefetch):
    """What is due beside a draft that goes on with an order of so many days, on counts of so many days ago."""
    observations = counts(blood) if isinstance(blood, int | float) else blood
    answer = ask([drafted or draft(150)], [order("o1", 150, since)], observations, **prefetch)
    return answer["monitoring"]


def responses(*listed):
    return {"cancer": bundle([seen(oc.RESPONSES[0], value, days) for value, days in listed])}


def study(days_ago, modality="CT", **more):
    coded = [{"system": oc.DICOM, "code": modality}]
    found = {"resourceType": "ImagingStudy", "status": "available", "subject": ME, "modality": coded}
    return {"imaging": bundle([found | {"started": ago(days_ago)} | more])}


def test_nothing_is_due_in_a_young_course_with_new_counts():
    assert due(**READ) is None


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([(BAD, 5)], "progression-recorded"), ([(BAD, 20)], "progression-recorded"), ([(BAD, 21)], None),
        ([(BAD, 10), (GOOD, 5)], None), ([(BAD, 5), (GOOD, 5)], "progression-recorded"),
    ],
)  # fmt: skip
def test_progression_is_said_where_the_newest_response_tells_of_it_in_the_course(listed, expected):
    assert due(**responses(*listed)) == expected


@pytest.mark.parametrize(
    ("since", "blood", "expected"),
    [(20, 7, None), (20, 7.1, "count-due"), (55, 8, "count-due"), (56, 8, None), (90, 28, None), (90, 29, "count-due")],
)
def test_counts_are_due_every_week_until_eight_weeks_are_over_and_every_fourth_later(since, blood, expected):
    assert due(since, blood) == expected


def test_counts_are_not_due_beside_what_is_not_assessed():
    assert due(20, 15) is None


@pytest.mark.parametrize(("taken", "expected"), [(105, None), (106, None), (106.1, "imaging-due")])
def test_imaging_is_due_three_months_and_a_fortnight_after_the_last(taken, expected):
    """From 9 August three months and a fortnight lead to 23 November, the day of the call."""
    assert due(300, **study(taken)) == expected


def test_imaging_is_due_from_the_start_where_none_was_done_and_unread_images_tell_nothing():
    assert due(120, **READ) == "imaging-due"
    assert due(100, **READ) is None
    assert due(120) is None
    assert due(120, **study(5, "US")) == "imaging-due"
    assert due(120, **study(5, status="cancelled")) == "imaging-due"


@pytest.mark.parametrize(("since", "expected"), [(729, None), (730, "pause-consider"), (900, "pause-consider")])
def test_a_pause_is_considered_after_two_calendar_years_without_progression(since, expected):
    read = study(5) | {"cancer": bundle([])}
    assert due(since, **read) == expected
    assert due(since, **(study(5) | responses((BAD, 400), (GOOD, 50)))) is None
    assert due(since, **study(5)) is None


def test_first_line_knows_no_pause():
    first_line = draft(150, instantiatesCanonical=[FIRST_LINE.url])
    assert due(900, drafted=first_line, **(study(5) | {"cancer": bundle([])})) is None


def test_nothing_is_due_at_a_start_beside_a_critical_card_or_where_the_drug_is_stopped():
    assert ask([draft(100, None)], [], counts(1), **responses((BAD, 5)))["monitoring"] is None
    assert due(20, [*counts(1), obs("anc", 0.7, 0.5)], **responses((BAD, 5))) is None
    assert due(20, drafted=draft(150, status="stopped"), **responses((BAD, 5))) is None


def test_the_first_topic_is_said():
    assert due(120, 29, **(study(110) | responses((BAD, 5)))) == "progression-recorded"
    assert due(120, 29, **study(110)) == "count-due"


def test_a_month_later_is_the_last_day_where_the_month_has_no_such_day():
    assert months_later(NOW.replace(month=11, day=30), 3).date().isoformat() == "2027-02-28"
    assert months_later(NOW, 24) - NOW == timedelta(days=731)
