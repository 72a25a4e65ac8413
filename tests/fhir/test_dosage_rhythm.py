"""How often, and on which days: frequencies, periods, times of the day and weekdays that stand side by side."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from cds_service.fhir.dosage.pace import pace
from cds_service.fhir.dosage.per_day import WEEK, Rhythm, rhythm
from cds_service.fhir.dosage.reading import Undetermined, exactly
from cds_service.fhir.dosage.why import Why
from tests.fhir.orders import code, repeat


def often(number: Any, period: Any, unit: str, **more: Any) -> dict[str, Any]:
    return repeat(frequency=number, period=period, periodUnit=unit, **more)


def at(*events: str, **more: Any) -> dict[str, Any]:
    return repeat(when=list(events), **more)


def some(intakes: int, share: Fraction | None) -> Rhythm:
    """So many intakes on dosing days that are not known one by one."""
    return Rhythm(exactly(intakes), share=share)


def on(intakes: int, *days: str) -> Rhythm:
    return Rhythm(exactly(intakes), frozenset(days), Fraction(len(days), 7))


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        (often(1, 2, "d"), some(1, Fraction(1, 2))),
        (at("MORN", period=2, periodUnit="d"), some(1, Fraction(1, 2))),
        (at("MORN", "EVE", period=2, periodUnit="d"), some(2, Fraction(1, 2))),
        (often(2, 2, "d", when=["MORN", "EVE"]), some(2, Fraction(1, 2))),
        (often(2, 8, "d"), some(1, Fraction(1, 4))),
        (often(3, 1, "wk"), some(1, Fraction(3, 7))),
        (often(3, 1, "wk", when=["MORN"]), some(1, Fraction(3, 7))),
        (often(1, 2, "d", periodMax=4), some(1, None)),
        (often(1, 1, "mo"), some(1, None)),
        (often(2, 1, "mo", when=["MORN", "EVE"]), some(2, None)),
    ],
)
def test_fewer_than_one_dosing_day_a_day(timing: dict[str, Any], expected: Rhythm) -> None:
    assert rhythm(timing, {}) == expected


@pytest.mark.parametrize(
    ("timing", "reason"),
    [
        (often(1, 2, "d", when=["MORN", "EVE"]), Why.TIMES_DISAGREE),  # never fewer than the times that are named
        (often(1, 1, "mo", when=["MORN", "EVE"]), Why.TIMES_DISAGREE),
        (often(4, 1, "wk", when=["MORN", "EVE"]), Why.SPREAD),
        (often(3, 1, "mo", when=["MORN"]), Why.SPREAD),
        (often(7, 1, "wk", when=["MORN"]), Why.SPREAD),
        (often(2, 4, "d", periodMax=8), Why.SPREAD),
    ],
)
def test_times_that_do_not_fit_a_longer_period(timing: dict[str, Any], reason: Why) -> None:
    with pytest.raises(Undetermined) as refused:
        rhythm(timing, {})
    assert refused.value.why == reason


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        (at("MORN", "EVE", period=1, periodUnit="d", dayOfWeek=["mon", "fri"]), on(2, "mon", "fri")),
        (at("MORN", "EVE", period=1, periodUnit="wk", dayOfWeek=["mon"]), on(2, "mon")),
        (often(2, 1, "d", when=["MORN", "EVE"], dayOfWeek=["mon", "fri"]), on(2, "mon", "fri")),
        (often(1, 1, "d", dayOfWeek=sorted(WEEK)), Rhythm(exactly(1))),
    ],
)
def test_times_of_the_day_on_weekdays(timing: dict[str, Any], expected: Rhythm) -> None:
    assert rhythm(timing, {}) == expected


@pytest.mark.parametrize(
    ("timing", "reason"),
    [
        (often(2, 1, "d", when=["MORN"], dayOfWeek=["mon", "fri"]), Why.TIMES_DISAGREE),
        (often(2, 1, "wk", when=["MORN", "EVE"], dayOfWeek=["mon", "fri"]), Why.TIMES_DISAGREE),
        (often(2, 2, "d", dayOfWeek=["mon"]), Why.WEEKDAYS_AND_PERIOD),
        (often(1, 3, "d", periodMax=7, dayOfWeek=["mon"]), Why.WEEKDAYS_AND_PERIOD),
    ],
)
def test_weekdays_that_do_not_fit_the_frequency(timing: dict[str, Any], reason: Why) -> None:
    with pytest.raises(Undetermined) as refused:
        rhythm(timing, {})
    assert refused.value.why == reason


PARTS = [
    ({"frequency": 2}, Why.FREQUENCY_WITHOUT_PERIOD),
    ({"frequencyMax": 2}, Why.FREQUENCY_WITHOUT_PERIOD),
    ({"period": 1}, Why.FREQUENCY_WITHOUT_PERIOD),
    ({"periodMax": 2}, Why.FREQUENCY_WITHOUT_PERIOD),
    ({"periodUnit": "d"}, Why.FREQUENCY_WITHOUT_PERIOD),
    ({"frequencyMax": 2, "period": 1, "periodUnit": "d"}, Why.FREQUENCY_UPPER_END),
]


@pytest.mark.parametrize(("members", "reason"), PARTS)
def test_a_part_of_a_frequency_is_refused_also_beside_a_code(members: dict[str, Any], reason: Why) -> None:
    with pytest.raises(Undetermined) as refused:
        rhythm(code("BID") | {"repeat": members}, {})
    assert refused.value.why == reason


@pytest.mark.parametrize(
    ("changed", "reason", "place"),
    [
        ({"frequency": 0}, Why.NOT_ABOVE_ZERO, "repeat.frequency"),
        ({"frequencyMax": True}, Why.NOT_A_NUMBER, "repeat.frequencyMax"),
        ({"frequencyMax": 1}, Why.TIMING_UPSIDE_DOWN, "repeat.frequency"),
        ({"period": "1"}, Why.NOT_A_NUMBER, "repeat.period"),
        ({"periodMax": -1}, Why.NOT_ABOVE_ZERO, "repeat.periodMax"),
        ({"periodMax": Decimal("0.5")}, Why.TIMING_UPSIDE_DOWN, "repeat.period"),
    ],
)
def test_a_number_that_is_refused_is_named(changed: dict[str, Any], reason: Why, place: str) -> None:
    with pytest.raises(Undetermined) as refused:
        pace({"frequency": 2, "period": 1, "periodUnit": "d", **changed})
    assert (refused.value.why, str(refused.value)) == (reason, f"{reason} ({place})")


@pytest.mark.parametrize("member", ["count", "countMax", "duration", "durationMax", "durationUnit", "offset"])
def test_a_part_of_the_timing_that_is_not_understood_is_named(member: str) -> None:
    with pytest.raises(Undetermined) as refused:
        rhythm(often(2, 1, "d", **{member: "h" if member == "durationUnit" else 1}), {})
    assert (refused.value.why, str(refused.value)) == (Why.NOT_UNDERSTOOD, f"{Why.NOT_UNDERSTOOD} (repeat.{member})")
