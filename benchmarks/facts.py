"""From the bytes of a record to its facts: CPU per Observation, beside the typed decode of the same bytes.

`python -m benchmarks.facts`; `make bench` runs it as well. No Flask and no decision: only what grows with the record.
"""

import gc
import json
import time
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from benchmarks import bodies, floors
from cds_service.fhir import bundle, labs
from cds_service.fhir.order import Scope

COUNTS = (20, 200, 2000, 20_000)
ROUNDS = 9
ROUND_SECONDS = 0.15
SCOPE = Scope(bodies.PATIENT, "https://ehr.example.org/fhir", ZoneInfo("UTC"))
_FLOOR = msgspec.json.Decoder(floors.Bundle)


def main() -> None:
    """Measure, and print microseconds per Observation and ratios to the floor of the same rounds."""
    print("\nFacts, CPU microseconds per Observation, and the ratio to the typed decode of the same bytes")
    for count in COUNTS:
        results, others = _results(count), _results(count, code="2951-2")
        figures = _measure(
            {
                "typed decode": lambda body=results: _FLOOR.decode(body),
                "read and validate": lambda body=results: read(body),
                "results that do not concern us": lambda body=others: read(body),
            }
        )
        floor = figures["typed decode"]
        said = "   ".join(f"{name} {x / count * 1e6:6.2f} ({x / floor:4.2f} x)" for name, x in figures.items())
        print(f"  {count:6}: {said}")
    print(f"  peak memory at {COUNTS[-1]} results: {_peak(_results(COUNTS[-1])):.0f} MB beside the bytes themselves")


def read(body: bytes) -> Mapping[str, Any]:
    """The results of a Bundle as a decision uses them, the newest ones validated as R4."""
    return labs.validate_newest(labs.read([bundle.read(body)], SCOPE, bodies.NOW + timedelta(minutes=5))).results


def _results(count: int, code: str = "") -> bytes:
    body = json.loads(bodies.order_sign(count))["prefetch"]["results"]
    for entry in body["entry"] if code else ():
        entry["resource"]["code"]["coding"][0]["code"] = code
    return json.dumps(body, separators=(",", ":")).encode()


def _measure(paths: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of CPU per call; the fastest of several rounds, in which the paths take turns."""
    best = dict.fromkeys(paths, float("inf"))
    for _ in range(ROUNDS):
        for name, path in paths.items():
            best[name] = min(best[name], _round(path))
    return best


def _round(path: Callable[[], object]) -> float:
    path()
    gc.collect()
    calls, start = 0, time.process_time()
    while time.process_time() - start < ROUND_SECONDS:
        path()
        calls += 1
    return (time.process_time() - start) / calls


def _peak(body: bytes) -> float:
    """Megabytes of Python objects at the highest point of one reading."""
    gc.collect()
    tracemalloc.start()
    read(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


if __name__ == "__main__":
    main()
