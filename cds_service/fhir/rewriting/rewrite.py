"""An order with its dosage rewritten to a daily dose, and nothing else; only where it reads back as exactly that."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import Dose, Unknown
from cds_service.fhir.dosage.phases import Context, daily_dose
from cds_service.fhir.dosage.strength import strength
from cds_service.fhir.rewriting.elsewhere import tells_elsewhere
from cds_service.fhir.rewriting.plans import plans

Resource = Mapping[str, Any]

_UTC = ZoneInfo("UTC")


def rewrite(resource: Resource, mg_per_day: Decimal, tablet: Fraction | None = None) -> dict[str, Any] | None:
    """A copy of a valid MedicationRequest, its `dosageInstruction` rewritten to `mg_per_day` in the structure it has.

    `tablet` is mg per tablet; without it that of a contained Medication holds. Text is written anew where there is one.
    None where no such dosage reads back as exactly that dose, every day; where the dose it has is not known, or changes
    by date; and where words that cannot be rewritten would go on telling the old one.
    """
    instructions = resource.get("dosageInstruction") or []
    context = Context("", _UTC, tablet or _contained_strength(resource))
    now = daily_dose(instructions, context)
    if isinstance(now, Unknown) or not now.continuous or tells_elsewhere(resource, instructions):
        return None
    wanted = Dose(mg_per_day, mg_per_day)
    for plan in plans(instructions, Fraction(mg_per_day), context.tablet):
        if daily_dose(plan, context) == wanted:
            return {**resource, "dosageInstruction": plan}
    return None


def _contained_strength(resource: Resource) -> Fraction | None:
    reference = (resource.get("medicationReference") or {}).get("reference") or ""
    for inside in resource.get("contained") or []:
        if inside.get("resourceType") == "Medication" and reference == f"#{inside.get('id')}":
            return None if inside.get("modifierExtension") else strength(inside)
    return None
