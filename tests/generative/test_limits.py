"""Values exactly on a limit belong to the milder grade, in every unit in which a laboratory may write them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.generative import support
from tests.generative.asking import conclusion
from tests.generative.chart import Chart
from tests.generative.clock import ago
from tests.generative.codes import ACTING, CODES, UCUM, analyte_of
from tests.generative.comparing import asked, outspoken
from tests.generative.results import plain
from tests.generative.spellings import SPELLINGS

# Analyte -> limits below which grades 2, 3 and 4 begin, in the canonical unit.
LIMITS = {
    "haemoglobin": ("10.0", "8.0"),
    "leukocytes": ("3.0", "2.0", "1.0"),
    "neutrophils": ("1.5", "1.0", "0.5"),
    "platelets": ("75", "50", "25"),
}
# What laboratories report at most, and far beyond it: a float would be on the limit there.
STEPS = tuple(map(Decimal, ("0.01", "0.001", "0.00000000000000001")))
SPELLED = [
    (analyte, kind, spelling)
    for analyte in ACTING
    for kind in CODES[analyte]
    if kind != "haemoglobin mole"
    for spelling in SPELLINGS[kind]
]


def request(analyte: str, code: str, quantity: dict[str, Any]) -> dict[str, Any]:
    """100 mg/day for five weeks, all counts normal yesterday, that one as given."""
    chart = Chart(Random(7))
    chart.give(100, 35)
    chart.laboratory = replace(chart.laboratory, panels="single")
    for name in ACTING:
        made = chart.result(name, ago(1), 0)
        made["effectiveDateTime"] = "2026-11-22T08:00:00Z"
        made.pop("effectivePeriod", None)
        if name == analyte:
            made.pop("referenceRange", None)
            made["code"]["coding"][0]["code"] = code
            made["valueQuantity"] = quantity
    return outspoken(chart.request())


def graded(analyte: str, kind: str, spelling: str, value: Decimal) -> tuple[str | None, bool]:
    """The conclusion on that value in that spelling, and whether grade 4 is said."""
    scale = SPELLINGS[kind][spelling]
    sent = plain(value * scale.denominator / scale.numerator)
    said = asked(request(analyte, CODES[analyte][kind][0], {"value": sent, "unit": spelling}))
    return said.conclusion, "grade-4" in said.refer


@pytest.mark.hazard("H01", "H03")
@pytest.mark.parametrize(("analyte", "kind", "spelling"), SPELLED)
def test_a_value_on_a_limit_is_of_the_milder_grade(analyte: str, kind: str, spelling: str) -> None:
    expected = [("escalate", False), ("none", False), ("interrupt", False), ("interrupt", True)]
    for index, limit in enumerate(map(Decimal, LIMITS[analyte])):
        step = STEPS[(index + len(spelling)) % len(STEPS)]
        assert graded(analyte, kind, spelling, limit) == expected[index], f"on {limit}"
        assert graded(analyte, kind, spelling, limit - step) == expected[index + 1], f"{step} below {limit}"


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(
    ("value", "expected"),
    [("6.206", "escalate"), ("6.2", "none"), ("4.965", "none"), ("4.96", "interrupt"), ("4.9", "interrupt")],
)
def test_haemoglobin_in_mmol_is_graded_on_both_scales_and_the_worse_counts(value: str, expected: str) -> None:
    quantity = {"value": Decimal(value), "unit": "mmol/L", "system": UCUM, "code": "mmol/L"}
    assert conclusion(request("haemoglobin", "59260-0", quantity)) == expected


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(
    ("analyte", "code", "unit", "ceiling", "times"),
    [
        ("creatinine", "2160-0", "mg/dL", "1.2", 3),
        ("creatinine", "14682-9", "umol/L", "106", 3),
        ("bilirubin", "1975-2", "mg/dL", "1.2", 3),
        ("bilirubin", "14631-6", "umol/L", "20.5", 3),
        ("alt", "1742-6", "U/L", "45", 5),
        ("alt", "1742-6", "ukat/L", "0.75", 5),
        ("ast", "1920-8", "U/L", "35", 5),
    ],
)
def test_chemistry_on_a_limit_is_of_the_milder_grade(
    analyte: str, code: str, unit: str, ceiling: str, times: int
) -> None:
    for excess, expected in (("0", "none"), ("0.001", "reduce"), ("-0.001", "none")):
        made = request("haemoglobin", "718-7", {"value": Decimal(13), "unit": "g/dL"})
        value = Decimal(ceiling) * times + Decimal(excess)
        result = {
            "resourceType": "Observation",
            "id": "chemistry",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": "2026-11-22T08:00:00Z",
            "valueQuantity": {"value": value, "unit": unit},
            "referenceRange": [{"high": {"value": Decimal(ceiling), "unit": unit}}],
        }
        made["prefetch"]["results"]["entry"].append({"resource": result})
        assert conclusion(made) == expected, f"{analyte} {value} {unit}"


@pytest.mark.hazard("H03", "H08")
@pytest.mark.parametrize(
    ("percent", "expected"),
    [("37.5", "escalate"), ("37.4999999", "none"), ("25", "none"), ("24.9999999", "interrupt"), ("12.4", "interrupt")],
)
def test_neutrophils_calculated_onto_a_limit_are_of_the_milder_grade(percent: str, expected: str) -> None:
    made = request("leukocytes", "6690-2", {"value": Decimal(4), "unit": "10*9/L"})
    for entry in made["prefetch"]["results"]["entry"]:
        if analyte_of(entry["resource"]) == "neutrophils":
            entry["resource"]["code"]["coding"][0]["code"] = "770-8"
            entry["resource"]["valueQuantity"] = {"value": Decimal(percent), "unit": "%"}
            entry["resource"].pop("referenceRange", None)
    assert conclusion(made) == expected


@pytest.mark.hazard("H03", "H24")
@pytest.mark.parametrize(
    ("degrees", "unit", "febrile"),
    [
        ("38.3", "Cel", False), ("38.31", "Cel", True), ("100.94", "[degF]", False), ("100.95", "[degF]", True),
        ("38.30000001", "°C", True),
    ],
)  # fmt: skip
def test_a_temperature_on_the_limit_is_no_fever(degrees: str, unit: str, febrile: bool) -> None:
    made = request("neutrophils", "751-8", {"value": Decimal("0.9"), "unit": "10*9/L"})
    warm = support.temperature(Chart(Random(7)), degrees, ago(1), unit)
    made["prefetch"]["results"]["entry"].append({"resource": warm})
    assert ("febrile-neutropenia" in asked(made).refer) is febrile
