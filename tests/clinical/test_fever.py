"""Febrile neutropenia: few neutrophils and a fever at the same time, or recorded as such."""

from typing import Any

import pytest

from cds_service.clinical.facts import Result, Temperature, When
from tests.clinical.builders import (
    FEBRILE_NEUTROPENIA,
    ago,
    counts,
    decided,
    draft,
    order,
    result,
    temperature,
    toxicity,
)

RUNNING = order(150, ago(days=60))
SAMPLE = ago(days=2)
# The sample was taken 48 hours ago: these are around it.
AT = ago(hours=48)


def refers(*temperatures: Temperature, neutrophils: str = "0.9", when: When = SAMPLE, **more: Any) -> bool:
    """Whether the card of a patient with these neutrophils speaks of febrile neutropenia."""
    results = [x for x in counts(SAMPLE) if x.analyte != "neutrophils"] + [result("neutrophils", neutrophils, when)]
    decision = decided(results, [RUNNING], [draft(150, RUNNING)], temperatures=temperatures, **more)
    return "febrile-neutropenia" in decision.refer


@pytest.mark.hazard("H24")
@pytest.mark.parametrize(("celsius", "febrile"), [("38.3", False), ("38.30001", True), ("39", True), ("37", False)])
def test_one_temperature_above_the_limit_is_a_fever(celsius: str, febrile: bool) -> None:
    assert refers(temperature(celsius, AT)) is febrile


@pytest.mark.parametrize(
    ("first", "second", "minutes", "febrile"),
    [
        ("38.0", "38.0", 60, True),
        ("38.0", "38.0", 59, False),
        ("37.999", "38.3", 60, False),
        ("38.0", "38.3", 600, True),
    ],
)
def test_two_raised_temperatures_an_hour_apart_are_a_fever(
    first: str, second: str, minutes: int, febrile: bool
) -> None:
    assert refers(temperature(first, AT), temperature(second, ago(hours=48, minutes=-minutes))) is febrile


def test_one_raised_temperature_is_none() -> None:
    assert not refers(temperature("38.2", AT))


@pytest.mark.parametrize(("hours", "febrile"), [(24, True), (72, True), (23.99, False), (72.01, False)])
def test_the_fever_is_within_a_day_of_the_count(hours: float, febrile: bool) -> None:
    assert refers(temperature("39", ago(hours=hours))) is febrile


@pytest.mark.parametrize(
    ("neutrophils", "febrile"), [("0.999", True), ("<1.0", True), ("<0.5", True), ("<=1.0", False)]
)
def test_the_neutrophils_are_surely_below_the_limit(neutrophils: str, febrile: bool) -> None:
    assert refers(temperature("39", AT), neutrophils=neutrophils) is febrile


def test_a_preliminary_count_counts() -> None:
    early = result("neutrophils", "0.9", ago(days=1), final=False)
    decision = decided([*counts(SAMPLE), early], [RUNNING], temperatures=(temperature("39", ago(days=1)),))
    assert decision.refer == ("febrile-neutropenia",)


def test_an_earlier_count_of_the_open_episode_counts() -> None:
    earlier = result("neutrophils", "0.9", ago(days=9))
    later = counts(SAMPLE, neutrophils="1.2")
    decision = decided([earlier, *later], [RUNNING], temperatures=(temperature("39", ago(days=9)),))
    assert "febrile-neutropenia" in decision.refer


def test_a_count_of_an_earlier_course_does_not() -> None:
    before = result("neutrophils", "0.9", ago(days=100))
    reason = [*counts(ago(days=2), platelets="40"), before]
    decision = decided(reason, [RUNNING], temperatures=(temperature("39", ago(days=100)),))
    assert (decision.conclusion, decision.refer) == ("interrupt", ())


@pytest.mark.parametrize(
    ("grade", "resolved", "days", "febrile"),
    [(3, False, 1, True), (4, True, 1, True), (2, False, 1, False), (3, True, 70, False)],
    ids=["lasting", "over, of this episode", "milder", "over, of another time"],
)
def test_a_recorded_one_is_one(grade: int, resolved: bool, days: int, febrile: bool) -> None:
    recorded = toxicity(FEBRILE_NEUTROPENIA, grade, ago(days=days), resolved=resolved)
    assert refers(neutrophils="0.9", toxicities=(recorded,)) is (febrile)


def test_without_few_neutrophils_a_fever_is_said_nothing_of() -> None:
    decision = decided(counts(SAMPLE, platelets="40"), [RUNNING], temperatures=(temperature("40", AT),))
    assert (decision.conclusion, decision.refer) == ("interrupt", ())


def febrile(*results: Result, days: int, start: int = 60) -> bool:
    """Whether a fever so many days ago is febrile neutropenia beside few platelets of today."""
    found = [*results, result("platelets", "40", ago(days=1))]
    return (
        "febrile-neutropenia"
        in decided(found, [order(150, ago(days=start))], temperatures=(temperature("39", ago(days=days)),)).refer
    )


def test_an_old_count_from_before_the_course_is_not_of_today() -> None:
    assert not febrile(result("neutrophils", "0.8", ago(days=20)), days=20, start=10)
    assert febrile(result("neutrophils", "0.8", ago(days=9)), days=9, start=10)


def test_a_count_of_an_episode_that_is_over_does_not_count() -> None:
    over = [result("neutrophils", "0.8", ago(days=20)), *counts(ago(days=10))]
    assert not febrile(*over, days=20)


@pytest.mark.parametrize("sign", [">", ">="])
def test_a_lower_bound_is_not_surely_below_the_limit(sign: str) -> None:
    earlier = [result("platelets", "45", ago(days=6)), result("neutrophils", f"{sign}0.5", ago(days=5))]
    assert not febrile(*earlier, days=5)
    assert febrile(earlier[0], result("neutrophils", "0.5", ago(days=5)), days=5)
