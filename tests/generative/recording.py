"""Changes of a request that record one more toxicity; see `worsening`."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.generative import toxicities
from tests.generative.chart import Chart
from tests.generative.reading import entries
from tests.generative.toxicities import BLOOD, OTHERS
from tests.generative.worsening import added, aged, hidden, lowered, lowered_part, poisoned, removed, spoiled

Resource = dict[str, Any]
KEYS = {"AdverseEvent": "adverseEvents", "Condition": "conditions", "Observation": "gradings"}


def one_more(rng: Random, request: Resource, codes: tuple[str, ...], grades: tuple[int, ...]) -> Resource | None:
    """With one more recorded toxicity, not resolved; a second assessment of a term would be news of the first one."""
    chart = Chart(rng)
    made = toxicities.record(chart, codes, rng.choice(grades), rng.choice((0.1, 2, 9, 20, 60)), resolved=False)
    key = KEYS[made["resourceType"]]
    if key == "gradings" and entries(request, key):
        return None
    return added(request, key, {**made, "id": "added-toxicity"})


def of_blood(rng: Random, request: Resource) -> Resource | None:
    """With a toxicity of the blood recorded, of any grade."""
    return one_more(rng, request, BLOOD, (1, 2, 3, 4, 5))


def of_other_organs(rng: Random, request: Resource) -> Resource | None:
    """With a toxicity recorded that is not of the blood, of any grade."""
    return one_more(rng, request, OTHERS, (1, 2, 3, 4, 5))


WORSE = (lowered, lowered_part, removed, aged, spoiled, hidden, poisoned, of_blood, of_other_organs)
