"""How often a day: ("daily" or "gaps", least, most intakes on a dosing day); NONE where nothing is said of it."""

import math
from fractions import Fraction

from tests.oracle.results import exact
from tests.oracle.wire import as_dict, as_list, codings

NONE, UNKNOWN = "none", "unknown"
GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
SCT = "http://snomed.info/sct"
TIMES = {
    **{(GTS, code): ("daily", 1, 1) for code in ("QD", "AM", "PM", "BED", "QAM", "QPM", "QHS")},
    (GTS, "BID"): ("daily", 2, 2),
    (GTS, "TID"): ("daily", 3, 3),
    (GTS, "QID"): ("daily", 4, 4),
    (GTS, "Q8H"): ("daily", 3, 3),
    (GTS, "Q6H"): ("daily", 4, 4),
    (GTS, "Q4H"): ("daily", 6, 6),
    (GTS, "Q3H"): ("daily", 8, 8),
    (GTS, "Q2H"): ("daily", 12, 12),
    (GTS, "Q1H"): ("daily", 24, 24),
    **{(GTS, code): ("gaps", 1, 1) for code in ("QOD", "WK", "MO")},
    (SCT, "229797004"): ("daily", 1, 1),
    (SCT, "229799001"): ("daily", 2, 2),
    (SCT, "229798009"): ("daily", 3, 3),
    (SCT, "307439001"): ("daily", 4, 4),
    (SCT, "307440004"): ("daily", 5, 5),
    (SCT, "307441000"): ("daily", 6, 6),
    (SCT, "307442007"): ("daily", 7, 7),
    (SCT, "307443002"): ("daily", 8, 8),
}
WHEN = (
    "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS HS WAKE "
    "CM CD CV ACM ACD ACV PCM PCD PCV"
).split()
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PERIOD_DAYS = {
    "s": Fraction(1, 86400),
    "min": Fraction(1, 1440),
    "h": Fraction(1, 24),
    "d": Fraction(1),
    "wk": Fraction(7),
    "mo": Fraction(30),
    "a": Fraction(365),
}
UNDERSTOOD = {
    "id", "extension", "boundsPeriod", "boundsDuration", "boundsRange", "frequency", "frequencyMax", "period",
    "periodMax", "periodUnit", "dayOfWeek", "timeOfDay", "when",
}  # fmt: skip
SAYING = {"frequency", "frequencyMax", "period", "periodMax", "periodUnit", "dayOfWeek", "timeOfDay", "when"}


def intakes(timing):
    if timing is None:
        return NONE
    if not isinstance(timing, dict) or timing.get("modifierExtension") or timing.get("event"):
        return UNKNOWN
    said = [of_code(timing.get("code")), of_repeat(timing.get("repeat"))]
    said = [one for one in said if one != NONE]
    if not said:
        return NONE
    if UNKNOWN in said or len(set(said)) > 1:
        return UNKNOWN
    return said[0]


def of_code(code):
    listed = codings(code)
    if not listed:
        return NONE
    said = {TIMES.get((item.get("system"), item.get("code")), UNKNOWN) for item in listed}
    return said.pop() if len(said) == 1 else UNKNOWN


def of_repeat(repeat):
    if repeat is None:
        return NONE
    if not isinstance(repeat, dict) or set(repeat) - UNDERSTOOD:
        return UNKNOWN
    if not set(repeat) & SAYING:
        return NONE
    events, rate = of_events(repeat), of_frequency(repeat)
    if UNKNOWN in (events, rate):
        return UNKNOWN
    if events == NONE:
        said = rate
    elif rate == NONE:
        said = events_per_period(events, repeat)
    else:
        said = rate if rate[1:] == (events, events) else UNKNOWN
    return on_weekdays(said, repeat)


def of_events(repeat):
    """The number of named moments of the day."""
    if "when" in repeat and "timeOfDay" in repeat:
        return UNKNOWN
    named = repeat.get("when", repeat.get("timeOfDay"))
    if named is None:
        return NONE
    if not isinstance(named, list) or not named or not all(isinstance(one, str) for one in named):
        return UNKNOWN
    if len(set(named)) < len(named) or ("when" in repeat and set(named) - set(WHEN)):
        return UNKNOWN
    return len(named)


def of_frequency(repeat):
    if "frequency" not in repeat:
        return UNKNOWN if {"frequencyMax", "periodMax"} & set(repeat) else NONE
    low, high = exact(repeat["frequency"]), exact(repeat.get("frequencyMax", repeat["frequency"]))
    shortest = period_days(repeat, "period")
    longest = period_days(repeat, "periodMax") if "periodMax" in repeat else shortest
    if not low or not high or not shortest or not longest or low < 1 or high < low or longest < shortest:
        return UNKNOWN
    if longest > 1:
        return "gaps", max(1, math.ceil(low / longest)), max(1, math.ceil(high / shortest))
    least, most = low / longest, high / shortest
    if least.denominator > 1 or most.denominator > 1:
        return UNKNOWN
    return "daily", int(least), int(most)


def period_days(repeat, name):
    unit, number = repeat.get("periodUnit"), exact(repeat.get(name))
    if number is None or number <= 0 or not isinstance(unit, str) or unit not in PERIOD_DAYS:
        return None
    return number * PERIOD_DAYS[unit]


def events_per_period(events, repeat):
    if not {"period", "periodUnit"} & set(repeat):
        return "daily", events, events
    period = period_days(repeat, "period")
    if period is None or period < 1:
        return UNKNOWN
    return "daily" if period == 1 else "gaps", events, events


def on_weekdays(said, repeat):
    if "dayOfWeek" not in repeat or said == UNKNOWN:
        return UNKNOWN if said == NONE else said
    given = as_list(repeat["dayOfWeek"])
    if said == NONE or not given or not all(isinstance(day, str) and day in WEEKDAYS for day in given):
        return UNKNOWN
    return said if set(given) == set(WEEKDAYS) else ("gaps", *said[1:])


def bounds(timing):
    """The repeat's bounds as sent, or None: (kind, value)."""
    repeat = as_dict(as_dict(timing).get("repeat"))
    for name in ("boundsPeriod", "boundsDuration", "boundsRange"):
        if name in repeat:
            return name, repeat[name]
    return None
