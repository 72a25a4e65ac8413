"""Perturbations of what a result is of: other codes, several codes, words alone."""

from __future__ import annotations

from tests.generative.chart import Chart, Resource
from tests.generative.codes import LOINC, analyte_of


def estimated(chart: Chart, result: Resource) -> None:
    codes = {"leukocytes": "49498-9", "platelets": "49497-1", "neutrophils": "30394-1", "lymphocytes": "30364-4"}
    code = codes.get(analyte_of(result) or "", "4576-5")
    result["code"] = {"coding": [{"system": LOINC, "code": code}]}


def two_codings(chart: Chart, result: Resource) -> None:
    local = {"system": "https://lab.example.org/codes", "code": "X1", "display": "Neutrophils"}
    result["code"]["coding"].insert(chart.rng.randrange(2), local)


def contradicting_codings(chart: Chart, result: Resource) -> None:
    """One result that claims to be of two analytes."""
    other = chart.rng.choice(("777-3", "718-7", "6690-2", "2160-0"))
    result["code"]["coding"].append({"system": LOINC, "code": other})


def other_system(chart: Chart, result: Resource) -> None:
    """A LOINC code under another system, or under none: no LOINC code."""
    coding = result["code"]["coding"][0]
    coding.pop("system", None)
    coding.update(chart.rng.choice(({}, {"system": "https://lab.example.org/codes"}, {"system": "urn:oid:2.16.1"})))


def display_only(chart: Chart, result: Resource) -> None:
    result["code"] = {"text": analyte_of(result) or "other"}
