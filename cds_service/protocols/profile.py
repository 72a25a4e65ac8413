"""The site profile: one file in which a hospital changes parameters within their bounds, and says why and who says so.

It is read strictly: whole or not at all, every fault named at once with its line and what to write instead.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from cds_service.clinical.protocol import Change, Parameters, Protocol, Source
from cds_service.protocols import bounds
from cds_service.protocols.bounds import Bound, Value
from cds_service.protocols.checks import contradictions
from cds_service.protocols.load import load_all
from cds_service.protocols.strict_yaml import Fault, Faulty, read, told
from cds_service.protocols.values import dated, typed, wanted

REF = "site profile"
_HEAD = ("site", "protocols")
_KEYS = ("value", "unit", "reason", "signed_off_by", "date")
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Profile:
    """What a site changes, by id of the protocol: the parameter's value in the types of the rules, and the change."""

    site: str
    values: Mapping[str, Mapping[str, Any]]
    changes: Mapping[str, tuple[Change, ...]]


def in_force(path: Path | None, loaded: Callable[[], Mapping[str, Protocol]] = load_all) -> Mapping[str, Protocol]:
    """The protocols of `loaded`, by their ids, as the site profile changes them; without a path as they are.

    Raises `Faulty` with every fault of the protocol files and of the profile.
    """
    faults: list[str] = []
    protocols: Mapping[str, Protocol] = {}
    profile: Profile | None = None
    try:
        protocols = loaded()
    except Faulty as fault:
        faults.append(str(fault))
    try:
        profile = load(path, protocols.values()) if path else None
    except Faulty as fault:
        faults.append(str(fault))
    if faults:
        raise Faulty("\n".join(faults))
    return {x: apply(y, profile) for x, y in protocols.items()} if profile else protocols


def apply(protocol: Protocol, profile: Profile) -> Protocol:
    """The protocol with the values of the site, its `changes`, its sources and its digest saying so."""
    changes = profile.changes.get(protocol.id, ())
    if not changes:
        return protocol
    sources = {x.parameter: Source(REF, f"signed off by {x.signed_off_by}, {x.signed_on}", x.reason) for x in changes}
    signed = "\n".join(repr(astuple(x)) for x in changes)
    return replace(
        protocol,
        parameters=replace(protocol.parameters, **profile.values[protocol.id]),
        sources={**protocol.sources, **sources},
        changes=changes,
        digest=hashlib.sha256(f"{protocol.digest}\n{signed}".encode()).hexdigest(),
    )


def load(path: Path, protocols: Collection[Protocol]) -> Profile:
    """The profile of a file for these protocols, as their files give them. Raises `Faulty` with every fault of it."""
    data = _read(path, protocols)
    given = {x.id: _changes(x, data["protocols"].get(x.id, {})) for x in protocols}
    values = {
        x: {c.parameter: typed(c.parameter, data["protocols"][x][c.parameter]) for c in y} for x, y in given.items()
    }
    return Profile(data["site"], values, given)


def _read(path: Path, protocols: Collection[Protocol]) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8"
        raise Faulty(f"{path.name}: the file cannot be read ({why}); correct CDS_SITE_PROFILE or the file") from fault
    data = read(text, path.name)
    faults = told(path.name, text, _faults(data, protocols))
    if faults:
        raise Faulty("\n".join(faults))
    return data


def _changes(protocol: Protocol, given: Mapping[str, Any]) -> tuple[Change, ...]:
    """The changes of one protocol in the order of the file; a value that the protocol has anyway is none."""
    found = []
    for name, entry in given.items():
        before = bounds.own(protocol.parameters, name, entry["unit"])
        after = _value(entry["value"])
        signed = entry["reason"], entry["signed_off_by"], date.fromisoformat(entry["date"])
        if after != before:
            found.append(Change(name, bounds.written(before), bounds.written(after), entry["unit"], *signed))
    return tuple(found)


def _value(given: Any) -> Value:
    return tuple(given) if isinstance(given, list) else given


