"""What happened to the patient: recorded toxicities, transfusions and growth factors, each read exactly or named."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import Reason, Support, Toxicity, Unknown
from cds_service.fhir.bundle import Page, outcome_failed
from cds_service.fhir.events import support, toxicity
from cds_service.fhir.events.heads import head_of, is_resource, is_term, shelf_of
from cds_service.fhir.events.templates import ON_DEMAND
from cds_service.fhir.events.toxicity import newest_assessments
from cds_service.fhir.events.view import Item, View
from cds_service.fhir.patient import references

__all__ = ["KEYS", "ON_DEMAND", "Events", "read"]

# The prefetch keys that are read here, and what is unknown where one of them did not come or cannot be read.
KEYS: Mapping[str, str] = {
    "adverseEvents": "toxicity",
    "conditions": "toxicity",
    "gradings": "toxicity",
    "transfusions": "support",
    "administrations": "support",
}

_Told = Toxicity | Support | Unknown
_Item = TypeVar("_Item", Toxicity, Support, Unknown)


@dataclass(frozen=True, slots=True)
class Events:
    """What was found, in an order that does not hang on the order of what was sent.

    `unclear` are items that were not understood, parts of the record that were not read, and failures to read what was
    given in support; `foreign` belong to another patient; `gaps` say what could not be read of the toxicities.
    """

    toxicities: tuple[Toxicity, ...] = ()
    supports: tuple[Support, ...] = ()
    unclear: tuple[Unknown, ...] = ()
    foreign: tuple[Unknown, ...] = ()
    gaps: tuple[Unknown, ...] = ()


def read(pages: Mapping[str, Page], patient: str, server: str, zone: ZoneInfo, latest: datetime) -> Events:
    """The events in `pages`, by the prefetch key that brought them; a key that did not come was not read.

    `patient` is the id of the patient of the call, `server` the base of its FHIR server ("" where none); dates without
    a time are days of `zone`, and what lies after the instant `latest` is the future. Never raises for what was sent.
    """
    sent = {key: pages[key] for key in KEYS if key in pages}
    shelved = shelf_of(raw for page in sent.values() for raw in page.resources)
    view = View(references(patient, server), server, zone, latest, shelved)
    told = {x for key, page in sent.items() for x in _told_by(key, page, view)}
    unknown = {x for x in told if isinstance(x, Unknown)} | _unread(sent)
    foreign = {x for x in unknown if x.reason is Reason.OTHER_PATIENT}
    gaps = {x for x in unknown if _is_gap(x)}
    return Events(
        toxicities=_sorted(newest_assessments(x for x in told if isinstance(x, Toxicity))),
        supports=_sorted(x for x in told if isinstance(x, Support)),
        unclear=_sorted(unknown - foreign - gaps),
        foreign=_sorted(foreign),
        gaps=_sorted(gaps),
    )


def _unread(sent: Mapping[str, Page]) -> set[Unknown]:
    """The parts of the record that did not come, or not in whole."""
    absent = {Unknown(what, Reason.NOT_READ, detail=key) for key, what in KEYS.items() if key not in sent}
    reasons = [(key, page.reason()) for key, page in sent.items()]
    return absent | {Unknown(KEYS[key], reason, detail=key) for key, reason in reasons if reason}


def _is_gap(unknown: Unknown) -> bool:
    """True where toxicities may be missing; that of support not all is known stands in the way of nothing."""
    return unknown.what == "toxicity" and unknown.detail in KEYS and unknown.reason is not Reason.NOT_READ


def _told_by(key: str, page: Page, view: View) -> Iterator[_Told]:
    what = KEYS[key]
    for place, raw in enumerate(page.resources):
        head = head_of(raw)
        if not head.resourceType and not is_resource(raw):
            yield Unknown(what, Reason.UNREADABLE, detail=key)
        elif head.resourceType == "OperationOutcome":
            yield from [Unknown(what, Reason.FETCH_FAILED, detail=key)] if outcome_failed(raw) else []
        elif what == "support":
            yield from support.read(Item(what, head, raw, f"{key}.entry[{place}]"), view)
        elif is_term(head, raw):
            yield from toxicity.read(Item(what, head, raw, f"{key}.entry[{place}]"), view)


def _sorted(items: Iterable[_Item]) -> tuple[_Item, ...]:
    return tuple(sorted(items, key=repr))
