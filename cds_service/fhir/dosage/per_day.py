"""The second step: how often in a day, and on which days, from `timing`."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cds_service.fhir.dosage.abbreviations import DAILY, SELDOM, SYSTEMS
from cds_service.fhir.dosage.pace import Pace, pace
from cds_service.fhir.dosage.reading import Span, Undetermined, exactly
from cds_service.fhir.dosage.why import Why

Element = Mapping[str, Any]
Timings = Mapping[tuple[str, str], int]

WEEK = frozenset("mon tue wed thu fri sat sun".split())
_ONE = Fraction(1)

# R4 EventTiming, each one intake. A bare meal (C, AC, PC) does not say how many meals: it counts beside a frequency.
_ANY_MEAL = frozenset("C AC PC".split())
_EVENTS = _ANY_MEAL | frozenset(
    "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS "
    "HS WAKE CM CD CV ACM ACD ACV PCM PCD PCV".split()
)
_NOT_UNDERSTOOD = ("count", "countMax", "duration", "durationMax", "durationUnit", "offset")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Intakes on a dosing day, and when those are.

    `days` are the weekdays that may be dosing days, `share` how many days are, of all; None where that is not exactly
    known. `share` below that of `days`: it is not known which of them.
    """

    intakes: Span
    days: frozenset[str] = WEEK
    share: Fraction | None = _ONE

    @property
    def placed(self) -> bool:
        """True where the dosing days are known one by one."""
        return self.share is not None and self.share * len(WEEK) == len(self.days)


def rhythm(timing: Element, timings: Timings) -> Rhythm | None:
    """How often the drug is taken; None where the timing does not say. Raises Undetermined.

    A code beside a structure, or times beside a frequency, must say the same; they are never multiplied. `timings` are
    the intakes a day of the site's own codes.
    """
    if timing.get("event"):
        raise Undetermined(Why.SINGLE_DATES)
    structured = _of_repeat(timing.get("repeat") or {})
    coded = _of_code(timing.get("code") or {}, timings, structured is not None)
    if structured and coded and structured != coded:
        raise Undetermined(Why.CODE_AND_STRUCTURE)
    return structured or coded


def _of_code(concept: Element, timings: Timings, beside_structure: bool) -> Rhythm | None:
    """The codings of one concept say the same in several systems: one that is known here speaks for those that are not,
    unless they are of a system that is known.
    """
    keys = [(x.get("system"), x["code"]) for x in concept.get("coding") or [] if x.get("code")]
    read = [(key, _coded(key, timings)) for key in keys]
    known = {found for _, found in read if found is not None}
    unknown = [key for key, found in read if found is None]
    if any(x[0] in SYSTEMS for x in unknown) or (unknown and not known):
        raise Undetermined(Why.CODE_UNKNOWN)
    if len(known) > 1:
        raise Undetermined(Why.CODES_DISAGREE)
    if not known and concept and not beside_structure:
        raise Undetermined(Why.HOW_OFTEN_IN_WORDS)
    return known.pop() if known else None


def _coded(key: tuple[str, str], timings: Timings) -> Rhythm | None:
    if key in DAILY:
        least, most = DAILY[key]
        return Rhythm(Span(Fraction(least), Fraction(most)))
    if key in SELDOM:
        days = SELDOM[key]
        return Rhythm(exactly(1), share=1 / days if days else None)
    return Rhythm(exactly(timings[key])) if key in timings else None


def _of_repeat(repeat: Element) -> Rhythm | None:
    for member in _NOT_UNDERSTOOD:
        if repeat.get(member) is not None:
            raise Undetermined(Why.NOT_UNDERSTOOD, f"repeat.{member}")
    times, rate, days = _times(repeat), pace(repeat), _weekdays(repeat)
    if rate is None:
        return _at_times(times, days)
    if days is not None:
        return _checked(Rhythm(_on_weekdays(rate, days, times), days, Fraction(len(days), len(WEEK))), times)
    if rate.longest is not None and rate.longest <= 1:
        return _checked(Rhythm(rate.per_day(times)), times)
    return _seldom(rate, times)


def _at_times(times: int | None, days: frozenset[str] | None) -> Rhythm | None:
    if times is None:
        if days is not None:
            raise Undetermined(Why.WEEKDAYS_HOW_OFTEN)
        return None
    dosing = WEEK if days is None else days
    return Rhythm(exactly(times), dosing, Fraction(len(dosing), len(WEEK)))


def _checked(found: Rhythm, times: int | None) -> Rhythm:
    if times is not None and found.intakes != exactly(times):
        raise Undetermined(Why.TIMES_DISAGREE)
    return found


def _on_weekdays(rate: Pace, days: frozenset[str], times: int | None) -> Span:
    """Intakes on each of the weekdays: the pace is that of a day, or of the week."""
    if rate.longest is not None and rate.longest <= 1:
        return rate.per_day(times)
    if rate.exact_days == len(WEEK):
        intakes = Fraction(rate.times(times).high, len(days))
        if intakes.denominator == 1 and rate.is_one:
            return exactly(intakes)
    raise Undetermined(Why.WEEKDAYS_AND_PERIOD)


def _seldom(rate: Pace, times: int | None) -> Rhythm:
    """Fewer than one dosing day a day: never a dose level, whatever the cycle."""
    frequency, period = rate.times(times), rate.exact_days
    if frequency.low != frequency.high or (rate.shortest is not None and rate.shortest <= 1):
        raise Undetermined(Why.SPREAD)
    if frequency.high in (1, times):
        return _checked(Rhythm(frequency, share=1 / period if period else None), times)
    if times not in (None, 1) or period is None or frequency.high >= period:
        raise Undetermined(Why.SPREAD)
    return Rhythm(exactly(1), share=frequency.high / period)


def _times(repeat: Element) -> int | None:
    """How many times of the day are named; None where none is."""
    events, clock = repeat.get("when") or [], repeat.get("timeOfDay") or []
    if events and clock:
        raise Undetermined(Why.WHEN_AND_CLOCK)
    if not all(x in _EVENTS for x in events):
        raise Undetermined(Why.WHEN_UNKNOWN)
    if not all(isinstance(x, str) for x in clock) or len(set(events)) < len(events) or len(set(clock)) < len(clock):
        raise Undetermined(Why.TIME_TWICE)
    if _ANY_MEAL.intersection(events) and repeat.get("frequency") is None:
        raise Undetermined(Why.WHICH_MEALS)
    return len(events) or len(clock) or None


def _weekdays(repeat: Element) -> frozenset[str] | None:
    named = repeat.get("dayOfWeek") or []
    if not all(x in WEEK for x in named):
        raise Undetermined(Why.WEEKDAY_UNKNOWN)
    return frozenset(named) or None
