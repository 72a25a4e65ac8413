"""Which protocol a record declares: by its drafts, its orders or a care plan; one, the other, both, an unknown one."""

from __future__ import annotations

from random import Random

from tests.generative.chart import Chart, Resource
from tests.generative.tumours import PATIENT

BASE = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/trofosfamide-"
MAINTENANCE, FIRST_LINE = f"{BASE}maintenance", f"{BASE}first-line-elderly"
ELSEWHERE = "https://ehr.example.org/PlanDefinition/x"


def declaration(rng: Random, chart: Chart) -> None:
    """Mostly none; else one or two of the three who may declare."""
    if rng.random() < (0.62 if chart.orders else 0.28):
        return
    for _ in range(rng.choice((1, 1, 1, 2))):
        tier = rng.choices(("drafts", "orders", "plan"), (40, 30, 30))[0]
        if tier == "plan":
            chart.more.setdefault("carePlans", []).append(plan(rng, len(chart.more.get("carePlans", []))))
            continue
        named = canonicals(rng)
        for each in chart.drafts if tier == "drafts" else chart.orders:
            each["instantiatesCanonical"] = named if rng.random() < 0.9 else canonicals(rng)


def canonicals(rng: Random) -> list[str]:
    """What is declared: mostly one protocol of this product."""
    version = "|0.1.0" if rng.random() < 0.2 else ""
    choices = ([FIRST_LINE + version], [MAINTENANCE + version], [FIRST_LINE, MAINTENANCE], [ELSEWHERE])
    return list(rng.choices(choices, (72, 20, 4, 4))[0])


def plan(rng: Random, number: int) -> Resource:
    """A CarePlan, mostly active and meant; others than of this product declare nothing."""
    named = canonicals(rng)
    return {
        "resourceType": "CarePlan",
        "id": f"onc-careplan-{number}",
        "status": rng.choices(("active", "completed", "revoked", "draft", "on-hold"), (84, 4, 4, 4, 4))[0],
        "intent": rng.choices(("plan", "order", "option", "proposal"), (70, 18, 6, 6))[0],
        "subject": dict(PATIENT),
        "instantiatesCanonical": [*named, ELSEWHERE] if rng.random() < 0.15 else named,
    }
