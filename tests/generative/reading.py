"""What the transformations must know of a request, read cautiously: what is not plain is not touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.generative.clock import NOW, read
from tests.generative.codes import ACTING, analyte_of, kind_of
from tests.generative.spellings import SPELLINGS

Resource = dict[str, Any]
# How a reference names the patient of every request.
OWN = re.compile(r"(https://ehr\.example\.org/fhir/)?Patient/p1(/_history/.*)?")
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


def copied(value: Any) -> Any:
    """The same JSON, to be changed: each part stands for itself, and it takes a fraction of the time of a deepcopy."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Seen:
    """A result, wherever it lies: the element with code and value, what it lies in, and the list to take it out of."""

    element: Resource
    around: tuple[Resource, ...]
    siblings: list[Any]
    place: Any

    def get(self, key: str) -> Any:
        """A member of its own, else of what it lies in."""
        return next((x[key] for x in (self.element, *self.around) if key in x), None)

    def take_out(self) -> None:
        """Remove it from the request."""
        self.siblings[:] = [x for x in self.siblings if x is not self.place]


@dataclass(frozen=True, slots=True)
class Count:
    """A plain result of an acting analyte: its value in the canonical unit, and when."""

    seen: Seen
    analyte: str
    value: Decimal
    when: datetime


def resources(request: Resource, key: str) -> list[Resource]:
    """The resources of that prefetched Bundle; none where it is no Bundle with entries."""
    return [entry["resource"] for entry in entries(request, key)]


def entries(request: Resource, key: str) -> list[Resource]:
    """The entries of that prefetched Bundle, to be changed in place."""
    bundle = request["prefetch"].get(key)
    found: list[Resource] = bundle.get("entry", []) if isinstance(bundle, dict) else []
    return found


def observations(request: Resource) -> Iterator[Seen]:
    """Each result, component and contained Observation of the prefetched results and reports."""
    for key in ("results", "reports"):
        listed = entries(request, key)
        for entry in list(listed):
            resource = entry["resource"]
            if resource["resourceType"] == "Observation":
                yield Seen(resource, (), listed, entry)
            yield from _within(resource)


def _within(resource: Resource) -> Iterator[Seen]:
    for key in ("component", "contained"):
        for part in list(resource.get(key, [])):
            if key == "component" or part.get("resourceType") == "Observation":
                yield Seen(part, (resource,), resource[key], part)


def factor(quantity: Resource, kind: str) -> Fraction | None:
    """Canonical units per unit sent, as the table of spellings says it; None where text or code do not tell."""
    names = [quantity[key] for key in ("unit", "code") if key in quantity]
    found = {SPELLINGS[kind].get(name) for name in names}
    return found.pop() if len(found) == 1 else None


def number(seen: Seen) -> Decimal | None:
    """The value of a count in its canonical unit; None unless it is exact, plain and plausible."""
    kind, quantity = kind_of(seen.element), seen.element.get("valueQuantity")
    if kind is None or quantity is None or "comparator" in quantity:
        return None
    scale = factor(quantity, kind)
    spoiled = {"dataAbsentReason", "modifierExtension"} & {key for x in (seen.element, *seen.around) for key in x}
    if scale is None or spoiled or quantity["value"] < 0:
        return None
    value = Decimal(quantity["value"]) * scale.numerator / scale.denominator
    return value if value < 500 or analyte_of(seen.element) == "platelets" else None


def moment(seen: Seen) -> datetime | None:
    """When the sample was taken, if an instant says it."""
    period = seen.get("effectivePeriod") or {}
    text = seen.get("effectiveDateTime") or seen.get("effectiveInstant") or period.get("start")
    return read(text) if text else None


def acting_counts(request: Resource) -> Iterator[Count]:
    """Each plain result of an acting analyte."""
    for seen in observations(request):
        analyte, value, when = analyte_of(seen.element), number(seen), moment(seen)
        if analyte in ACTING and value is not None and when is not None and when <= NOW:
            yield Count(seen, str(analyte), value, when)


def is_foreign(seen: Seen) -> bool:
    """Whether it says that it is somebody else's."""
    subject = seen.get("subject")
    return subject is not None and not OWN.fullmatch(str(subject.get("reference")))


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
    lasting = supply.get("expectedSupplyDuration")
    if lasting and begun:
        ends.append(min(begun) + timedelta(days=int(lasting["value"]) if lasting.get("code") == "d" else 0))
    return begun, ends


def instant_of(text: str) -> datetime:
    """The instant, or the midnight of the date or of the first of the month."""
    return read(text) or datetime.fromisoformat(f"{(text + '-01-01')[:10]}T00:00:00+00:00")


def in_course(request: Resource, when: datetime) -> bool:
    """Whether that is beyond doubt a time in a course, and not before the first dose of any."""
    for order in plain_orders(request):
        starts, ends = edges(order)
        last = min(ends) + timedelta(days=60) if ends else NOW if order["status"] == "active" else None
        last = last or (max(starts) + timedelta(days=150) if starts else None)
        if starts and last and max(starts) + timedelta(days=1) <= when <= last:
            return True
    return False
