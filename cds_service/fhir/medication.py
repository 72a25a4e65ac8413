"""MedicationRequests -> the orders of trofosfamide among them, each with its daily dose.

An EHR sends every order of the patient, most of them of other drugs: those cost a light decode and nothing more. What
is, or may be, the drug is decoded strictly and validated.

A reference to a Medication leads to a contained one, to the draft orders, then to the prefetched bundle. One that leads
nowhere is the drug where its display names it ("possible"), and another drug where it names something else. Where it
names nothing, it may be the drug only if a course is running, which is a clinical question: such orders are handed back
in `Found.unnamed`, and a caller who finds that the orders read so far make a course reads them with `unnamed`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from msgspec import Raw

from cds_service.clinical.facts import Order, Reason, Unknown
from cds_service.fhir import bundle
from cds_service.fhir.bundle import outcome_failed
from cds_service.fhir.naming import DRUGS, Kind, Named, Products, mentioned, named
from cds_service.fhir.order import Candidate, Reading, Resource, Scope, read
from cds_service.fhir.shelf import shelf
from cds_service.fhir.site import NO_SITE, Site

__all__ = ["Concern", "Found", "Scope", "concern", "drafts", "orders", "unnamed"]


class Concern(StrEnum):
    """Whether a call has to do with the drug. MAYBE: the prefetched Medications and orders are needed to tell."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Found:
    """The orders of the drug, those of another patient, and what could not be read in whole.

    `unnamed` are orders of a drug that nothing names. `resources` and `tablets` hold, by the source of an order, the
    JSON as it was sent (of valid orders only) and the strength of its tablet in mg (where known).
    """

    orders: tuple[Order, ...] = ()
    foreign: tuple[Unknown, ...] = ()
    gaps: tuple[Unknown, ...] = ()
    unnamed: tuple[Candidate, ...] = ()
    resources: Mapping[str, Resource] = field(default_factory=dict)
    tablets: Mapping[str, Fraction] = field(default_factory=dict)


def concern(draft_orders: Raw, server: str, site: Site = NO_SITE) -> Concern:
    """Whether the drafts of a call have to do with the drug, told from them alone.

    A draft without any medication is still being typed, and one that cannot be read is the drug where it mentions it.
    `server` is the base of the FHIR server of the call, "" where it names none; `site` knows its own product codes.
    """
    page, products = bundle.read(draft_orders), frozenset(site.products)
    if page.unreadable:
        return Concern.YES if mentioned(draft_orders, products) else Concern.NO
    shelved = shelf([draft_orders], server)
    kinds = {_kind_of_draft(raw, named(raw, shelved, server, products), products) for raw in page.resources}
    if not kinds.isdisjoint(DRUGS):
        return Concern.YES
    return Concern.NO if kinds.isdisjoint({Kind.ELSEWHERE, Kind.UNNAMED}) else Concern.MAYBE


def drafts(draft_orders: Raw, medications: Raw | None, scope: Scope, fetched: Sequence[Raw] = ()) -> Found:
    """The drafts of the drug; references lead to `medications`, the bundle of the record, and to those `fetched`."""
    page, products = bundle.read(draft_orders), frozenset(scope.site.products)
    shelved = shelf([x for x in (draft_orders, medications, *fetched) if x is not None], scope.server)
    found = _Sorted()
    if page.unreadable and mentioned(draft_orders, products):
        found.gaps.append(Unknown("orders", Reason.UNREADABLE, "draftOrders"))
    for index, raw in enumerate(page.resources):
        item = named(raw, shelved, scope.server, products)
        kind = _kind_of_draft(raw, item, products)
        if kind in DRUGS or kind is Kind.UNNAMED:
            found.add(_candidate(raw, item, kind, f"draftOrders.entry[{index}]", draft=True), kind)
    return _read(found, scope)


def orders(medications: Raw, draft_orders: Raw, scope: Scope, fetched: Sequence[Raw] = ()) -> Found:
    """The orders of the drug in the record, from its bundle; `fetched` are further bundles where references may lead.

    What could not be fetched or read, and pages that are missing, are gaps. An order without any medication is one that
    nothing names. One order sent twice with different contents contradicts itself, and is a gap as well.
    """
    page, products = bundle.read(medications), frozenset(scope.site.products)
    shelved = shelf([draft_orders, medications, *fetched], scope.server)
    reason = page.reason()
    found = _Sorted(gaps=[Unknown("orders", reason)] if reason else [])
    for index, raw in enumerate(page.resources):
        item, place = named(raw, shelved, scope.server, products), f"medications.entry[{index}]"
        if item.kind is Kind.UNREADABLE:
            found.gaps.append(Unknown("orders", Reason.UNREADABLE, _source(item, place)))
        elif item.kind is Kind.OUTCOME and outcome_failed(raw):
            found.gaps.append(Unknown("orders", Reason.FETCH_FAILED, place))
        elif item.kind in DRUGS or item.kind in (Kind.UNNAMED, Kind.BLANK):
            found.add(_candidate(raw, item, item.kind, place), item.kind)
    return _read(found, scope)


def unnamed(candidates: Iterable[Candidate], scope: Scope) -> Found:
    """Orders of a drug that nothing names, read as possible ones of the drug: for a patient whose course is running."""
    return _read(_Sorted(named=list(candidates)), scope)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The candidates of one bundle, of the drug and of a drug that nothing names; and what could not be read."""

    named: list[Candidate] = field(default_factory=list)
    unnamed: list[Candidate] = field(default_factory=list)
    gaps: list[Unknown] = field(default_factory=list)

    def add(self, candidate: Candidate, kind: Kind) -> None:
        (self.named if kind in DRUGS else self.unnamed).append(candidate)


def _candidate(raw: Raw, item: Named, kind: Kind, place: str, draft: bool = False) -> Candidate:
    return Candidate(_source(item, place), raw, DRUGS.get(kind, "possible"), item.medication, draft)


def _source(item: Named, place: str) -> str:
    return f"MedicationRequest/{item.id}" if item.id else place


def _kind_of_draft(raw: Raw, item: Named, products: Products) -> Kind:
    return Kind.POSSIBLE if item.kind is Kind.UNREADABLE and mentioned(raw, products) else item.kind


def _read(found: _Sorted, scope: Scope) -> Found:
    readings = [(x.source, read(x, scope)) for x in found.named]
    return Found(
        orders=tuple(dict.fromkeys(order for _, x in readings for order in x.orders)),
        foreign=tuple(dict.fromkeys(x.foreign for _, x in readings if x.foreign)),
        gaps=(*found.gaps, *_contradictions(readings)),
        unnamed=tuple(found.unnamed),
        resources={source: x.resource for source, x in readings if x.resource is not None},
        tablets={source: x.tablet for source, x in readings if x.tablet is not None},
    )


def _contradictions(readings: Iterable[tuple[str, Reading]]) -> list[Unknown]:
    """Orders of one id that are not the same order."""
    first: dict[str, Reading] = {}
    again = [source for source, x in readings if first.setdefault(source, x).orders != x.orders]
    return [Unknown("orders", Reason.CONFLICTING, x) for x in dict.fromkeys(again)]
