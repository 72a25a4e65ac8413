"""When a conclusion should also be discussed with a specialist."""

import pytest

from cds_service.clinical.facts import Order, Result
from tests.clinical.builders import ago, counts, decided, draft, order, result, undetermined


def bad(days: int, value: str = "0.9") -> Result:
    return result("neutrophils", value, ago(days=days))


def refer(results: list[Result], *orders: Order) -> tuple[str, ...]:
    return decided(results, orders, [draft(50, *orders)]).refer


def test_nothing_is_referred_beside_lines_5_to_7() -> None:
    assert refer([*counts()], order(100, ago(days=40))) == ()
    assert refer([], order(100, ago(days=40))) == ()


def test_reasons_stand_in_alphabetical_order() -> None:
    held = order(50, ago(days=60), ago(days=40), "stopped")
    assert refer([bad(41, "0.3")], held) == ("grade-4", "long-interruption", "no-lower-level")


def test_grade_4_is_that_of_the_current_episode() -> None:
    running = order(150, ago(days=80))
    earlier = [bad(60, "0.3"), *counts(ago(days=50)), bad(2)]
    assert refer(earlier, running) == ()
    assert refer([bad(60), *counts(ago(days=50)), bad(2, "0.3")], running) == ("grade-4",)
    assert refer([bad(20, "0.3"), bad(2)], running) == ("grade-4",)


@pytest.mark.hazard("H20")
def test_a_second_episode_is_referred_where_it_came_at_a_lower_dose() -> None:
    lowered = [order(150, ago(days=80), ago(days=55)), order(100, ago(days=45))]
    twice = [bad(60), *counts(ago(days=50)), bad(2)]
    assert refer(twice, *lowered) == ("second-episode",)
    assert refer(twice, order(150, ago(days=80))) == ()
    unclear = [order(undetermined(), ago(days=80), ago(days=55)), order(100, ago(days=45))]
    assert refer(twice, *unclear) == ("onset-dose-unknown",)


def test_the_last_end_of_several_orders_counts() -> None:
    long = order(150, ago(days=90), ago(days=10), "stopped")
    short = order(150, ago(days=60), ago(days=50), "stopped", replaces=long.names)
    assert refer([bad(61)], long, short) == ()


def test_an_order_without_a_known_end_was_interrupted_at_the_onset() -> None:
    stopped = order(150, ago(days=60), status="stopped")
    assert refer([bad(28)], stopped) == ()
    assert refer([bad(29)], stopped) == ("long-interruption",)
    ahead = order(150, ago(days=60), ago(days=-30), "stopped")
    assert refer([bad(29)], ahead) == ("long-interruption",)


def test_an_interruption_for_toxicity_of_the_liver_counts_from_its_onset() -> None:
    stopped = order(150, ago(days=60), status="stopped")
    alt = [result("alt", "400", ago(days=x)) for x in (29, 2)]
    assert refer([*counts(), *alt], stopped) == ("long-interruption",)
    assert refer([*counts(), alt[1]], stopped) == ()


def test_no_lower_level_is_of_the_dose_that_has_to_come_down() -> None:
    assert refer([bad(2)], order(50, ago(days=40))) == ("no-lower-level",)
    assert refer([*counts(), result("alt", "400")], order(50, ago(days=40))) == ("no-lower-level",)
    assert refer([*counts(), result("alt", "400")], order(100, ago(days=40))) == ()


@pytest.mark.hazard("H12")
def test_a_baseline_at_the_interrupting_grade_is_referred() -> None:
    anaemic = [result("haemoglobin", "7.5", ago(days=x)) for x in (45, 2)]
    assert refer(anaemic, order(100, ago(days=40))) == ("baseline-grade-3",)
    assert refer(anaemic[1:], order(100, ago(days=40))) == ()
