"""The Medication resources that came along with a call, by what a reference may call them."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import UNSET, Raw, UnsetType

from cds_service.fhir.references import local


class Coding(msgspec.Struct, gc=False):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(msgspec.Struct, gc=False):
    coding: list[Coding] | None = None
    text: str | None = None


class _Ingredient(msgspec.Struct, gc=False):
    itemCodeableConcept: Concept | None = None


class Medication(msgspec.Struct):
    """What of a Medication names a drug."""

    resourceType: str
    id: str | None = None
    code: Concept | None = None
    ingredient: list[_Ingredient] | None = None

    @property
    def concepts(self) -> list[Concept | None]:
        return [self.code, *(x.itemCodeableConcept for x in self.ingredient or [])]


class _Entry(msgspec.Struct, gc=False):
    fullUrl: str | None = None
    resource: Raw | UnsetType = UNSET


class _Bundle(msgspec.Struct):
    entry: list[_Entry] | None = None


Shelf = Mapping[str, Raw]

_BUNDLE = msgspec.json.Decoder(_Bundle | None)
_MEDICATION = msgspec.json.Decoder(Medication)
_CONTAINED = msgspec.json.Decoder(list[Raw])
_FAULTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def shelf(bundles: Iterable[Raw], server: str) -> Shelf:
    """The Medications in `bundles`, by `Medication/id` and by fullUrl; of two with one name the first.

    A bundle in which the word does not stand is not opened.
    """
    found: dict[str, Raw] = {}
    for bundle in bundles:
        for entry in _entries(bundle) if b'"Medication"' in bytes(bundle) else ():
            if isinstance(entry.resource, Raw):
                for name in _names(entry.fullUrl or "", medication_of(entry.resource), server):
                    found.setdefault(name, entry.resource)
    return found


def find(reference: str, contained: Raw | UnsetType, shelved: Shelf, server: str) -> Raw | None:
    """The Medication that a reference means, contained or on the shelf; None where it did not come along."""
    if reference.startswith("#"):
        return None if isinstance(contained, UnsetType) else _inside(contained, reference[1:])
    return shelved.get(local(reference, server) or reference)


def medication_of(raw: Raw) -> Medication | None:
    """What names the drug in a Medication; None for another resource and for one that cannot be read."""
    try:
        found = _MEDICATION.decode(raw)
    except _FAULTS:
        return None
    return found if found.resourceType == "Medication" else None


def _entries(bundle: Raw) -> list[_Entry]:
    try:
        found = _BUNDLE.decode(bundle)
    except _FAULTS:
        return []
    return (found.entry or []) if found is not None else []


def _names(url: str, medication: Medication | None, server: str) -> list[str]:
    if medication is None:
        return []
    own = f"Medication/{medication.id}" if medication.id and _is_here(url, server) else ""
    return [x for x in (url, local(url, server), own) if x]


def _is_here(url: str, server: str) -> bool:
    """False for an entry whose fullUrl says that it is another server's."""
    return not url or not server or url.startswith("urn:") or bool(local(url, server))


def _inside(contained: Raw, name: str) -> Raw | None:
    try:
        inside = _CONTAINED.decode(contained)
    except _FAULTS:
        return None
    for raw in inside:
        medication = medication_of(raw)
        if medication is not None and medication.id in (name, f"#{name}"):
            return raw
    return None
