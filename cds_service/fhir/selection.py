"""Of the unsigned orders of a call those that were just chosen, apart from those that only lie beside them."""

from collections.abc import Collection, Iterable

import msgspec
from msgspec import Raw

from cds_service.fhir.references import local

# What a call without drafts brings of them.
NOTHING = Raw(b"null")
# In place of an order that is left out, so that every other entry keeps its number.
_LEFT_OUT = b'{"resource":{"resourceType":"Basic"}}'


class _Resource(msgspec.Struct, gc=False):
    resourceType: str
    id: str | None = None


class _Entry(msgspec.Struct, gc=False):
    resource: _Resource
    fullUrl: str | None = None


class _Bundle(msgspec.Struct):
    resourceType: str
    entry: list[Raw] | None = None


_BUNDLE = msgspec.json.Decoder(_Bundle)
_ENTRY = msgspec.json.Decoder(_Entry)
_FAULTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def parted(draft_orders: Raw, selections: Collection[str] | None, server: str) -> tuple[Raw, Raw]:
    """The Bundle of the drafts without the orders that were not chosen, and without those that were.

    Whatever is no MedicationRequest stays in both: references may lead there. None has chosen all of them, and what is
    no Bundle cannot be parted. An order is named by `MedicationRequest/id`, relative or below `server`, with or without
    a version, by its id alone, or by its fullUrl. Where a selection names nothing in the Bundle it may mean an order
    that bears no name: those are then chosen, too.
    """
    entries = None if selections is None else _entries(draft_orders)
    if selections is None or entries is None:
        return draft_orders, NOTHING
    wanted = {local(x, server) or x for x in selections}
    heads = [_head(x) for x in entries]
    names = [_names(x, server) for x in heads]
    lost = not wanted <= frozenset().union(*names)
    beside = [_is_order(x) and wanted.isdisjoint(y) and not (lost and not y) for x, y in zip(heads, names, strict=True)]
    chosen = [_is_order(x) and not y for x, y in zip(heads, beside, strict=True)]
    return _bundle(entries, beside), _bundle(entries, chosen)


def _entries(draft_orders: Raw) -> list[Raw] | None:
    try:
        found = _BUNDLE.decode(draft_orders)
    except _FAULTS:
        return None
    return (found.entry or []) if found.resourceType == "Bundle" else None


def _head(entry: Raw) -> _Entry | None:
    try:
        return _ENTRY.decode(entry)
    except _FAULTS:
        return None


def _names(entry: _Entry | None, server: str) -> frozenset[str]:
    """What a selection may call an entry; one that cannot be read has no name."""
    if entry is None:
        return frozenset()
    url, own = entry.fullUrl or "", entry.resource.id or ""
    names = (url, local(url, server), own, own and f"{entry.resource.resourceType}/{own}")
    return frozenset(x for x in names if x)


def _is_order(entry: _Entry | None) -> bool:
    return entry is None or entry.resource.resourceType == "MedicationRequest"


def _bundle(entries: Iterable[Raw], left_out: Iterable[bool]) -> Raw:
    parts = (_LEFT_OUT if out else bytes(x) for x, out in zip(entries, left_out, strict=True))
    return Raw(b'{"resourceType":"Bundle","type":"collection","entry":[%b]}' % b",".join(parts))
