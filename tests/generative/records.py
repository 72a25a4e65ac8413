"""Generated order-sign calls: one for every seed, always the same, ordinary mostly and awkward now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

from tests.generative import orders
from tests.generative.awkward_orders import change_order, renamed
from tests.generative.awkward_results import change_result
from tests.generative.chart import MORE, Chart, searchset
from tests.generative.declarations import declaration
from tests.generative.differentials import DIFFERENTIALS
from tests.generative.oncology import oncology
from tests.generative.scenarios import SCENARIOS
from tests.generative.support import supported, with_temperatures
from tests.generative.toxicities import toxicity

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
        ("absent", "absent"),
    )
    name, value = chart.rng.choice(kinds)
    chart.replaced_prefetch[key] = value
    chart.tags.add(f"{key}-{name}")


def change_unasked(chart: Chart) -> None:
    """One perturbation of a prefetch that was not asked for."""
    key = chart.rng.choice(MORE)
    whole = searchset(chart.more[key])
    link = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
    kinds: tuple[tuple[str, Any], ...] = (
        ("null", None), ("failed", OUTCOME), ("next", {**whole, "link": link}), ("absent", "absent"),
        ("unreadable", "none"),
    )  # fmt: skip
    name, value = chart.rng.choice(kinds)
    chart.replaced_prefetch[key] = value
    chart.tags.add(f"{key}-{name}")


def change_differential(chart: Chart) -> None:
    """Neutrophils told by a differential count."""
    weights, changes = zip(*DIFFERENTIALS, strict=True)
    change = chart.rng.choices(changes, weights)[0]
    if chart.observations:
        change(chart, chart.rng.choice(chart.observations))
        chart.tags.add(change.__name__)


def change_patient(chart: Chart) -> None:
    """A patient of another age, of unknown age, or none."""
    dates = ("2010-01-05", "2008-11-23", "2008-11-24", "2008-11", "2008", "1950", "1950-02")
    born = [{"resourceType": "Patient", "id": "p1", "birthDate": date} for date in dates]
    value = chart.rng.choice((*born, {"resourceType": "Patient", "id": "p1"}, None, "absent", OUTCOME))
    chart.replaced_prefetch["patient"] = value
    chart.tags.add("patient")


CHANGES: tuple[tuple[int, Callable[[Chart], None]], ...] = (
    (44, change_result), (30, change_order), (12, change_call), (5, change_patient), (4, change_unasked),
    (14, change_differential), (7, toxicity), (5, supported), (3, with_temperatures),
)  # fmt: skip


def perturb(chart: Chart, extra: int) -> None:
    """No, one or several perturbations, and some more if asked for."""
    weights, changes = zip(*CHANGES, strict=True)
    for _ in range(chart.rng.choices((0, 1, 2, 3), (48, 34, 13, 5))[0] + extra):
        chart.rng.choices(changes, weights)[0](chart)


def build(seed: int, scenario: str | None = None, extra: int = 0) -> Record:
    """The record of that seed, made anew: the caller may change it.

    A scenario may be named instead of chosen by chance, and further perturbations asked for.
    """
    chart = Chart(Random(seed))
    weights, scenarios = zip(*SCENARIOS, strict=True)
    chosen = chart.rng.choices(scenarios, weights)[0]
    made = {x.__name__: x for x in scenarios}[scenario] if scenario else chosen
    made(chart)
    beside = Random(f"oncology {seed}")
    declaration(beside, chart)
    oncology(beside, chart)
    perturb(chart, extra)
    if {"medications-absent", "unresolved"} <= chart.tags:
        # Whether a draft that names nothing may be the drug cannot be asked without the orders.
        del chart.replaced_prefetch["medications"]
    if "other-drug" in chart.tags:
        for draft in chart.drafts:
            renamed(draft, medicationCodeableConcept=chart.rng.choice(orders.OTHER_DRUGS))
    chart.rng.shuffle(chart.observations)
    return Record(seed, made.__name__, frozenset(chart.tags), chart.request())


@lru_cache(maxsize=1000)
def record(seed: int) -> Record:
    """The record of that seed, kept for a while: not to be changed."""
    return build(seed)
