"""The course: which orders make it, the dose at a time, how long at this dose, whether it ever fell."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical.course import Course, dose_at, fell, running
from cds_service.clinical.facts import ANY_TIME, Order, Reason, Unknown, When
from tests.clinical.builders import NOW, P, ago, day, dose, order, undetermined


def course(*orders: Order) -> Course:
    found = running(orders, NOW, P)
    assert found is not None
    return found


def at(days: float, *orders: Order) -> Decimal | None:
    return dose_at(course(*orders), ago(days=days), NOW)


OLD = order(150, ago(days=60), ago(days=30))
NEW = order(100, ago(days=30))
IN_HALVES = dose(100, intakes=(Decimal(50),))


def test_nothing_ordered_is_no_course() -> None:
    assert running((), NOW, P) is None


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "draft", "unknown"])
def test_what_was_never_given_makes_no_course(status: str) -> None:
    assert running([order(100, ago(days=10), status=status)], NOW, P) is None


@pytest.mark.parametrize("more", [{"intended": False}, {"forbids": True}])
def test_plans_reports_and_prohibitions_make_no_course(more: dict[str, bool]) -> None:
    assert running([order(100, ago(days=10), **more)], NOW, P) is None


def test_an_order_that_begins_tomorrow_makes_none_yet() -> None:
    assert running([order(100, ago(days=-1))], NOW, P) is None


@pytest.mark.hazard("H15")
def test_an_order_without_a_start_counts_as_started() -> None:
    found = course(order(100, None))
    assert (found.start, found.dose) == (None, 100)
    assert found.holds(ago(days=5000))


@pytest.mark.hazard("H15")
def test_an_unreadable_order_may_be_giving_the_drug() -> None:
    unreadable = Unknown("dose", Reason.UNREADABLE, "MedicationRequest/x", "status")
    found = course(Order("MedicationRequest/x", "", unreadable, fault=unreadable))
    assert not found.paused
    assert found.dose is None


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(("end", "wanted"), [(None, None), (day(0), None), (ago(days=1), 100)])
def test_an_unreadable_order_that_may_still_give_the_drug_leaves_the_dose_open_whatever_follows_it(
    end: When | None, wanted: int | None
) -> None:
    fault = Unknown("dose", Reason.UNREADABLE, "MedicationRequest/x", "status")
    unreadable = order(fault, ago(days=60), end, "", source="MedicationRequest/x", fault=fault)
    assert course(unreadable, order(100, ago(days=30), replaces=unreadable.names)).dose == wanted


def test_the_first_order_that_joins_starts_the_course() -> None:
    gone = order(200, ago(days=400), ago(days=300))
    assert course(gone, OLD, NEW).orders == (OLD, NEW)
    assert course(gone, OLD, NEW).start == OLD.start


@pytest.mark.parametrize("end", [ANY_TIME.end, datetime(9999, 12, 31, tzinfo=UTC)])
def test_an_end_at_the_end_of_the_calendar_is_an_end(end: datetime) -> None:
    found = course(order(100, ago(days=10), When(end, end)))
    assert found.dose == 100


def test_two_orders_of_one_day_are_a_conflict_unless_one_replaces_the_other() -> None:
    one, other = order(100, ago(days=10)), order(150, ago(days=5))
    assert course(one, other).conflict == (one, other)
    assert course(one, other).dose is None
    follows = order(150, ago(days=5), replaces=one.names)
    assert course(one, follows).dose == 150
    assert course(one, follows).giving == (follows,)


@pytest.mark.hazard("H14")
def test_two_contents_of_one_order_are_a_conflict() -> None:
    one, other = (order(x, ago(days=10), source="MedicationRequest/a") for x in (100, 150))
    assert set(course(one, other).conflict) == {one, other}


@pytest.mark.hazard("H14")
def test_one_identifier_of_two_orders_of_one_start_is_a_conflict_where_doses_differ() -> None:
    one, other = (order(x, ago(days=10), names={"shared"}) for x in (100, 150))
    assert course(one, other).dose is None
    later = order(150, ago(days=5), names={"shared"})
    assert course(one, later).dose == 150


def test_the_phase_that_holds_today_is_the_current_dose() -> None:
    first = order(100, day(20), day(6), source="MedicationRequest/a")
    second = order(150, day(5), source="MedicationRequest/a")
    assert course(first, second).dose == 150


def test_in_a_pause_the_last_order_gives_the_current_dose() -> None:
    ended = order(100, ago(days=30), ago(days=20), "completed")
    assert course(OLD, ended).dose == 100
    assert course(OLD, ended).paused


@pytest.mark.hazard("H14")
def test_in_a_pause_two_last_orders_of_one_start_leave_it_open() -> None:
    one, other = (order(x, ago(days=30), ago(days=y), "stopped") for x, y in ((100, 20), (150, 19)))
    assert course(one, other).dose is None
    assert course(one, order(100, ago(days=30), ago(days=19), "stopped", source="MedicationRequest/b")).dose == 100


def test_a_dose_that_is_not_given_every_day_is_no_level() -> None:
    found = course(order(dose(100, continuous=False), ago(days=10)))
    assert (found.dose, found.level) == (100, None)


@pytest.mark.parametrize(("days", "wanted"), [(50, 150), (30, 100), (29, 100), (1, 100)])
def test_the_dose_at_a_time_is_that_of_the_order_in_force(days: int, wanted: int) -> None:
    assert at(days, OLD, NEW) == wanted


def test_before_and_between_orders() -> None:
    ended = order(100, ago(days=20), ago(days=10), "completed")
    assert at(25, OLD, ended) == 150
    assert dose_at(course(NEW), ago(days=31), NOW) is None


def test_on_the_day_of_a_change_the_lower_dose_is_the_cautious_one() -> None:
    raised = order(200, day(30))
    assert dose_at(course(order(150, day(60), day(30)), raised), day(30), NOW) == 150


@pytest.mark.hazard("H20")
@pytest.mark.parametrize(("before", "then"), [(100, 150), (150, 100)])
def test_on_the_day_of_a_new_start_it_is_the_lower_of_the_dose_before_the_pause_and_the_new_one(
    before: int, then: int
) -> None:
    """Of something on a day of which nobody told the time: it may have been before the first intake, or after it."""
    ended, again = order(before, ago(days=60), ago(days=40), "completed"), order(then, ago(days=30))
    assert dose_at(course(ended, again), day(30), NOW) == 100


@pytest.mark.hazard("H20")
def test_on_the_day_of_the_first_start_it_is_the_dose_of_that_start() -> None:
    assert dose_at(course(NEW), day(30), NOW) == 100


def test_an_order_that_ended_on_an_unknown_day_ran_until_the_next_one_started() -> None:
    stopped = order(150, ago(days=60), status="stopped")
    assert at(40, stopped, NEW) == 150
    assert at(29, stopped, NEW) == 100
    assert at(20, stopped) == 150


def test_a_replaced_order_is_in_force_no_longer_once_the_other_has_surely_started() -> None:
    first = order(100, ago(days=60))
    raised = order(150, day(30), replaces=first.names)
    assert at(31, first, raised) == 100
    assert dose_at(course(first, raised), day(30), NOW) == 100
    assert at(29, first, raised) == 150


@pytest.mark.parametrize("amount", [undetermined(), dose(100, continuous=False)])
def test_an_unknown_or_intermittent_dose_in_force_is_unknown(amount: object) -> None:
    assert at(5, order(amount, ago(days=10))) is None


def test_orders_in_force_that_conflict_give_no_dose() -> None:
    assert at(5, order(100, ago(days=10)), order(150, ago(days=10))) is None


def test_a_result_of_a_minute_ahead_has_the_dose_of_today() -> None:
    conflicting = order(100, ago(days=10)), order(150, ago(days=9))
    assert dose_at(course(*conflicting), ago(minutes=-4), NOW) is None


@pytest.mark.hazard("H19")
@pytest.mark.parametrize(
    ("orders", "wanted"),
    [
        ([NEW], 30),
        ([OLD, NEW], 30),
        ([order(100, ago(days=60), ago(days=30)), NEW], 60),
        ([order(100, ago(days=60), ago(days=31)), NEW], 60),
        ([order(100, ago(days=60), ago(days=31, seconds=1)), NEW], 30),
        ([order(100, ago(days=60), ago(days=30), "on-hold"), NEW], 30),
        ([order(100, ago(days=60), status="stopped"), NEW], 60),
        ([order(100, ago(days=90), ago(days=60)), order(100, ago(days=60), ago(days=30)), NEW], 90),
        ([order(IN_HALVES, ago(days=60), ago(days=30)), NEW], 60),
    ],
)
def test_time_at_a_dose_counts_from_the_first_of_the_adjoining_orders(orders: list[Order], wanted: int) -> None:
    assert course(*orders).since == ago(days=wanted)


def test_since_when_is_unknown_without_a_start() -> None:
    assert course(order(100, None)).since is None
    assert course(order(100, None), order(100, ago(days=10), replaces={"MedicationRequest/100"})).since is None
    first = order(100, When(ANY_TIME.start, ANY_TIME.start), source="MedicationRequest/a")
    assert course(first, order(100, None, source="MedicationRequest/b", replaces=first.names)).since is None


@pytest.mark.hazard("H19")
@pytest.mark.parametrize("end", [None, ago(days=30), ago(days=-30)])
def test_since_when_is_unknown_in_a_hold_and_never_today(end: When | None) -> None:
    found = course(order(100, ago(days=60), end, "on-hold"))
    assert (found.paused, found.dose, found.since) == (True, 100, None)


@pytest.mark.hazard("H19")
def test_only_what_came_after_a_hold_counts_as_time_at_the_dose() -> None:
    first = order(100, ago(days=90), ago(days=60), "completed", source="MedicationRequest/a")
    held = order(100, ago(days=60), None, "on-hold", source="MedicationRequest/b")
    resumed = order(100, ago(days=20), source="MedicationRequest/c")
    assert course(first, held, resumed).since == ago(days=20)
    assert course(first, held).since is None
    assert course(first, resumed).since == ago(days=20)


@pytest.mark.parametrize(("gap", "orders"), [(89, 2), (90, 2), (91, 1)])
def test_a_gap_longer_than_90_days_ends_a_course(gap: int, orders: int) -> None:
    ended = order(150, ago(days=200 + gap), ago(days=100 + gap), "completed")
    assert len(course(ended, order(100, ago(days=100))).orders) == orders


@pytest.mark.parametrize(("days", "runs"), [(89, True), (90, True), (91, False)])
def test_a_course_runs_for_90_days_after_its_last_dose(days: int, runs: bool) -> None:
    assert (running([order(100, ago(days=200), ago(days=days), "completed")], NOW, P) is not None) is runs


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("status", ["stopped", "completed", "on-hold"])
@pytest.mark.parametrize(("days", "runs"), [(179, True), (180, True), (181, False)])
def test_an_order_that_ended_on_an_unknown_day_belongs_to_the_course_for_180_days(
    status: str, days: int, runs: bool
) -> None:
    ended = order(100, ago(days=days), status=status)
    assert (running([ended], NOW, P) is not None) is runs
    begun_later = replace(ended, start=ago(days=10))
    assert (running([begun_later], NOW, P) is not None) is runs


@pytest.mark.hazard("H15")
def test_an_active_order_without_an_end_is_never_too_old() -> None:
    assert course(order(100, ago(days=5000))).dose == 100


@pytest.mark.hazard("H21")
@pytest.mark.parametrize(
    ("orders", "wanted"),
    [
        ([NEW], False),
        ([OLD, NEW], True),
        ([order(150, ago(days=60), ago(days=30), reason_coded=True), NEW], False),
        ([order(50, ago(days=60), ago(days=30)), NEW], False),
        ([order(undetermined(), ago(days=60), ago(days=30)), NEW], True),
        ([order(undetermined(), ago(days=60), ago(days=30), reason_coded=True), NEW], True),
        ([order(dose(100, 150), ago(days=60), ago(days=30)), NEW], True),
    ],
)
def test_the_dose_fell_unless_every_step_is_known_to_be_none(orders: list[Order], wanted: bool) -> None:
    assert fell(course(*orders)) is wanted


def test_the_dose_at_the_moment_of_a_change_is_the_lower_one_and_so_is_its_end() -> None:
    until = order(100, ago(days=60), ago(days=30))
    assert at(30, until, order(150, ago(days=30))) == 100
    assert at(29.9, until, order(150, ago(days=30))) == 150


def test_in_a_pause_the_dose_is_the_last_one_before_it() -> None:
    low, high = order(100, ago(days=60), ago(days=50)), order(150, ago(days=50), ago(days=40))
    assert at(35, low, high) == 150


def test_an_order_that_ended_on_an_unknown_day_ran_until_the_next_one_began() -> None:
    unknown_end = order(100, ago(days=60), status="stopped")
    assert at(45, order(50, ago(days=70)), unknown_end) is None, "both may have been given"
    assert at(30, unknown_end, order(150, ago(days=30))) == 150
    assert at(30.1, unknown_end, order(150, ago(days=30))) == 100


@pytest.mark.hazard("H22")
def test_whether_orders_follow_each_other_is_asked_in_days_of_the_site() -> None:
    """They overlap by two hours that are of one day in UTC, and of two in Kiritimati, 14 hours ahead."""
    ends, begins = (datetime(2026, 11, 3, hour, tzinfo=UTC) for hour in (11, 9))
    older, newer = order(150, ago(days=60), When(ends, ends)), order(100, When(begins, begins))
    between = When(begins.replace(hour=10), begins.replace(hour=10))
    there = NOW.astimezone(ZoneInfo("Pacific/Kiritimati"))
    found = {now.tzinfo: running([older, newer], now, P) for now in (NOW, there)}
    assert [dose_at(x, between, y) for x, y in zip(found.values(), (NOW, there), strict=True) if x] == [100, None]


@pytest.mark.hazard("H22")
def test_of_two_that_began_last_the_one_that_ended_that_day_of_the_site_was_followed() -> None:
    begins, ends, later = (datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((3, 9), (3, 11), (10, 9)))
    start = When(begins, begins)
    short = order(150, start, When(ends, ends), "stopped", source="MedicationRequest/a")
    long = order(100, start, When(later, later), "stopped", source="MedicationRequest/b")
    for zone, conflict in (("UTC", ()), ("Pacific/Kiritimati", (short, long))):
        found = running([short, long], NOW.astimezone(ZoneInfo(zone)), P)
        assert found is not None
        assert found.conflict == conflict


@pytest.mark.hazard("H22")
def test_two_orders_of_today_conflict_unless_one_ends_on_the_day_of_the_site_that_the_other_begins() -> None:
    """They overlap by two hours that are of one day in UTC, and of two in Kiritimati, 14 hours ahead."""
    older, newer = order(150, ago(days=60), ago(hours=-2)), order(100, ago(hours=0))
    for zone, conflict in (("UTC", ()), ("Pacific/Kiritimati", (older, newer))):
        found = running([older, newer], NOW.astimezone(ZoneInfo(zone)), P)
        assert found is not None
        assert found.conflict == conflict


def test_what_was_measured_at_the_first_dose_is_of_the_course() -> None:
    found = course(NEW)
    assert found.holds(ago(days=30))
    assert found.holds(day(30))
    assert not found.holds(ago(days=30, seconds=1))
    assert course(order(100, None)).holds(ago(days=9999))
