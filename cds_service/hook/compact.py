"""A token becomes header and claims: three base64url parts, each read so that no two readers can see different ones."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cds_service.hook import once
from cds_service.hook.refusals import Unauthenticated

MAX_CHARACTERS = 8192
_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it was sent, nothing of it verified. `text` is what the signature is verified on."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def read(authorization: str | None) -> Token:
    """The token of an Authorization header. Raises Unauthenticated where it is not exactly one, or cannot be read."""
    if authorization is None:
        raise Unauthenticated("no-token")
    if len(authorization) > MAX_CHARACTERS:
        raise Unauthenticated("too-large")
    found = _BEARER.fullmatch(authorization)
    if found is None:
        raise Unauthenticated("not-bearer")
    header, claims, _ = map(_decoded, found.groups())
    try:
        return Token(".".join(found.groups()), once.members(header), once.members(claims))
    except ValueError:
        raise Unauthenticated("malformed") from None


def _decoded(part: str) -> bytes:
    """Only the one spelling of base64url: no padding, and no bits that nobody reads."""
    try:
        content = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except NotBase64:
        raise Unauthenticated("not-bearer") from None
    if urlsafe_b64encode(content).rstrip(b"=") != part.encode():
        raise Unauthenticated("not-bearer")
    return content
