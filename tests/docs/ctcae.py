"""The page of the grading criteria, printed from their files."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cds_service.protocols.load import HERE
from cds_service.protocols.strict_yaml import read

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
Data = Mapping[str, Any]

_GRADES = ("1", "2", "3", "4")
_ARMS = {
    "below": ("", "< {} {}"),
    "molar": (", in mmol/L", "< {} mmol/L"),
    "above_uln": (", by the upper limit of normal", "> {} x ULN"),
    "above_baseline": (", by the baseline", "> {} x baseline"),
}


def criteria(version: int) -> Data:
    """One file of criteria, as it stands."""
    name = f"ctcae-v{version}"
    data: Data = read((HERE / f"{name}.yaml").read_text(encoding="utf-8"), name)
    return data


def limits() -> Table:
    """The limits of v5.0."""
    head = ("value", "CTCAE term", *(f"grade {x}" for x in _GRADES))
    return head, [row for analyte, one in criteria(5)["criteria"].items() for row in _rows(analyte, one)]


def terms() -> Table:
    """What recorded terms mean."""
    kinds = {True: "yes", False: "no"}
    rows: list[tuple[str, ...]] = [
        (x, y["name"], kinds[y["haematological"]], y.get("analyte", "")) for x, y in criteria(5)["terms"].items()
    ]
    return ("MedDRA", "term", "haematological", "count"), rows


def changes() -> Table:
    """What v6.0 grades otherwise, each row that is not the same in both."""
    return ("value", "grade", "v5.0", "v6.0"), list(_changes())


def notes() -> Table:
    """What the numbers of v6.0 do not say."""
    return ("value", "v6.0"), [(x, y["note"]) for x, y in criteria(6)["criteria"].items() if "note" in y]


def _changes() -> Iterator[tuple[str, ...]]:
    new = criteria(6)["criteria"]
    for analyte, one in criteria(5)["criteria"].items():
        for old_row, new_row in zip(_rows(analyte, one), _rows(analyte, new[analyte]), strict=True):
            pairs = zip(_GRADES, old_row[2:], new_row[2:], strict=True)
            yield from ((old_row[0], grade, old, other) for grade, old, other in pairs if old != other)


def _rows(analyte: str, one: Data) -> Iterator[tuple[str, ...]]:
    for arm, (said, form) in _ARMS.items():
        if arm in one:
            cells = [_cell(one, arm, grade, form) for grade in _GRADES]
            name = f"{analyte}{said}{_condition(one) if arm == 'above_baseline' else ''}"
            yield (name, one["term"], *cells)


def _cell(one: Data, arm: str, grade: str, form: str) -> str:
    limit = one[arm].get(grade)
    if (arm, limit) == ("above_uln", 1):
        return "> ULN"
    if limit is not None:
        return form.format(limit, one["unit"])
    return "< LLN" if grade == "1" and arm in ("below", "molar") else "-"


def _condition(one: Data) -> str:
    """When the arm of the baseline counts; the same words in both versions, so that their rows can be compared."""
    return " (beside the other)" if one["worse_of_both"] else " (where it is above ULN)"


def page(table: Callable[..., str]) -> str:
    """The generated part of the page; `table` prints a table."""
    parts = (
        "## Limits of v5.0\n\nA value exactly on a limit is of the milder grade.",
        table(*limits()),
        "## Recorded terms\n\nA term that is not listed is not haematological.",
        table(*terms()),
        "## What v6.0 changes",
        table(*changes()),
        table(*notes()),
    )
    return "\n\n".join(parts)
