"""The PlanDefinition of a protocol: its start, its rules in their order, and what is due beside the dose."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.clinical.protocol import Parameters
from cds_service.fhir.export.definition import SYSTEMS, Definition, Json, canonical, cited, head, published
from cds_service.protocols.strict_yaml import read

_FILE = Path(__file__).parent / "conditions.yaml"
_TYPE = "http://terminology.hl7.org/CodeSystem/plan-definition-type"
_IN_HOURS = frozenset({"counts_together", "fever_apart", "fever_window"})


def plan_definition(definition: Definition) -> Json:
    """The protocol as a PlanDefinition; its url is what orders name in `instantiatesCanonical`."""
    return {
        **head("PlanDefinition", definition),
        "type": {"coding": [{"system": _TYPE, "code": "clinical-protocol", "display": "Clinical Protocol"}]},
        "library": [canonical("Library", definition)],
        "relatedArtifact": published(definition),
        "action": [_start(definition), _dosing(definition), *_monitoring(definition)],
    }


@cache
def conditions() -> Mapping[str, Mapping[str, str]]:
    """The condition of each rule, criterion and reminder in words, values of the protocol in braces."""
    found: Mapping[str, Mapping[str, str]] = read(_FILE.read_text(encoding="utf-8"), _FILE.name)
    return found


def _start(definition: Definition) -> Json:
    """The order at the starting dose, where every criterion of eligibility holds."""
    items, references = definition.data.get("criteria", {}), definition.data["references"]
    return {
        "id": "start",
        "title": "Start of a course",
        "description": "The order at the starting dose, for a patient who meets the criteria.",
        "textEquivalent": "\n".join(f"* {_condition(definition, 'criteria', x)}" for x in items),
        "documentation": _once([cited(x, references) for x in items.values()]),
        "definitionCanonical": canonical("ActivityDefinition", definition),
    }


def _dosing(definition: Definition) -> Json:
    return {
        "id": "dosing",
        "title": "Dose of a running course",
        "description": "The first that applies gives the one conclusion.",
        "groupingBehavior": "logical-group",
        "selectionBehavior": "exactly-one",
        "action": list(_actions(definition, "dosing", definition.data["rules"])),
    }


def _monitoring(definition: Definition) -> Iterator[Json]:
    topics = definition.data.get("monitoring", {})
    if topics:
        yield {
            "id": "monitoring",
            "title": "Monitoring",
            "description": "The first that applies is said beside the dose.",
            "groupingBehavior": "logical-group",
            "selectionBehavior": "at-most-one",
            "action": list(_actions(definition, "monitoring", topics)),
        }


def _actions(definition: Definition, section: str, items: Mapping[str, Any]) -> Iterator[Json]:
    references, p = definition.data["references"], definition.protocol.parameters
    for name, item in items.items():
        yield {
            "id": name,
            "title": name.replace("-", " ").capitalize(),
            "description": item["reason"] if item["source"] == "default" else item["source"]["says"],
            "textEquivalent": _condition(definition, section, name),
            "code": [{"coding": [{"system": f"{SYSTEMS}conclusion", "code": name}]}],
            "documentation": [cited(item, references)],
            **({"timingTiming": _TIMINGS[name](p)} if name in _TIMINGS else {}),
        }


def _condition(definition: Definition, section: str, name: str) -> str:
    """When something applies, in words: what R4 takes as an expression is for machines, and none says all of it."""
    return conditions()[section][name].format_map(_values(definition.protocol.parameters))


def _values(parameters: Parameters) -> Mapping[str, str]:
    return {x.name: _worded(x.name, getattr(parameters, x.name)) for x in fields(parameters)}


def _worded(name: str, value: Any) -> str:
    if isinstance(value, timedelta):
        return str(value // timedelta(hours=1) if name in _IN_HOURS else value.days)
    return " or ".join(map(str, value)) or "no" if isinstance(value, tuple) else str(value)


def _repeat(period: int, unit: str) -> Json:
    return {"repeat": {"frequency": 1, "period": period, "periodUnit": unit}}


_TIMINGS: Mapping[str, Callable[[Parameters], Json]] = {
    "count-due": lambda p: _repeat(p.count_interval_early.days, "d"),
    "imaging-due": lambda p: _repeat(p.imaging_months, "mo"),
}


def _once(artifacts: list[Json]) -> list[Json]:
    return [x for n, x in enumerate(artifacts) if x not in artifacts[:n]]
