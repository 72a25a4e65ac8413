"""What panels and reports hold: components and contained Observations, each read as an Observation of its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Raw

from cds_service.fhir.codes import Meaning
from cds_service.fhir.labs.observation import FAULTS, NOTHING, Observation, Unread, decode, given, salvage, times
from cds_service.fhir.labs.scope import Scope
from cds_service.fhir.patient import Whose

# Of these nothing that they hold is a result, whatever it says of itself.
WITHDRAWN = frozenset({"entered-in-error", "cancelled"})
# Statuses that only a report has, as those of the results in it that have none.
_STATUSES = {"partial": "preliminary", "appended": "amended"}
_TIMES = ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming", "issued")
_FROM_PARENT = ("id", "status", "subject", "identifier", "specimen", "contained", *_TIMES)


class Member(NamedTuple):
    """An Observation found in another resource, what its codes mean (None: unread), and its members of a wrong form."""

    sent: Observation
    meanings: Sequence[Meaning] | None
    broken: str


class _Head(msgspec.Struct, gc=False):
    """What says whether a component, or a contained resource, is of a code that is used."""

    resourceType: str | None = None
    code: Raw = NOTHING
    component: Unread = UNSET


_LIST = msgspec.json.Decoder(list[Raw] | None)
_HEAD = msgspec.json.Decoder(_Head)


def members(parent: Observation, scope: Scope) -> Iterator[Member]:
    """What the components and contained Observations of a panel or report tell under codes that are used.

    Status, subject, time and specimen are the member's own, else the parent's; a component has but the parent's. Where
    the parent is another patient's or was withdrawn, so are its members. What cannot be opened has no meaning.
    """
    yield from _components(parent, scope)
    if given(parent.contained) and b'"Observation"' in bytes(parent.contained):
        for raw in _opened(parent.contained):
            yield from _contained(raw, parent, scope) if raw is not None else [_unread(parent)]


def _components(parent: Observation, scope: Scope) -> Iterator[Member]:
    if not given(parent.component):
        return
    shared = {name: getattr(parent, name) for name in _FROM_PARENT}
    for raw in _opened(parent.component):
        meanings = scope.meanings[bytes(_head(raw).code)] if raw is not None else None
        if raw is None or meanings is None:
            yield _unread(parent)
        elif meanings:
            sent, broken = _decoded(raw)
            yield Member(_child(sent, parent, shared), meanings, broken)


def _contained(raw: Raw, parent: Observation, scope: Scope) -> Iterator[Member]:
    head = _head(raw)
    if head.resourceType != "Observation":
        return
    meanings = scope.meanings[bytes(head.code)]
    if meanings is None:
        yield _unread(parent)
    elif meanings or given(head.component):
        sent, broken = _decoded(raw)
        child = _child(sent, parent, _inherited(sent, parent, scope))
        if meanings:
            yield Member(child, meanings, broken)
        yield from _components(child, scope)


def _inherited(sent: Observation, parent: Observation, scope: Scope) -> Mapping[str, Any]:
    """What a contained Observation has from the resource that it is contained in."""
    foreign = scope.whose(bytes(parent.subject)) is Whose.OTHER
    withdrawn = parent.status in WITHDRAWN
    inside = f"#{sent.id.removeprefix('#')}" if sent.id else ""
    taken = {} if times(sent) else {name: getattr(parent, name) for name in _TIMES[:-1]}
    return {
        **taken,
        "id": f"{parent.id}{inside}" if parent.id else None,
        "status": parent.status if withdrawn else sent.status or _STATUSES.get(parent.status or "", parent.status),
        "subject": sent.subject if given(sent.subject) and not foreign else parent.subject,
        "specimen": sent.specimen if given(sent.specimen) else parent.specimen,
        "issued": sent.issued or parent.issued,
        "contained": parent.contained,
    }


def _child(sent: Observation, parent: Observation, inherited: Mapping[str, Any]) -> Observation:
    """A member, said to be of its parent's type: that is what its source is. What modifies the parent modifies it."""
    modified = sent.modifierExtension if given(sent.modifierExtension) else parent.modifierExtension
    more = {**inherited, "resourceType": parent.resourceType, "modifierExtension": modified}
    return msgspec.structs.replace(sent, **more)


def _opened(raw: Raw) -> Sequence[Raw | None]:
    """The elements of a list; one None where it is none."""
    try:
        return _LIST.decode(raw) or []
    except FAULTS:
        return [None]


def _head(raw: Raw) -> _Head:
    try:
        return _HEAD.decode(raw)
    except FAULTS:
        return _Head("Observation")


def _decoded(raw: Raw) -> tuple[Observation, str]:
    try:
        return decode(raw), ""
    except FAULTS:
        return salvage(raw)


def _unread(parent: Observation) -> Member:
    return Member(Observation(parent.resourceType, parent.id, subject=parent.subject), None, "")
