"""What a server sent becomes pages, and pages one Bundle, in which every resource stands as it was sent."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from cds_service.fhir.reading.failures import Failed, Failure
from cds_service.fhir.strict import Unreadable, strict

_FAULTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a Bundle, and the resource in it."""

    raw: Raw
    resource: Raw


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: `body` as it came. `following` is its link to the next page: None without one, "" for an empty one.

    The answer to a read has no entries: its `body` is the resource.
    """

    body: Raw
    entries: tuple[Entry, ...] = ()
    total: int | None = None
    following: str | None = None


class _Kind(msgspec.Struct):
    resourceType: str


class _Link(msgspec.Struct):
    relation: str | None = None
    url: str | None = None


class _Bundle(msgspec.Struct):
    type: str
    total: int | None = None
    link: list[_Link] | None = None
    entry: Raw | UnsetType = UNSET


class _Entry(msgspec.Struct):
    resource: Raw


_KIND = msgspec.json.Decoder(_Kind)
_BUNDLE = msgspec.json.Decoder(_Bundle)
_ENTRIES = msgspec.json.Decoder(list[Raw] | None)
_ENTRY = msgspec.json.Decoder(_Entry)


def resource(body: bytes, kind: str) -> Page:
    """The answer to a read of a resource of this kind. Raises Failed."""
    _expect(body, kind)
    try:
        strict(body)
    except Unreadable:
        raise Failed(Failure.UNREADABLE) from None
    return Page(Raw(body))


def page(body: bytes) -> Page:
    """One page of a search. Raises Failed for anything but a sound Bundle of type searchset.

    Its members and those of its entries and links must be there once; what is in the resources is not looked at.
    """
    _expect(body, "Bundle")
    try:
        bundle = _BUNDLE.decode(body)
        sent = b"null" if isinstance(bundle.entry, UnsetType) else bytes(bundle.entry)
        entries = tuple(Entry(x, _ENTRY.decode(x).resource) for x in _ENTRIES.decode(sent) or [])
    except _FAULTS:
        raise Failed(Failure.UNREADABLE) from None
    if bundle.type != "searchset":
        raise Failed(Failure.WRONG_RESOURCE)
    _refuse_repeated(_without(body, sent))
    for entry in entries:
        _refuse_repeated(_without(bytes(entry.raw), bytes(entry.resource)))
    return Page(Raw(body), entries, bundle.total, _following(bundle.link or []))


def merged(pages: Sequence[Page]) -> Raw:
    """The resources of all pages in one searchset; of pages that end with a link to a further one, with such a link.

    One page is handed on as it came. A resource that comes again on a later page counts once: a record that changes
    while it is read moves resources from page to page, and a `total` then shows what was missed.
    """
    if len(pages) == 1:
        return pages[0].body
    totals = [x.total for x in pages if x.total is not None]
    total = b',"total":%d' % max(totals) if totals else b""
    link = b',"link":[{"relation":"next"}]' if pages[-1].following is not None else b""
    entries = b",".join(_distinct(pages))
    return Raw(b'{"resourceType":"Bundle","type":"searchset"%b%b,"entry":[%b]}' % (total, link, entries))


def _distinct(pages: Iterable[Page]) -> Iterable[bytes]:
    seen: set[bytes] = set()
    for each in pages:
        yield from (bytes(x.raw) for x in each.entries if bytes(x.resource) not in seen)
        seen.update(bytes(x.resource) for x in each.entries)


def _expect(body: bytes, kind: str) -> None:
    try:
        found = _KIND.decode(body).resourceType
    except _FAULTS:
        raise Failed(Failure.UNREADABLE) from None
    if found == "OperationOutcome":
        raise Failed(Failure.OUTCOME)
    if found != kind:
        raise Failed(Failure.WRONG_RESOURCE)


def _following(links: Iterable[_Link]) -> str | None:
    return next((x.url or "" for x in links if x.relation == "next"), None)


def _without(text: bytes, value: bytes) -> bytes:
    """A JSON text with null for a value in it. A cut in a wrong place would only leave more to read."""
    return text.replace(value, b"null", 1)


def _refuse_repeated(text: bytes) -> None:
    try:
        json.loads(text, object_pairs_hook=_members, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise Failed(Failure.UNREADABLE) from None


def _members(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError
