"""Where product and oracle disagree on generated records: `python -m tests.generative.differ --seeds 0:2000`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

from tests.generative.comparing import ENCODER, differences, expected, outspoken
from tests.generative.records import Record, build
from tests.generative.scenarios import SCENARIOS

Request = dict[str, Any]


def found(request: Request) -> tuple[str, ...]:
    """The kinds of disagreement of one request; an exception is one."""
    try:
        return tuple(differences(request))
    except Exception as error:  # noqa: BLE001 - whatever either engine raises is what is looked for
        return (f"{type(error).__name__}: {str(error)[:160]}",)


def requests_of(made: Record, outspoken_too: bool) -> list[tuple[str, Request]]:
    """The record's request and, where it brings no card, the one that makes the conclusion show."""
    requests = [("", made.request)]
    if outspoken_too and expected(made.request).topic is None:
        requests.append(("outspoken: ", outspoken(made.request)))
    return requests


def collect(records: Iterable[Record], outspoken_too: bool) -> dict[tuple[str, ...], list[Record]]:
    """Kind of disagreement -> the records that show it."""
    kinds: dict[tuple[str, ...], list[Record]] = defaultdict(list)
    for made in records:
        for prefix, request in requests_of(made, outspoken_too):
            kind = found(request)
            if kind:
                kinds[tuple(prefix + part for part in kind)].append(made)
    return kinds


def report(kinds: dict[tuple[str, ...], list[Record]], total: int, write: Callable[[str], object]) -> None:
    """Print the kinds, the commonest first, each with the record that has the fewest perturbations."""
    for kind, records in sorted(kinds.items(), key=lambda item: -len(item[1])):
        plainest = min(records, key=lambda x: len(x.tags))
        seeds = [x.seed for x in records if x is not plainest][:4]
        write(f"{len(records):5} x  seed {plainest.seed} {plainest.scenario} [{' '.join(sorted(plainest.tags))}]")
        write(f", also {seeds}\n" if seeds else "\n")
        write("".join(f"         {part}\n" for part in kind))
    hit = {x.seed for records in kinds.values() for x in records}
    write(f"{len(hit)} of {total} records differ, in {len(kinds)} ways\n")


def span(text: str) -> range:
    """`a:b` as the seeds from a up to b, `a` as that one."""
    first, _, end = text.partition(":")
    return range(int(first), int(end) if end else int(first) + 1)


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=span, default=range(500), help="a:b, or one seed")
    parser.add_argument("--scenario", choices=[x.__name__ for _, x in SCENARIOS], help="only this one")
    parser.add_argument("--extra", type=int, default=0, help="so many more perturbations of each record")
    parser.add_argument("--show", action="store_true", help="print the request of the first seed instead")
    parser.add_argument("--plain", action="store_true", help="do not also ask with a draft that always yields a card")
    return parser.parse_args()


def main() -> int:
    """Entry point; exit code 1 where something differs."""
    wish = options()
    records = (build(seed, wish.scenario, wish.extra) for seed in wish.seeds)
    if wish.show:
        request = json.loads(ENCODER.encode(next(records).request))
        sys.stdout.write(json.dumps(request, indent=1) + "\n")
        return 0
    with redirect_stderr(StringIO()):  # the service's log of every call
        kinds = collect(records, not wish.plain)
    report(kinds, len(wish.seeds), sys.stdout.write)
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
