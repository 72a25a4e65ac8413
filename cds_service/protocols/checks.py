"""Everything in a protocol file that the rules could not rely on, each fault with its place at its head."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from cds_service.clinical.decision import ELIGIBILITY
from cds_service.clinical.eligibility import CRITERIA
from cds_service.clinical.facts import COUNTS, LYMPHOCYTES
from cds_service.clinical.monitoring import TOPICS
from cds_service.clinical.protocol import Parameters
from cds_service.clinical.rules import LINES
from cds_service.protocols import form, values
from cds_service.protocols.values import KINDS, typed

_DEFAULT = "default"
_SECTIONS = ("parameters", "rules", "criteria", "monitoring")


def faults(data: Any, name: str) -> Iterator[str]:
    """Every fault of the content of a protocol file; `name` is what the file is called."""
    yield from form.faults(data)
    if not isinstance(data, dict):
        return
    if data.get("id") != name:
        yield f"id: has to be {name}, as the file is called"
    sections = {x: _mapping(data.get(x)) for x in _SECTIONS}
    yield from _other_names("parameters", sections["parameters"], {x.name for x in fields(Parameters)})
    yield from _other_names("rules", sections["rules"], {*(x.name for x in LINES), ELIGIBILITY})
    yield from _unknown("criteria", sections["criteria"], {x.name for x in CRITERIA})
    yield from _unknown("monitoring", sections["monitoring"], {x.name for x in TOPICS})
    yield from _lost(sections, _mapping(data.get("references")))
    yield from _values(sections["parameters"])


def _values(parameters: Mapping[str, Any]) -> Iterator[str]:
    known = {x: y for x, y in parameters.items() if x in KINDS}
    odd = [f"parameters.{x}.{where}: {said}" for x, y in known.items() for where, said in values.faults(x, y)]
    yield from odd
    whole = all({"value", "unit"} <= _mapping(x).keys() for x in known.values())
    if not odd and whole and known.keys() == KINDS.keys():
        yield from contradictions(Parameters(**{x: typed(x, y) for x, y in known.items()}))


def contradictions(p: Parameters) -> Iterator[str]:
    """Values that are each possible, and together are not."""
    acting = set(p.acting_analytes)
    if len(acting) < len(p.acting_analytes) or not set(COUNTS) <= acting <= {*COUNTS, LYMPHOCYTES}:
        yield f"parameters.acting_analytes: has to name {', '.join(COUNTS)} once each; {LYMPHOCYTES} may join them"
    doses = {"starting_dose": p.starting_dose, "maximum_dose": p.maximum_dose}
    doses |= {f"escalate_from, {x} and one step": x + p.dose_step for x in p.escalate_from}
    for name, dose in doses.items():
        if dose % p.dose_step or dose > p.maximum_dose:
            yield f"parameters.{name}: is no level; write a multiple of {p.dose_step} mg/d up to {p.maximum_dose}"
    if max(p.recovery_grade, p.escalation_grade, p.start_grade) >= p.interrupt_grade:
        yield "parameters.interrupt_grade: has to be above recovery_grade, escalation_grade and start_grade"
    if p.tolerated_toxicity_grade >= p.toxicity_grade:
        yield "parameters.toxicity_grade: has to be above tolerated_toxicity_grade"
    if p.fever_sustained > p.fever_once:
        yield "parameters.fever_once: has to be at least fever_sustained"


def _other_names(section: str, given: Mapping[str, Any], wanted: set[str]) -> Iterator[str]:
    yield from (
        f"{section}.{x} is missing; a decision needs it: write it as another protocol file does"
        for x in sorted(wanted - set(given))
    )
    yield from _unknown(section, given, wanted)


def _unknown(section: str, given: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    odd = sorted(map(str, set(given) - known))
    yield from (f"{section}.{x} is not known and nothing uses it; {_instead(x, known)}" for x in odd)


def _instead(odd: str, known: Collection[str]) -> str:
    meant = get_close_matches(odd, sorted(known), n=1)
    return f"write {meant[0]}, or remove it" if meant else "remove it"


def _lost(sections: Mapping[str, Mapping[str, Any]], references: Mapping[str, Any]) -> Iterator[str]:
    """What names a reference that is not there; a default has to name a work, not itself."""
    for section, items in sections.items():
        for name, item in items.items():
            yield from (
                f"{section}.{name}: {x} is not one of the references; write one of {', '.join(references)}"
                for x in _refs(item)
                if x not in references
            )
            if _mapping(item).get("reference") == _DEFAULT:
                yield f"{section}.{name}: its reference has to be a work that can be read, not {_DEFAULT}"


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _refs(item: Any) -> list[str]:
    """What an item refers to, as far as it is written as it should be."""
    given = _mapping(item)
    differs = given.get("differs_from")
    sources = [given.get("source"), *(differs if isinstance(differs, list) else [])]
    named = [str(given["reference"])] if "reference" in given else []
    return [*named, *(str(x["ref"]) for x in sources if isinstance(x, dict) and "ref" in x)]
