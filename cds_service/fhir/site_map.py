"""The file in which a site says what its own codes mean -> Site: strictly, whole or not at all, every fault at once."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from cds_service.fhir.codes import ATC, BESIDE_RESULTS, LOINC, RESULTS, Meaning, drug_of
from cds_service.fhir.dosage.abbreviations import DAILY, SELDOM
from cds_service.fhir.site import PROTOCOLS, Code, Site
from cds_service.protocols.load import HERE
from cds_service.protocols.strict_yaml import Faulty, read

TABLET = Decimal(50)  # mg: trofosfamide exists as tablets of 50 mg only
_MOST_MG = 1000
_MOST_INTAKES = 24
_STANDARD = RESULTS | BESIDE_RESULTS
_MEANINGS = frozenset(_STANDARD.values())


class _Fault(NamedTuple):
    """What is wrong, and where: the keys and numbers that lead to the place."""

    place: tuple[str | int, ...]
    said: str


class _Section(NamedTuple):
    """What the entries of a list have beside their `key`, what they need, and how one is checked."""

    members: tuple[str, ...]
    needed: tuple[str, ...]
    check: Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]
    key: tuple[str, ...] = ("system", "code")


def load(path: Path | str) -> Site:
    """The site's maps. Raises `Faulty` naming every fault of the file, each with its line and its place."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is not UTF-8"
        raise Faulty(f"{file.name}: the file cannot be read ({why})") from fault
    data = read(text, file.name)
    lines = _lines(text)
    faults = [f"{file.name}, line {_line(x.place, lines)}: {_placed(x)}" for x in _faults(data)]
    if faults:
        raise Faulty("\n".join(faults))
    return _site(data or {})


def _site(data: Mapping[str, Any]) -> Site:
    return Site(
        laboratory={_key(x): Meaning(x["analyte"], x["of"]) for x in data.get("laboratory", ())},
        products={_key(x): Fraction(x["mg"]) if "mg" in x else None for x in data.get("products", ())},
        timings={_key(x): int(x["intakes"]) for x in data.get("timings", ())},
        tablet=Fraction(data["tablet"]) if "tablet" in data else None,
        protocols={x["url"]: f"{PROTOCOLS}{x['protocol']}" for x in data.get("protocols", ())},
    )


def _key(entry: Mapping[str, Any]) -> Code:
    return entry["system"], entry["code"]


def _faults(data: Any) -> Iterator[_Fault]:
    if data in (None, ""):  # a file of comments alone
        return
    if not isinstance(data, dict):
        yield _Fault((), f"has to hold {', '.join((*_SECTIONS, 'tablet'))}")
        return
    yield from (_Fault((x,), "is not known; nothing reads it") for x in data if x not in (*_SECTIONS, "tablet"))
    if "tablet" in data and data["tablet"] != TABLET:
        yield _Fault(
            ("tablet",), f"has to be {TABLET}, or left out: trofosfamide exists as tablets of {TABLET} mg only"
        )
    for name, section in _SECTIONS.items():
        if name in data:
            yield from _of_section(name, section, data[name])


def _of_section(name: str, section: _Section, entries: Any) -> Iterator[_Fault]:
    if not isinstance(entries, list):
        yield _Fault((name,), "has to be a list")
        return
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        for member, said in _of_entry(section, entry):
            yield _Fault((name, index, *((member,) if member else ())), said)
        key = " ".join(str(entry.get(x)) for x in section.key) if isinstance(entry, dict) else f"{index}"
        if key in seen:
            yield _Fault((name, index), "stands here twice; keep one")
        seen.add(key)


def _of_entry(section: _Section, entry: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(entry, dict):
        yield "", f"has to say {', '.join((*section.key, *section.needed))}"
        return
    allowed = (*section.key, *section.members)
    yield from ((x, "is not known; nothing reads it") for x in entry if x not in allowed)
    missing = [x for x in (*section.key, *section.needed) if x not in entry]
    yield from (("", f"{x} is missing") for x in missing)
    wrong = [x for x in section.key if x in entry and not (isinstance(entry[x], str) and entry[x])]
    yield from ((x, "has to be text; put it in quotes") for x in wrong)
    if not missing and not wrong:
        yield from section.check(entry)


def _laboratory(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    meaning = (entry["analyte"], entry["of"])
    if meaning not in _MEANINGS:
        properties = sorted(x.of for x in _MEANINGS if x.analyte == entry["analyte"])
        said = f"has to be one of: {', '.join(properties)}" if properties else "is nothing that is read here"
        yield ("of" if properties else "analyte"), said
    standard = _STANDARD.get(entry["code"]) if entry["system"] == LOINC else None
    if standard and standard != meaning:
        yield "code", f"is {standard.analyte} ({standard.of}) in LOINC"


def _product(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if entry["system"] in ATC and drug_of([_key(entry)], ()) != "trofosfamide":
        yield "code", "is another drug in the ATC"
    if "mg" in entry and not (_is_number(entry["mg"]) and 0 < entry["mg"] <= _MOST_MG):
        yield "mg", f"has to be a number above 0 and up to {_MOST_MG}"


def _timing(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    intakes = entry["intakes"]
    if not _is_number(intakes) or intakes % 1 or not 1 <= intakes <= _MOST_INTAKES:
        yield "intakes", f"has to be a whole number from 1 to {_MOST_INTAKES}"
    if _key(entry) in DAILY or _key(entry) in SELDOM:
        yield "code", "has a meaning of its own in this system; leave it out"


def _protocol(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = sorted(x.stem for x in HERE.glob("trofosfamide-*.yaml"))
    if entry["protocol"] not in known:
        yield "protocol", f"has to be one of: {', '.join(known)}"
    if entry["url"].startswith(PROTOCOLS):
        yield "url", "is a protocol of this product; leave it out"
    if "|" in entry["url"]:
        yield "url", "has to be without a version: it holds for all of them"


def _is_number(value: Any) -> bool:
    return isinstance(value, Decimal)


_SECTIONS: Mapping[str, _Section] = {
    "laboratory": _Section(("analyte", "of"), ("analyte", "of"), _laboratory),
    "products": _Section(("mg",), (), _product),
    "timings": _Section(("intakes",), ("intakes",), _timing),
    "protocols": _Section(("protocol",), ("protocol",), _protocol, ("url",)),
}


def _placed(fault: _Fault) -> str:
    steps = "".join(f"[{x}]" if isinstance(x, int) else f".{x}" for x in fault.place).lstrip(".")
    return f"{steps or 'the file'}: {fault.said}"


def _lines(text: str) -> dict[tuple[str | int, ...], int]:
    """The line of every key and entry of a YAML text that is known to be readable."""
    found: dict[tuple[str | int, ...], int] = {}
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is not None:
        _note(node, (), found)
    return found


def _note(node: yaml.Node, place: tuple[str | int, ...], found: dict[tuple[str | int, ...], int]) -> None:
    found.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found[(*place, key.value)] = key.start_mark.line + 1
            _note(value, (*place, key.value), found)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note(value, (*place, index), found)


def _line(place: tuple[str | int, ...], lines: Mapping[tuple[str | int, ...], int]) -> int:
    """The line of a place, or of what it stands in."""
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)
