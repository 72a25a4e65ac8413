"""How a store is kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cds_service.clinical.protocol import Protocol


def now_utc() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


def unnoticed(_: str) -> None:
    """For who counts nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a store is kept: bytes of the spool at most, days that records stay (0: for ever), the clock, a counter.

    `protocols` are those that its decisions are made by; each is kept by its digest.
    """

    spool_bytes: int = 256 * 1024 * 1024
    keep_days: int = 0
    clock: Callable[[], datetime] = now_utc
    noticed: Callable[[str], None] = unnoticed
    protocols: Sequence[Protocol] = ()


DEFAULTS = Options()
