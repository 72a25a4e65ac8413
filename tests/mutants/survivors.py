"""Mutants that no test noticed, and the proofs that a survivor is equivalent: it answers the same to every input."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROOFS = Path(__file__).with_name("equivalent.md")
_FILE = re.compile(r"## (\S+)")
_PROOF = re.compile(r"\* (\S+): `(.+?)` -> `(.+?)`: (\S.*)")

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed: where it stands, the line (or the value of a table) before and after it."""

    file: str
    line: int
    place: str
    original: str
    mutant: str

    @property
    def key(self) -> Key:
        """What a proof is found by; a proof holds wherever in the function the line has moved to."""
        return self.file, self.place, self.original, self.mutant

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.place}: {self.original} -> {self.mutant}"


@dataclass(frozen=True)
class Report:
    """One module: how many mutants were made of it, and which of them survived."""

    file: str
    mutants: int
    survivors: tuple[Survivor, ...]


def proofs(text: str) -> dict[Key, str]:
    """The proofs of `equivalent.md`: a heading for each file, a line for each change."""
    found, file = {}, ""
    for line in text.splitlines():
        if heading := _FILE.fullmatch(line):
            file = heading[1]
        elif line.startswith("* "):
            proof = _PROOF.fullmatch(line)
            if proof is None:
                raise ValueError(f"is no proof: {line}")
            found[file, proof[1], proof[2], proof[3]] = proof[4]
    return found


def unproved(reports: Sequence[Report], known: dict[Key, str]) -> list[Survivor]:
    """The survivors without a proof."""
    return [x for report in reports for x in report.survivors if x.key not in known]
