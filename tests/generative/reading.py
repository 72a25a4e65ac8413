"""What the transformations must know of a request, read cautiously: what is not plain is not touched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.generative.awkward_results import analyte_of
from tests.generative.clock import NOW, read
from tests.generative.results import ACTING, CODES, LOINC, SPELLINGS

Resource = dict[str, Any]
FINAL = ("final", "amended", "corrected")
GIVEN = ("active", "on-hold", "stopped", "completed")
ORDERED = ("order", "original-order", "reflex-order", "filler-order", "instance-order")
# Values below which a count is at grade 3, and below which it is at grade 2; in the canonical unit.
GRADE_3 = {
    "haemoglobin": Decimal(8), "leukocytes": Decimal(2), "neutrophils": Decimal(1), "platelets": Decimal(50),
}  # fmt: skip
GRADE_2 = {
    "haemoglobin": Decimal(10), "leukocytes": Decimal(3), "neutrophils": Decimal("1.5"), "platelets": Decimal(75),
}  # fmt: skip


def resources(request: Resource, key: str) -> list[Resource]:
    """The resources of that prefetched Bundle; none where it is no Bundle with entries."""
    bundle = request["prefetch"].get(key)
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        return []
    return [entry["resource"] for entry in bundle.get("entry", [])]


def observations(request: Resource) -> list[Resource]:
    """The prefetched Observations."""
    return [x for x in resources(request, "results") if x["resourceType"] == "Observation"]


def kind_of(result: Resource) -> str | None:
    """The kind of quantity that the result's LOINC code measures."""
    codings = result["code"].get("coding", [])
    codes = {coding.get("code") for coding in codings if coding.get("system") == LOINC}
    return next((kind for kinds in CODES.values() for kind, members in kinds.items() if codes & set(members)), None)


def factor(quantity: Resource, kind: str) -> str | None:
    """Canonical units per unit sent, as the table of spellings says it; None where text or code do not tell."""
    names = [quantity[key] for key in ("unit", "code") if key in quantity]
    found = {SPELLINGS[kind].get(name) for name in names}
    return found.pop() if len(found) == 1 else None


def number(result: Resource) -> Decimal | None:
    """The value of a count in its canonical unit; None unless it is exact, plain and plausible."""
    kind, quantity = kind_of(result), result.get("valueQuantity")
    if kind is None or quantity is None or "comparator" in quantity:
        return None
    scale = factor(quantity, kind)
    if (
        scale is None
        or "/" in scale
        or quantity["value"] < 0
        or set(result) & {"dataAbsentReason", "modifierExtension"}
    ):
        return None
    value = Decimal(quantity["value"]) * Decimal(scale)
    return value if value < 500 or analyte_of(result) == "platelets" else None


def moment(result: Resource) -> datetime | None:
    """When the sample was taken, if an instant says it."""
    text = result.get("effectiveDateTime") or result.get("effectivePeriod", {}).get("start")
    return read(text) if text else None


def acting_counts(request: Resource) -> Iterator[tuple[Resource, str, Decimal, datetime]]:
    """Each plain result of an acting analyte: resource, analyte, canonical value, instant."""
    for result in observations(request):
        analyte, value, when = analyte_of(result), number(result), moment(result)
        if analyte in ACTING and value is not None and when is not None and when <= NOW:
            yield result, str(analyte), value, when


def plain_orders(request: Resource) -> list[Resource]:
    """Orders that beyond doubt gave trofosfamide to this patient."""
    strange = {"modifierExtension", "doNotPerform", "reportedBoolean", "instantiatesCanonical"}
    return [
        order
        for order in resources(request, "medications")
        if order["resourceType"] == "MedicationRequest"
        and order.get("status") in GIVEN
        and order.get("intent") in ORDERED
        and not set(order) & strange
        and ("L01AA07" in str(order) or "1156222009" in str(order))
    ]


def edges(order: Resource) -> tuple[list[datetime], list[datetime]]:
    """All starts and all ends that the order writes; dates as their midnight."""
    supply = order.get("dispenseRequest", {})
    periods = [supply.get("validityPeriod", {})]
    periods += [
        instruction.get("timing", {}).get("repeat", {}).get("boundsPeriod", {})
        for instruction in order.get("dosageInstruction", [])
    ]
    starts = [order.get("authoredOn"), *(period.get("start") for period in periods)]
    ends = [instant_of(period["end"]) for period in periods if "end" in period]
    begun = [instant_of(text) for text in starts if text]
    if "expectedSupplyDuration" in supply and begun:
        ends.append(min(begun) + timedelta(days=int(supply["expectedSupplyDuration"]["value"])))
    return begun, ends


def instant_of(text: str) -> datetime:
    """The instant, or the midnight of the date."""
    return read(text) or datetime.fromisoformat(f"{text[:10]}T00:00:00+00:00")


def in_course(request: Resource, when: datetime) -> bool:
    """Whether that is beyond doubt a time in a course, and not before the first dose of any."""
    for order in plain_orders(request):
        starts, ends = edges(order)
        last = min(ends) + timedelta(days=60) if ends else NOW if order["status"] == "active" else None
        last = last or (max(starts) + timedelta(days=150) if starts else None)
        if starts and last and max(starts) + timedelta(days=1) <= when <= last:
            return True
    return False
