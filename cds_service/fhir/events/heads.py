"""What a resource is about, by a light decode: a record has many that do not concern us, and those cost no more."""

from collections.abc import Iterable
from functools import lru_cache

import msgspec
from msgspec import UNSET, Raw, UnsetType

from cds_service.fhir.codes import ATC, SNOMED
from cds_service.fhir.events.codes import GRADE_WORDS, GROWTH_FACTORS, MEDDRA, MEDDRA_WORDS, TRANSFUSIONS
from cds_service.fhir.shelf import Concept, Shelf, find, medication_of

_FAULTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_NOTHING = Raw(b"null")


class _Reference(msgspec.Struct, gc=False):
    reference: str | None = None


class Head(msgspec.Struct, gc=False):
    """The members that tell what a resource is about; `resourceType` is "" where they cannot be read."""

    resourceType: str = ""
    id: str | None = None
    event: Raw = _NOTHING
    code: Raw = _NOTHING
    medicationCodeableConcept: Raw = _NOTHING
    medicationReference: _Reference | None = None
    contained: Raw | UnsetType = UNSET


class _Kind(msgspec.Struct, gc=False):
    resourceType: str


_KIND = msgspec.json.Decoder(_Kind)
_HEAD = msgspec.json.Decoder(Head)
_CONCEPT = msgspec.json.Decoder(Concept | None)


def head_of(raw: Raw) -> Head:
    """The head of a resource. Never raises."""
    try:
        return _HEAD.decode(raw)
    except _FAULTS:
        return Head()


def is_resource(raw: Raw) -> bool:
    """True where the type of a resource can be read, whatever else of it cannot."""
    try:
        return bool(_KIND.decode(raw).resourceType)
    except _FAULTS:
        return False


def is_term(head: Head, raw: Raw) -> bool:
    """True where an event, a diagnosis or an observation is coded in MedDRA or graded, or cannot be read and may be."""
    if any(word in bytes(raw) for word in GRADE_WORDS):
        return True
    if head.resourceType == "AdverseEvent":
        return _is_term(bytes(head.event))
    if head.resourceType in ("Condition", "Observation"):
        return _is_term(bytes(head.code))
    return not head.resourceType and _mentions_term(bytes(raw))


def medication_referred(head: Head, shelved: Shelf, server: str) -> Raw | None:
    """The Medication that an administration refers to; None without a reference, or where it did not come along."""
    reference = head.medicationReference
    return find(reference.reference or "", head.contained, shelved, server) if reference is not None else None


def kinds_given(head: Head, raw: Raw, medication: Raw | None) -> tuple[str, ...] | None:
    """The kinds of support that was given; None where only a Medication that did not come along could tell.

    What cannot be read and mentions a code of support is of that kind.
    """
    if head.resourceType == "Procedure":
        return _transfusions(bytes(head.code))
    if head.resourceType != "MedicationAdministration":
        return () if head.resourceType else _mentioned(bytes(raw))
    kinds = _growth_factors(bytes(head.medicationCodeableConcept))
    if kinds or head.medicationReference is None:
        return kinds
    read = medication_of(medication) if medication is not None else None
    return _kinds(read.concepts) if read is not None else None


def shelf_of(resources: Iterable[Raw]) -> Shelf:
    """The Medications among resources, by `Medication/id`; of two with one name always the same, in whatever order."""
    found: dict[str, Raw] = {}
    for raw in resources:
        medication = medication_of(raw) if b'"Medication"' in bytes(raw) else None
        if medication is not None and medication.id:
            name = f"Medication/{medication.id}"
            found[name] = min(found.get(name, raw), raw, key=bytes)
    return found


@lru_cache(maxsize=4096)
def _is_term(raw: bytes) -> bool:
    """The same few hundred diagnoses come in the same words again and again."""
    try:
        concept = _CONCEPT.decode(raw)
    except _FAULTS:
        return _mentions_term(raw)
    return concept is not None and any(x.system in MEDDRA for x in concept.coding or [])


def _mentions_term(raw: bytes) -> bool:
    return any(word in raw for word in MEDDRA_WORDS)


@lru_cache(maxsize=4096)
def _transfusions(raw: bytes) -> tuple[str, ...]:
    try:
        concept = _CONCEPT.decode(raw)
    except _FAULTS:
        return _mentioned(raw)
    codings = (concept.coding or []) if concept is not None else []
    found = [TRANSFUSIONS.get(x.code or "") for x in codings if x.system == SNOMED]
    return tuple(dict.fromkeys(kind for kind in found if kind))


@lru_cache(maxsize=4096)
def _growth_factors(raw: bytes) -> tuple[str, ...]:
    try:
        return _kinds([_CONCEPT.decode(raw)])
    except _FAULTS:
        return _mentioned(raw)


def _kinds(concepts: Iterable[Concept | None]) -> tuple[str, ...]:
    codings = [x for concept in concepts if concept is not None for x in concept.coding or []]
    found = [GROWTH_FACTORS.get(x.code or "") for x in codings if x.system in ATC]
    return tuple(dict.fromkeys(kind for kind in found if kind))


def _mentioned(raw: bytes) -> tuple[str, ...]:
    coded = {**TRANSFUSIONS, **GROWTH_FACTORS}
    return tuple(dict.fromkeys(kind for code, kind in coded.items() if f'"{code}"'.encode() in raw))
