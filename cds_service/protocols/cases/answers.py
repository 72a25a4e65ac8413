"""What the service answers to a case, in the words of the tables."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from cds_service.clinical.ctcae import grade
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Decision
from cds_service.clinical.eligibility import NOT_MET, NOT_RECORDED
from cds_service.clinical.protocol import MAINTENANCE, Protocol
from cds_service.protocols.cases.builders import NOW
from cds_service.protocols.cases.patients import ANALYTES, patient, sample
from cds_service.protocols.cases.tables import Row

IGNORED = frozenset({"why", "side"})


def _listed(items: Iterable[object]) -> str:
    return "; ".join(map(str, items)) or "-"


def _dose(value: Decimal | None) -> str:
    return "-" if value is None else f"{value.normalize():f}"


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
    "not met": lambda x: _listed(y.name for y in x.checklist if y.state == NOT_MET),
    "not recorded": lambda x: _listed(y.name for y in x.checklist if y.state == NOT_RECORDED),
    "monitoring": lambda x: x.monitoring.topic if x.monitoring else "-",
    "due": lambda x: x.monitoring.due.isoformat() if x.monitoring and x.monitoring.due else "-",
    "protocol": lambda x: x.protocol or "-",
}


def wanted(row: Row) -> dict[str, str]:
    """What a row says the answer has to be."""
    return {x: y for x, y in row.cells.items() if x in ANSWERS or x == "grade"}


def given(row: Row, protocols: Mapping[str, Protocol]) -> dict[str, str]:
    """What these protocols, by id, answer to it. Raises ValueError naming the row where a cell cannot be read."""
    try:
        return _given(row, protocols)
    except ValueError as fault:
        raise ValueError(f"{row.place}: {fault}") from fault


def _given(row: Row, protocols: Mapping[str, Protocol]) -> dict[str, str]:
    if "grade" in row.cells:
        return {"grade": _grade(row, protocols[MAINTENANCE])}
    decision = decide(protocols, patient(row.cells), NOW)
    return {x: ANSWERS[x](decision) for x in wanted(row)}


def _grade(row: Row, protocol: Protocol) -> str:
    analyte = next(x for x in ANALYTES if x in row.cells)
    baseline = sample(analyte, row.cells["baseline"]) if "baseline" in row.cells else None
    measured = sample(analyte, row.cells[analyte], row.cells.get("baseline", ""), row.cells.get("lower limit", ""))
    low, high = grade(protocol.ctcae.criteria[analyte], measured, baseline)
    return str(low) if low == high else f"{low}-{high}"
