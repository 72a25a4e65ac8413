"""Protocol files -> Protocol: strictly, whole or not at all, every fault named at once."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints

from jsonschema import Draft202012Validator

from cds_service.clinical.ctcae import Criterion, Ctcae, Limit
from cds_service.clinical.protocol import Parameters, Protocol, Source
from cds_service.protocols.strict_yaml import Faulty, read

HERE = Path(__file__).parent
MAINTENANCE = "trofosfamide-maintenance"


def load(name: str = MAINTENANCE, folder: Path = HERE) -> Protocol:
    """The protocol of that name with its grading criteria; raises `Faulty` with every fault of its files."""
    text = _text(folder / f"{name}.yaml")
    data = read(text, f"{name}.yaml")
    faults = list(_faults(data, name))
    if faults:
        raise Faulty("\n".join(faults))
    criteria = _text(folder / f"{data['ctcae']}.yaml")
    return Protocol(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        status=data["status"],
        url=data["url"],
        digest=hashlib.sha256((text + criteria).encode()).hexdigest(),
        ctcae=ctcae(criteria, data["ctcae"]),
        parameters=_parameters(data["parameters"]),
        sources={x: _source(y, data["references"]) for x, y in {**data["parameters"], **data["rules"]}.items()},
        publication=data["publication"],
        publication_url=data["publication_url"],
    )


def ctcae(text: str, name: str) -> Ctcae:
    """The grading criteria of one version."""
    data = read(text, f"{name}.yaml")
    try:
        return Ctcae(data["version"], {x: _criterion(x, y) for x, y in data["criteria"].items()})
    except (KeyError, TypeError, AttributeError) as fault:
        raise Faulty(f"{name}.yaml: a criterion lacks or misnames {fault}; write it as its neighbours are") from fault


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise Faulty(f"{path.name}: the file cannot be read ({fault.strerror}); restore it") from fault


def _faults(data: Any, name: str) -> Iterator[str]:
    schema = json.loads(_text(HERE / "protocol.schema.json"))
    for fault in Draft202012Validator(schema).iter_errors(_plain(data)):
        yield f"{name}.yaml: {'.'.join(map(str, fault.absolute_path)) or 'the file'}: {fault.message}"
    if not isinstance(data, dict) or not isinstance(data.get("parameters"), dict):
        return
    wanted = {x.name for x in fields(Parameters)}
    given = set(data["parameters"])
    yield from (f"{name}.yaml: parameters.{x} is missing; a decision needs it" for x in sorted(wanted - given))
    yield from (f"{name}.yaml: parameters.{x} is not known; no rule uses it" for x in sorted(given - wanted))
    yield from _odd_values(data["parameters"], name)


def _odd_values(parameters: Mapping[str, Any], name: str) -> Iterator[str]:
    for key, parameter in parameters.items():
        try:
            date.fromisoformat(parameter["since"])
            _typed(key, parameter)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            yield f"{name}.yaml: parameters.{key}: its value, unit or date is not of the kind that the rules need"


def _plain(data: Any) -> Any:
    """The data with numbers as JSON Schema knows them."""
    return json.loads(json.dumps(data, default=str))


def _parameters(data: Mapping[str, Any]) -> Parameters:
    return Parameters(**{key: _typed(key, parameter) for key, parameter in data.items()})


_KINDS = get_type_hints(Parameters)


def _typed(key: str, parameter: Mapping[str, Any]) -> Any:
    """A parameter's value as the type that the rules use."""
    value, kind = parameter["value"], _KINDS.get(key)
    if kind is timedelta:
        return timedelta(**{{"d": "days", "h": "hours"}[parameter["unit"]]: _whole(value)})
    if kind is int:
        return _whole(value)
    if kind is Decimal:
        return _number(value)
    return tuple(_number(x) if parameter["unit"] == "mg/d" else str(x) for x in value)


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


def _criterion(analyte: str, data: Mapping[str, Any]) -> Criterion:
    limits = {x: _limits(data.get(x, {})) for x in ("below", "molar", "above_uln", "above_baseline")}
    return Criterion(analyte, data["term"], data["unit"], worse_of_both=data.get("worse_of_both", False), **limits)


def _limits(data: Mapping[str, Decimal]) -> tuple[Limit, ...]:
    return tuple(sorted((Limit(int(x), y) for x, y in data.items()), key=lambda x: -x.grade))
