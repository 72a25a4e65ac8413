"""The file of grading criteria -> Ctcae: every analyte, every limit a number, in the unit that grading needs."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from cds_service.clinical.chart import ALL
from cds_service.clinical.ctcae import Criterion, Ctcae, Limit, Term
from cds_service.clinical.facts import ALT, AST, BILIRUBIN, CHEMISTRY, COUNTS, CREATININE, HAEMOGLOBIN, LYMPHOCYTES

_FALLING, _RISING = ("below", "molar"), ("above_uln", "above_baseline")
_FLAG = "low_baseline_only"
_KEYS = frozenset({"term", "unit", "worse_of_both", *_FALLING, *_RISING})
_HEAD = frozenset({"id", "version", "since", "source", "criteria", "terms"})
_UNITS = {HAEMOGLOBIN: "g/dL", CREATININE: "umol/L", BILIRUBIN: "umol/L", ALT: "U/L", AST: "U/L"}
_COUNT_UNIT = "10*9/L"
_COUNTED = (*COUNTS, LYMPHOCYTES)
_MEDDRA = re.compile(r"[1-9][0-9]{7}")


def ctcae(data: Mapping[str, Any]) -> Ctcae:
    """The grading criteria of a file without faults."""
    criteria = {x: _criterion(x, y) for x, y in data["criteria"].items()}
    return Ctcae(data["version"], criteria, {x: Term(x, **y) for x, y in data["terms"].items()})


def faults(data: Any, name: str) -> Iterator[str]:
    """Everything in a file of criteria that grading could not rely on, each with its place."""
    if not isinstance(data, dict) or not isinstance(data.get("criteria"), dict):
        yield "criteria is missing, or is not a mapping of analytes"
        return
    yield from (f"{x} is missing; write it as other criteria do" for x in sorted(_HEAD - set(data)))
    yield from (f"{x} is not known; remove it" for x in sorted(set(data) - _HEAD))
    if data.get("id") != name or not isinstance(data.get("version"), str):
        yield f"id has to be {name}, as the file is called, and version a text in quotation marks"
    given = data["criteria"]
    yield from (f"criteria.{x} is missing; nothing would grade it" for x in ALL if x not in given)
    yield from (f"criteria.{x} is not known; nothing is graded by it" for x in given if x not in ALL)
    for analyte in ALL:
        if analyte in given:
            yield from (f"criteria.{analyte}{x}" for x in _faults_of(analyte, given[analyte]))
    if "terms" in data:
        yield from _faults_of_terms(data["terms"])


def _faults_of(analyte: str, data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        yield " has to be a mapping of its unit and its limits"
        return
    wanted, allowed = _wanted(analyte), _allowed(analyte)
    yield from (f".{x} is missing; write it as another analyte does" for x in sorted(wanted - set(data)))
    yield from (f".{x} is not known here; remove it" for x in sorted(set(data) - allowed))
    if data.get("unit") != _UNITS.get(analyte, _COUNT_UNIT):
        yield f".unit has to be {_UNITS.get(analyte, _COUNT_UNIT)}, the unit that values are converted to"
    if not all(isinstance(data.get(x, ""), str) for x in ("term", "note")):
        yield ": term and note are texts"
    if not all(isinstance(data.get(x, True), bool) for x in ("worse_of_both", _FLAG)):
        yield f": worse_of_both true or false, {_FLAG} likewise"
    for arm in (*_FALLING, *_RISING):
        if arm in data and arm in wanted:
            yield from (f".{arm}{x}" for x in _faults_of_limits(data[arm], _grades(analyte, arm), arm in _RISING))


def _wanted(analyte: str) -> frozenset[str]:
    """What the criterion of an analyte has to consist of."""
    if analyte in CHEMISTRY:
        return _KEYS - set(_FALLING)
    return _KEYS - set(_RISING) - {"worse_of_both"} - (set() if analyte == HAEMOGLOBIN else {"molar"})


def _allowed(analyte: str) -> frozenset[str]:
    """The same, with what may be left out: `note` says what the numbers do not."""
    return _wanted(analyte) | {"note"} | ({_FLAG} if analyte in CHEMISTRY else set())


def _grades(analyte: str, arm: str) -> tuple[str, ...]:
    """The grades that the criterion gives by a number, the ways of doing so: grade 4 anaemia, for one, is none."""
    if analyte == HAEMOGLOBIN or (analyte, arm) == (CREATININE, "above_baseline"):
        return ("23",)
    return ("1234",) if arm in _RISING else ("234", "1234")


def _faults_of_limits(data: Any, grades: tuple[str, ...], rising: bool) -> Iterator[str]:
    if not isinstance(data, dict) or not any(set(data) == set(x) for x in grades):
        yield f" has to give one limit for each of the grades {' or '.join(', '.join(x) for x in grades)}"
        return
    odd = [x for x, y in data.items() if not isinstance(y, Decimal) or y <= 0]
    yield from (f".{x} is not a number above 0, written without quotation marks" for x in odd)
    in_order = [data[x] for x in sorted(data, reverse=rising)]
    if not odd and not all(one > other for one, other in pairwise(in_order)):
        yield ": the limit of a worse grade has to lie beyond that of a milder one"


def _faults_of_terms(data: Any) -> Iterator[str]:
    """A term of a count that is lost, or takes another's place, would be a toxicity of another kind."""
    if not isinstance(data, dict):
        yield "terms is not a mapping of MedDRA codes"
        return
    yield from (f"terms.{x} {_odd_term(x, y)}" for x, y in data.items() if _odd_term(x, y))
    named = {x["analyte"] for x in data.values() if isinstance(x, dict) and isinstance(x.get("analyte"), str)}
    yield from (
        f"terms: none is of {x}; its recorded toxicity would count as another" for x in _COUNTED if x not in named
    )


def _odd_term(code: str, data: Any) -> str:
    if not _MEDDRA.fullmatch(code):
        return "is not a MedDRA code, which has eight digits"
    if not isinstance(data, dict) or not {"name", "haematological"} <= set(data) <= {*_TERM}:
        return "has to consist of name, haematological and, of a count, analyte"
    if not isinstance(data["name"], str) or not isinstance(data["haematological"], bool):
        return "has to have a text as its name, and haematological true or false"
    if "analyte" in data and (data["analyte"] not in _COUNTED or not data["haematological"]):
        return f"has to name one of {', '.join(_COUNTED)} as its analyte, and be haematological"
    return ""


_TERM = ("name", "haematological", "analyte")


def _criterion(analyte: str, data: Mapping[str, Any]) -> Criterion:
    limits = {x: _limits(data.get(x, {})) for x in (*_FALLING, *_RISING)}
    low_only, both = data.get(_FLAG, False), data.get("worse_of_both", False)
    return Criterion(analyte, data["term"], data["unit"], **limits, worse_of_both=both, low_baseline_only=low_only)


def _limits(data: Mapping[str, Decimal]) -> tuple[Limit, ...]:
    return tuple(sorted((Limit(int(x), y) for x, y in data.items()), key=lambda x: -x.grade))
