"""Mutation testing: `python -m tests.mutants [--only FILE] [--survivors]`.

Changes what decides one thing at a time, and asks the tests whether they notice. Prints for each module how many
changes there were and how many went unnoticed; exit code 1 where more than 2 % did, or one without a proof in
`equivalent.md` that it changes no answer.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants import bodies, values
from tests.mutants.scope import ROOT, SCOPES, Scope, scope_of
from tests.mutants.survivors import PROOFS, Report, Survivor, proofs, unproved
from tests.mutants.workshop import furnish

LIMIT = 2  # in a hundred


def reports(only: str | None) -> Iterator[Report]:
    """The modules one after the other, or one of them; of its functions and of its values."""
    scopes = [(scope_of(only), [only])] if only else [(x, x.files(ROOT)) for x in SCOPES]
    for scope, files in scopes:
        yield from _of_functions(scope, files)
        yield from _of_values(files)
    if not only:
        with TemporaryDirectory() as folder:
            yield values.moved(Path(folder))


def _of_functions(scope: Scope, files: Sequence[str]) -> list[Report]:
    with TemporaryDirectory() as folder:
        return bodies.mutated(scope, files, Path(folder))


def _of_values(files: Sequence[str]) -> list[Report]:
    with TemporaryDirectory() as folder:
        furnish(Path(folder))
        command = [sys.executable, "-m", "tests.mutants.tables", *files]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    rows = [json.loads(x) for x in done.stdout.splitlines()]
    return [
        Report(file, len(every), tuple(Survivor(*x[:-1]) for x in every if x[-1]))
        for file, every in ((x, list(y)) for x, y in groupby(rows, lambda row: row[0]))
    ]


def together(found: Iterable[Report]) -> list[Report]:
    """One report for each module."""
    every = sorted(found, key=lambda x: x.file)
    groups = [(file, list(of)) for file, of in groupby(every, lambda x: x.file)]
    return [Report(x, sum(z.mutants for z in y), tuple(s for z in y for s in z.survivors)) for x, y in groups]


def table(found: Sequence[Report], known: dict[tuple[str, str, str, str], str]) -> str:
    """A line for each module, and the sum."""
    total = Report("all", sum(x.mutants for x in found), tuple(y for x in found for y in x.survivors))
    lines = [f"{'':44}{'mutants':>8}{'killed':>8}{'survive':>8}{'proved':>8}{'%':>7}"]
    for report in (*found, total):
        left = len(report.survivors)
        proved = left - len(unproved([report], known))
        share = 100 * left / report.mutants if report.mutants else 0
        counts = (report.mutants, report.mutants - left, left, proved)
        lines.append(f"{report.file:44}" + "".join(f"{x:8}" for x in counts) + f"{share:7.1f}")
    return "\n".join(lines)


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="FILE", help="one module, from the root of the checkout")
    parser.add_argument("--survivors", action="store_true", help="list the survivors that are proved equivalent too")
    asked = parser.parse_args()
    known = proofs(PROOFS.read_text(encoding="utf-8"))
    found = together(reports(asked.only))
    open_questions = unproved(found, known)
    shown = [x for report in found for x in report.survivors] if asked.survivors else open_questions
    sys.stdout.write("".join(f"{x}\n" for x in shown) + table(found, known) + "\n")
    left, made = sum(len(x.survivors) for x in found), sum(x.mutants for x in found)
    return 1 if open_questions or left * 100 > LIMIT * made else 0


if __name__ == "__main__":
    sys.exit(main())
