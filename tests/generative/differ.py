"""Where product and oracle disagree on generated records: `python -m tests.generative.differ --seeds 0:2000`."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

from tests.generative.comparing import ENCODER, differences, expected, outspoken
from tests.generative.records import build

Request = dict[str, Any]


def found(request: Request) -> tuple[str, ...]:
    """The kinds of disagreement of one request; an exception is one."""
    try:
        return tuple(differences(request))
    except Exception as error:  # noqa: BLE001 - whatever either engine raises is what is looked for
        return (f"{type(error).__name__}: {str(error)[:160]}",)


def requests_of(seed: int, outspoken_too: bool) -> list[tuple[str, Request]]:
    """The record's request and, where it brings no card, the one that makes the conclusion show."""
    request = build(seed).request
    made = [("", request)]
    if outspoken_too and expected(request).topic is None:
        made.append(("outspoken: ", outspoken(request)))
    return made


def collect(seeds: range, outspoken_too: bool) -> dict[tuple[str, ...], list[int]]:
    """Kind of disagreement -> the seeds that show it."""
    kinds: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for seed in seeds:
        for prefix, request in requests_of(seed, outspoken_too):
            kind = found(request)
            if kind:
                kinds[tuple(prefix + part for part in kind)].append(seed)
    return kinds


def report(kinds: dict[tuple[str, ...], list[int]], total: int, write: Callable[[str], object]) -> None:
    """Print the kinds, the commonest first."""
    for kind, seeds in sorted(kinds.items(), key=lambda item: -len(item[1])):
        tags = ",".join(sorted(build(seeds[0]).tags))
        write(f"{len(seeds):5} x  e.g. {seeds[:4]} {build(seeds[0]).scenario} [{tags}]\n")
        write("".join(f"         {part}\n" for part in kind))
    seeds_hit = {seed for seeds in kinds.values() for seed in seeds}
    write(f"{len(seeds_hit)} of {total} records differ, in {len(kinds)} ways\n")


def span(text: str) -> range:
    """`a:b` as the seeds from a up to b, `a` as that one."""
    first, _, end = text.partition(":")
    return range(int(first), int(end) if end else int(first) + 1)


def main() -> int:
    """Entry point; exit code 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=span, default=range(500), help="a:b, or one seed")
    parser.add_argument("--show", action="store_true", help="print the request of the first seed instead")
    parser.add_argument("--plain", action="store_true", help="do not also ask with a draft that always yields a card")
    options = parser.parse_args()
    if options.show:
        request = json.loads(ENCODER.encode(build(options.seeds[0]).request))
        sys.stdout.write(json.dumps(request, indent=1) + "\n")
        return 0
    with redirect_stderr(StringIO()):  # the service's log of every call
        kinds = collect(options.seeds, not options.plain)
    report(kinds, len(options.seeds), sys.stdout.write)
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
