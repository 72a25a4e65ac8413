"""The case tables of `cases/*.md`: one heading, some words, one table, again and again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Row:
    """One case: its cells by column. `place` is its file and line."""

    place: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """The cases under one heading; `names` are the words that the heading sets in backticks."""

    file: str
    heading: str
    names: tuple[str, ...]
    rows: tuple[Row, ...]


def tables() -> tuple[Table, ...]:
    """Every table of every file."""
    return tuple(table for path in sorted(CASES.glob("[a-z]*.md")) for table in _tables(path))


def _tables(path: Path) -> Iterator[Table]:
    heading, columns, rows = "", [], []
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), "# end"], 1):
        if line.startswith("#"):
            if rows:
                yield Table(path.name, heading, tuple(re.findall(r"`([^`]+)`", heading)), tuple(rows))
            heading, columns, rows = line.lstrip("# "), [], []
        elif line.startswith("|") and not columns:
            columns = _cells(line)
        elif line.startswith("|") and not set(line) <= set("|- "):
            cells = _cells(line)
            assert len(cells) == len(columns), f"{path.name}, line {number}: {len(columns)} cells are needed"
            rows.append(Row(f"{path.name}:{number}", dict(zip(columns, cells, strict=True))))


def _cells(line: str) -> list[str]:
    return [x.strip() for x in line.strip().strip("|").split("|")]
