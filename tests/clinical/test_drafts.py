"""Several drafts, orders that overlap, and what may be proposed."""

from decimal import Decimal

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import Dose, Order, Reason, Unknown, When
from tests.clinical.builders import NOW, ago, counts, day, decided, dose, draft, order, result, undetermined, whole

RUNNING = order(100, ago(days=10))


def judged(*drafts: Order, orders: tuple[Order, ...] = (RUNNING,), **more: object) -> Decision:
    return decided(counts(), orders, drafts, **more)


def test_the_first_row_of_any_draft_counts() -> None:
    small, large = draft(50, RUNNING, source="a"), draft(250, RUNNING, source="b")
    assert judged(small, large).topic == d.OVER_MAXIMUM
    assert judged(small, large).draft == large
    assert judged(small, large).also == (d.ESCALATION_NOT_SUPPORTED, d.DUPLICATE_ORDER)


def test_of_two_drafts_in_one_row_the_higher_speaks() -> None:
    assert judged(draft(250, RUNNING, source="a"), draft(300, RUNNING, source="b")).doses.draft == 300


@pytest.mark.hazard("H18")
def test_of_the_phases_of_a_draft_the_highest_counts() -> None:
    first = draft(100, RUNNING, start=day(0), end=day(-5))
    second = draft(150, RUNNING, start=day(-6))
    found = judged(first, second)
    assert (found.topic, found.doses.draft) == (d.ESCALATION_NOT_SUPPORTED, 150)
    assert found.also == ()


@pytest.mark.hazard("H14")
def test_drafts_that_follow_each_other_do_not_overlap() -> None:
    first = draft(100, RUNNING, source="a", end=day(-5))
    assert judged(first, draft(100, RUNNING, source="b", start=day(-5))).topic == ""
    assert judged(first, draft(100, RUNNING, source="b", start=day(-4))).topic == d.DUPLICATE_ORDER
    assert judged(first, draft(100, RUNNING, source="b", start=None)).topic == d.DUPLICATE_ORDER


@pytest.mark.hazard("H14")
def test_a_draft_that_names_another_replaces_it_from_either_side() -> None:
    first = draft(100, RUNNING, source="a")
    assert judged(first, draft(50, RUNNING, first, source="b")).topic == ""


@pytest.mark.hazard("H16")
def test_of_the_phases_of_an_active_order_the_highest_is_summed() -> None:
    phases = (
        order(100, day(20), day(-1), source="MedicationRequest/p"),
        order(50, day(-2), source="MedicationRequest/p"),
    )
    found = judged(draft(100), orders=phases)
    assert (found.topic, found.indicator, found.total) == (d.DUPLICATE_ORDER, d.WARNING, 200)


@pytest.mark.hazard("H14")
def test_known_parts_above_the_maximum_are_critical_even_where_the_sum_is_not_known() -> None:
    orders = (order(150, ago(days=10)), order(undetermined(), ago(days=10)))
    found = judged(draft(100), orders=orders)
    assert (found.indicator, found.total) == (d.CRITICAL, None)


def test_an_active_order_of_tomorrow_overlaps_too() -> None:
    tomorrow = order(100, ago(days=-1))
    assert judged(draft(100, RUNNING), orders=(RUNNING, tomorrow)).topic == d.DUPLICATE_ORDER


@pytest.mark.parametrize("old", [
    order(100, ago(days=20), ago(days=10)),
    order(100, ago(days=20), status="stopped"),
    order(100, ago(days=20), intended=False),
    order(100, ago(days=20), forbids=True),
])  # fmt: skip
def test_what_does_not_give_the_drug_overlaps_with_nothing(old: Order) -> None:
    assert d.DUPLICATE_ORDER not in (judged(draft(100), orders=(old,)).topic, *judged(draft(100), orders=(old,)).also)


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(
    ("amount", "more", "why"),
    [
        (undetermined(), {}, ("undetermined",)),
        (dose(100, continuous=False), {}, ("intermittent",)),
        (75, {}, ("off-grid",)),
        (dose(75, 100), {}, ("off-grid",)),
        (0, {}, ("off-grid",)),
        (Dose(Decimal("99.99999999999999999999999999999999"), Decimal(100)), {}, ("off-grid",)),
        (100, {"coded": False}, ("not-coded",)),
        (undetermined(), {"fault": Unknown("dose", Reason.UNREADABLE), "coded": False}, ("malformed", "not-coded")),
    ],
)
def test_an_unclear_draft_says_why(amount: object, more: dict[str, object], why: tuple[str, ...]) -> None:
    found = judged(draft(amount, RUNNING, **more))
    assert (found.topic, found.missing) == (d.DOSE_UNCLEAR, why)


@pytest.mark.parametrize(
    ("born", "is_child"),
    [
        (When(day(365 * 18).start, ago().start), True),
        (whole(NOW.date().replace(year=2008, month=2, day=29)), False),
        (Unknown("age", Reason.ABSENT), False),
        (When(NOW.replace(year=1), NOW.replace(year=1)), False),
    ],
)
def test_a_child_is_one_who_may_be_under_age(born: When | Unknown, is_child: bool) -> None:
    assert (judged(draft(100, RUNNING), born=born).topic == d.DOSE_UNCLEAR) is is_child


def test_an_unknown_age_is_listed() -> None:
    unknown = Unknown("age", Reason.ABSENT)
    assert unknown in judged(draft(100, RUNNING), born=unknown).unknown


@pytest.mark.hazard("H15")
def test_a_record_of_orders_that_was_not_read_in_whole_starts_nothing() -> None:
    gap = Unknown("orders", Reason.INCOMPLETE)
    assert judged(draft(150), orders=()).topic == d.OVER_STARTING_DOSE
    assert judged(draft(150), orders=(), gaps=(gap,)).topic == d.NOT_ASSESSED
    assert judged(draft(250), orders=(), gaps=(gap,)).doses.proposed is None


@pytest.mark.hazard("H07")
def test_a_raise_beside_an_incomplete_record_says_so() -> None:
    since = order(100, ago(days=40))
    found = judged(draft(150, since), orders=(since,), gaps=(Unknown("results", Reason.INCOMPLETE),))
    assert (found.topic, found.missing) == (d.ESCALATION_NOT_SUPPORTED, ("data-unknown",))


@pytest.mark.hazard("H18")
def test_an_intermittent_regimen_is_no_level_to_count_from() -> None:
    cyclic = order(dose(150, continuous=False), ago(days=40))
    found = decided([*counts(), result("alt", "400")], [cyclic], [draft(150, cyclic)])
    assert (found.conclusion, found.doses.proposed, found.doses.current) == (d.REDUCE, None, None)


def test_a_draft_that_tells_no_start_follows_an_order_that_ends_today() -> None:
    ends_today = order(100, ago(days=30), day(0))
    assert decided(counts(), [ends_today], [draft(100, start=None)]).topic != "duplicate-order"
    assert decided(counts(), [ends_today], [draft(100, start=day(1))]).topic == "duplicate-order"
