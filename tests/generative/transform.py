"""Changes of a request that keep its meaning, and changes that can only make the patient's state look worse.

Each takes a source of randomness and a request, and gives a new request, or None where there is nothing to change.
"""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.generative.awkward_results import analyte_of, timed
from tests.generative.clock import NOW, ZONES, ago, instant, offset, read
from tests.generative.reading import (
    FINAL,
    GRADE_2,
    GRADE_3,
    acting_counts,
    edges,
    factor,
    in_course,
    kind_of,
    moment,
    observations,
    resources,
)
from tests.generative.results import ACTING, LOINC, SPELLINGS, UCUM, plain

Resource = dict[str, Any]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
STEP = Decimal("0.001")
KEYS = ("results", "medications")


def entries(request: Resource, key: str) -> list[Resource]:
    """The entries of that prefetched Bundle, to be changed in place."""
    bundle = request["prefetch"].get(key)
    return bundle.get("entry", []) if isinstance(bundle, dict) else []


def shuffled(rng: Random, request: Resource) -> Resource:
    """The same resources in another order."""
    made = deepcopy(request)
    for key in KEYS:
        rng.shuffle(entries(made, key))
    return made


def doubled(rng: Random, request: Resource) -> Resource:
    """Some entries twice."""
    made = deepcopy(request)
    for key in KEYS:
        found = entries(made, key)
        found += deepcopy(rng.sample(found, min(len(found), rng.randrange(1, 5))))
    return made


def other_units(rng: Random, request: Resource) -> Resource:
    """Every understood result in another spelling of its unit, the number converted exactly."""
    made = deepcopy(request)
    for result in observations(made):
        kind, quantity = kind_of(result), result.get("valueQuantity", {})
        scale = factor(quantity, kind) if kind else None
        if kind and scale:
            spelling = rng.choice(exact_spellings(kind, scale))
            ratio = (
                Decimal(1)
                if SPELLINGS[kind][spelling] == scale
                else Decimal(scale) / Decimal(SPELLINGS[kind][spelling])
            )
            respell(quantity, spelling, ratio)
            for bounds in result.get("referenceRange", []):
                for bound in (bounds.get("low"), bounds.get("high")):
                    if bound and factor(bound, kind) == scale:
                        respell(bound, spelling, ratio)
    return made


def exact_spellings(kind: str, scale: str) -> list[str]:
    """Spellings into which a number converts without rounding."""
    exact = {"1", "0.1", "0.001"}
    return [name for name, other in SPELLINGS[kind].items() if other == scale or {scale, other} <= exact]


def respell(quantity: Resource, spelling: str, ratio: Decimal) -> None:
    """Write the quantity in that unit, by its text alone."""
    quantity.pop("system", None)
    quantity.pop("code", None)
    quantity["unit"] = spelling
    if ratio != 1:
        quantity["value"] = plain(Decimal(quantity["value"]) * ratio)


def other_zones(rng: Random, request: Resource) -> Resource:
    """Every instant of results and orders in another time zone."""
    made = deepcopy(request)
    for key in KEYS:
        for resource in resources(made, key):
            resource |= {name: rezoned(rng, value) for name, value in resource.items()}
    return made


def rezoned(rng: Random, value: Any) -> Any:
    """The same value with its instants moved to other zones."""
    if isinstance(value, dict):
        return {key: rezoned(rng, item) for key, item in value.items()}
    if isinstance(value, list):
        return [rezoned(rng, item) for item in value]
    found = INSTANT.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return value
    zone = rng.choice(ZONES)
    return read(value).astimezone(offset(zone)).strftime("%Y-%m-%dT%H:%M:%S") + (found[1] or "") + zone


def course_counts(request: Resource) -> list[tuple[Resource, str, Decimal, Any]]:
    """The plain counts of a course."""
    return [x for x in acting_counts(request) if in_course(request, x[3])]


def lowered(rng: Random, request: Resource) -> Resource | None:
    """A count of the course at a lower value."""
    made = deepcopy(request)
    found = [(x, target) for x in course_counts(made) for target in lower_values(x[1], x[2])]
    if not found:
        return None
    (result, *_), target = rng.choice(found)
    scale = Decimal(factor(result["valueQuantity"], str(kind_of(result))) or 1)
    if scale not in (1, Decimal("0.1"), Decimal("0.001")):
        return None
    result["valueQuantity"]["value"] = plain(target / scale)
    return made


def lower_values(analyte: str, value: Decimal) -> list[Decimal]:
    """Plausible values below that one, of grades 2, 3 and the worst."""
    least = Decimal(2) if analyte == "haemoglobin" else Decimal(0)
    return [x for x in (GRADE_2[analyte] - STEP, GRADE_3[analyte], GRADE_3[analyte] - STEP, least) if x < value]


