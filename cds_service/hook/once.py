"""JSON of strangers that says who may call: an object in strict JSON, at any depth each member once."""

import json
from typing import Any

import msgspec


def members(text: bytes) -> dict[str, Any]:
    """The members of a JSON object (RFC 8259, UTF-8). Raises ValueError for anything that is not one."""
    try:
        # The first knows what JSON is: no NaN, no lone surrogate, no overflow. The second sees repeated members.
        msgspec.json.decode(text)
        found = json.loads(text.decode(), object_pairs_hook=_each_once)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member is there twice")
    return found
