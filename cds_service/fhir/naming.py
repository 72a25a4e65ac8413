"""Which drug a MedicationRequest is about, by a light decode of what names it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache

import msgspec
from msgspec import UNSET, Raw, UnsetType

from cds_service.fhir.codes import SNOMED, Drug, drug_of
from cds_service.fhir.shelf import Concept, Shelf, find, medication_of
from cds_service.fhir.site import Code


class Kind(StrEnum):
    """What one resource among orders is.

    UNNAMED: an order whose reference leads nowhere, or to nothing that is named. ELSEWHERE: its reference leads
    nowhere, its display names another drug. BLANK: it has no medication at all. OUTCOME: an OperationOutcome. NO_ORDER:
    another kind of resource.
    """

    TROFOSFAMIDE = "trofosfamide"
    POSSIBLE = "possible"
    UNNAMED = "unnamed"
    ELSEWHERE = "elsewhere"
    OTHER = "other"
    BLANK = "blank"
    OUTCOME = "outcome"
    NO_ORDER = "no-order"
    UNREADABLE = "unreadable"


Products = frozenset[Code]
NO_PRODUCTS: Products = frozenset()
TROFOSFAMIDE: Code = (SNOMED, "1156222009")  # what a product of the site is read as

DRUGS: Mapping[Kind, Drug] = {Kind.TROFOSFAMIDE: "trofosfamide", Kind.POSSIBLE: "possible"}


class _Reference(msgspec.Struct, gc=False):
    reference: str | None = None
    display: str | None = None


class _Head(msgspec.Struct, gc=False):
    resourceType: str
    id: str | None = None
    medicationCodeableConcept: Raw | UnsetType = UNSET
    medicationReference: _Reference | None = None
    contained: Raw | UnsetType = UNSET


class Named(msgspec.Struct, frozen=True, gc=False):
    """What the light decode tells: `id` is "" where there is none, `medication` is what the reference led to."""

    kind: Kind
    id: str = ""
    medication: Raw | None = None


_HEAD = msgspec.json.Decoder(_Head)
_CONCEPT = msgspec.json.Decoder(Concept | None)
_FAULTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_CODES = (b"1156222009", b"L01AA07")
_UNREADABLE = Named(Kind.UNREADABLE)
_OUTCOME = Named(Kind.OUTCOME)
_NO_ORDER = Named(Kind.NO_ORDER)


def named(raw: Raw, shelved: Shelf, server: str, products: Products = NO_PRODUCTS) -> Named:
    """What one resource is about; `products` are the site's codes of trofosfamide products. Never raises."""
    try:
        head = _HEAD.decode(raw)
    except _FAULTS:
        return _UNREADABLE
    if head.resourceType != "MedicationRequest":
        return _OUTCOME if head.resourceType == "OperationOutcome" else _NO_ORDER
    concept = head.medicationCodeableConcept
    kind = Kind.BLANK if isinstance(concept, UnsetType) else _kind_of_concept(bytes(concept), products)
    if head.medicationReference is None or kind is Kind.UNREADABLE:
        return Named(kind, head.id or "")
    reference = head.medicationReference
    medication = find(reference.reference or "", head.contained, shelved, server)
    return Named(_strongest(kind, _kind_referred(reference, medication, products)), head.id or "", medication)


def mentioned(raw: Raw, products: Products = NO_PRODUCTS) -> bool:
    """True where the drug stands anywhere in what cannot be read as a resource."""
    data = bytes(raw)
    codes = (*_CODES, *(f'"{code}"'.encode() for _, code in products))
    return any(x in data for x in codes) or drug_of((), [data.decode("utf-8", "replace")]) != "other"


def _strongest(one: Kind, other: Kind) -> Kind:
    """A request that names its drug twice is invalid: it is about the one that matters."""
    return min(one, other, key=list(Kind).index)


@lru_cache(maxsize=4096)
def _kind_of_concept(raw: bytes, products: Products) -> Kind:
    """The same few hundred drugs come in the same words again and again."""
    try:
        concept = _CONCEPT.decode(raw)
    except _FAULTS:
        return Kind.UNREADABLE
    return kind_of([concept], products)


def _kind_referred(reference: _Reference, medication: Raw | None, products: Products) -> Kind:
    read = medication_of(medication) if medication is not None else None
    kind = kind_of([Concept(text=reference.display), *(read.concepts if read else [])], products)
    if kind is Kind.BLANK:
        return Kind.UNNAMED
    return Kind.ELSEWHERE if kind is Kind.OTHER and medication is None else kind


def kind_of(concepts: Iterable[Concept | None], products: Products) -> Kind:
    """What concepts together name; `products` are the site's codes of trofosfamide products."""
    given = [x for x in concepts if x is not None]
    codings = [x for concept in given for x in concept.coding or []]
    texts = [x for x in (*(x.text for x in given), *(x.display for x in codings)) if x]
    codes = [(x.system, x.code) for x in codings if x.system and x.code]
    drug = drug_of([TROFOSFAMIDE if x in products else x for x in codes], texts)
    if drug != "other":
        return Kind(drug)
    return Kind.OTHER if texts or any(x.code for x in codings) else Kind.BLANK
