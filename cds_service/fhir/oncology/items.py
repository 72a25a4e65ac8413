"""What the readers of the oncology record have in common: whose item it is, when it was, and what it says."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from cds_service.clinical.facts import Evidence, Reason, Unknown
from cds_service.fhir.events.codes import VERIFICATION
from cds_service.fhir.events.heads import Head
from cds_service.fhir.events.view import Item, Resource, Untimely, View, codes_of, moment
from cds_service.fhir.oncology.codes import Code, Means
from cds_service.fhir.shelf import Coding, Concept

Told = Evidence | Unknown

EFFECTIVE = ("effectiveDateTime", "effectiveInstant", "effectivePeriod")
ONSET = ("onsetDateTime", "onsetPeriod", "recordedDate")
_NO_OBSERVATION = frozenset({"cancelled", "entered-in-error", "registered", "unknown"})
_NOT_CONFIRMED = frozenset({"refuted", "entered-in-error", "unconfirmed", "provisional", "differential"})

FAULTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
_CONCEPT = msgspec.json.Decoder(Concept | None)


Concerns = Callable[[Head, Raw, View], bool]


class Reader(NamedTuple):
    """Of which kind of evidence a reader reads, whether a resource concerns it, and what the resource then tells."""

    what: str
    concerns: Concerns
    read: Callable[[Item, View], Iterable[Told | str]]


def coded_as(kind: str, means: Means, words: Iterable[str]) -> Concerns:
    """Whether a resource of a kind has a code of that meaning, or cannot be read and one of the `words` is in it."""
    mentions = tuple(x.encode() for x in words)

    def concerns(head: Head, raw: Raw, _view: View) -> bool:
        codes = coded(bytes(head.code)) if head.resourceType else None
        if codes is None:
            return any(x in bytes(raw) for x in mentions)
        return head.resourceType == kind and any(map(means, codes))

    return concerns


@lru_cache(maxsize=4096)
def coded(raw: bytes) -> tuple[Code, ...] | None:
    """The codes in a CodeableConcept that is still undecoded; None where it cannot be read."""
    try:
        concept = _CONCEPT.decode(raw)
    except FAULTS:
        return None
    return tuple((x.system, x.code) for x in codings_of(concept) if x.system and x.code)


def codings_of(concept: Concept | None) -> list[Coding]:
    return (concept.coding or []) if concept is not None else []


def is_observed(resource: Resource) -> bool:
    """False where the status says that nothing was observed."""
    return not (isinstance(resource.get("status"), str) and resource["status"] in _NO_OBSERVATION)


def is_confirmed(resource: Resource) -> bool:
    """False for a diagnosis that was refuted, or is not sure."""
    return not codes_of(resource.get("verificationStatus"), VERIFICATION) & _NOT_CONFIRMED


class Shape(msgspec.Struct, kw_only=True):
    """What is read of a large resource, each member of its type; a subclass for each kind of resource."""

    id: str | None = None


class Span(msgspec.Struct):
    """What is read of a Period."""

    start: str | None = None
    end: str | None = None


def shaped(shape: type[Shape]) -> Callable[[Resource], str]:
    """The check that the members read have their types, by a struct: for large resources, instead of all of R4."""

    def fault(resource: Resource) -> str:
        try:
            msgspec.convert(resource, shape)
        except msgspec.ValidationError as error:
            return str(error).rpartition("`$")[2].strip(".`") or "resource"
        return ""

    return fault


def told(item: Item, state: str, resource: Resource, times: Iterable[str], view: View, display: str = "") -> Told:
    """The evidence of an item, its time taken from the first of the members `times` that is there; or why it is none.

    What cannot be read as a time, or lies ahead, is no evidence.
    """
    try:
        when = moment(resource, times, view.zone)
    except Untimely as untimely:
        return item.unknown(Reason.UNREADABLE, str(untimely))
    if when is not None and view.is_future(when):
        return item.unknown(Reason.FUTURE, when.start.isoformat())
    return Evidence(item.what, state, item.source, when, display)


def unsettled(item: Item, resource: Resource) -> Unknown | None:
    """Why an Observation tells nothing whatever it says: it is preliminary, or says that there is no value."""
    if resource["status"] == "preliminary":
        return item.unknown(Reason.NOT_FINAL)
    return item.unknown(Reason.ABSENT) if resource.get("dataAbsentReason") else None


def without_value(item: Item, resource: Resource) -> Unknown:
    """Why an Observation without a coded value tells nothing: it has no value, or one of another kind."""
    others = sorted(x for x in resource if x.startswith("value"))
    return item.unknown(Reason.UNREADABLE, others[0]) if others else item.unknown(Reason.ABSENT)


def sent_codings(concept: Any) -> Iterator[tuple[str, str, str]]:
    """System without its version, code and display of each coding with a code, in a valid CodeableConcept."""
    for coding in (concept or {}).get("coding") or []:
        if coding.get("code"):
            system = (coding.get("system") or "").partition("|")[0]
            yield system, coding["code"], coding.get("display") or concept.get("text") or coding["code"]


def shown(concept: Any, means: Means) -> str:
    """How a valid CodeableConcept calls the first code of a meaning; its first words where it has none."""
    sent = list(sent_codings(concept))
    named = [display for system, code, display in sent if means((system, code))] or [x for _, _, x in sent]
    return named[0] if named else (concept or {}).get("text") or ""
