"""Systemic treatment of the tumour with other drugs: orders, statements, and procedures."""

from collections.abc import Iterable
from functools import lru_cache

import msgspec
from msgspec import Raw

from cds_service.clinical.facts import Reason, Unknown
from cds_service.fhir.codes import ATC
from cds_service.fhir.events.heads import Head, medication_referred
from cds_service.fhir.events.support import is_sound
from cds_service.fhir.events.view import Item, Resource, View, opened
from cds_service.fhir.naming import Kind, Products, kind_of
from cds_service.fhir.oncology.codes import TREATMENTS, is_treatment
from cds_service.fhir.oncology.items import (
    EFFECTIVE,
    FAULTS,
    Reader,
    Shape,
    Span,
    Told,
    coded_as,
    codings_of,
    shaped,
    shown,
    told,
)
from cds_service.fhir.shelf import Concept, medication_of
from cds_service.fhir.validate import fault_of

_WHAT = "systemic-therapy"
_ANTINEOPLASTIC = "L01"
_TIMES = {"MedicationStatement": EFFECTIVE, "MedicationRequest": ("authoredOn",)}
_NOT_TAKEN = frozenset(
    {"draft", "cancelled", "entered-in-error", "not-taken", "intended", "unknown"}
)  # of orders and of statements
_NOT_MEANT = frozenset({"proposal", "plan", "option"})
_DONE = frozenset({"completed", "in-progress", "stopped"})
_PERFORMED = ("performedDateTime", "performedPeriod")
_CONCEPT = msgspec.json.Decoder(Concept | None)


class _Statement(Shape, kw_only=True):
    """What is read of a MedicationStatement."""

    status: str
    effectiveDateTime: str | None = None
    effectivePeriod: Span | None = None
    medicationCodeableConcept: Concept | None = None


_fault_of_statement = shaped(_Statement)


def _is_antineoplastic(head: Head, raw: Raw, view: View) -> bool:
    """True where the drug is antineoplastic and another one than ours, or where only a Medication could tell."""
    if not head.resourceType:
        return b'"MedicationStatement"' in bytes(raw) and b'"L01' in bytes(raw)
    return head.resourceType in _TIMES and _named(head, view) is not False


def _named(head: Head, view: View) -> bool | None:
    """Whether the drug is antineoplastic; None where the Medication that could tell did not come along."""
    products = frozenset(view.site.products)
    if head.medicationReference is None:
        return _by_concept(bytes(head.medicationCodeableConcept), products)
    concepts = _referred(head, view)
    return None if concepts is None else _by_concepts(concepts, products)


def _referred(head: Head, view: View) -> list[Concept | None] | None:
    """What names the drug in the Medication that is referred to; None where it did not come along."""
    medication = medication_referred(head, view.shelved, view.server)
    read = medication_of(medication) if medication is not None else None
    return read.concepts if read is not None else None


@lru_cache(maxsize=4096)
def _by_concept(raw: bytes, products: Products) -> bool:
    """The same few hundred drugs come in the same words again and again."""
    try:
        return _by_concepts([_CONCEPT.decode(raw)], products)
    except FAULTS:
        return b'"L01' in raw


def _by_concepts(concepts: Iterable[Concept | None], products: Products) -> bool:
    given = list(concepts)
    codes = [x for concept in given for x in codings_of(concept)]
    coded = any(x.system in ATC and (x.code or "").startswith(_ANTINEOPLASTIC) for x in codes)
    return coded and kind_of(given, products) is Kind.OTHER


def _of_drug(item: Item, view: View) -> Iterable[Told]:
    if item.head.resourceType and _named(item.head, view) is None:  # said once: a record may name every drug so
        return [Unknown(item.what, Reason.NOT_READ, detail="medicationReference")]
    resource = opened(item, view, _TIMES, _was_taken, _fault_of_drug)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    medication = medication_referred(item.head, view.shelved, view.server)
    if medication is not None and not is_sound(medication):
        return [item.unknown(Reason.UNREADABLE, "medicationReference")]
    return [told(item, "given", resource, _TIMES[resource["resourceType"]], view, _drug_shown(resource, item, view))]


def _fault_of_drug(resource: Resource) -> str:
    is_order = resource["resourceType"] == "MedicationRequest"
    return fault_of(dict(resource)) if is_order else _fault_of_statement(resource)


def _was_taken(resource: Resource) -> bool:
    """False where the status or the intent says that the drug was not given, or not yet, or nobody knows."""
    status, intent = resource.get("status"), resource.get("intent")
    return not (
        (isinstance(status, str) and status in _NOT_TAKEN)
        or (isinstance(intent, str) and intent in _NOT_MEANT)
        or resource.get("doNotPerform") is True
    )


def _drug_shown(resource: Resource, item: Item, view: View) -> str:
    """How the drug is called beside its code of the ATC."""
    if item.head.medicationReference is None:
        return shown(resource["medicationCodeableConcept"], lambda code: code[0] in ATC)
    coded = [(x, concept) for concept in _referred(item.head, view) or [] if concept for x in codings_of(concept)]
    return next((x.display or concept.text or x.code or "" for x, concept in coded if x.system in ATC), "")


def _of_procedure(item: Item, view: View) -> Iterable[Told]:
    resource = opened(item, view, ("Procedure",), _was_done)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    return [told(item, "given", resource, _PERFORMED, view, shown(resource.get("code"), is_treatment))]


def _was_done(resource: Resource) -> bool:
    """A status that is no text makes the resource unreadable, which is said further on."""
    return not isinstance(resource.get("status"), str) or resource["status"] in _DONE


OF_DRUG = Reader(_WHAT, _is_antineoplastic, _of_drug)
OF_PROCEDURE = Reader(
    _WHAT, coded_as("Procedure", is_treatment, [*(code for _, code in TREATMENTS), '"8-54']), _of_procedure
)
