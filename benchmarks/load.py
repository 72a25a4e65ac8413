"""Calls at a steady pace against `cds serve`: `python -m benchmarks.load [SECONDS]`, 60 where none are given.

A trusted client, each call with a token of its own, all prefetch and 200 results, 50 calls a second whether or not the
last ones are answered. A time runs from the moment at which a call was due, so that a service that stalls cannot hide
it. The caller runs on the same machine.
"""

import http.client
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import local
from urllib.parse import urlsplit

import psutil

from benchmarks import bodies
from tests.operations.replica import Ehr, Replica, serving, table

A_SECOND = 50
RESULTS = 200
TARGET = 100.0
_CALLERS = 32
_WARM_SECONDS = 5
_NORTH = Ehr("north")
_MINE = local()


@dataclass(frozen=True, slots=True)
class Memory:
    """Of the workers together, in MB: resident, and what is theirs alone."""

    resident: float
    own: float


def main(seconds: int) -> None:
    """Measure, and print the figures."""
    bodies.NOW = datetime.now(UTC)  # the service has the real clock
    body = bodies.order_sign(RESULTS)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with serving(place / "data", table(place, [_NORTH], budget_ms=500)) as replica:
            pace(replica, body, _WARM_SECONDS)
            before, cpu = memory(replica), processor(replica)
            waits = pace(replica, body, seconds)
            spent = (processor(replica) - cpu) / len(waits) * 1000
            after = memory(replica)
            report(waits, spent, before, after)


def pace(replica: Replica, body: bytes, seconds: int) -> list[float]:
    """The milliseconds of each call, in the order of their beginning."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(_CALLERS) as pool:
        calls = []
        for number in range(seconds * A_SECOND):
            due = begin + number / A_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            calls.append(pool.submit(_call, replica, body, due))
        return [x.result() for x in calls]


def _call(replica: Replica, body: bytes, due: float) -> float:
    headers = {"Content-Type": "application/json", **replica.token(_NORTH, bodies.SERVICE)}
    connection = _connection(replica)
    connection.request("POST", bodies.SERVICE, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    ended = time.perf_counter()
    if answer.status != 200 or "cards" not in json.loads(content):
        raise SystemExit(f"answered {answer.status}; nothing was measured")
    if answer.will_close:
        connection.close()
    return (ended - due) * 1000


def _connection(replica: Replica) -> http.client.HTTPConnection:
    """That of this thread; the server closes one that is not used for two seconds."""
    made, used = getattr(_MINE, "connection", None), getattr(_MINE, "used", 0.0)
    _MINE.used = time.monotonic()
    if made is None or made.port != urlsplit(replica.url).port or _MINE.used - used > 1:
        _MINE.connection = made = http.client.HTTPConnection("127.0.0.1", urlsplit(replica.url).port, timeout=30)
    return made


def memory(replica: Replica) -> Memory:
    """What the workers hold now."""
    found = [x.memory_full_info() for x in psutil.Process(replica.process.pid).children()]
    return Memory(sum(x.rss for x in found) / 1e6, sum(x.uss for x in found) / 1e6)


def processor(replica: Replica) -> float:
    """Seconds of CPU that the workers have spent."""
    return sum(sum(x.cpu_times()[:2]) for x in psutil.Process(replica.process.pid).children())


def report(waits: Sequence[float], cpu: float, before: Memory, after: Memory) -> None:
    """Print the figures; p99 of the last tenth too, which is worse where something grows."""
    last = waits[-len(waits) // 10 :]
    print(f"{len(waits)} calls at {A_SECOND} a second, {RESULTS} results, 2 workers; {cpu:.1f} ms CPU a call")
    print(f"p50 {at(waits, 50):.1f} ms, p99 {at(waits, 99):.1f} ms (target {TARGET:g}), worst {max(waits):.0f} ms")
    print(f"p99 of the last tenth {at(last, 99):.1f} ms")
    print(f"workers: {before.resident:.0f} MB resident, {before.own:.0f} their own; at the end ", end="")
    print(f"{after.resident:.0f} and {after.own:.0f}")


def at(waits: Sequence[float], percent: int) -> float:
    """A percentile."""
    return sorted(waits)[min(len(waits) - 1, len(waits) * percent // 100)]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
