"""The full and strict decode of one resource that a decision rests on."""

import json
import sys
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import msgspec


class Unreadable(ValueError):
    """The resource is not JSON as FHIR needs it; the message says why, and repeats no value."""


def strict(raw: bytes | msgspec.Raw) -> dict[str, Any]:
    """Decode one resource completely: numbers as int or exact Decimal, so that 1.10 is written again as 1.10.

    Raises Unreadable for what is not UTF-8 JSON, duplicate members, NaN and Infinity, numbers beyond a double, lone
    surrogates, nesting too deep to read, and anything but an object. Write with
    `msgspec.json.Encoder(decimal_format="number")`.
    """
    data = bytes(raw)
    try:
        text = data.decode("utf-8")
        resource = _DECODER.decode(text)
        if "\\u" in text:
            _refuse_lone_surrogates(resource)
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {error.msg}") from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    if not isinstance(resource, dict):
        raise Unreadable("not an object")
    return resource


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise Unreadable("a member is sent twice")
    return members


def _decimal(digits: str) -> Decimal:
    try:
        number = Decimal(digits)
    except InvalidOperation:
        raise Unreadable("a number is too large or too small") from None
    if number.copy_abs() > _LARGEST_DOUBLE:
        raise Unreadable("a number is too large")
    return number


def _integer(digits: str) -> int:
    if len(digits) > _SHORT:
        _decimal(digits)
    return int(digits)


def _constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is not a number")


def _refuse_lone_surrogates(resource: Any) -> None:
    try:
        json.dumps(resource, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        raise Unreadable("a lone surrogate") from None


_LARGEST_DOUBLE = Decimal(sys.float_info.max)
_SHORT = 300  # an integer of no more digits fits a double
_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
)
