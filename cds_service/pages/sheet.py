"""A protocol file as a page shows it: each value as text, with its source, its reason and what other sources say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds_service.clinical.protocol import Protocol
from cds_service.protocols import bounds
from cds_service.protocols.load import HERE
from cds_service.protocols.strict_yaml import read

_UNITS = {
    "mg/d": "mg/day",
    "d": "days",
    "h": "hours",
    "a": "years",
    "mo": "months",
    "Cel": "°C",
    "10*9/L": "x10^9/L",
    "analyte": "",
    "topic": "",
    "criterion": "",
}
_GRADES = ("CTCAE grade", "ECOG")


@dataclass(frozen=True, slots=True)
class Differing:
    """What another source, or the same one elsewhere, says, and why it is not encoded."""

    source: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Item:
    """A parameter, a rule, a criterion or a monitoring topic; `default` where the source does not give it.

    `value` is the one of the file, with its unit ("" for what has none), `since` an ISO date. What a default `says` is
    its reason; its `citation` names the work to read on in, and tells what is taken over from another protocol.
    """

    name: str
    says: str
    citation: str
    default: bool
    value: str = ""
    since: str = ""
    differs: tuple[Differing, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that stands in one protocol file; `bounds` is what a site may change: parameter, how far, why no further."""

    protocol: Protocol
    head: Mapping[str, str]
    references: tuple[tuple[str, str], ...]
    parameters: tuple[Item, ...]
    rules: tuple[Item, ...]
    criteria: tuple[Item, ...]
    monitoring: tuple[Item, ...]
    bounds: tuple[tuple[str, str, str], ...]

    @property
    def values(self) -> Mapping[str, str]:
        """The text of each parameter in force, by name."""
        return {x.name: x.value for x in self.parameters} | {
            x.parameter: amount(x.after, x.unit) for x in self.protocol.changes
        }

    @property
    def defaults(self) -> tuple[tuple[str, Item], ...]:
        """What this product decides where the source is silent, with the kind of thing that it is."""
        kinds = {
            "parameter": self.parameters,
            "rule": self.rules,
            "criterion": self.criteria,
            "monitoring": self.monitoring,
        }
        return tuple((kind, x) for kind, items in kinds.items() for x in items if x.default)


def sheet(protocol: Protocol, folder: Path = HERE) -> Sheet:
    """The file of a protocol that was loaded, read again for what decisions do not need: words, dates, differences."""
    data = read((folder / f"{protocol.id}.yaml").read_text(encoding="utf-8"), protocol.id)
    references = data["references"]
    return Sheet(
        protocol=protocol,
        head={x: data[x] for x in ("purpose", "use", "misuse")},
        references=tuple((x["label"], x["text"]) for x in references.values()),
        parameters=tuple(_items(data["parameters"], references)),
        rules=tuple(_items(data["rules"], references)),
        criteria=tuple(_items(data["criteria"], references)),
        monitoring=tuple(_items(data["monitoring"], references)),
        bounds=tuple(_bounds(protocol.id, data["parameters"])),
    )


def amount(value: Any, unit: str) -> str:
    """A value with its unit, as people write it: "14 days", "grade 3", "100 mg/day"; "none" for an empty list."""
    said = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if unit in _GRADES:
        return f"{unit} {said}"
    if not said:
        return "none"
    word = _unit(unit)
    return f"{said} {word.removesuffix('s') if said == '1' else word}".strip()


def _unit(unit: str) -> str:
    return _UNITS.get(unit, unit)


def _bounds(protocol: str, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, bound in bounds.load().items():
        if not bound.protocols or protocol in bound.protocols:
            value = parameters[name]["value"]
            said = bound.says(tuple(value) if isinstance(value, list) else value)
            yield name, said if bound.allowed else f"{said} {_unit(bound.unit)}".strip(), bound.why


def _items(section: Mapping[str, Any], references: Mapping[str, Any]) -> Iterable[Item]:
    for name, item in section.items():
        default = item["source"] == "default"
        yield Item(
            name=name,
            says=item["reason"] if default else item["source"]["says"],
            citation=_default(item, references) if default else _cited(item["source"], references),
            default=default,
            value=amount(item["value"], item["unit"]) if "value" in item else "",
            since=item.get("since", ""),
            differs=tuple(_differing(x, references) for x in item.get("differs_from", ())),
        )


def _cited(source: Mapping[str, str], references: Mapping[str, Any]) -> str:
    return f"{references[source['ref']]['label']}, {source['section']}"


def _default(item: Mapping[str, Any], references: Mapping[str, Any]) -> str:
    analogy = ", by analogy" if item.get("by_analogy") else ""
    return f"{references['default']['label']}{analogy} (see {references[item['reference']]['label']})"


def _differing(item: Mapping[str, str], references: Mapping[str, Any]) -> Differing:
    return Differing(references[item["ref"]]["label"], item["value"], item["why"])
