"""Dosages that tell no dose level: text, as needed, gaps, contradictions, units and codes that nobody knows."""

from __future__ import annotations

from decimal import Decimal

from tests.generative.chart import Resource
from tests.generative.dosages import GTS, SNOMED, UCUM, milligrams

DAILY = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}


def instruction(timing: Resource | None = None, **more: object) -> Resource:
    """An instruction of 50 mg an intake."""
    made: Resource = {"doseAndRate": [{"doseQuantity": milligrams(Decimal(50))}], **more}
    return made | ({"timing": timing} if timing else {})


def of_amount(quantity: Resource, **more: object) -> Resource:
    """An instruction of that much, twice a day."""
    return {"timing": DAILY, "doseAndRate": [{"doseQuantity": quantity}], **more}


def repeated(**repeat: object) -> Resource:
    """An instruction of 50 mg with that repeat."""
    return instruction({"repeat": dict(repeat)})


def coded(system: str, code: str, **repeat: object) -> Resource:
    """An instruction of 50 mg with that timing code, and the repeat beside it, if any."""
    timing: Resource = {"code": {"coding": [{"system": system, "code": code}]}}
    return instruction(timing | ({"repeat": dict(repeat)} if repeat else {}))


UNKNOWN = {"url": "https://ehr.example.org/fhir/not-known", "valueBoolean": True}
TABLET = {"value": 1, "unit": "tablet", "system": UCUM, "code": "{tbl}"}
# Dosages that tell no dose level, or only a range.
UNCLEAR: tuple[list[Resource], ...] = (
    [{"text": "100 mg daily"}],
    [instruction(DAILY, asNeededBoolean=True)],
    [instruction(DAILY, asNeededCodeableConcept={"text": "if tolerated"})],
    [repeated(frequency=2, period=1, periodUnit="d", dayOfWeek=["mon", "wed", "fri"])],
    [repeated(frequency=1, period=2, periodUnit="d")],
    [coded(GTS, "QOD")],
    [repeated(frequency=3, period=1, periodUnit="wk")],
    [repeated(frequency=14, period=28, periodUnit="d")],
    [repeated(when=["MORN"], timeOfDay=["08:00:00"])],
    [{"doseAndRate": [{"rateQuantity": {"value": 4, "unit": "mg/h", "system": UCUM, "code": "mg/h"}}]}],
    [of_amount(milligrams(Decimal("37.5")))],
    [of_amount(milligrams(Decimal(60)))],
    [of_amount({"value": Decimal("0.5"), "unit": "tablet", "system": UCUM, "code": "{tbl}"})],
    [of_amount(TABLET)],
    [of_amount({"value": 30, "unit": "mg/m2", "system": UCUM, "code": "mg/m2"})],
    [of_amount({"value": 50})],
    [instruction(DAILY, route={"coding": [{"system": SNOMED, "code": "47625008"}]})],
    [instruction({"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["SOON"]}})],
    [coded(GTS, "BID", frequency=3, period=1, periodUnit="d")],
    [coded("https://ehr.example.org/codes", "2x")],
    [coded(GTS, "XYZ")],
    [instruction(DAILY, maxDosePerPeriod={"numerator": milligrams(50), "denominator": {"value": 1, "unit": "d"}})],
    [instruction(DAILY, sequence=1), instruction(DAILY, sequence=2)],
    [instruction(DAILY, modifierExtension=[UNKNOWN])],
    [{"timing": DAILY, "doseAndRate": [{"doseRange": {"low": milligrams(50), "high": milligrams(100)}}]}],
    [{"timing": DAILY, "doseAndRate": [{"doseQuantity": milligrams(50)}, {"doseQuantity": milligrams(100)}]}],
    [repeated(frequency=1, frequencyMax=2, period=1, periodUnit="d")],
    [instruction()],
    [{"timing": DAILY}],
)