def _faults(data: Any, protocols: Collection[Protocol]) -> Iterator[Fault]:
    """Every fault of a profile; without protocols, because their files are faulty, those of its form alone."""
    if not isinstance(data, dict):
        yield Fault((), "has to hold site, the name of the hospital, and protocols")
        return
    yield from (Fault((x,), f"is not known; a profile has {' and '.join(_HEAD)}") for x in data if x not in _HEAD)
    if not _said(data.get("site")):
        yield Fault(("site",), "has to be the name of the hospital")
    if not isinstance(data.get("protocols"), dict):
        yield Fault(("protocols",), "has to be a mapping of protocol ids to what is changed in each")
        return
    known = {x.id: x for x in protocols}
    for name, given in data["protocols"].items():
        if protocols and name not in known:
            yield Fault(("protocols", name), f"is not a protocol; write one of {', '.join(known)}")
        elif not isinstance(given, dict):
            yield Fault(
                ("protocols", name), "has to be a mapping of parameters to what is changed; leave it out if empty"
            )
        else:
            yield from _below(("protocols", name), _of_protocol(given, known.get(name)))


def _below(place: tuple[str, ...], faults: Iterator[Fault]) -> Iterator[Fault]:
    yield from (Fault((*place, *x.place), x.said) for x in faults)


def _of_protocol(given: Mapping[str, Any], protocol: Protocol | None) -> Iterator[Fault]:
    allowed, sound = bounds.load(), {}
    for name, entry in given.items():
        faults = list(_of_entry(name, entry, allowed.get(name), protocol))
        yield from _below((name,), iter(faults))
        if not faults:
            sound[name] = typed(name, entry)
    if protocol and len(sound) == len(given):
        changed: Parameters = replace(protocol.parameters, **sound)
        yield from (Fault((), f"with these changes {x}") for x in contradictions(changed))


def _of_entry(name: str, entry: Any, bound: Bound | None, protocol: Protocol | None) -> Iterator[Fault]:
    if bound is None:
        known = ", ".join(bounds.load())
        yield Fault((), f"is no parameter that a site may change; these are: {known}")
        return
    if not isinstance(entry, dict):
        yield Fault((), f"has to give {', '.join(_KEYS)}")
        return
    yield from (Fault((x,), f"is not known; a change has {', '.join(_KEYS)}") for x in entry if x not in _KEYS)
    yield from (Fault((), f"{x} is missing; {_HOW[x]}") for x in _KEYS if x not in entry)
    yield from (Fault((x,), _HOW[x]) for x in ("reason", "signed_off_by") if x in entry and not _said(entry[x]))
    if "date" in entry and not dated(entry["date"]):
        yield Fault(("date",), _HOW["date"])
    if "unit" in entry and entry["unit"] != bound.unit:
        yield Fault(("unit",), f"has to be {bound.unit}")
    elif {"value", "unit"} <= entry.keys():
        yield from _of_value(name, entry, bound, protocol)


_HOW = {
    "value": "write the value that holds here",
    "unit": "write the unit that the protocol file gives",
    "reason": "write in a few words why the value is changed",
    "signed_off_by": "write who answers for it",
    "date": "write the day on which it was signed off as 2026-11-24",
}


def _of_value(name: str, entry: Mapping[str, Any], bound: Bound, protocol: Protocol | None) -> Iterator[Fault]:
    """Whether the value is of the kind of the parameter, and within its bounds."""
    try:
        typed(name, entry)
    except (TypeError, ValueError, ArithmeticError):
        instead = bound.says(()) if bound.allowed else wanted(name)
        yield Fault(("value",), f"has to be {instead}, without quotation marks")
        return
    if protocol is None:
        return
    if bound.protocols and protocol.id not in bound.protocols:
        yield Fault((), f"may not be changed in this protocol: {bound.why}")
        return
    before = bounds.own(protocol.parameters, name, bound.unit)
    if not bound.holds(_value(entry["value"]), before):
        yield Fault(("value",), f"is out of bounds; write {bound.says(before)} {bound.unit}: {bound.why}")


def _said(words: Any) -> bool:
    return isinstance(words, str) and len(words.strip()) >= _LEAST_WORDS
