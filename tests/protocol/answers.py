"""What the service answers to a case, in the words of the tables."""

from collections.abc import Callable, Mapping

from cds_service.clinical.ctcae import grade
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Decision
from cds_service.clinical.protocol import Protocol
from cds_service.render.extension import plain
from tests.clinical.builders import NOW
from tests.protocol.patients import ANALYTES, patient, sample
from tests.protocol.tables import Row

IGNORED = frozenset({"why", "side"})


def _listed(items: object) -> str:
    return "; ".join(map(str, items)) or "-"  # type: ignore[call-overload]


def _dose(value: object) -> str:
    return "-" if value is None else plain(value)  # type: ignore[arg-type]


ANSWERS: Mapping[str, Callable[[Decision], str]] = {
    "conclusion": lambda x: x.conclusion,
    "card": lambda x: x.topic or "-",
    "indicator": lambda x: x.indicator or "-",
    "refer": lambda x: _listed(x.refer),
    "ceiling": lambda x: _dose(x.doses.ceiling),
    "proposed": lambda x: _dose(x.doses.proposed),
    "current": lambda x: _dose(x.doses.current),
    "missing": lambda x: _listed(x.missing),
    "unknown": lambda x: _listed(f"{y.what} {y.reason}" for y in x.unknown),
    "also": lambda x: _listed(x.also),
    "total": lambda x: _dose(x.total),
}


def wanted(row: Row) -> dict[str, str]:
    """What a row says the answer has to be."""
    return {x: y for x, y in row.cells.items() if x in ANSWERS or x == "grade"}


def given(row: Row, protocol: Protocol) -> dict[str, str]:
    """What the service answers to it."""
    if "grade" in row.cells:
        return {"grade": _grade(row, protocol)}
    decision = decide(protocol, patient(row.cells), NOW)
    return {x: ANSWERS[x](decision) for x in wanted(row)}


def _grade(row: Row, protocol: Protocol) -> str:
    analyte = next(x for x in ANALYTES if x in row.cells)
    baseline = sample(analyte, row.cells["baseline"]) if "baseline" in row.cells else None
    measured = sample(analyte, row.cells[analyte], row.cells.get("baseline", ""), row.cells.get("lower limit", ""))
    low, high = grade(protocol.ctcae.criteria[analyte], measured, baseline)
    return str(low) if low == high else f"{low}-{high}"
