"""Observations -> laboratory results: each known exactly, or unusable with its reason; none that is used vanishes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from msgspec import Raw

from cds_service.clinical.chart import newest
from cds_service.clinical.facts import ANY_TIME, NEUTROPHILS, Reason, Result, Temperature, Unknown, later_by
from cds_service.fhir.bundle import Page
from cds_service.fhir.codes import PARTS, TEMPERATURE
from cds_service.fhir.labs import temperatures
from cds_service.fhir.labs.neutrophils import calculated
from cds_service.fhir.labs.replaced import Item, current
from cds_service.fhir.labs.scope import Scope
from cds_service.fhir.labs.sorting import Sorted, sort
from cds_service.fhir.labs.together import Families
from cds_service.fhir.order import Scope as Call
from cds_service.fhir.strict import Unreadable, strict
from cds_service.fhir.validate import fault_of

# Older temperatures are not beside a count that speaks today.
_VALIDATED = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Labs:
    """What the Observations of a call tell. `items` are the results that count, by analyte, in no particular order.

    `foreign` belong to another patient, `gaps` say what could not be read in whole, `absent` came without a value.
    `fevers` are the body temperatures, usable or not; `latest` is the last instant that is not the future.
    """

    items: Mapping[str, Sequence[Item]]
    foreign: tuple[Unknown, ...] = ()
    gaps: tuple[Unknown, ...] = ()
    absent: tuple[Unknown, ...] = ()
    fevers: Sequence[Item] = ()
    latest: datetime = ANY_TIME.end

    @property
    def results(self) -> dict[str, tuple[Result, ...]]:
        return {analyte: tuple([item.result for item in items]) for analyte, items in self.items.items()}

    @property
    def temperatures(self) -> tuple[Temperature, ...]:
        return temperatures.usable(self.fevers)

    @property
    def unclear(self) -> tuple[Unknown, ...]:
        """Why temperatures that were sent are not among `temperatures`."""
        return temperatures.unclear(self.fevers)


def read(pages: Iterable[Page], call: Call, latest: datetime) -> Labs:
    """The results in `pages`, of Observations and DiagnosticReports, for the patient of the call.

    Dates without a time are days of its zone; what was collected after `latest` is the future, and unusable. Panels are
    opened, neutrophils calculated from their parts. Nothing is validated as R4 here: `validate_newest` does that.
    """
    scope = Scope(call, latest.astimezone(UTC))
    found = Sorted()
    for page in pages:
        reason = page.reason()
        if reason:
            found.gaps.append(Unknown("results", reason))
        for raw in page.resources:
            sort(raw, scope, found)
    items = {analyte: current(every, scope.codes) for analyte, every in found.items.items()}
    fevers = temperatures.timed(items.pop(TEMPERATURE, ()))
    return Labs(
        _with_calculated(items, Families(found.named, scope.server)),
        tuple(found.foreign),
        tuple(found.gaps),
        tuple(found.absent),
        fevers,
        scope.latest,
    )


def _with_calculated(items: Mapping[str, Sequence[Item]], families: Families) -> dict[str, Sequence[Item]]:
    """The results of analytes, the neutrophils that are calculated among them, without what only parts tell."""
    results = {analyte: every for analyte, every in items.items() if analyte not in PARTS}
    made = calculated(items, families)
    return {**results, NEUTROPHILS: [*results.get(NEUTROPHILS, ()), *made]} if made else results


def validate_newest(labs: Labs) -> Labs:
    """The same with every result that may speak for its analyte today validated as R4; an invalid one is unusable.

    Those are the newest results, and the newest final ones beside a later preliminary one; of a calculated result all
    its parts; of a result that was found in a panel or report this too. The temperatures of the last 14 days are
    validated as well.
    """
    opened: dict[int, _Opened] = {}
    return replace(
        labs,
        items={analyte: _validated(items, opened) for analyte, items in labs.items.items()},
        fevers=[_valid(item, opened) if _is_recent(item.result, labs.latest) else item for item in labs.fevers],
    )


def _is_recent(result: Result, latest: datetime) -> bool:
    return result.fault is None and result.when.end >= later_by(latest, -_VALIDATED)


def _validated(items: Sequence[Item], opened: dict[int, "_Opened"]) -> Sequence[Item]:
    """Once one is found invalid, another may be the newest usable one: asked until all that may speak are valid."""
    checked = list(items)
    sound: set[int] = set()
    while asked := [place for place in _speaking(checked) if place not in sound]:
        for place in asked:
            checked[place] = _valid(checked[place], opened)
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


class _Opened(NamedTuple):
    """What is wrong with a resource itself, and the Observations contained in it, by id, each with its place."""

    fault: str
    inside: Mapping[str, list[tuple[int, dict[str, Any]]]]


def _valid(item: Item, opened: dict[int, _Opened]) -> Item:
    """The item, unusable where a resource that it was read from is not valid R4."""
    fault = next(filter(None, (_fault(part, opened) for part in item.parts or (item,))), "")
    if not fault:
        return item
    old = item.result
    unknown = Unknown(old.analyte, Reason.UNREADABLE, old.source, fault)
    unusable = Result(old.analyte, old.source, old.when, old.final, unknown, derived=old.derived, parts=old.parts)
    return Item(unusable, item.sent, item.raw, item.parts)


def _fault(item: Item, opened: dict[int, _Opened]) -> str:
    """What is wrong with the resource in which an item was sent, whatever else it contains; "" where nothing is."""
    found = opened.get(id(item.raw))
    if found is None:
        found = opened[id(item.raw)] = _open(item.raw)
    if found.fault:
        return found.fault
    within = found.inside.get(item.result.source.partition("#")[2], ())
    faults = ((place, fault_of(resource)) for place, resource in within)
    return next((f"contained.{place}.{fault}" for place, fault in faults if fault), "")


def _open(raw: Raw) -> _Opened:
    try:
        resource = strict(raw)
    except Unreadable as error:
        return _Opened(str(error), {})
    contained = resource.get("contained")
    if not isinstance(contained, list):
        return _Opened(fault_of(resource), {})
    inside: defaultdict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for place, each in enumerate(contained):
        if _is_observation(each):
            inside[str(each.get("id", "")).removeprefix("#") if "id" in resource else ""].append((place, each))
    rest = [each for each in contained if not _is_observation(each)]
    return _Opened(fault_of({**resource, "contained": rest} if rest else _without_contained(resource)), inside)


def _without_contained(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name != "contained"}


def _is_observation(contained: Any) -> bool:
    return isinstance(contained, dict) and contained.get("resourceType") == "Observation"
