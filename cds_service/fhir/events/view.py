"""What every event of a call is read against, and the one way in which each is opened."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, Raw

from cds_service.clinical.facts import Reason, Unknown, When
from cds_service.fhir.events.heads import Head
from cds_service.fhir.patient import Subject, Whose, whose
from cds_service.fhir.shelf import Shelf
from cds_service.fhir.site import NO_SITE, Site
from cds_service.fhir.strict import Unreadable, strict
from cds_service.fhir.times import period, when
from cds_service.fhir.validate import fault_of

Resource = Mapping[str, Any]
Counts = Callable[[Resource], bool]
Fault = Callable[[dict[str, Any]], str]


@dataclass(frozen=True, slots=True)
class View:
    """`own` are the references to the patient, `server` the base of the FHIR server, "" where the call names none.

    What lies after the instant `latest` is the future; `shelved` are the Medications that came along; `site` is what
    the site's own codes mean.
    """

    own: frozenset[str]
    server: str
    zone: ZoneInfo
    latest: datetime
    shelved: Shelf
    site: Site = NO_SITE

    def is_future(self, time: When) -> bool:
        """True where all that a time may mean has yet to come."""
        return time.start > self.latest


@dataclass(frozen=True, slots=True)
class Item:
    """One resource, still undecoded but for its head; `what` it is unknown as, if it is, and the place it came at."""

    what: str
    head: Head
    raw: Raw
    place: str

    @property
    def source(self) -> str:
        return f"{self.head.resourceType}/{self.head.id}" if self.head.id else self.place

    def unknown(self, reason: Reason, detail: str = "") -> Unknown:
        return Unknown(self.what, reason, self.source, detail)


class Untimely(ValueError):
    """A time that cannot be read; the message is its path."""


def opened(
    item: Item, view: View, kinds: Container[str], counts: Counts, fault_in: Fault = fault_of
) -> Resource | Unknown | None:
    """The resource where it can be relied on, or why not; None where it is of another kind or does not count.

    `kinds` are resource types; `counts` says of a resource of any form whether its status lets it count, `fault_in`
    what is wrong with it. Where R4 demands a subject, a resource without one is somebody else's.
    """
    try:
        resource = strict(item.raw)
    except Unreadable as error:
        return item.unknown(Reason.UNREADABLE, str(error))
    if resource.get("resourceType") not in kinds:
        return None
    owner = whose(_subject(resource.get("subject")), view.own)
    if owner is Whose.OTHER or (owner is Whose.NOT_SAID and resource.get("resourceType") != "Observation"):
        return item.unknown(Reason.OTHER_PATIENT)
    if not counts(resource):
        return None
    fault = "subject" if owner is Whose.NOT_SAID else fault_in(resource)
    fault = fault or ("modifierExtension" if resource.get("modifierExtension") else "")
    return item.unknown(Reason.UNREADABLE, fault) if fault else resource


def _subject(sent: Any) -> Subject:
    element = sent if isinstance(sent, dict) else {}
    reference = element.get("reference")
    identified = Raw(b"{}") if element.get("identifier") else UNSET
    return Subject(reference if isinstance(reference, str) else None, identified)


def codes_of(concept: Any, system: str) -> frozenset[str]:
    """The codes of one system in a CodeableConcept that may have any form."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return frozenset(_codes(codings, system)) if isinstance(codings, list) else frozenset()


def _codes(codings: list[Any], system: str) -> Iterator[str]:
    for coding in codings:
        if isinstance(coding, dict) and coding.get("system") == system and isinstance(coding.get("code"), str):
            yield coding["code"]


def time(resource: Resource, name: str, zone: ZoneInfo) -> When | None:
    """The FHIR time in a member, None where there is none. Raises Untimely where it cannot be read."""
    sent = resource.get(name)
    if sent is None:
        return None
    try:
        return when(_text(sent), zone)
    except ValueError:
        raise Untimely(name) from None


def span(resource: Resource, name: str, zone: ZoneInfo) -> When | None:
    """The whole of a FHIR Period in a member, None where there is none. Raises Untimely where it cannot be read."""
    sent = resource.get(name)
    if sent is None:
        return None
    try:
        start, end = (None if x is None else _text(x) for x in (sent.get("start"), sent.get("end")))
        return period(start, end, zone)
    except ValueError:
        raise Untimely(name) from None


def moment(resource: Resource, names: Iterable[str], zone: ZoneInfo) -> When | None:
    """The first of these members that is there: a FHIR time, or the whole of a Period. Raises Untimely."""
    for name in names:
        found = span(resource, name, zone) if name.endswith("Period") else time(resource, name, zone)
        if found is not None:
            return found
    return None


def _text(sent: object) -> str:
    """The models take numbers for times."""
    if not isinstance(sent, str):
        raise ValueError("a time is not a text")
    return sent
