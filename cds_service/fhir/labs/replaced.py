"""Which results are replaced by others: a preliminary one by a final one, and either by a correction."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

import msgspec
from msgspec import Raw

from cds_service.clinical.facts import ANY_TIME, Result
from cds_service.fhir.codes import LOINC, RESULTS
from cds_service.fhir.labs.observation import Concept, Observation

_RANKS = {"preliminary": 0, "final": 1, "amended": 2, "corrected": 2}
_FINAL = 1


class Item(msgspec.Struct, frozen=True, gc=False):
    """A result of one analyte with the Observation that it was read from."""

    result: Result
    sent: Observation
    raw: Raw


class _Identifier(msgspec.Struct, gc=False):
    system: str | None = None
    value: str | None = None


_CONCEPT = msgspec.json.Decoder(Concept)
_IDENTIFIERS = msgspec.json.Decoder(list[_Identifier] | None)


def current(items: Sequence[Item]) -> Sequence[Item]:
    """The items of one analyte that no other one replaces.

    A final, amended or corrected result replaces a preliminary one, an amended or corrected one also a final one, where
    both have the same id, the same identifier, or the same code and collection time. Corrections do not replace each
    other: of two that differ the worse one speaks.
    """
    ranks = [_rank(item) for item in items]
    if all(rank == _FINAL for rank in ranks):
        return items
    replaced: dict[Hashable, int] = {}
    for item, rank in zip(items, ranks, strict=True):
        for name in _names(item):
            replaced[name] = max(rank, replaced.get(name, rank))
    return [
        item for item, rank in zip(items, ranks, strict=True) if all(replaced[name] <= rank for name in _names(item))
    ]


def _rank(item: Item) -> int:
    return _RANKS.get(item.sent.status or "", 0)


def _names(item: Item) -> Iterator[Hashable]:
    """Everything by which one result is known to be about the same thing as another."""
    if item.sent.id:
        yield "id", item.sent.id
    yield from _identifiers(item.sent.identifier)
    taken = item.result.when
    if taken != ANY_TIME and not taken.issued:
        for code in _codes(item.sent.code):
            yield code, taken.start, taken.end


def _identifiers(raw: Raw) -> Iterable[Hashable]:
    try:
        identifiers = _IDENTIFIERS.decode(raw) or []
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ()
    return [(x.system, x.value) for x in identifiers if x.system and x.value]


def _codes(raw: Raw) -> Iterable[str]:
    coding = _CONCEPT.decode(raw).coding
    return [x.code for x in coding or [] if x.system == LOINC and x.code in RESULTS]
