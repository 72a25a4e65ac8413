"""What one order does, and which orders replace or contradict each other."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical import orders as of
from cds_service.clinical.facts import ANY_TIME, Order, Reason, Unknown, When
from tests.clinical.builders import NOW, ago, day, dose, order, undetermined

A = order(100, ago(days=20), source="MedicationRequest/a")


def test_what_a_draft_does() -> None:
    assert of.drafted(order(100, ago(), status="draft"))
    assert of.drafted(order(100, ago(), status="active"))
    assert of.drafted(order(100, ago(), status=""))
    for status in ("stopped", "completed", "on-hold", "cancelled", "entered-in-error"):
        assert not of.drafted(order(100, ago(), status=status))
    assert not of.drafted(order(100, ago(), forbids=True))


@pytest.mark.hazard("H19")
def test_what_gives_the_drug_now() -> None:
    assert of.gives(A, NOW)
    assert of.gives(order(100, ago(days=20), ago()), NOW)
    assert of.gives(order(100, ago(days=20), day(0)), NOW)
    assert not of.gives(order(100, ago(days=20), ago(seconds=1)), NOW)
    assert not of.gives(order(100, ago(days=20), status="on-hold"), NOW)
    assert not of.gives(order(100, ago(seconds=-1)), NOW)


@pytest.mark.parametrize(
    ("newer", "wanted"),
    [
        (order(150, ago(), replaces={"MedicationRequest/a"}), True),
        (order(150, ago(), names={"MedicationRequest/a"}), True),
        (order(150, ago(), names={"other"}), False),
        (order(150, ago()), False),
        (order(150, None), False),
    ],
)
def test_an_order_replaces_the_one_that_it_names_or_is(newer: Order, wanted: bool) -> None:
    assert of.replaces(newer, A, UTC) is wanted


@pytest.mark.hazard("H22")
def test_an_order_replaces_one_that_is_known_to_end_by_its_day() -> None:
    ends = order(100, ago(days=20), ago(hours=1))
    assert of.replaces(order(150, ago(hours=5)), ends, UTC)
    assert of.replaces(order(150, day(0)), ends, UTC)
    assert not of.replaces(order(150, ago(days=1)), ends, UTC)
    month = When(day(22).start, day(-7).end)
    assert not of.replaces(order(150, month), ends, UTC), "some time this month may be before it ends"


def test_day_of_the_site_decides() -> None:
    """07:00 and 11:00 UTC are one day in London and two in Kiritimati, 14 hours ahead."""
    ends, begins = order(100, ago(days=20), ago(hours=-2)), order(150, ago(hours=2))
    assert of.replaces(begins, ends, ZoneInfo("Europe/London"))
    assert not of.replaces(begins, ends, ZoneInfo("Pacific/Kiritimati"))


def test_two_that_name_each_other_both_stand() -> None:
    one = order(100, ago(days=20), replaces={"b"}, names={"a"})
    other = order(150, ago(days=10), replaces={"a"}, names={"b"})
    assert of.standing([one, other]) == (one, other)


def test_three_that_replace_each_other_in_a_ring_all_stand() -> None:
    ring = [order(100, ago(days=x), names={str(x)}, replaces={str(x % 3 + 1)}) for x in (1, 2, 3)]
    assert of.standing(ring) == tuple(ring)


def test_only_the_last_of_a_chain_stands() -> None:
    chain = [order(100, ago(days=x), names={str(x)}, replaces={str(x + 1)}) for x in (3, 2, 1)]
    assert of.standing(chain) == (chain[2],)


@pytest.mark.hazard("H14")
def test_orders_that_do_not_replace_each_other_conflict() -> None:
    other = order(100, ago(days=10), source="MedicationRequest/b")
    assert of.conflict([A, other], UTC) == (A, other)
    assert of.conflict([A], UTC) == ()
    assert of.conflict([A, order(150, ago(days=10), replaces=A.names)], UTC) == ()


def test_overlap_counts_what_is_not_known() -> None:
    ended = order(100, ago(days=20), ago(days=10))
    assert not of.overlap(ended, order(100, ago(days=9)))
    assert of.overlap(ended, order(100, ago(days=10)))
    assert of.overlap(ended, order(100, None))
    assert of.overlap(A, order(100, ago(days=10)))


def test_the_dose_that_limits_are_held_against() -> None:
    assert of.known_dose(order(dose(50, 150), None)) == 150
    assert of.known_dose(order(undetermined(), None)) is None
    assert of.level(order(dose(100, continuous=False), None)) is None


def test_orders_conflict_by_days_of_the_site() -> None:
    """One ends four hours after the other begins: on one day in London, on two in Kiritimati, 14 hours ahead."""
    ends, begins = order(100, ago(days=20), ago(hours=-2)), order(150, ago(hours=2))
    for pair in ((ends, begins), (begins, ends)):
        assert of.conflict(pair, ZoneInfo("Europe/London")) == ()
        assert of.conflict(pair, ZoneInfo("Pacific/Kiritimati")) == pair


def test_one_that_names_the_other_does_not_contradict_it_whatever_its_dose_and_start() -> None:
    other = order(150, A.start, source="MedicationRequest/b", replaces=A.names)
    assert of.conflict([A, other], UTC) == of.conflict([other, A], UTC) == ()
    mutual = replace(A, replaces=other.names)
    assert of.conflict([mutual, other], UTC) == (mutual, other)
    assert of.conflict([mutual, replace(other, start=ago(days=19))], UTC) == ()
    assert of.conflict([mutual, replace(other, dose=A.dose)], UTC) == ()


def test_overlap_is_the_same_from_either_side() -> None:
    early, late = order(100, ago(days=20), ago(days=10)), order(100, ago(days=5), ago(days=1))
    assert not of.overlap(early, late)
    assert not of.overlap(late, early)
    assert of.overlap(late, replace(early, end=ago(days=5)))


FAULTY = Unknown("orders", Reason.UNREADABLE, "MedicationRequest/a", "MedicationRequest.status")


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("status", "fault", "wanted"),
    [
        ("active", None, True),
        ("active", FAULTY, True),
        ("", FAULTY, True),
        ("running", FAULTY, True),
        ("", None, False),
        ("draft", FAULTY, False),
        ("unknown", FAULTY, False),
        ("draft", None, False),
        ("stopped", FAULTY, False),
        ("on-hold", FAULTY, False),
        ("cancelled", FAULTY, False),
    ],
)
def test_an_order_that_cannot_be_read_gives_the_drug_unless_its_status_says_otherwise(
    status: str, fault: Unknown | None, wanted: bool
) -> None:
    found = replace(A, status=status, fault=fault)
    assert of.stands(found) is wanted
    assert of.gives(found, NOW) is wanted


def test_an_order_that_begins_at_this_moment_has_begun() -> None:
    assert of.gave(order(100, ago()), NOW)
    assert not of.gave(order(100, ago(seconds=-1)), NOW)


def test_an_order_without_a_start_stands_before_those_with_one() -> None:
    undated, first_year = order(100, None), order(100, When(ANY_TIME.start, ANY_TIME.start.replace(month=12)))
    assert sorted([A, first_year, undated], key=of.rank) == [undated, first_year, A]


def test_both_days_are_those_of_the_site() -> None:
    """23:30 UTC is of the next day in London's summer."""
    evening, night = (
        When(x, x) for x in (datetime(2026, 7, 1, 21, tzinfo=UTC), datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    )
    ends, begins = order(100, ago(days=300), night), order(150, evening)
    assert of.replaces(begins, ends, UTC)
    assert not of.replaces(begins, ends, ZoneInfo("Europe/London"))
    begins_late, ends_late = (
        order(150, night),
        order(100, ago(days=300), When(night.end, datetime(2026, 7, 2, 1, tzinfo=UTC))),
    )
    assert not of.replaces(begins_late, ends_late, UTC)
    assert of.replaces(begins_late, ends_late, ZoneInfo("Europe/London"))