def supported_by_nothing(request: Resource) -> list[tuple[Resource, str, Decimal, Any]]:
    """Final counts of the course at grade <= 1, told by instants."""
    return [x for x in course_counts(request) if x[0].get("status") in FINAL and x[2] >= GRADE_2[x[1]]]


def removed(rng: Random, request: Resource) -> Resource | None:
    """Without one result of grade <= 1 of the course."""
    made = deepcopy(request)
    found = supported_by_nothing(made)
    if not found:
        return None
    gone = rng.choice(found)[0]
    bundle = made["prefetch"]["results"]
    bundle["entry"] = [entry for entry in bundle["entry"] if entry["resource"] is not gone]
    return made


def aged(rng: Random, request: Resource) -> Resource | None:
    """With one result of grade <= 1 of the course older than every window, passing nothing that tells the course."""
    made = deepcopy(request)
    found = supported_by_nothing(made)
    if not found:
        return None
    result, _, _, when = rng.choice(found)
    then = ago(36)
    if then >= when or not in_course(made, then) or passes_something(made, then, when):
        return None
    timed(result, effectiveDateTime=instant(then))
    return made


def passes_something(request: Resource, first: Any, last: Any) -> bool:
    """Whether an order begins or ends between, or a count there may be at grade 3 or cannot be read."""
    for order in resources(request, "medications"):
        if order["resourceType"] == "MedicationRequest" and any(
            first <= x <= last for part in edges(order) for x in part
        ):
            return True
    plainly_good = {id(x[0]) for x in acting_counts(request) if x[2] >= GRADE_3[x[1]]}
    return any(
        id(result) not in plainly_good and first <= (moment(result) or NOW) <= last
        for result in observations(request)
        if analyte_of(result) in ACTING
    )


def newest_final(request: Resource, analyte: str) -> tuple[Resource, Decimal] | None:
    """The newest final count of the analyte, and its value; None where another one may be newer or speaks too."""
    found = {id(x[0]): x for x in acting_counts(request) if x[1] == analyte and x[0].get("status") in FINAL}
    others = [x for x in observations(request) if analyte_of(x) == analyte and id(x) not in found]
    newest = max(found.values(), key=lambda x: x[3], default=None)
    return (newest[0], newest[2]) if newest and not others else None


def made_unusable(rng: Random, result: Resource) -> None:
    """Leave nothing of the value that can be read as this analyte's."""
    value = result.pop("valueQuantity")["value"]
    result.update(rng.choice(UNUSABLE)(value))


def spoiled(rng: Random, request: Resource) -> Resource | None:
    """With the newest final result of an analyte, at grade <= 2, unusable."""
    made, analyte = deepcopy(request), rng.choice(ACTING)
    found = newest_final(made, analyte)
    if not found or found[1] < GRADE_3[analyte]:
        return None
    made_unusable(rng, found[0])
    return made


def hidden(rng: Random, request: Resource) -> Resource | None:
    """With an analyte's newest final result, at grade >= 3, unusable."""
    made = deepcopy(request)
    newest = [(analyte, found) for analyte in ACTING if (found := newest_final(made, analyte))]
    bad = [found[0] for analyte, found in newest if found[1] < GRADE_3[analyte]]
    if not bad:
        return None
    made_unusable(rng, rng.choice(bad))
    return made


UNUSABLE = (
    lambda value: {"valueQuantity": {"value": value}},
    lambda value: {"valueQuantity": {"value": value, "unit": "arbitrary"}},
    lambda value: {"valueString": str(value)},
    lambda value: {"valueQuantity": {"value": -1, "unit": "10*9/L", "system": UCUM, "code": "10*9/L"}},
    lambda value: {"valueQuantity": {"value": 400, "unit": "%", "system": UCUM, "code": "%"}},
)


def poisoned(rng: Random, request: Resource) -> Resource | None:
    """With a creatinine at grade 3, an hour old."""
    made = deepcopy(request)
    bundle = made["prefetch"].get("results")
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return None
    unit = {"unit": "mg/dL", "system": UCUM, "code": "mg/dL"}
    result = {
        "resourceType": "Observation",
        "id": "added-creatinine",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "2160-0"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": instant(NOW - timedelta(hours=1)),
        "valueQuantity": {"value": Decimal("4.8"), **unit},
        "referenceRange": [{"high": {"value": Decimal("1.2"), **unit}}],
    }
    bundle["entry"] = [*bundle.get("entry", []), {"resource": result}]
    return made


SAME = (shuffled, doubled, other_units, other_zones)
WORSE = (lowered, removed, aged, spoiled, hidden, poisoned)
