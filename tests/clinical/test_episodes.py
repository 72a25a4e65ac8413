"""Episodes: opening, closing, and the ceiling that they leave."""

from dataclasses import replace
from decimal import Decimal

import pytest

from cds_service.clinical.chart import chart
from cds_service.clinical.course import running
from cds_service.clinical.episodes import Episode, ceiling, episodes, level_below
from cds_service.clinical.facts import Order, Result, When
from tests.clinical.builders import NOW, PROTOCOL, P, ago, counts, day, facts, issued, order, result, unusable

ORDER = order(150, ago(days=60))


def found(*results: Result, orders: tuple[Order, ...] = (ORDER,)) -> tuple[Episode, ...]:
    course = running(orders, NOW, P)
    assert course is not None
    return episodes(course, chart(facts(results), course, PROTOCOL.ctcae, P), (), NOW, P)


def bad(when: When, value: str = "0.9") -> Result:
    return result("neutrophils", value, when)


def closing(*results: Result) -> When | None:
    (episode,) = found(*results)
    return episode.closed


def test_no_severe_count_is_no_episode() -> None:
    assert found(*counts(ago(days=5))) == ()


@pytest.mark.hazard("H06")
def test_a_preliminary_result_opens_none() -> None:
    assert found(result("neutrophils", "0.9", ago(days=5), final=False)) == ()


def test_a_result_before_the_course_opens_none() -> None:
    assert found(bad(ago(days=61))) == ()
    assert found(bad(day(60))) != ()


def test_leukocytes_open_one_as_well() -> None:
    (episode,) = found(result("leukocytes", "0.9", ago(days=5)))
    assert (episode.open, episode.worst) == (True, 4)


@pytest.mark.hazard("H11")
def test_it_closes_when_the_last_analyte_has_recovered() -> None:
    others = [x for x in counts(ago(days=10)) if x.analyte != "platelets"]
    assert closing(bad(ago(days=20)), *others) is None
    assert closing(bad(ago(days=20)), *others, result("platelets", "80", ago(days=3))) == ago(days=3)


def test_a_sample_of_the_time_of_the_bad_one_shows_no_recovery() -> None:
    sample = [x for x in counts(ago(days=10)) if x.analyte != "neutrophils"]
    later = result("neutrophils", "4", ago(days=5))
    assert closing(bad(ago(days=10)), *sample, later) is None
    assert closing(bad(day(10)), *sample, later) is None
    assert closing(bad(ago(days=10, seconds=1)), *sample, later) == ago(days=5)


@pytest.mark.hazard("H22")
def test_recovery_has_to_be_surely_later_than_every_bad_result() -> None:
    """A bad result of the morning does not make one of the whole day an earlier one."""
    noon = ago(days=10, hours=-3)
    assert closing(bad(day(10)), bad(ago(days=10)), *counts(noon)) is None
    assert closing(bad(day(10)), bad(ago(days=10)), *counts(ago(days=9))) == ago(days=9)


def test_of_one_time_the_worse_result_decides_whatever_its_name() -> None:
    for name in ("Observation/0", "Observation/z"):
        worse = result("neutrophils", "1.4", ago(days=3), source=name)
        assert closing(bad(ago(days=20)), *counts(ago(days=3)), worse) is None


@pytest.mark.hazard("H22")
def test_a_worse_result_of_an_unknown_hour_of_that_day_leaves_it_open() -> None:
    worse = result("neutrophils", "1.4", day(3))
    assert closing(bad(ago(days=20)), *counts(ago(days=3)), worse) is None
    assert closing(bad(ago(days=20)), *counts(ago(days=3)), worse, result("neutrophils", "4", ago(days=2))) == ago(
        days=2
    )


@pytest.mark.parametrize(
    "last",
    [
        unusable("platelets", ago(days=2)),
        result("platelets", "250", issued(ago(days=2))),
        result("platelets", ">60", ago(days=2)),
    ],
)
def test_what_is_not_surely_recovered_takes_recovery_back_while_it_is_open(last: Result) -> None:
    early = [x for x in counts(ago(days=5)) if x.analyte != "neutrophils"]
    late = result("neutrophils", "4", ago(days=1))
    assert closing(bad(ago(days=20)), *early, late) == ago(days=1)
    assert closing(bad(ago(days=20)), *early, last, late) is None


def test_a_closed_one_stays_closed() -> None:
    assert closing(bad(ago(days=20)), *counts(ago(days=5)), result("platelets", "60", ago(days=2))) == ago(days=5)


