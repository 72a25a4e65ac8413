"""What a protocol file or a site profile says, whether it can be used, and what a change of it would change."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from cds_service import __version__
from cds_service.clinical.protocol import Change, Protocol
from cds_service.data import data_dir
from cds_service.errors import DataFileError
from cds_service.fhir.export.bundle import resources, transaction
from cds_service.fhir.export.definition import Definition, Json
from cds_service.fhir.export.terminology import Displays
from cds_service.pages.sheet import sheet
from cds_service.protocols import profile
from cds_service.protocols.cases.answers import IGNORED, given, wanted
from cds_service.protocols.cases.tables import Row, tables
from cds_service.protocols.load import HERE, load, load_all
from cds_service.protocols.strict_yaml import Faulty, read
from cds_service.render import cards
from cds_service.settings import load as load_settings

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class _Source(NamedTuple):
    """Protocols by id, and the folder that their files lie in."""

    protocols: Mapping[str, Protocol]
    folder: Path


def check(path: Path) -> Iterator[tuple[bool, str]]:
    """Whether a protocol file or a site profile can be used: a line for each protocol, else one for each fault."""
    try:
        found = _read(path)
    except Faulty as fault:
        yield from ((False, f"FAILED  {x}") for x in str(fault).splitlines())
        return
    for protocol in found.protocols.values():
        yield True, f"ok      {protocol.id} {protocol.version}, {protocol.digest}"
        yield from ((True, f"        {x}") for x in changed(protocol))


def changed(protocol: Protocol) -> Iterator[str]:
    """A line for each parameter that the site changed."""
    yield from map(_change, protocol.changes)


def diff(before: str, after: str) -> Iterator[str]:
    """What differs between two protocol files, site profiles or served protocols, and the cases whose answer changes.

    Raises DataFileError where one of them cannot be used, UsageError where they are of different protocols.
    """
    one, other = _usable(before), _usable(after)
    both = [x for x in one.protocols if x in other.protocols]
    if not both:
        ids = [", ".join(x.protocols) for x in (one, other)]
        raise click.UsageError(f"{before} is of {ids[0]}, {after} of {ids[1]}; name two of one protocol.")
    for name in both:
        old, new = one.protocols[name], other.protocols[name]
        yield f"{name}: {old.digest[:12]} -> {new.digest[:12]}"
        yield from _listed("parameters", _moved(old, new, one.folder, other.folder))
        yield from _listed("cases", _answered_otherwise(old, new))


def show(name: str) -> Iterator[str]:
    """A protocol as it is in force here. Raises DataFileError where files cannot be used, UsageError where none is."""
    found = _in_force()
    if name not in found:
        raise click.UsageError(f"There is no protocol {name}; there are {', '.join(found)}.")
    protocol = found[name]
    printed = sheet(protocol)
    yield f"{protocol.title} ({protocol.id} {protocol.version}, {protocol.status}), CTCAE {protocol.ctcae.version}"
    yield f"{protocol.url}  {protocol.digest}"
    yield from (f"{x.capitalize()}: {y}" for x, y in printed.head.items())
    yield from _listed("changed here", changed(protocol))
    values = printed.values
    yield from _listed("parameters", (f"{x.name}: {values[x.name]}  [{x.citation}]" for x in printed.parameters))
    for title in ("rules", "criteria", "monitoring"):
        yield from _listed(title, (f"{x.name}: {x.says}  [{x.citation}]" for x in getattr(printed, title)))


def exported() -> list[Json]:
    """Every protocol in force here as FHIR R4 definitions, with the code systems of cards. Raises DataFileError."""
    folder = data_dir("cards")
    words = {x: read((folder / x / "words.yaml").read_text("utf-8"), x) for x in cards.languages(folder)}
    definitions = [_definition(x) for x in _in_force().values()]
    displays = {x: _displays(words, x) for x in ("topics", "overrides")}
    return list(resources(definitions, __version__, displays["topics"], displays["overrides"]))


def export(folder: Path | None) -> Iterator[str]:
    """One transaction Bundle on the terminal, or a file for each resource in a folder, which is made if missing."""
    found = exported()
    if folder is None:
        yield _text(transaction(found))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for resource in found:
        path = folder / f"{resource['resourceType']}-{resource['id']}.json"
        path.write_text(f"{_text(resource)}\n", encoding="utf-8")
        yield f"wrote  {path}"


def _text(resource: Json) -> str:
    return msgspec.json.format(_ENCODER.encode(resource), indent=2).decode()


def _in_force() -> Mapping[str, Protocol]:
    try:
        return profile.in_force(load_settings().site_profile)
    except Faulty as fault:
        raise DataFileError(f"{fault}.") from fault


def _definition(protocol: Protocol) -> Definition:
    texts = {x: (HERE / x).read_text(encoding="utf-8") for x in (f"{protocol.id}.yaml", "bounds.yaml")}
    data = read(texts[f"{protocol.id}.yaml"], protocol.id)
    graded_by = f"{data['ctcae']}.yaml"
    return Definition(protocol, data, {**texts, graded_by: (HERE / graded_by).read_text(encoding="utf-8")})


def _displays(words: Mapping[str, Mapping[str, Mapping[str, str]]], section: str) -> Displays:
    """code -> language -> display."""
    return {code: {x: y[section][code] for x, y in words.items()} for code in words["en"][section]}


def _usable(name: str) -> _Source:
    """A served protocol by its id, or the protocols of a file."""
    try:
        served = load_all()
        return _Source({name: served[name]}, HERE) if name in served else _read(Path(name))
    except Faulty as fault:
        raise DataFileError(f"{fault}.") from fault


def _read(path: Path) -> _Source:
    """The protocol of a protocol file, or every served one as a site profile changes it; raises `Faulty`."""
    if not _is_profile(path):
        protocol = load(path.stem, path.parent, gradings=_gradings(path.parent))
        return _Source({protocol.id: protocol}, path.parent)
    return _Source(profile.in_force(path), HERE)


def _is_profile(path: Path) -> bool:
    """A profile names protocols; what cannot be read is left to who reads it in earnest."""
    try:
        data = read(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError, Faulty):
        return False
    return isinstance(data, dict) and ("protocols" in data or "site" in data)


def _gradings(folder: Path) -> Path:
    """Grading criteria may lie beside a protocol file that somebody writes; else they are those of the product."""
    return folder if any(folder.glob("ctcae-*.yaml")) else HERE


def _moved(old: Protocol, new: Protocol, *folders: Path) -> Iterator[str]:
    one, other = (sheet(x, folder=y).values for x, y in zip((old, new), folders, strict=True))
    yield from (f"{x}: {one[x]} -> {other[x]}" for x in one if one[x] != other[x])
    if old.ctcae != new.ctcae:
        yield f"grading criteria: CTCAE {old.ctcae.version} -> {new.ctcae.version}"


def _answered_otherwise(old: Protocol, new: Protocol) -> Iterator[str]:
    """Each case that gets another answer, with both, where all else is as served."""
    served = load_all()
    for table in tables():
        for row in table.rows:
            before, after = (given(row, {**served, old.id: x}) for x in (old, new))
            if before != after:
                yield f"{row.place} {table.heading}: {_case(row)}: {_differing(before, after)}"


def _case(row: Row) -> str:
    """What makes the patient of a row, without what is to be answered."""
    asked = {x: y for x, y in row.cells.items() if y and x not in {*wanted(row), *IGNORED}}
    return ", ".join(f"{x} {y}" for x, y in asked.items()) or "as usual"


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    return "; ".join(f"{x} {before[x]} -> {after[x]}" for x in before if before[x] != after[x])


def _listed(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    yield f"{title}: {len(found) or 'none'}"
    yield from (f"  {x}" for x in found)


def _change(change: Change) -> str:
    unit = "" if change.unit == "analyte" else f" {change.unit}"
    signed = f"signed off by {change.signed_off_by}, {change.signed_on}"
    return f"{change.parameter}: {change.after}{unit} in place of {change.before}: {change.reason} ({signed})"
