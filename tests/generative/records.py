"""Generated order-sign calls: one for every seed, always the same, ordinary mostly and awkward now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from tests.generative import orders
from tests.generative.awkward_orders import change_order, renamed
from tests.generative.awkward_results import change_result
from tests.generative.chart import Chart, searchset
from tests.generative.scenarios import SCENARIOS

OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "timeout", "diagnostics": "Invented failure"}],
}


@dataclass(frozen=True, slots=True)
class Record:
    """One call: the request, and what was done to make it."""

    seed: int
    scenario: str
    tags: frozenset[str]
    request: dict[str, Any]


def change_call(chart: Chart) -> None:
    """One perturbation of the prefetch."""
    key = chart.rng.choice(("results", "medications"))
    whole = searchset(chart.observations if key == "results" else chart.orders + chart.beside)
    link = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
    own = [{"relation": "self", "url": "https://ehr.example.org/fhir?page=1"}]
    failed = {**whole, "entry": [*whole.get("entry", []), {"resource": OUTCOME, "search": {"mode": "outcome"}}]}
    kinds: tuple[tuple[str, Any], ...] = (
        ("null", None),
        ("empty", {"resourceType": "Bundle", "type": "searchset", "total": 0}),
        ("failed", OUTCOME),
        ("failed", failed),
        ("next", {**whole, "link": link}),
        ("next", {**whole, "link": own + link}),
        ("self", {**whole, "link": own}),
        ("absent", "absent"),
    )
    name, value = chart.rng.choice(kinds)
    chart.replaced_prefetch[key] = value
    chart.tags.add(f"{key}-{name}")


def change_patient(chart: Chart) -> None:
    """A patient of another age, of unknown age, or none."""
    dates = ("2010-01-05", "2008-11-23", "2008-11-24", "2008-11", "2008", "1950", "1950-02")
    born = [{"resourceType": "Patient", "id": "p1", "birthDate": date} for date in dates]
    value = chart.rng.choice((*born, {"resourceType": "Patient", "id": "p1"}, None, "absent", OUTCOME))
    chart.replaced_prefetch["patient"] = value
    chart.tags.add("patient")


CHANGES: tuple[tuple[int, Callable[[Chart], None]], ...] = (
    (50, change_result), (32, change_order), (13, change_call), (5, change_patient),
)  # fmt: skip


def perturb(chart: Chart) -> None:
    """No, one or several perturbations."""
    weights, changes = zip(*CHANGES, strict=True)
    for _ in range(chart.rng.choices((0, 1, 2, 3), (48, 34, 13, 5))[0]):
        chart.rng.choices(changes, weights)[0](chart)


def build(seed: int) -> Record:
    """The record of that seed, made anew: the caller may change it."""
    rng = Random(seed)
    chart = Chart(rng)
    weights, scenarios = zip(*SCENARIOS, strict=True)
    scenario = rng.choices(scenarios, weights)[0]
    scenario(chart)
    perturb(chart)
    if "other-drug" in chart.tags:
        for draft in chart.drafts:
            renamed(draft, medicationCodeableConcept=rng.choice(orders.OTHER_DRUGS))
    rng.shuffle(chart.observations)
    return Record(seed, scenario.__name__, frozenset(chart.tags), chart.request())


@cache
def record(seed: int) -> Record:
    """The record of that seed, kept: not to be changed."""
    return build(seed)
