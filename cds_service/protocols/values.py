"""A parameter of a protocol file -> the type that the rules use: value and unit have to be of its kind."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_type_hints

from cds_service.clinical.protocol import Parameters

KINDS = get_type_hints(Parameters)
SPANS = {"d": timedelta(days=1), "h": timedelta(hours=1)}
_UNITS = {
    "fever_once": "Cel",
    "fever_sustained": "Cel",
    "febrile_neutrophils": "10*9/L",
    "start_neutrophils": "10*9/L",
    "start_platelets": "10*9/L",
    "start_creatinine_uln": "x ULN",
    "start_bilirubin_uln": "x ULN",
    "adult_age": "a",
    "eligible_age": "a",
    "pause_years": "a",
    "imaging_months": "mo",
    "performance_status_worst": "ECOG",
    "acting_analytes": "analyte",
}
_WORST = {"CTCAE grade": 4, "ECOG": 4}
_DOSES = "escalate_from"


def units(key: str) -> tuple[str, ...]:
    """The units that a parameter may have in a file."""
    if KINDS[key] is timedelta:
        return tuple(SPANS)
    return (_UNITS.get(key, "CTCAE grade" if KINDS[key] is int else "mg/d"),)


def wanted(key: str) -> str:
    """What a file has to give as the value of a parameter, in words."""
    if units(key)[0] in _WORST:
        return "a grade from 1 to 4"
    if KINDS[key] in (int, timedelta):
        return "a whole number above 0, as 14"
    if KINDS[key] is Decimal:
        return "a number above 0, as 1.5"
    return "a list of numbers, as [100]" if key == _DOSES else "a list of names, as [neutrophils, platelets]"


def typed(key: str, parameter: Mapping[str, Any]) -> Any:
    """A parameter's value as the type that the rules use. Raises where value or unit are not of its kind."""
    value, unit, kind = parameter["value"], parameter["unit"], KINDS[key]
    if unit not in units(key):
        raise ValueError(unit)
    if kind is timedelta:
        return _whole(value) * SPANS[unit]
    if kind is int:
        return _counted(value, unit)
    if kind is Decimal:
        return _number(value)
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(_number if key == _DOSES else _word, value))


def faults(key: str, parameter: Any) -> Iterator[tuple[str, str]]:
    """(member, what to write instead) for each member that the rules could not use; what is missing is none."""
    given = parameter if isinstance(parameter, dict) else {}
    sound = given.get("unit") in units(key)
    if "unit" in given and not sound:
        yield "unit", f"has to be {' or '.join(units(key))}"
    if "value" in given and not _is_typed(key, given if sound else {**given, "unit": units(key)[0]}):
        yield "value", f"has to be {wanted(key)}, without quotation marks"
    if "since" in given and not dated(given["since"]):
        yield "since", "has to be a day, as 2026-11-24"


def dated(words: Any) -> bool:
    """True for a day as "2026-11-24"."""
    try:
        return isinstance(words, str) and date.fromisoformat(words).isoformat() == words
    except ValueError:
        return False


def _is_typed(key: str, parameter: Mapping[str, Any]) -> bool:
    try:
        typed(key, parameter)
    except (TypeError, ValueError, ArithmeticError):
        return False
    return True


def _counted(value: Any, unit: str) -> int:
    """Whole years, months, or a grade of a scale that ends."""
    number = _whole(value)
    if number > _WORST.get(unit, number):
        raise ValueError(value)
    return number


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: Any) -> Decimal:
    if not isinstance(value, Decimal) or value <= 0:
        raise ValueError(value)
    return value


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError(value)
    return int(number)
