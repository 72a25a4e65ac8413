"""What the JSON decoder lets pass and a request body must not have: other encodings, deep nesting, repeated members.

The decoder itself refuses NaN, Infinity, lone surrogates and everything else that is not RFC 8259.
"""

import codecs
import json
import re
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from cds_service.errors import DuplicateMember, NotJson, TooDeep

MAX_DEPTH = 100
_PASSES = 16
_NO_BRACKET = bytes(set(range(256)) - set(b"{}[]"))
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_STRING = re.compile(rb'"[^"]*"')
_WEIGHT = [(byte in b"{[") - (byte in b"}]") for byte in range(256)]
_PREFIX = 64
_LONG = 256


def text(body: bytes) -> bytes:
    """The body without its byte order mark. Raises NotJson or TooDeep where it must not be read on."""
    body = body.removeprefix(codecs.BOM_UTF8)
    if not body.strip():
        raise NotJson("The body is empty.")
    if not body.isascii():
        _refuse_other_encodings(body)
    if not _flat(body) and _depth(body) > MAX_DEPTH:
        raise TooDeep(f"The body is nested more than {MAX_DEPTH} levels deep.")
    return body


def unique(body: bytes, values: Iterable[bytes]) -> None:
    """Raises DuplicateMember where an object of the envelope has two members of one name.

    `values` are the parts of the body that are not envelope. They are cut out, which is what makes this cheap; a cut in
    a wrong place would only leave more to read, as nothing but the envelope's own paths is looked at.
    """
    for value in sorted((x for x in values if len(x) > _LONG and x[:1] in b"{["), key=len, reverse=True):
        body = _cut(body, value)
    envelope = _skeleton(body)
    _refuse_repeated(envelope, "")
    for name, value in envelope:
        if name in ("context", "prefetch", "fhirAuthorization") and isinstance(value, _Members):
            _refuse_repeated(value, f"{name}.")


def _refuse_other_encodings(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise NotJson(f"The body is not UTF-8: byte {error.start} cannot be read.") from None


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object as they were sent."""


def _skeleton(body: bytes) -> _Members:
    try:
        envelope: _Members = json.loads(body, object_pairs_hook=_Members, parse_int=str, parse_float=str)
    except RecursionError:
        raise TooDeep("A member of the body is nested too deep to read.") from None
    return envelope


def _refuse_repeated(members: _Members, path: str) -> None:
    seen: set[str] = set()
    for name, _ in members:
        if name in seen:
            raise DuplicateMember(f"{path}{name[:64]} is there twice.")
        seen.add(name)


def _cut(body: bytes, value: bytes) -> bytes:
    """The body with null for the first occurrence of `value`; searching for its beginning alone is much faster."""
    place = body.find(value[:_PREFIX])
    while place >= 0 and not body.startswith(value, place):
        place = body.find(value[:_PREFIX], place + 1)
    if place < 0:
        return body
    return b"%bnull%b" % (body[:place], body[place + len(value) :])


def _flat(body: bytes) -> bool:
    """True where the brackets of the body, those in strings among them, are balanced and not deep.

    Of the body only its brackets are kept; adjacent pairs are then taken out, one or two levels at a time. Unbalanced
    brackets in strings could hide levels from this. It is harmless: the decoder refuses what is too deep for it.
    """
    rest = body.translate(None, _NO_BRACKET)
    for _ in range(_PASSES):
        rest = rest.replace(b"{}", b"").replace(b"[]", b"")
        if not rest:
            return True
    return False


def _depth(body: bytes) -> int:
    """The depth of nesting, brackets in strings left out; slow."""
    outside = _STRING.sub(b"", _ESCAPED.sub(b"", body)).translate(None, _NO_BRACKET)
    return max(accumulate(map(_WEIGHT.__getitem__, outside), initial=0))
