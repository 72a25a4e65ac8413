"""Very many spoilt requests: `python -m tests.spec.soak --bodies 1000000`.

Prints the seeds with a wrong answer as they are found, and how far it is; start again with `--from` where it ended.
Exits with 1 where there was one.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO
from multiprocessing import get_context

from tests.spec.fuzzing import fault

STEP = 500
REPORT_EVERY = 10_000


def faults_of(seeds: range) -> list[tuple[int, str]]:
    """(seed, what is wrong) of these requests."""
    with redirect_stderr(StringIO()):  # the service's log of its refusals
        return [(seed, what) for seed in seeds if (what := fault(seed))]


def steps(first: int, end: int) -> Iterator[range]:
    """The seeds in pieces, in order."""
    return (range(x, min(x + STEP, end)) for x in range(first, end, STEP))


def soak(first: int, end: int, processes: int) -> int:
    """How many answers were wrong; writes each, and the progress."""
    begun, faulty, done = time.monotonic(), 0, first
    with get_context("spawn").Pool(processes) as pool:
        for faults in pool.imap(faults_of, steps(first, end)):
            done, faulty = min(done + STEP, end), faulty + len(faults)
            sys.stdout.write("".join(f"seed {seed}: {what}\n" for seed, what in faults))
            if (done - first) % REPORT_EVERY == 0 or done == end:
                rate = (done - first) / (time.monotonic() - begun)
                sys.stdout.write(f"{done} of {end}, {faulty} wrong, {rate:.0f} a second; go on with --from {done}\n")
            sys.stdout.flush()
    return faulty


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=1_000_000, help="up to this seed")
    parser.add_argument("--from", dest="first", type=int, default=0, help="from this seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    return 1 if soak(given.first, given.bodies, given.processes) else 0


if __name__ == "__main__":
    sys.exit(main())
