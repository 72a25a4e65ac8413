"""The case tables of this folder: one heading, some words, one table, again and again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Row:
    """One case: its cells by column. `place` is its file and line."""

    place: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The cases under one heading; `names` are the words that the heading sets in backticks."""

    file: str
    heading: str
    names: tuple[str, ...]
    rows: tuple[Row, ...]


def short(protocol: str) -> str:
    """How the tables name a protocol: "first-line" for trofosfamide-first-line-elderly."""
    return protocol.removeprefix("trofosfamide-").removesuffix("-elderly")


def tables() -> tuple[Table, ...]:
    """Every table of every file. Raises ValueError where a row has not as many cells as its head, naming its line."""
    return tuple(table for path in sorted(CASES.glob("[a-z]*.md")) for table in _tables(path))


def _tables(path: Path) -> Iterator[Table]:
    heading = ""
    columns: list[str] = []
    rows: list[Row] = []
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), "# end"], 1):
        if line.startswith("#"):
            if rows:
                yield Table(path.name, heading, tuple(re.findall(r"`([^`]+)`", heading)), tuple(rows))
            heading, columns, rows = line.lstrip("# "), [], []
        elif line.startswith("|") and not columns:
            columns = _cells(line)
        elif line.startswith("|") and not set(line) <= set("|- "):
            cells = _cells(line)
            if len(cells) != len(columns):
                raise ValueError(f"{path.name}, line {number}: has {len(cells)} cells; write {len(columns)}")
            rows.append(Row(f"{path.name}:{number}", dict(zip(columns, cells, strict=True))))


def _cells(line: str) -> list[str]:
    return [x.strip() for x in line.strip().strip("|").split("|")]
