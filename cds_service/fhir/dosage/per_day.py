"""The second step: how often in a day, and on which days, from `timing`."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cds_service.fhir.dosage.abbreviations import DAILY, SELDOM, SYSTEMS
from cds_service.fhir.dosage.pace import Pace, pace
from cds_service.fhir.dosage.reading import Span, Undetermined, exactly

Element = Mapping[str, Any]

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


def rhythm(timing: Element) -> Rhythm | None:
    """How often the drug is taken; None where the timing does not say. Raises Undetermined.

    A code beside a structure, or times beside a frequency, must say the same; they are never multiplied.
    """
    if timing.get("event"):
        raise Undetermined("single dates are given")
    structured = _of_repeat(timing.get("repeat") or {})
    coded = _of_code(timing.get("code") or {}, structured is not None)
    if structured and coded and structured != coded:
        raise Undetermined("the code of the timing and its structure disagree")
    return structured or coded


def _of_code(concept: Element, beside_structure: bool) -> Rhythm | None:
    keys = [(x.get("system"), x["code"]) for x in concept.get("coding") or [] if x.get("code")]
    known = {_coded(x) for x in keys if x in DAILY or x in SELDOM}
    unknown = [x for x in keys if x not in DAILY and x not in SELDOM]
    if any(x[0] in SYSTEMS for x in unknown) or (unknown and not known):
        raise Undetermined("the code of the timing is not known")
    if len(known) > 1:
        raise Undetermined("the codes of the timing disagree")
    if not known and concept and not beside_structure:
        raise Undetermined("how often is said in words only")
    return known.pop() if known else None


def _coded(key: tuple[str, str]) -> Rhythm:
    if key in DAILY:
        return Rhythm(exactly(DAILY[key]))
    days = SELDOM[key]
    return Rhythm(exactly(1), share=Fraction(1, days) if days else None)


def _of_repeat(repeat: Element) -> Rhythm | None:
    for member in _NOT_UNDERSTOOD:
        if repeat.get(member) is not None:
            raise Undetermined(f"repeat.{member} is not understood")
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
            raise Undetermined("weekdays without how often")
        return None
    dosing = WEEK if days is None else days
    return Rhythm(exactly(times), dosing, Fraction(len(dosing), len(WEEK)))


def _checked(found: Rhythm, times: int | None) -> Rhythm:
    if times is not None and found.intakes != exactly(times):
        raise Undetermined("the times of the day and the frequency disagree")
    return found


def _on_weekdays(rate: Pace, days: frozenset[str], times: int | None) -> Span:
    """Intakes on each of the weekdays: the pace is that of a day, or of the week."""
    if rate.longest is not None and rate.longest <= 1:
        return rate.per_day(times)
    if rate.exact_days == len(WEEK):
        intakes = Fraction(rate.times(times).high, len(days))
        if intakes.denominator == 1 and rate.is_one:
            return exactly(intakes)
    raise Undetermined("weekdays and the period do not fit")


def _seldom(rate: Pace, times: int | None) -> Rhythm:
    """Fewer than one dosing day a day: never a dose level, whatever the cycle."""
    frequency = rate.times(times)
    if frequency.low != frequency.high or (rate.shortest is not None and rate.shortest <= 1):
        raise Undetermined("intakes are spread over several days")
    period = rate.exact_days
    if times is not None and frequency.high == times:
        return Rhythm(exactly(times), share=1 / period if period else None)
    if frequency.high == 1:
        return Rhythm(exactly(1), share=1 / period if period else None)
    if times not in (None, 1) or period is None or frequency.high >= period:
        raise Undetermined("intakes are spread over several days")
    return Rhythm(exactly(1), share=frequency.high / period)


def _times(repeat: Element) -> int | None:
    """How many times of the day are named; None where none is."""
    events, clock = repeat.get("when") or [], repeat.get("timeOfDay") or []
    if events and clock:
        raise Undetermined("when and timeOfDay stand together")
    if not all(x in _EVENTS for x in events):
        raise Undetermined("a code of repeat.when is not known")
    if not all(isinstance(x, str) for x in clock) or len(set(events)) < len(events) or len(set(clock)) < len(clock):
        raise Undetermined("a time of the day is named twice or not at all")
    if _ANY_MEAL.intersection(events) and repeat.get("frequency") is None:
        raise Undetermined("at which meals is not said")
    return len(events) or len(clock) or None


def _weekdays(repeat: Element) -> frozenset[str] | None:
    named = repeat.get("dayOfWeek") or []
    if not all(x in WEEK for x in named):
        raise Undetermined("a day of the week is not known")
    return frozenset(named) or None
