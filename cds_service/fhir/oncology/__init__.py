"""The oncology record: what bears on eligibility and monitoring, each item read exactly or named."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from cds_service.clinical.facts import Evidence, Reason, Unknown
from cds_service.fhir.bundle import Page, outcome_failed
from cds_service.fhir.events.heads import head_of, is_resource
from cds_service.fhir.events.view import Item, View
from cds_service.fhir.oncology import (
    anthracycline,
    histology,
    imaging,
    metastasis,
    performance,
    plans,
    response,
    therapy,
)
from cds_service.fhir.oncology.items import Reader, Told
from cds_service.fhir.oncology.templates import ON_DEMAND

__all__ = ["KEYS", "ON_DEMAND", "Oncology", "read"]

# The prefetch keys that are read here, and what was not seen where one of them did not come or cannot be read.
KEYS: Mapping[str, tuple[str, ...]] = {
    "carePlans": ("protocol",),
    "conditions": ("histology",),
    "cancer": ("response", "performance-status", "metastasis", "histology"),
    "statements": ("systemic-therapy",),
    "treatments": ("systemic-therapy",),
    "imaging": ("imaging",),
    "imagingReports": ("imaging",),
}
# Orders are read elsewhere as well: what is not known of them is said there.
_ORDERS = "medications"
_READERS: Mapping[str, tuple[Reader, ...]] = {
    "carePlans": (plans.OF_PLAN,),
    "conditions": (histology.OF_CONDITION, metastasis.OF_CONDITION, anthracycline.OF_CONDITION),
    "cancer": (
        histology.OF_OBSERVATION,
        metastasis.OF_OBSERVATION,
        response.OF_OBSERVATION,
        performance.OF_OBSERVATION,
    ),
    "statements": (therapy.OF_DRUG,),
    "treatments": (therapy.OF_PROCEDURE,),
    "imaging": (imaging.OF_STUDY,),
    "imagingReports": (imaging.OF_REPORT,),
}

_Item = TypeVar("_Item", Evidence, Unknown)


@dataclass(frozen=True, slots=True)
class Oncology:
    """What was found, in an order that does not hang on the order of what was sent.

    `declared` are the canonical URLs of the protocols that care plans name; `unseen` are parts of the record that were
    not read and items that were not understood; `foreign` belong to another patient.
    """

    evidence: tuple[Evidence, ...] = ()
    declared: tuple[str, ...] = ()
    unseen: tuple[Unknown, ...] = ()
    foreign: tuple[Unknown, ...] = ()


def read(pages: Mapping[str, Page], view: View) -> Oncology:
    """What stands in `pages`, by the prefetch key that brought them; a key that did not come was not read.

    Never raises for what was sent.
    """
    found = {x for key in KEYS if key in pages for x in _told_by(key, pages[key], view)}
    found |= set(_told_by_orders(pages[_ORDERS], view)) if _ORDERS in pages else set()
    unknown = {x for x in found if isinstance(x, Unknown)} | set(_unread(pages))
    foreign = {x for x in unknown if x.reason is Reason.OTHER_PATIENT}
    return Oncology(
        evidence=_sorted(x for x in found if isinstance(x, Evidence)),
        declared=tuple(sorted(x for x in found if isinstance(x, str))),
        unseen=_sorted(unknown - foreign),
        foreign=_sorted(foreign),
    )


def _unread(pages: Mapping[str, Page]) -> Iterator[Unknown]:
    """The parts of the record that did not come, or not in whole."""
    for key, whats in KEYS.items():
        reason = pages[key].reason() if key in pages else Reason.NOT_READ
        if reason is not None:
            yield from (Unknown(what, reason, detail=key) for what in whats)


def _told_by(key: str, page: Page, view: View) -> Iterator[Told | str]:
    for place, raw in enumerate(page.resources):
        head = head_of(raw)
        if not head.resourceType and not is_resource(raw):
            yield from (Unknown(what, Reason.UNREADABLE, detail=key) for what in KEYS[key])
        elif head.resourceType == "OperationOutcome":
            failed = KEYS[key] if outcome_failed(raw) else ()
            yield from (Unknown(what, Reason.FETCH_FAILED, detail=key) for what in failed)
        else:
            concerned = [x for x in _READERS[key] if x.concerns(head, raw, view)]
            for reader in concerned:
                yield from reader.read(Item(reader.what, head, raw, f"{key}.entry[{place}]"), view)


def _told_by_orders(page: Page, view: View) -> Iterator[Told | str]:
    reader = therapy.OF_DRUG
    for place, raw in enumerate(page.resources):
        head = head_of(raw)
        if head.resourceType == "MedicationRequest" and reader.concerns(head, raw, view):
            yield from reader.read(Item(reader.what, head, raw, f"{_ORDERS}.entry[{place}]"), view)


def _sorted(items: Iterable[_Item]) -> tuple[_Item, ...]:
    return tuple(sorted(items, key=repr))
