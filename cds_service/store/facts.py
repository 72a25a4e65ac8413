"""The facts of a decision as bytes and back, exactly: from them the decision can be made again."""

import zlib
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from cds_service.clinical.facts import Facts


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
# One result looks like the other: this level takes as little time as the quickest, and leaves an eighth less.
_LEVEL = 2


def freeze(facts: Facts) -> bytes:
    """The facts as JSON, deflated; numbers as text, so that each digit stays."""
    return zlib.compress(_ENCODER.encode(facts), _LEVEL)


def thaw(data: bytes) -> Facts:
    """The facts that `freeze` was given. Raises ValueError where another version of the facts cannot be read."""
    try:
        facts: Facts = _made(Facts, msgspec.json.decode(zlib.decompress(data)))
    except (zlib.error, msgspec.DecodeError, TypeError, KeyError, ArithmeticError) as error:
        raise ValueError(f"the facts cannot be read: {error}") from None
    return facts


def _made(kind: Any, value: Any) -> Any:
    """A value of `kind` from its JSON."""
    if kind in (str, int, bool):
        return value
    if kind is datetime:
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{x: _made(hints[x], y) for x, y in value.items()})
    origin = get_origin(kind)
    return kind(value) if origin is None else _composed(origin, get_args(kind), value)


def _composed(origin: Any, inner: tuple[Any, ...], value: Any) -> Any:
    if origin in (Union, UnionType):
        return None if value is None else _made(_chosen(inner, value), value)
    if origin is tuple:
        kinds = inner[:1] * len(value) if inner[1:] == (...,) else inner
        return tuple(map(_made, kinds, value))
    if issubclass(origin, Mapping):
        return {x: _made(inner[1], y) for x, y in value.items()}
    return origin(_made(inner[0], x) for x in value)


def _chosen(kinds: tuple[Any, ...], value: Any) -> Any:
    """Which of several kinds a value is of: of dataclasses the one with its members, else the only one."""
    possible = [x for x in kinds if x is not type(None)]
    if not isinstance(value, dict):
        return next(x for x in possible if not is_dataclass(x))
    return next(x for x in possible if value.keys() <= _hints(x).keys())


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
