"""One MedicationRequest of the drug -> an order with its daily dose; one for each phase where that changes by date."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, Raw

from cds_service.clinical.facts import Dose, Order, Reason, Unknown, When
from cds_service.fhir.codes import Drug
from cds_service.fhir.dosage.bounds import Reach, at, later, not_before, of_period
from cds_service.fhir.dosage.phases import Context, phases, text_of
from cds_service.fhir.dosage.sequences import defined_by
from cds_service.fhir.dosage.strength import tablet as tablet_of
from cds_service.fhir.patient import Subject, Whose, references, whose
from cds_service.fhir.reasons import OF_TOXICITY
from cds_service.fhir.references import local
from cds_service.fhir.site import NO_SITE, Site
from cds_service.fhir.strict import Unreadable, strict
from cds_service.fhir.validate import fault_of

Resource = Mapping[str, Any]

_STATUSES = frozenset("active on-hold cancelled completed entered-in-error stopped draft unknown".split())
_NOT_MEANT = frozenset({"proposal", "plan", "option"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose orders are read, where references lead, and the zone of the site for dates.

    `patient` is the id of the patient of the call, `server` the base of its FHIR server, "" where it names none; `site`
    is what the site's own codes mean. `selections` are the references of the drafts that the call is about, None where
    it is about all of them.
    """

    patient: str
    server: str
    zone: ZoneInfo
    site: Site = NO_SITE
    selections: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A MedicationRequest that is, or may be, about the drug; still undecoded. `medication` is what it refers to."""

    source: str
    raw: Raw
    drug: Drug
    medication: Raw | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What one candidate came to: orders, or `foreign`.

    `resource` is the JSON as sent, None where it is not valid; `tablet` the strength of its tablet in mg, if known.
    """

    orders: tuple[Order, ...] = ()
    foreign: Unknown | None = None
    resource: Resource | None = None
    tablet: Fraction | None = None


def read(candidate: Candidate, scope: Scope) -> Reading:
    """Decode strictly, check subject and R4, and read. What cannot be read is an order with a fault, never dropped."""
    try:
        resource = strict(candidate.raw)
    except Unreadable as error:
        return _unreadable(candidate, "", str(error))
    if _is_foreign(resource, candidate.draft, scope):
        return Reading(foreign=Unknown("orders", Reason.OTHER_PATIENT, candidate.source))
    fault = _fault(resource, candidate.draft)
    if fault:
        return _unreadable(candidate, resource.get("status"), fault)
    tablet, sound = _tablet(resource, candidate.medication, scope.site)
    try:
        orders = tuple(_orders(resource, candidate, tablet, scope))
        orders = (_highest(orders),) if candidate.draft and len(orders) > 1 else orders
    except ValueError as error:
        return _unreadable(candidate, resource.get("status"), str(error))
    coded = sound and candidate.drug == "trofosfamide"
    return Reading(tuple(replace(x, coded=coded) for x in orders), None, resource, tablet)


def _unreadable(candidate: Candidate, status: object, fault: str) -> Reading:
    """An invalid status is none: such an order may be giving the drug."""
    unknown = Unknown("dose", Reason.UNREADABLE, candidate.source, fault)
    known = status if isinstance(status, str) and status in _STATUSES else ""
    coded = candidate.drug == "trofosfamide"
    names = frozenset({candidate.source})
    return Reading((Order(candidate.source, known, unknown, coded=coded, names=names, fault=unknown),))


def _is_foreign(resource: Resource, draft: bool, scope: Scope) -> bool:
    """An order without a subject is somebody else's, too; a draft without one is only unfinished."""
    sent = resource.get("subject")
    element = sent if isinstance(sent, dict) else {}
    reference = element.get("reference")
    subject = Subject(
        reference if isinstance(reference, str) else None, Raw(b"{}") if element.get("identifier") else UNSET
    )
    owner = whose(subject, references(scope.patient, scope.server))
    return owner is Whose.OTHER or (owner is Whose.NOT_SAID and not draft)


def _fault(resource: Resource, draft: bool) -> str:
    """Why the resource cannot be relied on; "" where it can."""
    fault = fault_of(_as_meant(resource) if draft else dict(resource))
    if fault:
        return fault
    if resource.get("modifierExtension") or (resource.get("dispenseRequest") or {}).get("modifierExtension"):
        return "modifierExtension is not understood"
    flags = ("doNotPerform", "reportedBoolean")
    wrong = [x for x in flags if not isinstance(resource.get(x), bool | None)]
    return f"{wrong[0]} is not a boolean" if wrong else ""


def _as_meant(draft: Resource) -> dict[str, Any]:
    """A draft as clients in use send it, made valid: no intent while the user still types, one category unlisted."""
    meant = {"intent": "order", **draft}
    if isinstance(meant.get("category"), dict):
        meant["category"] = [meant["category"]]
    return meant


