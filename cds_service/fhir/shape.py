"""The shape of a resource: all of it but the parts that differ from one result of a laboratory to the next.

Ids, times, references and numbers that surely are what R4 wants in their place are left out. Two resources of one shape
are therefore valid or invalid together, and a laboratory's results have few shapes.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TEXT = re.compile(r"[!-~]{1,200}")
_INSTANT = re.compile(
    r"(?:19|20)\d\d-\d\d-\d\dT[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)", re.ASCII
)
_LONGEST_NUMBER = 18  # digits, and places after the point
_LARGEST_INTEGER = 10**18
_ENCODER = msgspec.json.Encoder(decimal_format="number")

Check = Callable[[Any], bool]


def shape_of(resource: Mapping[str, Any]) -> bytes:
    """A digest of the shape; nothing of the resource can be read from it."""
    rest = dict(resource)
    left_out = [name for name, check in _TOP if name in rest and check(rest[name])]
    for name in left_out:
        del rest[name]
    for name, leaf, check in _NESTED:
        if name in rest:
            rest[name] = _without(rest[name], leaf, check, left_out)
    return blake2b(_ENCODER.encode([left_out, rest]), digest_size=32).digest()


def _without(element: Any, leaf: str, check: Check, left_out: list[str]) -> Any:
    """An element, or each element of a list, without its `leaf` where that passes."""
    if isinstance(element, list):
        return [_without(each, leaf, check, left_out) for each in element]
    sound = isinstance(element, dict) and leaf in element and check(element[leaf])
    left_out.append(leaf if sound else "")
    return {name: value for name, value in element.items() if name != leaf} if sound else element


def _is_id(value: Any) -> bool:
    return type(value) is str and _ID.fullmatch(value) is not None


def _is_text(value: Any) -> bool:
    return type(value) is str and _TEXT.fullmatch(value) is not None


def _is_instant(value: Any) -> bool:
    if type(value) is not str or not _INSTANT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_number(value: Any) -> bool:
    if type(value) is int:
        return abs(value) < _LARGEST_INTEGER
    if type(value) is not Decimal:
        return False
    _, digits, exponent = value.as_tuple()
    return isinstance(exponent, int) and -_LONGEST_NUMBER < exponent <= 0 and len(digits) < _LONGEST_NUMBER


_TOP: tuple[tuple[str, Check], ...] = (
    ("id", _is_id),
    ("effectiveDateTime", _is_instant),
    ("issued", _is_instant),
    ("authoredOn", _is_instant),
)
_NESTED: tuple[tuple[str, str, Check], ...] = (
    ("meta", "versionId", _is_id),
    ("meta", "lastUpdated", _is_instant),
    ("meta", "source", _is_text),
    ("identifier", "value", _is_text),
    *((name, "reference", _is_text) for name in ("subject", "encounter", "specimen", "basedOn", "requester")),
    ("valueQuantity", "value", _is_number),
)
