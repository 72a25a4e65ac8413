"""Observations -> laboratory results: each known exactly, or unusable with its reason; none that is used vanishes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cds_service.clinical.chart import newest
from cds_service.clinical.facts import Reason, Result, Unknown
from cds_service.fhir.bundle import Page
from cds_service.fhir.labs.replaced import Item, current
from cds_service.fhir.labs.scope import Scope
from cds_service.fhir.labs.sorting import Sorted, sort
from cds_service.fhir.strict import Unreadable, strict
from cds_service.fhir.validate import fault_of


@dataclass(frozen=True, slots=True)
class Labs:
    """What the Observations of a call tell. `items` are the results that count, by analyte, in no particular order.

    `foreign` belong to another patient, `gaps` say what could not be read in whole, `absent` came without a value.
    """

    items: Mapping[str, Sequence[Item]]
    foreign: tuple[Unknown, ...] = ()
    gaps: tuple[Unknown, ...] = ()
    absent: tuple[Unknown, ...] = ()

    @property
    def results(self) -> dict[str, tuple[Result, ...]]:
        return {analyte: tuple([item.result for item in items]) for analyte, items in self.items.items()}


def read(pages: Iterable[Page], patient: str, server: str, zone: ZoneInfo, latest: datetime) -> Labs:
    """The results in `pages` for the patient with this id, under the FHIR server of the call ("" where none).

    Dates without a time are days of `zone`; what was collected after `latest` is the future, and unusable. Nothing is
    validated as R4 here: `validate_newest` does that.
    """
    scope = Scope(patient, server, zone, latest.astimezone(UTC))
    found = Sorted()
    for page in pages:
        reason = page.reason()
        if reason:
            found.gaps.append(Unknown("results", reason))
        for raw in page.resources:
            sort(raw, scope, found)
    items = {analyte: current(every) for analyte, every in found.items.items()}
    return Labs(items, tuple(found.foreign), tuple(found.gaps), tuple(found.absent))


def validate_newest(labs: Labs) -> Labs:
    """The same with every result that may speak for its analyte today validated as R4; an invalid one is unusable.

    Those are the newest results, and the newest final ones beside a later preliminary one.
    """
    return replace(labs, items={analyte: _validated(items) for analyte, items in labs.items.items()})


def _validated(items: Sequence[Item]) -> Sequence[Item]:
    """Once one is found invalid, another may be the newest usable one: asked until all that may speak are valid."""
    checked = list(items)
    sound: set[int] = set()
    while asked := [place for place in _speaking(checked) if place not in sound]:
        for place in asked:
            checked[place] = _valid(checked[place])
        sound.update(asked)
    return checked


def _speaking(items: Sequence[Item]) -> list[int]:
    """The places of the usable results that no later one outdates."""
    counting = [item.result for item in items if item.result.final or item.result.fault is None]
    final = [result for result in counting if result.final]
    newest_ones = {id(result) for result in newest(counting)}
    if len(final) < len(counting):
        newest_ones |= {id(result) for result in newest(final)}
    return [x for x, item in enumerate(items) if id(item.result) in newest_ones and item.result.fault is None]


def _valid(item: Item) -> Item:
    """The item, unusable where its Observation is not valid R4."""
    try:
        fault = fault_of(strict(item.raw))
    except Unreadable as error:
        fault = str(error)
    if not fault:
        return item
    old = item.result
    unknown = Unknown(old.analyte, Reason.UNREADABLE, old.source, fault)
    return Item(Result(old.analyte, old.source, old.when, old.final, unknown), item.sent, item.raw)
