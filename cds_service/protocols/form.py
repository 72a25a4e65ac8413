"""The form of a protocol file, by its JSON Schema: each fault with its place, and what to write instead."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

_SCHEMA = Path(__file__).parent / "protocol.schema.json"
_WORDS = "a few words"
_ADDRESS = "an address that begins with https://"
_NAME = "the name of one of the references"
_NAMED = "a mapping of names to what each of them is"
_HOW = {
    "id": "the name of this file without .yaml, of small letters, digits and hyphens",
    "version": "three numbers, as 0.1.0",
    "status": "draft, active or retired",
    "url": _ADDRESS,
    "publication_url": _ADDRESS,
    "ctcae": "the name of a file of grading criteria, as ctcae-v5",
    "references": _NAMED,
    "parameters": _NAMED,
    "rules": _NAMED,
    "criteria": _NAMED,
    "monitoring": _NAMED,
    "value": "the value",
    "unit": "its unit",
    "since": "the day from which it holds, as 2026-11-24",
    "source": "`default`, or {ref: seed, section: where it stands, says: what stands there}",
    "reason": "why it is so, in a few words",
    "reference": _NAME,
    "ref": _NAME,
    "section": "where it stands in the source",
    "says": "what stands there, in words of your own",
    "why": "why that is not encoded, in a few words",
    "label": "a short name to cite it by",
    "by_analogy": "true, or left out",
    "default": "{label: product default, text: what that means}",
    "differs_from": "a list of what other sources say, each with ref, value and why",
}


def faults(data: Any) -> Iterator[str]:
    """Every fault in the form of a protocol file, each told once."""
    every = (y for x in Draft202012Validator(_written()).iter_errors(_plain(data)) for y in _told(x))
    yield from dict.fromkeys(every)


def _told(error: Any) -> Iterator[str]:
    """What an error of the schema says (a ValidationError, which has no types of its own)."""
    place = ".".join(map(str, error.absolute_path))
    key = str(error.absolute_path[-1]) if error.absolute_path else ""
    if error.validator == "required":
        missing = [x for x in error.validator_value if x not in error.instance]
        yield from (f"{place or 'the file'}: {x} is missing; write {_HOW.get(x, _WORDS)}" for x in missing)
    elif error.validator in ("additionalProperties", "unevaluatedProperties"):
        yield from _unknown(place, error)
    elif error.validator == "anyOf" and isinstance(error.instance, dict):
        yield from (y for x in error.context or () for y in _told(x) if x.schema_path[0] == 1)
    elif error.validator is None:
        yield f"{place}: only a default has it; write source: default, or remove it"
    elif error.validator == "enum" and key == "unit":
        return  # which of them a parameter has to have is told with its value
    elif error.validator == "minProperties":
        yield f"{place}: has to have at least one entry"
    elif key in _HOW or not _needed(error):
        yield f"{place or 'the file'}: has to be {_HOW.get(key, _WORDS)}"
    else:
        yield f"{place or 'the file'}: has to be a mapping with {', '.join(_needed(error))}"


def _unknown(place: str, error: Any) -> Iterator[str]:
    """The keys that a mapping may not have; where something else is wrong with it, good ones seem odd to the schema."""
    known = [*error.schema.get("properties", {})]
    if error.validator == "unevaluatedProperties":
        known += [*_written()["$defs"]["sourced"]["properties"]]
    for odd in (x for x in error.instance if x not in known):
        yield f"{f'{place}.{odd}'.lstrip('.')}: is not known; remove it, or write one of {', '.join(known)}"


def _needed(error: Any) -> list[str]:
    return [*error.schema.get("required", ())] if error.validator == "type" else []


@cache
def _written() -> Any:
    return json.loads(_SCHEMA.read_text(encoding="utf-8"))


def _plain(data: Any) -> Any:
    """The data with numbers as JSON Schema knows them."""
    return json.loads(json.dumps(data, default=str))
