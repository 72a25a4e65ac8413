"""Which orders and drafts overlap: by days of the site, up to this moment, chosen or not."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.case import Case, build
from cds_service.clinical.drafts import TOO_HIGH, Row, duplicate, unsupported_escalation
from cds_service.clinical.facts import Order
from cds_service.clinical.rules import Outcome
from tests.clinical.builders import NOW, PROTOCOL, ago, counts, dose, draft, facts, order

TOKYO = NOW.astimezone(ZoneInfo("Asia/Tokyo"))  # six in the evening
TONIGHT = ago(hours=-7)  # one o'clock at night in Tokyo, the afternoon of the same day in UTC
NOTHING = Outcome(d.NONE)


def case(*drafts: Order, orders: tuple[Order, ...] = (), now: datetime = NOW, **more: object) -> Case:
    return build(PROTOCOL, facts(counts(), orders, drafts, **more), now)


def clashing(found: Row | None) -> tuple[Order, ...]:
    return found.clashing if found else ()


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(("now", "clashes"), [(NOW, False), (TOKYO, True)], ids=["UTC", "Tokyo"])
def test_an_order_is_replaced_where_it_ends_on_the_day_of_the_site_that_the_draft_begins(
    now: datetime, clashes: bool
) -> None:
    running, new = order(100, ago(days=10), TONIGHT), draft(100)
    found = duplicate(case(new, orders=(running,), now=now), NOTHING, new)
    assert clashing(found) == ((running,) if clashes else ())


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(("now", "clashes"), [(NOW, False), (TOKYO, True)], ids=["UTC", "Tokyo"])
def test_drafts_follow_each_other_by_days_of_the_site_from_either_side(now: datetime, clashes: bool) -> None:
    first, second = draft(100, source="a", end=TONIGHT), draft(100, source="b")
    asked = case(first, second, now=now)
    assert clashing(duplicate(asked, NOTHING, first)) == ((second,) if clashes else ())
    assert clashing(duplicate(asked, NOTHING, second)) == ((first,) if clashes else ())


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(("seconds", "clashes"), [(-1, True), (0, True), (1, False)])
def test_a_draft_clashes_until_the_moment_in_which_it_ends(seconds: int, clashes: bool) -> None:
    undated, ending = draft(100, source="a", start=None), draft(100, source="b", start=None, end=ago(seconds=seconds))
    assert clashing(duplicate(case(undated, ending), NOTHING, undated)) == ((ending,) if clashes else ())
    unchosen = case(undated, beside=(ending,))
    assert clashing(duplicate(unchosen, NOTHING, undated)) == ((ending,) if clashes else ())


def test_drafts_of_different_times_do_not_clash() -> None:
    soon, later = draft(100, source="a", end=ago(days=-5)), draft(100, source="b", start=ago(days=-7))
    assert clashing(duplicate(case(soon, later), NOTHING, soon)) == ()
    assert clashing(duplicate(case(later, soon), NOTHING, later)) == ()


def test_what_makes_a_raise_too_high_is_named_by_its_codes() -> None:
    running = order(100, ago(days=40))
    wide = draft(dose(100, 250), running)
    found = unsupported_escalation(case(wide, orders=(running,)), Outcome(d.ESCALATE), wide)
    assert found is not None
    assert found.why == TOO_HIGH