def _tablet(order: Resource, medication: Raw | None, site: Site) -> tuple[Fraction | None, bool]:
    """The strength of the tablet, and whether the Medication, if there is one, can be relied on."""
    concept = order.get("medicationCodeableConcept") or {}
    if medication is None:
        return tablet_of(None, concept, site), True
    try:
        resource = strict(medication)
    except Unreadable:
        return None, False
    if fault_of(resource) or resource.get("modifierExtension"):
        return None, False
    return tablet_of(resource, concept, site), True


def _orders(resource: Resource, candidate: Candidate, tablet: Fraction | None, scope: Scope) -> Iterator[Order]:
    """Raises ValueError for times that cannot be read."""
    written = at(resource.get("authoredOn"), scope.zone)
    instructions = resource.get("dosageInstruction") or []
    common = _common(resource, candidate, scope)
    for phase in phases(instructions, _context(resource, candidate, tablet, scope)):
        yield replace(common, dose=phase.dose, start=phase.reach.start, end=phase.reach.end, authored=written)


def _highest(phases: Sequence[Order]) -> Order:
    """A draft in phases as one order: it is judged by the highest of them, from its first day to its last."""
    known = [x.dose for x in phases if isinstance(x.dose, Dose)]
    if len(known) < len(phases):
        dose: Dose | Unknown = next(x.dose for x in phases if isinstance(x.dose, Unknown))
    else:
        amounts = {y for x in known for y in (x.low, x.high, *x.intakes)}
        highest = max(known, key=lambda x: (x.high, x.low))
        dose = replace(highest, continuous=all(x.continuous for x in known), intakes=tuple(sorted(amounts)))
    starts, ends = [x.start for x in phases if x.start], [x.end for x in phases if x.end]
    return replace(
        phases[0],
        dose=dose,
        start=min(starts, key=_edge) if len(starts) == len(phases) else None,
        end=max(ends, key=_edge) if len(ends) == len(phases) else None,
    )


def _edge(when: When) -> tuple[datetime, datetime]:
    return when.start, when.end


def _context(resource: Resource, candidate: Candidate, tablet: Fraction | None, scope: Scope) -> Context:
    """What its dosage does not say itself."""
    written = at(resource.get("authoredOn"), scope.zone)
    return Context(
        candidate.source,
        scope.zone,
        tablet,
        _reach(resource, written, scope.zone),
        scope.site.timings,
        defined_by((resource.get("meta") or {}).get("profile") or []),
    )


def _common(resource: Resource, candidate: Candidate, scope: Scope) -> Order:
    """What every phase of an order has in common; its dose and times aside."""
    forbids = resource.get("doNotPerform") is True
    reported = resource.get("reportedBoolean") is True or bool(resource.get("reportedReference"))
    meant = resource.get("intent") not in _NOT_MEANT
    return Order(
        source=candidate.source,
        status=resource["status"],
        dose=Unknown("dose", Reason.UNDETERMINED_DOSE, candidate.source),
        intended=meant and not reported and not forbids,
        forbids=forbids,
        names=frozenset({candidate.source, *_identifiers(resource.get("identifier") or [])}),
        replaces=_replaced(resource, scope.server),
        reason_coded=_has_other_reason(resource.get("statusReason") or {}),
        protocols=_protocols(resource, scope.site),
        text=text_of(resource.get("dosageInstruction") or []),
    )


def _reach(resource: Resource, authored: When | None, zone: ZoneInfo) -> Reach:
    """When the order holds, its dosage aside: the validity of its supply, else from its writing on."""
    supply = resource.get("dispenseRequest") or {}
    validity = of_period(supply.get("validityPeriod") or {}, zone)
    supplied = later(authored, supply.get("expectedSupplyDuration") or {}, zone)
    return Reach(validity.start or authored, validity.end or not_before(validity.start, supplied))


def _replaced(resource: Resource, server: str) -> frozenset[str]:
    """The orders that this one names as those it follows."""
    named = [x for x in (resource.get("priorPrescription"), *(resource.get("basedOn") or [])) if x]
    by_reference = [local(x["reference"], server) or x["reference"] for x in named if x.get("reference")]
    return frozenset([*by_reference, *_identifiers([x["identifier"] for x in named if x.get("identifier")])])


def _has_other_reason(reason: Resource) -> bool:
    """True where a coded reason is given, and it is not toxicity."""
    coded = {(x.get("system"), x["code"]) for x in reason.get("coding") or [] if x.get("code")}
    return bool(coded) and coded.isdisjoint(OF_TOXICITY)


def _identifiers(identifiers: list[Resource]) -> list[str]:
    return [f"{x.get('system') or ''}|{x['value']}" for x in identifiers if x.get("value")]


def _protocols(resource: Resource, site: Site) -> tuple[str, ...]:
    named = resource.get("instantiatesCanonical") or []
    return tuple(dict.fromkeys(site.protocol(x) for x in named if x))
