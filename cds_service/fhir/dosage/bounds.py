"""From when to when an instruction holds: `timing.repeat.bounds[x]`, and durations that count from a start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import When
from cds_service.clinical.months import add_months
from cds_service.fhir.dosage.reading import Undetermined, number
from cds_service.fhir.dosage.units import UCUM
from cds_service.fhir.times import when

Element = Mapping[str, Any]

_EXACT = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1)}
_DAYS = {"d": 1, "wk": 7}
_MONTHS = {"mo": 1, "a": 12}
_WORDS = {
    **dict.fromkeys("min minute minutes".split(), "min"),
    **dict.fromkeys("h hour hours stunde stunden".split(), "h"),
    **dict.fromkeys("d day days day(s) tag tage jour jours 日".split(), "d"),
    **dict.fromkeys("wk week weeks week(s) woche wochen".split(), "wk"),
    **dict.fromkeys("mo month months monat monate".split(), "mo"),
    **dict.fromkeys("a year years jahr jahre".split(), "a"),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """When an order or an instruction begins and ends; None where that is not known."""

    start: When | None = None
    end: When | None = None


ALWAYS = Reach()


def reach(instruction: Element, order: Reach, zone: ZoneInfo) -> Reach:
    """The reach of one instruction within that of its order. Raises ValueError for times that cannot be read.

    A duration counts from the start of the order; the end of a range of durations is not known.
    """
    repeat = (instruction.get("timing") or {}).get("repeat") or {}
    if repeat.get("boundsDuration"):
        return Reach(order.start, later(order.start, repeat["boundsDuration"], zone))
    if repeat.get("boundsRange"):
        return Reach(order.start)
    own = of_period(repeat.get("boundsPeriod") or {}, zone)
    return Reach(own.start or order.start, own.end or not_before(own.start, order.end))


def bounded(instruction: Element) -> bool:
    """True where an instruction says itself from when or to when it holds."""
    repeat = (instruction.get("timing") or {}).get("repeat") or {}
    return any(repeat.get(x) for x in ("boundsPeriod", "boundsDuration", "boundsRange"))


def not_before(start: When | None, end: When | None) -> When | None:
    """`end`, or None where it precedes the start: a supply that ends before a phase begins does not end that phase."""
    return None if start is not None and end is not None and end.end < start.start else end


def of_period(element: Element, zone: ZoneInfo) -> Reach:
    """Start and end of a FHIR Period, each where given. Raises ValueError: unreadable, or ending before it starts."""
    found = Reach(at(element.get("start"), zone), at(element.get("end"), zone))
    if not_before(found.start, found.end) is not found.end:
        raise ValueError("a period that ends before it starts")
    return found


def at(time: object, zone: ZoneInfo) -> When | None:
    """A FHIR time, None where none is given. Raises ValueError for what is none: the models take numbers for times."""
    if time is None:
        return None
    if not isinstance(time, str):
        raise ValueError("a time is not a text")
    return when(time, zone)


def later(start: When | None, duration: Element, zone: ZoneInfo) -> When | None:
    """The time that a duration leads to; None without a start, or where the duration or its unit is not known."""
    try:
        amount = number(duration.get("value"))
    except Undetermined:
        return None
    unit = _unit(duration)
    if start is None or unit is None or duration.get("comparator") is not None:
        return None
    try:
        return When(_add(start.start, amount, unit, zone), _add(start.end, amount, unit, zone))
    except (OverflowError, ValueError):  # beyond the calendar, or not of an exact length
        return None


def _unit(duration: Element) -> str | None:
    """The UCUM code of a duration: as sent, or else what its word means; None where they disagree."""
    code, word = duration.get("code"), duration.get("unit")
    meant = _WORDS.get(word.strip().casefold()) if isinstance(word, str) else None
    if code is None:
        return meant
    if not isinstance(code, str) or duration.get("system") not in (None, UCUM) or (meant or code) != code:
        return None
    return code


def _add(instant: datetime, amount: Fraction, unit: str, zone: ZoneInfo) -> datetime:
    """Days and longer are counted on the clock of the site, so that a change of summer time moves no end of a day.

    Raises ValueError for a part of a month and for a unit that is not known, OverflowError beyond the calendar.
    """
    if unit in _EXACT:
        return instant + _EXACT[unit] * amount.numerator / amount.denominator
    local = instant.astimezone(zone).replace(tzinfo=None)
    if unit in _DAYS:
        moved = local + timedelta(days=_DAYS[unit]) * amount.numerator / amount.denominator
    elif unit in _MONTHS and amount.denominator == 1:
        moved = add_months(local, _MONTHS[unit] * amount.numerator)
    else:
        raise ValueError
    return moved.replace(tzinfo=zone).astimezone(UTC)
