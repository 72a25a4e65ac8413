"""The figures of the source text as data, with what has to be known before they are believed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from cds_service.protocols.load import HERE
from cds_service.protocols.strict_yaml import Fault, Faulty, read, told

FILE = HERE / "evidence.yaml"
SCHEMA = Path(__file__).parent / "evidence.schema.json"
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell: a value with its unit and, where the source counts them, the patients; or words instead of a value."""

    value: Decimal | None
    unit: str = ""
    patients: Decimal | None = None
    words: str = ""

    @property
    def text(self) -> str:
        """As a page prints it: "65 % (35 patients)", "9.5 months", "not reached"."""
        if self.value is None:
            return self.words
        said = f"{self.value} {self.unit}".strip()
        return f"{said} ({self.patients} patient{'' if self.patients == 1 else 's'})" if self.patients else said


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, a figure for each column."""

    name: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Caveat:
    """What keeps figures from being taken as they stand, with the sums and shares (patients, of how many) behind it."""

    says: str
    sums: tuple[tuple[Decimal, ...], ...] = ()
    shares: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def reckoned(self) -> tuple[str, ...]:
        """The arithmetic, done here: "11 + 31 + 10 = 52", "35 of 54 = 64.8 %"."""
        sums = (f"{' + '.join(map(str, x))} = {sum(x)}" for x in self.sums)
        return (*sums, *(f"{x} of {y} = {share(x, y)} %" for x, y in self.shares))

    @property
    def text(self) -> str:
        """The caveat with its arithmetic."""
        return f"{self.says} ({'; '.join(self.reckoned)}.)" if self.reckoned else self.says


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the source; `protocols` are the ids of those that it bears on."""

    id: str
    title: str
    study: str
    citation: str
    protocols: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """What the source says without a figure, in our words."""

    says: str
    citation: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Tables, and what is known of how the drug works; `endpoints` are those of the trial, by id of the protocol."""

    tables: tuple[Table, ...]
    mechanism: tuple[Statement, ...]
    endpoints: Mapping[str, tuple[Statement, ...]]

    def of(self, protocol: str) -> tuple[Table, ...]:
        """The tables that bear on a protocol."""
        return tuple(x for x in self.tables if protocol in x.protocols)


def load(path: Path = FILE) -> Evidence:
    """The file of evidence; raises `Faulty` with every fault of it."""
    text = path.read_text(encoding="utf-8")
    data = read(text, path.name)
    faults = told(path.name, text, _faults(data))
    if faults:
        raise Faulty("\n".join(faults))
    label = data["source"]["label"]
    return Evidence(
        tables=tuple(_table(x, label) for x in data["tables"]),
        mechanism=_statements(data["mechanism"], label),
        endpoints={x: _statements(y, label) for x, y in data["endpoints"].items()},
    )


def _faults(data: Any) -> Iterator[Fault]:
    """Everything that a page could not print, with its place."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    plain = json.loads(json.dumps(data, default=float))
    found = [Fault(tuple(x.absolute_path), x.message) for x in Draft202012Validator(schema).iter_errors(plain)]
    yield from found
    if not found:
        for n, table in enumerate(data["tables"]):
            wanted = len(table["columns"])
            short = [m for m, x in enumerate(table["rows"]) if len(x["figures"]) != wanted]
            said = f"has to have {wanted} figures, one for each column"
            yield from (Fault(("tables", n, "rows", m, "figures"), said) for m in short)


def share(patients: Decimal, of: Decimal) -> Decimal:
    """The percentage, to one decimal, halves up."""
    return (100 * patients / of).quantize(_TENTH, ROUND_HALF_UP)


def _table(item: Mapping[str, Any], label: str) -> Table:
    return Table(
        id=item["id"],
        title=item["title"],
        study=item["study"],
        citation=f"{label}, {item['section']}",
        protocols=tuple(item["protocols"]),
        columns=tuple(item["columns"]),
        rows=tuple(Row(x["name"], tuple(map(_figure, x["figures"]))) for x in item["rows"]),
        caveats=tuple(map(_caveat, item["caveats"])),
    )


def _figure(cell: Any) -> Figure:
    return Figure(None, words=cell) if isinstance(cell, str) else Figure(**cell)


def _caveat(item: Mapping[str, Any]) -> Caveat:
    shares = tuple((x, y) for x, y in item.get("shares", ()))
    return Caveat(item["says"], tuple(map(tuple, item.get("sums", ()))), shares)


def _statements(items: Sequence[Mapping[str, str]], label: str) -> tuple[Statement, ...]:
    return tuple(Statement(x["says"], f"{label}, {x['section']}") for x in items)
