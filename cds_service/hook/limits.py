"""How often one may be refused before the answer is 429: a bucket of tokens for each source."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from threading import Lock

SOURCES = 10_000


class TooMany(Exception):
    """Too often of late: status 429. `seconds` is for the Retry-After header."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again after {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, refilled by `per_second`."""

    burst: int
    per_second: float


class Limits:
    """A bucket for each source; beyond `sources` the one not heard of for longest is forgotten, and so full again.

    `clock` gives seconds that never go back.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic, sources: int = SOURCES) -> None:
        self._rate = rate
        self._clock = clock
        self._sources = sources
        self._lock = Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, source: str) -> None:
        """Take one from the bucket of this source. Raises TooMany where it is empty."""
        with self._lock:
            left = self._level(source)
            self._keep(source, left - 1 if left >= 1 else left)
        if left < 1:
            raise TooMany(max(1, math.ceil((1 - left) / self._rate.per_second)))

    def _level(self, source: str) -> float:
        level, at = self._levels.get(source, (float(self._rate.burst), self._clock()))
        return min(float(self._rate.burst), level + (self._clock() - at) * self._rate.per_second)

    def _keep(self, source: str, level: float) -> None:
        self._levels[source] = (level, self._clock())
        self._levels.move_to_end(source)
        if len(self._levels) > self._sources:
            self._levels.popitem(last=False)


def network(address: str | None) -> str:
    """The source that an address counts for: itself, but the /64 of an IPv6 address, whose owner has all of it."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
