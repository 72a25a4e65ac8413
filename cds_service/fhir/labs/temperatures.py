"""Body temperatures: in degrees Celsius, with the time at which they were taken."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction

from cds_service.clinical.facts import Reason, Temperature, Unknown
from cds_service.fhir.codes import TEMPERATURE
from cds_service.fhir.labs.replaced import Item
from cds_service.fhir.units import FAHRENHEIT

# What does not come out even is rounded towards fever, far beyond what a thermometer shows.
_DIGITS = Context(prec=30, rounding=ROUND_CEILING)


def timed(items: Iterable[Item]) -> Sequence[Item]:
    """The items, unusable where only the time of reporting is known, or only a bound of the value."""
    return [_checked(item) for item in items]


def usable(items: Iterable[Item]) -> tuple[Temperature, ...]:
    """The temperatures that were understood."""
    results = (item.result for item in items if item.result.fault is None)
    return tuple(Temperature(_celsius(x.value, x.unit), x.source, x.when) for x in results if x.value is not None)


def unclear(items: Iterable[Item]) -> tuple[Unknown, ...]:
    """Why the others were not."""
    return tuple(item.result.fault for item in items if item.result.fault is not None)


def _checked(item: Item) -> Item:
    taken = item.result
    if taken.fault is not None or not (taken.when.issued or taken.comparator):
        return item
    detail = "time: none of collection" if taken.when.issued else f"{taken.comparator} {taken.shown} {taken.unit}"
    fault = Unknown(TEMPERATURE, Reason.UNREADABLE, taken.source, detail)
    return Item(replace(taken, fault=fault), item.sent, item.raw)


def _celsius(value: Decimal, unit: str) -> Decimal:
    if unit != FAHRENHEIT:
        return value
    exact = (Fraction(value) - 32) * 5 / 9
    return _DIGITS.divide(Decimal(exact.numerator), Decimal(exact.denominator))
