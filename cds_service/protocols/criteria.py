"""The file of grading criteria -> Ctcae: every analyte, every limit a number, in the unit that grading needs."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from cds_service.clinical.chart import ALL
from cds_service.clinical.ctcae import Criterion, Ctcae, Limit
from cds_service.clinical.facts import ALT, AST, BILIRUBIN, CHEMISTRY, CREATININE, HAEMOGLOBIN

_FALLING, _RISING = ("below", "molar"), ("above_uln", "above_baseline")
_KEYS = frozenset({"term", "unit", "worse_of_both", *_FALLING, *_RISING})
_HEAD = frozenset({"id", "version", "since", "source", "criteria"})
_UNITS = {HAEMOGLOBIN: "g/dL", CREATININE: "umol/L", BILIRUBIN: "umol/L", ALT: "U/L", AST: "U/L"}
_COUNT_UNIT = "10*9/L"


def ctcae(data: Mapping[str, Any]) -> Ctcae:
    """The grading criteria of a file without faults."""
    return Ctcae(data["version"], {x: _criterion(x, y) for x, y in data["criteria"].items()})


def faults(data: Any, name: str) -> Iterator[str]:
    """Everything in a file of criteria that grading could not rely on, each with its place."""
    if not isinstance(data, dict) or not isinstance(data.get("criteria"), dict):
        yield "criteria is missing, or is not a mapping of analytes"
        return
    yield from (f"{x} is missing" for x in sorted(_HEAD - set(data)))
    yield from (f"{x} is not known" for x in sorted(set(data) - _HEAD))
    if data.get("id") != name or not isinstance(data.get("version"), str):
        yield f"id has to be {name}, as the file is called, and version a text in quotation marks"
    given = data["criteria"]
    yield from (f"criteria.{x} is missing; nothing would grade it" for x in ALL if x not in given)
    yield from (f"criteria.{x} is not known; nothing is graded by it" for x in given if x not in ALL)
    for analyte in ALL:
        if analyte in given:
            yield from (f"criteria.{analyte}{x}" for x in _faults_of(analyte, given[analyte]))


def _faults_of(analyte: str, data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        yield " is not a mapping"
        return
    wanted = _wanted(analyte)
    yield from (f".{x} is missing" for x in sorted(wanted - set(data)))
    yield from (f".{x} is not known here" for x in sorted(set(data) - wanted))
    if data.get("unit") != _UNITS.get(analyte, _COUNT_UNIT):
        yield f".unit has to be {_UNITS.get(analyte, _COUNT_UNIT)}, the unit that values are converted to"
    if not isinstance(data.get("term", ""), str) or not isinstance(data.get("worse_of_both", True), bool):
        yield ": term is a text, worse_of_both true or false"
    for arm in (*_FALLING, *_RISING):
        if arm in data and arm in wanted:
            yield from (f".{arm}{x}" for x in _faults_of_limits(data[arm], _grades(analyte, arm), arm in _RISING))


def _wanted(analyte: str) -> frozenset[str]:
    """What the criterion of an analyte consists of."""
    if analyte in CHEMISTRY:
        return _KEYS - set(_FALLING)
    return _KEYS - set(_RISING) - {"worse_of_both"} - (set() if analyte == HAEMOGLOBIN else {"molar"})


def _grades(analyte: str, arm: str) -> str:
    """The grades that the criterion gives by a number: grade 4 anaemia, for one, is none."""
    if analyte == HAEMOGLOBIN or (analyte, arm) == (CREATININE, "above_baseline"):
        return "23"
    return "1234" if arm in _RISING else "234"


def _faults_of_limits(data: Any, grades: str, rising: bool) -> Iterator[str]:
    if not isinstance(data, dict) or set(data) != set(grades):
        yield f" has to give one limit for each of the grades {', '.join(grades)}"
        return
    odd = [x for x, y in data.items() if not isinstance(y, Decimal) or y <= 0]
    yield from (f".{x} is not a number above 0, written without quotation marks" for x in odd)
    in_order = [data[x] for x in sorted(data, reverse=rising)]
    if not odd and not all(one > other for one, other in pairwise(in_order)):
        yield ": the limit of a worse grade has to lie beyond that of a milder one"


def _criterion(analyte: str, data: Mapping[str, Any]) -> Criterion:
    limits = {x: _limits(data.get(x, {})) for x in (*_FALLING, *_RISING)}
    return Criterion(analyte, data["term"], data["unit"], worse_of_both=data.get("worse_of_both", False), **limits)


def _limits(data: Mapping[str, Decimal]) -> tuple[Limit, ...]:
    return tuple(sorted((Limit(int(x), y) for x, y in data.items()), key=lambda x: -x.grade))
