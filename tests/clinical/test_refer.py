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


def test_grade_4_is_one_that_it_surely_was() -> None:
    running = order(150, ago(days=80))
    assert refer([bad(2, "<1.0")], running) == ()
    assert refer([bad(2, "<0.5")], running) == ("grade-4",)


def test_an_old_grade_4_of_the_time_before_the_course_is_not_of_today() -> None:
    before = [bad(20, "0.3"), result("platelets", "40", ago(days=2))]
    assert "grade-4" not in refer(before, order(100, ago(days=10)))
    assert "grade-4" in refer([bad(9, "0.3"), result("platelets", "40", ago(days=2))], order(100, ago(days=10)))


def test_the_latest_of_three_episodes_is_compared_with_the_first() -> None:
    lowered = [order(150, ago(days=90), ago(days=25)), order(100, ago(days=20))]
    thrice = [bad(80), *counts(ago(days=70)), bad(60), *counts(ago(days=50)), bad(2)]
    assert refer(thrice, *lowered) == ("second-episode",)
    raised = [order(150, ago(days=90), ago(days=65)), order(100, ago(days=64), ago(days=25)), order(150, ago(days=20))]
    assert refer(thrice, *raised) == ()


def test_an_interruption_begins_with_the_end_of_the_last_order_to_the_second() -> None:
    for end, wanted in ((ago(days=28), ()), (ago(days=28, seconds=1), ("long-interruption",))):
        assert refer([bad(61)], order(150, ago(days=60), end, "stopped")) == ()
        assert refer([bad(59)], order(150, ago(days=60), end, "stopped")) == wanted


def test_an_order_that_ends_at_this_moment_has_ended() -> None:
    held = order(150, ago(days=60), ago(), "on-hold")
    assert refer([bad(59)], held) == ()
    ahead = order(150, ago(days=60), ago(seconds=-1), "on-hold")
    assert refer([bad(59)], ahead) == ("long-interruption",)


def test_a_baseline_that_was_perhaps_severe_is_not_referred() -> None:
    for value, wanted in (("<8.5", ()), ("<8.0", ("baseline-grade-3",))):
        anaemic = [result("haemoglobin", value, ago(days=45)), result("haemoglobin", "7.5", ago(days=2))]
        assert refer(anaemic, order(100, ago(days=40))) == wanted
