"""Which results are replaced by others: a preliminary one by a final one, and either by a correction."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

import msgspec
from msgspec import Raw

from cds_service.clinical.facts import ANY_TIME, Result
from cds_service.fhir.labs.observation import Concept, Observation
from cds_service.fhir.labs.scope import Codes

_RANKS = {"preliminary": 0, "final": 1, "amended": 2, "corrected": 2}
_USUAL = {"final"}


class Item(msgspec.Struct, frozen=True, gc=False):
    """A result of one analyte with the Observation that it was read from, and the resource in which that was sent.

    `parts` are the items that a calculated result was made from, first the one whose Observation it has.
    """

    result: Result
    sent: Observation
    raw: Raw
    parts: tuple["Item", ...] = ()


class _Identifier(msgspec.Struct, gc=False):
    system: str | None = None
    value: str | None = None


_CONCEPT = msgspec.json.Decoder(Concept)
_IDENTIFIERS = msgspec.json.Decoder(list[_Identifier] | None)


def current(items: Sequence[Item], codes: Codes) -> Sequence[Item]:
    """The items of one analyte that no other one replaces, each once.

    A final, amended or corrected result replaces a preliminary one, an amended or corrected one also a final one, where
    both have the same id, the same identifier, or the same of the `codes` that are used and the same collection time.
    Corrections do not replace each other: of two that differ the worse one speaks. A result whose status is not
    understood may be a correction: it stays, unusable, and replaces nothing. What came twice counts once.
    """
    if {item.sent.status for item in items} == _USUAL:
        return _once(items)
    ranks = [_RANKS.get(item.sent.status or "", 0) for item in items]
    names = [tuple(_names(item, codes)) for item in items]
    replaced: dict[Hashable, int] = {}
    for own, rank in zip(names, ranks, strict=True):
        for name in own:
            replaced[name] = max(rank, replaced.get(name, rank))
    kept = zip(items, names, ranks, strict=True)
    return _once([item for item, own, rank in kept if all(replaced[name] <= rank for name in own)])


def _once(items: Sequence[Item]) -> Sequence[Item]:
    """The items without those that were met before: with the same source and the same content."""
    if len({item.sent.id for item in items}) == len(items):
        return items
    return list({(item.result if item.result.source else id(item)): item for item in items}.values())


def _names(item: Item, codes: Codes) -> Iterator[Hashable]:
    """Everything by which one result is known to be about the same thing as another; none without a known status."""
    if item.sent.status not in _RANKS:
        return
    if item.result.source:
        yield item.result.source
    yield from _identifiers(item.sent.identifier)
    taken = item.result.when
    if taken != ANY_TIME and not taken.issued:
        for code in _codes(item.sent.code, codes):
            yield code, taken.start, taken.end


def _identifiers(raw: Raw) -> Iterable[Hashable]:
    try:
        identifiers = _IDENTIFIERS.decode(raw) or []
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ()
    return [(x.system, x.value) for x in identifiers if x.system and x.value]


def _codes(raw: Raw, codes: Codes) -> Iterable[tuple[str, str]]:
    pairs = [(x.system or "", x.code or "") for x in _CONCEPT.decode(raw).coding or []]
    return [pair for pair in pairs if pair in codes]
