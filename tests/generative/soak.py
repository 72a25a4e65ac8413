"""Each check of `properties` on very many records: `python -m tests.generative.soak --records 1000000`.

Prints the seeds on which one fails as they are found, and how far it is; start again with `--from` where it ended.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO
from multiprocessing import get_context
from random import Random

from tests.generative.asking import forget
from tests.generative.properties import CHECKS, Check

Fault = tuple[int, str]
STEP = 200
REPORT_EVERY = 10_000


def faults_of(seeds: range) -> list[Fault]:
    """(seed, which check failed and what it says) of these records."""
    forget()
    with redirect_stderr(StringIO()):  # the service's log of every call
        return [(seed, fault) for seed in seeds for check in CHECKS if (fault := _fault(check, seed))]


def _fault(check: Check, seed: int) -> str | None:
    """What the check says; that it raises is a fault too."""
    try:
        found = check(Random(seed), seed)
    except Exception as error:  # noqa: BLE001 - whatever the engines raise is what is looked for
        found = f"{type(error).__name__}: {str(error)[:160]}"
    return f"{check.__name__}: {found}" if found else None


def steps(first: int, end: int) -> Iterator[range]:
    """The seeds in pieces, in order."""
    return (range(x, min(x + STEP, end)) for x in range(first, end, STEP))


def soak(first: int, end: int, processes: int) -> int:
    """How many records fail; writes each, and the progress."""
    begun, faulty = time.monotonic(), 0
    with get_context("spawn").Pool(processes) as pool:
        done = first
        for faults in pool.imap(faults_of, steps(first, end)):
            done = min(done + STEP, end)
            faulty += len({seed for seed, _ in faults})
            sys.stdout.write("".join(f"seed {seed}: {what}\n" for seed, what in faults))
            if (done - first) % REPORT_EVERY == 0 or done == end:
                rate = (done - first) / (time.monotonic() - begun)
                sys.stdout.write(f"{done} of {end}, {faulty} fail, {rate:.0f} a second; go on with --from {done}\n")
            sys.stdout.flush()
    return faulty


def main() -> int:
    """Entry point; exit code 1 where a record fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000, help="up to this seed")
    parser.add_argument("--from", dest="first", type=int, default=0, help="from this seed on")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    wish = parser.parse_args()
    return 1 if soak(wish.first, wish.records, wish.processes) else 0


if __name__ == "__main__":
    sys.exit(main())
