"""Protocol files -> Protocol: strictly, whole or not at all, every fault named at once."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from jsonschema import Draft202012Validator

from cds_service.clinical.facts import COUNTS, LYMPHOCYTES
from cds_service.clinical.protocol import Parameters, Protocol, Source
from cds_service.clinical.rules import LINES
from cds_service.protocols import criteria
from cds_service.protocols.strict_yaml import Faulty, read

HERE = Path(__file__).parent
MAINTENANCE = "trofosfamide-maintenance"


class _File(NamedTuple):
    """One file: its text, what it says, and every fault of it, with its name and place."""

    text: str
    data: Any
    faults: tuple[str, ...]


def load(name: str = MAINTENANCE, folder: Path = HERE) -> Protocol:
    """The protocol of that name with its grading criteria; raises `Faulty` with every fault of its files."""
    protocol = _file(folder, name, _faults)
    graded_by = protocol.data.get("ctcae") if isinstance(protocol.data, dict) else None
    grading = _file(folder, graded_by, criteria.faults) if isinstance(graded_by, str) else _File("", None, ())
    if protocol.faults or grading.faults:
        raise Faulty("\n".join((*protocol.faults, *grading.faults)))
    return _protocol(protocol, grading)


def _protocol(protocol: _File, grading: _File) -> Protocol:
    data = protocol.data
    cited = {**data["parameters"], **data["rules"]}
    return Protocol(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        status=data["status"],
        url=data["url"],
        digest=hashlib.sha256((protocol.text + grading.text).encode()).hexdigest(),
        ctcae=criteria.ctcae(grading.data),
        parameters=Parameters(**{x: _typed(x, y) for x, y in data["parameters"].items()}),
        sources={x: _source(y, data["references"]) for x, y in cited.items()},
        publication=data["publication"],
        publication_url=data["publication_url"],
    )


def _file(folder: Path, name: str, faults: Callable[[Any, str], Iterator[str]]) -> _File:
    path = folder / f"{name}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
        data = read(text, path.name)
    except OSError as fault:
        return _File("", None, (f"{path.name}: the file cannot be read ({fault.strerror}); restore it",))
    except UnicodeDecodeError:
        return _File("", None, (f"{path.name}: the file is not UTF-8; restore it",))
    except Faulty as fault:
        return _File("", None, (str(fault),))
    return _File(text, data, tuple(f"{path.name}: {x}" for x in faults(data, name)))


def _faults(data: Any, name: str) -> Iterator[str]:
    """Everything in a protocol file that the rules could not rely on, each with its place."""
    schema = json.loads((HERE / "protocol.schema.json").read_text(encoding="utf-8"))
    for fault in Draft202012Validator(schema).iter_errors(_plain(data)):
        yield f"{'.'.join(map(str, fault.absolute_path)) or 'the file'}: {fault.message}"
    if not isinstance(data, dict):
        return
    if data.get("id") != name:
        yield f"id: has to be {name}, as the file is called"
    parameters, rules, references = (_mapping(data.get(x)) for x in ("parameters", "rules", "references"))
    yield from _other_names("parameters", parameters, {x.name for x in fields(Parameters)})
    yield from _other_names("rules", rules, {x.name for x in LINES})
    odd = [x for x in _KINDS if x in parameters and not _sound(x, parameters[x])]
    yield from (f"parameters.{x}: its value, unit or date is not of the kind that the rules need" for x in odd)
    for section, items in (("parameters", parameters), ("rules", rules)):
        lost = [(name, ref) for name, item in items.items() for ref in _refs(item) if ref not in references]
        yield from (f"{section}.{name}: {ref} is not one of the references" for name, ref in lost)
    if not odd and parameters.keys() == _KINDS.keys():
        yield from _contradictions(Parameters(**{x: _typed(x, y) for x, y in parameters.items()}))


def _other_names(section: str, given: Mapping[str, Any], wanted: set[str]) -> Iterator[str]:
    yield from (f"{section}.{x} is missing; a decision needs it" for x in sorted(wanted - set(given)))
    yield from (f"{section}.{x} is not known; nothing uses it" for x in sorted(set(given) - wanted))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _refs(item: Any) -> list[str]:
    """What a parameter or a rule refers to, as far as it is written as it should be."""
    differs = _mapping(item).get("differs_from")
    sources = [_mapping(item).get("source"), *(differs if isinstance(differs, list) else [])]
    return [str(x["ref"]) for x in sources if isinstance(x, dict) and "ref" in x]


def _contradictions(p: Parameters) -> Iterator[str]:
    """Values that are each possible, and together are not."""
    acting = set(p.acting_analytes)
    if len(acting) < len(p.acting_analytes) or not set(COUNTS) <= acting <= {*COUNTS, LYMPHOCYTES}:
        yield f"parameters.acting_analytes: has to name {', '.join(COUNTS)} once each; {LYMPHOCYTES} may join them"
    doses = {"starting_dose": p.starting_dose, "maximum_dose": p.maximum_dose}
    doses |= {f"escalate_from, {x} and one step": x + p.dose_step for x in p.escalate_from}
    for name, dose in doses.items():
        if dose % p.dose_step or dose > p.maximum_dose:
            yield f"parameters.{name}: is no level of {p.dose_step} mg up to the maximum of {p.maximum_dose}"
    if max(p.recovery_grade, p.escalation_grade) >= p.interrupt_grade:
        yield "parameters.interrupt_grade: has to be above recovery_grade and escalation_grade"
    if p.tolerated_toxicity_grade >= p.toxicity_grade:
        yield "parameters.toxicity_grade: has to be above tolerated_toxicity_grade"
    if p.fever_sustained > p.fever_once:
        yield "parameters.fever_once: has to be at least fever_sustained"


def _sound(key: str, parameter: Any) -> bool:
    try:
        date.fromisoformat(parameter["since"])
        _typed(key, parameter)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return False
    return True


def _plain(data: Any) -> Any:
    """The data with numbers as JSON Schema knows them."""
    return json.loads(json.dumps(data, default=str))


_KINDS = get_type_hints(Parameters)
_SPANS = {"d": "days", "h": "hours"}
_UNITS = {"fever_once": "Cel", "fever_sustained": "Cel", "febrile_neutrophils": "10*9/L"}
_WORST_GRADE = 4


def _typed(key: str, parameter: Mapping[str, Any]) -> Any:
    """A parameter's value as the type that the rules use. Raises where value or unit are not of its kind."""
    value, unit, kind = parameter["value"], parameter["unit"], _KINDS[key]
    if kind is timedelta:
        return timedelta(**{_SPANS[unit]: _whole(value)})
    if kind is int:
        return _age(value, unit) if key == "adult_age" else _grade(value, unit)
    if kind is Decimal:
        return _amount(value, unit, _UNITS.get(key, "mg/d"))
    if not isinstance(value, list) or not value:
        raise TypeError(value)
    if key == "escalate_from":
        return tuple(_amount(x, unit, "mg/d") for x in value)
    return tuple(_analyte(x, unit) for x in value)


def _amount(value: Any, unit: str, wanted: str) -> Decimal:
    if unit != wanted:
        raise ValueError(unit)
    return _number(value)


def _age(value: Any, unit: str) -> int:
    if unit != "a":
        raise ValueError(unit)
    return _whole(value)


def _grade(value: Any, unit: str) -> int:
    grade = _whole(value)
    if unit != "CTCAE grade" or grade > _WORST_GRADE:
        raise ValueError(unit, value)
    return grade


def _analyte(value: Any, unit: str) -> str:
    if unit != "analyte" or not isinstance(value, str):
        raise ValueError(unit, value)
    return value


def _number(value: Any) -> Decimal:
    if not isinstance(value, Decimal) or value <= 0:
        raise ValueError(value)
    return value


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError(value)
    return int(number)


def _source(item: Mapping[str, Any], references: Mapping[str, Any]) -> Source:
    if item["source"] == "default":
        return Source(references["default"]["label"], "", item["reason"])
    source = item["source"]
    return Source(references[source["ref"]]["label"], source["section"], source["says"])
