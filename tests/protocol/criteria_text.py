"""The limits of CTCAE as they stand in the words of its criteria: `ctcae_criteria.csv`, read number by number."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

CRITERIA = Path(__file__).parent / "ctcae_criteria.csv"
ANALYTES = {
    "10002272": "haemoglobin",
    "10049182": "leukocytes",
    "10029366": "neutrophils",
    "10035528": "platelets",
    "10043554": "platelets",
    "10025256": "lymphocytes",
    "10011368": "creatinine",
    "10005364": "bilirubin",
    "10001551": "alt",
    "10003481": "ast",
}
GRADES = ("1", "2", "3", "4")
Limits = dict[str, dict[int, Decimal]]  # arm -> grade -> limit

_NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
# "<75,000 - 50,000/mm3", "Hgb <8.0 g/dL", "<LLN - 3.0 x 10e9 /L"; in v6.0 once without its sign: "10.0 x 10^9/L".
_FALL = re.compile(rf"(<)?\s*(?:(LLN)|{_NUMBER})(?:\s*-\s*{_NUMBER})?\s*(g/dL|g/L|mmol/L|/mm3|x 10(?:e|\^)9 ?/L)")
# ">ULN - 1.5 x ULN if ...", "> 1.0 - 1.5 x baseline", "1.5 - 3.0 x baseline", ">3.0 x if baseline is below LLN".
_RISE = re.compile(rf">?\s*(?:(ULN)|{_NUMBER})(?:\s*-\s*{_NUMBER})?\s*x\s*(ULN|baseline|if baseline is below LLN)")
_ARMS = {"g/dL": "below", "mmol/L": "molar", "g/L": "in g/L", "/mm3": "in /mm3"}


class Row(NamedTuple):
    """One term of one version: its limits by arm and grade, and where each range ends."""

    version: str
    code: str
    term: str
    haematological: bool
    limits: Limits
    ends: Limits


def rows() -> list[Row]:
    """Every row of the table."""
    with CRITERIA.open(newline="", encoding="utf-8") as file:
        return [_row(x) for x in csv.DictReader(file)]


def graded(version: str) -> Mapping[str, Row]:
    """The rows that grade a value of ours by numbers, by analyte."""
    return {ANALYTES[x.code]: x for x in rows() if x.version == version and x.code in ANALYTES}


def _row(cells: Mapping[str, str]) -> Row:
    limits: Limits = defaultdict(dict)
    ends: Limits = defaultdict(dict)
    for grade in GRADES:
        for arm, first, last in _ranges(cells[f"grade_{grade}"]):
            if first is not None:
                limits[arm][int(grade)] = first
            if last is not None:
                ends[arm][int(grade)] = last
    haematological = {"y": True, "n": False}[cells["haematological"]]
    return Row(cells["ctcae"], cells["meddra"], cells["term"], haematological, dict(limits), dict(ends))


def _ranges(text: str) -> Iterator[tuple[str, Decimal | None, Decimal | None]]:
    """Each range of a criterion: the arm, where it begins (None at the limit of normal of a fall), where it ends."""
    for part in text.split(";"):
        if fall := _FALL.search(part):
            _, normal, first, last, unit = fall.groups()
            yield _ARMS.get(unit, "below"), None if normal else _number(first), last and _number(last)
        elif rise := _RISE.search(part):
            normal, first, last, reference = rise.groups()
            arm = "above_uln" if reference == "ULN" else "above_baseline"
            yield arm, Decimal(1) if normal else _number(first), last and _number(last)


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))
