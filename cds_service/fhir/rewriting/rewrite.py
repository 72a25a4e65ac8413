"""An order with its dosage rewritten to a daily dose, and nothing else; only where it reads back as exactly that."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import Dose
from cds_service.fhir.dosage.phases import Context, Phase, phases
from cds_service.fhir.dosage.sequences import defined_by
from cds_service.fhir.dosage.strength import tablet as tablet_of
from cds_service.fhir.rewriting.elsewhere import tells_elsewhere
from cds_service.fhir.rewriting.plans import plans
from cds_service.fhir.rewriting.wording import Wording
from cds_service.fhir.site import NO_SITE, Site

Resource = Mapping[str, Any]

_UTC = ZoneInfo("UTC")


def rewrite(
    resource: Resource, mg_per_day: Decimal, wording: Wording, tablet: Fraction | None = None, site: Site = NO_SITE
) -> dict[str, Any] | None:
    """A copy of a valid MedicationRequest, its `dosageInstruction` rewritten to `mg_per_day` in the structure it has.

    `tablet` is mg per tablet; without it that of a contained Medication or of the site holds. Text is written anew
    where there is one, in the language of `wording`.

    None where no such dosage reads back as exactly that dose, every day and from and to the same
    days; where the dose it has is not known, or changes by date; and where words that cannot be rewritten would go on
    telling the old one.
    """
    instructions = resource.get("dosageInstruction") or []
    context = _context(resource, tablet, site)
    now, *more = phases(instructions, context)
    if more or not isinstance(now.dose, Dose) or not now.dose.continuous or tells_elsewhere(resource, instructions):
        return None
    wanted = (Phase(now.reach, Dose(mg_per_day, mg_per_day)),)
    for plan in plans(instructions, Fraction(mg_per_day), context.local, wording):
        if phases(plan, context) == wanted:
            return {**resource, "dosageInstruction": plan}
    return None


def _context(resource: Resource, tablet: Fraction | None, site: Site) -> Context:
    known = tablet or _own_tablet(resource, site)
    profiles = (resource.get("meta") or {}).get("profile") or []
    return Context("", _UTC, known, timings=site.timings, sequence=defined_by(profiles))


def _own_tablet(resource: Resource, site: Site) -> Fraction | None:
    """What the order itself and the site tell; nothing where it refers to a Medication that it does not contain."""
    concept = resource.get("medicationCodeableConcept") or {}
    referred = resource.get("medicationReference")
    if not referred:
        return tablet_of(None, concept, site)
    for inside in resource.get("contained") or []:
        if inside.get("resourceType") == "Medication" and referred.get("reference") == f"#{inside.get('id')}":
            return None if inside.get("modifierExtension") else tablet_of(inside, concept, site)
    return None
