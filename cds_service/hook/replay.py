"""Which tokens were used: a `jti` counts once for its issuer, until the token could not be used any more."""

import heapq
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import Protocol

LIMIT = 200_000


class Seen(Protocol):
    """A memory of used tokens."""

    def first(self, issuer: str, jti: str, until: datetime) -> bool:
        """True where this is the first use of the `jti` of this issuer, which is kept until then (an aware instant).

        Of two calls at once exactly one is the first.
        """
        ...


class Memory:
    """The memory of one process. It holds `limit` tokens at most; beyond that the one that ends first is forgotten."""

    def __init__(self, clock: Callable[[], datetime], limit: int = LIMIT) -> None:
        self._clock = clock
        self._limit = limit
        self._lock = Lock()
        self._used: set[bytes] = set()
        self._ends: list[tuple[datetime, bytes]] = []

    def first(self, issuer: str, jti: str, until: datetime) -> bool:
        """As `Seen` says."""
        token = _digest(issuer, jti)
        with self._lock:
            self._forget(self._clock())
            if token in self._used:
                return False
            self._used.add(token)
            heapq.heappush(self._ends, (until, token))
        return True

    def __len__(self) -> int:
        return len(self._used)

    def _forget(self, now: datetime) -> None:
        while self._ends and (self._ends[0][0] <= now or len(self._ends) >= self._limit):
            self._used.discard(heapq.heappop(self._ends)[1])


def _digest(issuer: str, jti: str) -> bytes:
    """32 bytes that stand for a `jti` of an issuer; neither can be told from them."""
    return sha256(f"{len(issuer)} {issuer} {jti}".encode()).digest()
