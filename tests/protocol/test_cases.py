"""Every row of the case tables gets the answer that it says."""

import pytest

from cds_service.protocols.cases.answers import ANSWERS, IGNORED, given, wanted
from cds_service.protocols.cases.patients import ANALYTES
from cds_service.protocols.cases.tables import Row, Table, tables
from tests.clinical.builders import PROTOCOLS

ROWS = [pytest.param(row, id=row.place) for table in tables() for row in table.rows]
GIVEN = {
    "orders",
    "draft",
    "counts",
    "baseline",
    "lower limit",
    "born",
    "grade",
    "recorded",
    "given",
    "temperatures",
    "oncology",
    "unread",
    "declared",
    *ANALYTES,
}


@pytest.mark.hazard("H03", "H04", "H06", "H07", "H09", "H10", "H11", "H12", "H14", "H18", "H19", "H20", "H21", "H22")
@pytest.mark.parametrize("row", ROWS)
def test_the_answer_is_the_one_of_the_table(row: Row) -> None:
    assert given(row, PROTOCOLS) == wanted(row), row.cells.get("why", "")


@pytest.mark.parametrize("table", [pytest.param(x, id=f"{x.file}: {x.heading}") for x in tables()])
def test_every_table_asks_something_and_every_column_is_known(table: Table) -> None:
    columns = set(table.rows[0].cells)
    assert columns <= GIVEN | ANSWERS.keys() | IGNORED
    assert columns & (ANSWERS.keys() | {"grade"})
    assert "side" not in columns or {x.cells["side"] for x in table.rows} == {"below", "at", "above"}
