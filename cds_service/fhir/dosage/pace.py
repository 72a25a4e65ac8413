"""How often in how long: `repeat.frequency` in `repeat.period`, each with its upper end."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cds_service.fhir.dosage.reading import Span, Undetermined, exactly, number
from cds_service.fhir.dosage.why import Why

_DAYS: dict[object, Fraction | None] = {
    "s": Fraction(1, 24 * 60 * 60),
    "min": Fraction(1, 24 * 60),
    "h": Fraction(1, 24),
    "d": Fraction(1),
    "wk": Fraction(7),
    "mo": None,
    "a": None,
}


@dataclass(frozen=True, slots=True)
class Pace:
    """`frequency` times in `shortest` to `longest` days; None days for months and years, which have no exact length.

    `frequency` is None where only the times of the day tell it.
    """

    frequency: Span | None
    shortest: Fraction | None
    longest: Fraction | None

    @property
    def exact_days(self) -> Fraction | None:
        """The length of the period, None where it is a range or not exact."""
        return self.longest if self.shortest == self.longest else None

    @property
    def is_one(self) -> bool:
        """True where the frequency is one number, not a range."""
        return self.frequency is None or self.frequency.low == self.frequency.high

    def times(self, named: int | None) -> Span:
        """The frequency, or else the number of times of the day that are named."""
        if self.frequency is not None:
            return self.frequency
        if named is None:
            raise Undetermined(Why.PERIOD_WITHOUT_FREQUENCY)
        return exactly(named)

    def per_day(self, named: int | None) -> Span:
        """Intakes a day, for periods of up to a day. Raises Undetermined where they are not whole."""
        times = self.times(named)
        assert self.longest is not None
        assert self.shortest is not None
        span = Span(times.low / self.longest, times.high / self.shortest)
        if span.low.denominator != 1 or span.high.denominator != 1:
            raise Undetermined(Why.NOT_WHOLE)
        return span


def pace(repeat: Mapping[str, Any]) -> Pace | None:
    """The pace of a `repeat`; None where neither frequency nor period is given. Raises Undetermined."""
    members = ("frequency", "frequencyMax", "period", "periodMax", "periodUnit")
    if all(repeat.get(x) is None for x in members):
        return None
    if repeat.get("period") is None or repeat.get("periodUnit") not in _DAYS:
        raise Undetermined(Why.FREQUENCY_WITHOUT_PERIOD)
    frequency = None if repeat.get("frequency") is None else _span(repeat, "frequency")
    if frequency is None and repeat.get("frequencyMax") is not None:
        raise Undetermined(Why.FREQUENCY_UPPER_END)
    unit, period = _DAYS[repeat["periodUnit"]], _span(repeat, "period")
    return Pace(frequency, unit and unit * period.low, unit and unit * period.high)


def _span(repeat: Mapping[str, Any], member: str) -> Span:
    low = number(repeat[member], f"repeat.{member}")
    upper = repeat.get(f"{member}Max")
    high = low if upper is None else number(upper, f"repeat.{member}Max")
    if high < low:
        raise Undetermined(Why.TIMING_UPSIDE_DOWN, f"repeat.{member}")
    return Span(low, high)
