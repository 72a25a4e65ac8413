"""What a token says of itself, once its signature is good: for this URL, for now, and not for long."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cds_service.hook.refusals import Unauthenticated

LEEWAY = timedelta(seconds=60)
MAX_TEXT = 256
_FEEDBACK = re.compile(r"(?P<service>.*/cds-services/[^/]+)/feedback")
_LATEST = 1 << 37  # in seconds, some year 6000; numbers of any size are JSON


def check(claims: Mapping[str, Any], url: str, seconds: int, now: datetime) -> datetime:
    """Until when such a token could be used: one for a call of `url` that lasts `seconds` at most.

    Raises Unauthenticated, of the kind that says what is wrong.
    """
    if not is_text(claims.get("jti")):
        raise Unauthenticated("claim")
    _heard(claims.get("aud"), url)
    issued, ends = _time(claims, "iat"), _time(claims, "exp")
    begins = _time(claims, "nbf") if "nbf" in claims else issued
    if not 0 < ends - issued <= seconds:
        raise Unauthenticated("lifetime")
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    if max(issued, begins) > moment + leeway:
        raise Unauthenticated("not-yet")
    if ends <= moment - leeway:
        raise Unauthenticated("expired")
    return datetime.fromtimestamp(ends, UTC) + LEEWAY


def is_text(value: Any) -> bool:
    """True for text that can be kept and compared: short, and without characters that nobody sees."""
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable()


def _time(claims: Mapping[str, Any], name: str) -> float:
    """A time in a claim, in seconds since 1970."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
        raise Unauthenticated("claim")
    return value


def _heard(audience: Any, url: str) -> None:
    """For feedback some clients name the URL of its service, others that of the feedback: both are taken."""
    heard = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(x, str) for x in heard):
        raise Unauthenticated("claim")
    feedback = _FEEDBACK.fullmatch(url)
    if not {url, feedback["service"] if feedback else url} & set(heard):
        raise Unauthenticated("audience")
