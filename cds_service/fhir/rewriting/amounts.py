"""The new dose in `doseAndRate`: every entry of every type, each in the unit that it was sent in."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from cds_service.fhir.dosage.reading import Undetermined, decimal
from cds_service.fhir.dosage.units import TABLET, unit_of
from cds_service.fhir.dosage.why import Why

Element = Mapping[str, Any]


def redosed(
    entries: Sequence[Element], intake: Fraction, day: Fraction, tablet: Fraction | None
) -> list[dict[str, Any]]:
    """The same entries with `intake` mg at a time and `day` mg a day; a range becomes the one dose.

    `tablet` is mg per tablet, None where unknown. Raises Undetermined where that is no whole number of tablets.
    """
    return [dict(_member(name, value, intake, day, tablet) for name, value in entry.items()) for entry in entries]


def _member(name: str, value: Any, intake: Fraction, day: Fraction, tablet: Fraction | None) -> tuple[str, Any]:
    match name:
        case "doseQuantity":
            return name, _quantity(value, intake, tablet)
        case "doseRange":
            return "doseQuantity", _quantity(value["high"], intake, tablet)
        case "rateQuantity":
            return name, {**value, "value": decimal(day)}
        case "rateRatio":
            return name, {**value, "numerator": _quantity(value["numerator"], day, tablet)}
    return name, value


def _quantity(quantity: Element, mg: Fraction, tablet: Fraction | None) -> dict[str, Any]:
    unit = unit_of(quantity)
    if isinstance(unit, Fraction):
        return {**quantity, "value": decimal(mg / unit)}
    if unit != TABLET or tablet is None or (mg / tablet).denominator != 1:
        raise Undetermined(Why.NOT_WHOLE)
    return {**quantity, "value": decimal(mg / tablet)}