def test_a_later_severe_count_is_another_episode() -> None:
    first, second = found(bad(ago(days=20)), *counts(ago(days=10)), bad(ago(days=5), "0.4"))
    assert (first.open, second.open) == (False, True)
    assert (first.worst, second.worst) == (3, 4)
    assert second.onset.result.when == ago(days=5)


def test_one_that_never_recovered_goes_on() -> None:
    (episode,) = found(bad(ago(days=20)), result("neutrophils", "4", ago(days=10)), bad(ago(days=5)))
    assert (episode.onset.result.when, episode.last.result.when) == (ago(days=20), ago(days=5))


@pytest.mark.hazard("H12")
def test_recovery_to_a_worse_baseline_is_recovery() -> None:
    anaemic = {"haemoglobin": "9"}
    assert closing(bad(ago(days=20)), *counts(ago(days=5), **anaemic)) is None
    assert closing(*counts(ago(days=70), **anaemic), bad(ago(days=20)), *counts(ago(days=5), **anaemic)) == ago(days=5)


def test_a_better_baseline_asks_for_no_more_than_grade_1() -> None:
    lower = counts(ago(days=5), haemoglobin="10")
    assert closing(*counts(ago(days=70)), bad(ago(days=20)), *lower) == ago(days=5)


LOWERED = (order(200, ago(days=60), ago(days=30)), order(100, ago(days=30)))


@pytest.mark.hazard("H20")
@pytest.mark.parametrize(
    ("results", "wanted"),
    [
        ([bad(ago(days=40))], 150),
        ([bad(ago(days=40)), bad(ago(days=20))], 50),
        ([bad(ago(days=40)), *counts(ago(days=35)), bad(ago(days=20))], 50),
        ([bad(ago(days=20)), *counts(ago(days=15))], 50),
    ],
)
def test_the_ceiling_is_one_level_below_the_lowest_dose_at_any_severe_count(results: list[Result], wanted: int) -> None:
    assert ceiling(found(*results, orders=LOWERED), P) == wanted


def test_one_unknown_dose_makes_the_ceiling_unknown() -> None:
    unclear = (LOWERED[0], order(100, ago(days=30)), order(150, ago(days=30)))
    assert ceiling(found(bad(ago(days=40)), bad(ago(days=20)), orders=unclear), P) is None
    assert ceiling((), P) is None


@pytest.mark.parametrize(
    ("dose", "wanted"),
    [("250", 200), ("200", 150), ("150", 100), ("125", 50), ("100", 50), ("75", 0), ("50", 0), ("25", 0)],
)
def test_the_level_below_is_a_whole_step_lower(dose: str, wanted: int) -> None:
    assert level_below(Decimal(dose), P) == wanted


def test_however_long_the_number_is() -> None:
    assert level_below(Decimal("1E+40"), P) < Decimal("1E+40")
    assert level_below(Decimal("149." + "9" * 20), P) == 50


def test_a_level_of_nothing_is_a_plain_nought() -> None:
    assert str(level_below(Decimal(25), P)) == "0"
    assert level_below(Decimal(2), replace(P, dose_step=Decimal(1))) == 1


@pytest.mark.hazard("H22")
def test_nothing_of_the_moment_of_the_bad_result_shows_recovery_whatever_its_name() -> None:
    others = [
        replace(x, source=f"Observation/z-{x.analyte}") for x in counts(ago(days=10)) if x.analyte != "neutrophils"
    ]
    assert closing(bad(ago(days=10)), *others, result("neutrophils", "4", ago(days=5))) is None


def test_the_worst_grade_is_the_one_that_it_surely_was() -> None:
    (episode,) = found(result("neutrophils", "<1.0", ago(days=5)))
    assert episode.worst == 3


def test_a_baseline_that_is_perhaps_worse_asks_for_full_recovery() -> None:
    before = result("haemoglobin", "<10.5", ago(days=70))
    anaemic = counts(ago(days=5), haemoglobin="9.5")
    assert closing(before, bad(ago(days=20)), *anaemic) is None
    assert closing(result("haemoglobin", "9.5", ago(days=70)), bad(ago(days=20)), *anaemic) == ago(days=5)


def test_two_contents_of_one_result_give_the_same_episode_in_either_order() -> None:
    one, other = (result("neutrophils", x, ago(days=9), source="Observation/a") for x in ("0.9", "0.4"))
    assert found(one, other) == found(other, one)
