"""Changes of a request that can only make the patient's state look worse.

Each takes a source of randomness and a request, and gives a new request, or None where there is nothing to change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.generative.awkward_times import timed
from tests.generative.clock import NOW, ago, instant
from tests.generative.codes import ACTING, LOINC, UCUM, analyte_of, kind_of, part_of
from tests.generative.reading import (
    FINAL,
    GRADE_2,
    GRADE_3,
    Count,
    Seen,
    acting_counts,
    copied,
    edges,
    entries,
    factor,
    in_course,
    is_foreign,
    moment,
    observations,
    resources,
)
from tests.generative.results import plain
from tests.generative.unusable import made_unusable

Resource = dict[str, Any]
STEP = Decimal("0.001")
# A count is divided by it without rounding.
EXACT = {Decimal(1), Decimal("0.1"), Decimal("0.001"), Decimal("1E-9")}


def course_counts(request: Resource) -> list[Count]:
    """The plain counts of a course."""
    return [x for x in acting_counts(request) if in_course(request, x.when)]


def lowered(rng: Random, request: Resource) -> Resource | None:
    """A count of the course at a lower value."""
    made = copied(request)
    found = [(x, target) for x in course_counts(made) for target in lower_values(x.analyte, x.value)]
    if not found:
        return None
    count, target = rng.choice(found)
    quantity = count.seen.element["valueQuantity"]
    scale = factor(quantity, str(kind_of(count.seen.element))) or 1
    exact = Decimal(scale.numerator) / scale.denominator
    if exact not in EXACT:
        return None
    quantity["value"] = plain(target / exact)
    return made


def lower_values(analyte: str, value: Decimal) -> list[Decimal]:
    """Plausible values below that one, of grades 2, 3 and the worst."""
    least = Decimal(2) if analyte == "haemoglobin" else Decimal(0)
    return [x for x in (GRADE_2[analyte] - STEP, GRADE_3[analyte], GRADE_3[analyte] - STEP, least) if x < value]


def lowered_part(rng: Random, request: Resource) -> Resource | None:
    """A part of a differential count of the course at a lower value: the neutrophils calculated from it are fewer."""
    made = copied(request)
    parts = [x for x in observations(made) if part_of(x.element) and positive(x)]
    within = [x for x in parts if (when := moment(x)) and in_course(made, when)]
    if not within:
        return None
    quantity = rng.choice(within).element["valueQuantity"]
    quantity["value"] = plain(Decimal(quantity["value"]) * Decimal(rng.choice(("0", "0.05", "0.2", "0.9"))))
    return made


def positive(seen: Seen) -> bool:
    """Whether it is a number that can be lowered without becoming another kind of fault."""
    value = seen.element.get("valueQuantity", {}).get("value")
    return value is not None and 0 < value <= 100 and "comparator" not in seen.element["valueQuantity"]


def good_counts(request: Resource) -> list[Count]:
    """Final counts of the patient in the course, grade <= 1, at an instant, not raised, on which no other one rests."""
    if entries(request, "transfusions") or entries(request, "administrations"):
        return []
    final = [x for x in course_counts(request) if x.seen.get("status") in FINAL and not is_foreign(x.seen)]
    found = [x for x in final if x.value >= GRADE_2[x.analyte]]
    return [x for x in found if x.analyte != "leukocytes"] if with_parts(request) else found


def with_parts(request: Resource) -> bool:
    """Whether neutrophils may be calculated from the leukocytes."""
    return any(part_of(x.element) for x in observations(request))


def removed(rng: Random, request: Resource) -> Resource | None:
    """Without one result of grade <= 1 of the course."""
    made = copied(request)
    found = good_counts(made)
    if not found:
        return None
    rng.choice(found).seen.take_out()
    return made


def aged(rng: Random, request: Resource) -> Resource | None:
    """With one result of grade <= 1 of the course older than every window, passing nothing that tells the course."""
    made = copied(request)
    found = [x for x in good_counts(made) if not x.seen.around]
    if not found:
        return None
    count = rng.choice(found)
    then = ago(36)
    if then >= count.when or not in_course(made, then) or passes_something(made, then, count.when):
        return None
    timed(count.seen.element, effectiveDateTime=instant(then))
    return made


def passes_something(request: Resource, first: datetime, last: datetime) -> bool:
    """Whether an order begins or ends between, or a toxicity or a count there may be at grade 3 or cannot be read."""
    orders = [x for x in resources(request, "medications") if x["resourceType"] == "MedicationRequest"]
    if any(first <= x <= last for order in orders for part in edges(order) for x in part):
        return True
    if any(entries(request, key) for key in ("adverseEvents", "conditions", "gradings")):
        return True
    plainly_good = {id(x.seen.element) for x in acting_counts(request) if x.value >= GRADE_3[x.analyte]}
    return any(
        id(seen.element) not in plainly_good and first <= (moment(seen) or NOW) <= last
        for seen in observations(request)
        if analyte_of(seen.element) in ACTING or part_of(seen.element)
    )


def newest_final(request: Resource, analyte: str) -> Count | None:
    """The newest final count of the analyte; None where another one may be newer or speaks too."""
    found = [x for x in acting_counts(request) if x.analyte == analyte and x.seen.get("status") in FINAL]
    known = {id(x.seen.element) for x in found}
    others = [x for x in observations(request) if analyte_of(x.element) == analyte and id(x.element) not in known]
    hidden_ones = analyte in ("neutrophils", "leukocytes") and with_parts(request)
    newest = max(found, key=lambda x: x.when, default=None)
    return newest if newest and not others and not hidden_ones else None


def spoiled(rng: Random, request: Resource) -> Resource | None:
    """With the newest final result of an analyte, at grade <= 2, unusable."""
    made, analyte = copied(request), rng.choice(ACTING)
    found = newest_final(made, analyte)
    if not found or found.value < GRADE_3[analyte]:
        return None
    made_unusable(rng, found.seen)
    return made


def hidden(rng: Random, request: Resource) -> Resource | None:
    """With an analyte's newest final result, at grade >= 3, unusable."""
    made = copied(request)
    newest = [found for analyte in ACTING if (found := newest_final(made, analyte))]
    bad = [found for found in newest if found.value < GRADE_3[found.analyte]]
    if not bad:
        return None
    made_unusable(rng, rng.choice(bad).seen)
    return made


def added(request: Resource, key: str, resource: Resource) -> Resource | None:
    """The request with one more resource under that key; None where that would hide that the key was not read."""
    bundle = request["prefetch"].get(key) or {"resourceType": "Bundle", "type": "searchset"}
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return None
    more = {**bundle, "entry": [*bundle.get("entry", []), {"resource": resource}]}
    return {**request, "prefetch": {**request["prefetch"], key: more}}


def poisoned(rng: Random, request: Resource) -> Resource | None:
    """With a creatinine at grade 3, an hour old."""
    if not isinstance(request["prefetch"].get("results"), dict):
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
    return added(request, "results", result)
