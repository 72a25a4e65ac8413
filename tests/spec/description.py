"""The OpenAPI description as tools read it: what it refers to in other files is put into it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "docs" / "openapi.yaml"


@cache
def description() -> dict[str, Any]:
    """docs/openapi.yaml with the schemas of cards/ among its own."""
    written = yaml.safe_load(FILE.read_text("utf-8"))
    outside: dict[str, Any] = {}
    whole: dict[str, Any] = _inside(written, "", outside)
    while waiting := [x for x, schema in outside.items() if schema is None]:
        for name in waiting:
            schema = json.loads((FILE.parents[1] / "cards" / name).read_text("utf-8"))
            bare = {x: y for x, y in schema.items() if x not in ("$id", "$schema")}
            outside[name] = _inside(bare, name, outside)
    whole["components"]["schemas"] |= {_named(x): y for x, y in outside.items()}
    return whole


def _inside(value: Any, file: str, outside: dict[str, Any]) -> Any:
    """The value with its references turned to where they lead in the whole."""
    if isinstance(value, list):
        return [_inside(x, file, outside) for x in value]
    if not isinstance(value, dict):
        return value
    return {x: _turned(y, file, outside) if x == "$ref" else _inside(y, file, outside) for x, y in value.items()}


def _turned(reference: str, file: str, outside: dict[str, Any]) -> str:
    other, _, place = reference.partition("#")
    target = Path(other).name or file
    if not target:
        return reference
    outside.setdefault(target, None)
    return f"#/components/schemas/{_named(target)}{place}"


def _named(file: str) -> str:
    return file.removesuffix(".schema.json")
