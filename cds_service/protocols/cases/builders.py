"""Invented patients in a few words: results, orders and drafts at ages counted back from one fixed instant."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from cds_service.clinical.facts import (
    ALT,
    AST,
    BILIRUBIN,
    CREATININE,
    HAEMOGLOBIN,
    LEUKOCYTES,
    NEUTROPHILS,
    PLATELETS,
    Dose,
    Evidence,
    Facts,
    Order,
    Reason,
    Result,
    Support,
    Temperature,
    Toxicity,
    Unknown,
    When,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

GOOD = {HAEMOGLOBIN: "13", LEUKOCYTES: "6", NEUTROPHILS: "4", PLATELETS: "250"}
ULN = {CREATININE: Decimal(100), BILIRUBIN: Decimal(20), ALT: Decimal(50), AST: Decimal(50)}
UNITS = {HAEMOGLOBIN: "g/dL", CREATININE: "umol/L", BILIRUBIN: "umol/L", ALT: "U/L", AST: "U/L"}
BORN = When(datetime(1960, 1, 1, tzinfo=UTC), datetime(1960, 1, 1, 23, 59, tzinfo=UTC))


def ago(**span: float) -> When:
    """An instant so long before now: `ago(days=2, hours=1)`."""
    instant = NOW - timedelta(**span)
    return When(instant, instant)


def day(days: int) -> When:
    """The whole day, in UTC, that was so many days ago."""
    return whole((NOW - timedelta(days=days)).date())


def whole(day: date) -> When:
    start = datetime.combine(day, time.min, UTC)
    return When(start, start + timedelta(days=1) - timedelta.resolution)


def issued(when: When) -> When:
    """The same time, known from the report alone."""
    return When(when.start, when.end, issued=True)


def result(analyte: str, value: str, when: When | None = None, **more: Any) -> Result:
    """A final result; `value` may begin with a comparator. More: final, low, high, molar, source."""
    when = when or ago(days=2)
    comparator = value.rstrip("0123456789.")
    number = Decimal(value.removeprefix(comparator))
    more = {"final": True, "high": ULN.get(analyte), **more}
    source = more.pop("source", f"Observation/{analyte}-{when.start:%m%dT%H%M%S}-{when.end:%d}-{number}")
    shown, unit = (more["molar"], "mmol/L") if more.get("molar") else (number, UNITS.get(analyte, "10*9/L"))
    return Result(
        analyte, source, when, value=number, comparator=comparator, shown=shown, unit=unit, **more
    )  # fmt: skip


def unusable(analyte: str, when: When | None = None, reason: Reason = Reason.WRONG_UNIT, **more: Any) -> Result:
    """A result that was not understood."""
    when = when or ago(days=2)
    source = f"Observation/{analyte}-{when.start:%m%dT%H%M%S}-unusable"
    return Result(analyte, source, when, more.get("final", True), Unknown(analyte, reason, source, "what was sent"))


NAUSEA = "10028813"
ANAEMIA = "10002272"
FEBRILE_NEUTROPENIA = "10016288"


def toxicity(code: str, grade: int, onset: When | None = None, **more: Any) -> Toxicity:
    """A toxicity as somebody recorded it, by its MedDRA code."""
    return Toxicity(code, grade, more.pop("source", f"AdverseEvent/{code}-{grade}"), onset, **more)


def support(kind: str, when: When) -> Support:
    """A transfusion or a growth factor that was given."""
    return Support(kind, f"Procedure/{kind}-{when.start:%m%dT%H%M%S}", when)


def temperature(celsius: str, when: When) -> Temperature:
    """A body temperature in degrees Celsius."""
    return Temperature(Decimal(celsius), f"Observation/temperature-{when.start:%m%dT%H%M%S}-{celsius}", when)


def dose(amount: str | int | Decimal, high: str | int | Decimal | None = None, **more: Any) -> Dose:
    """mg per day; with `high` a range."""
    return Dose(Decimal(amount), Decimal(amount if high is None else high), **more)


def undetermined(source: str = "MedicationRequest/a", text: str = "as told") -> Unknown:
    return Unknown("dose", Reason.UNDETERMINED_DOSE, source, text)


def order(amount: Any, start: When | None, end: When | None = None, status: str = "active", **more: Any) -> Order:
    """An order of the record; named after its start and dose where no `source` is given."""
    given = amount if isinstance(amount, Dose | Unknown) else dose(amount)
    named = f"{start.start:%m%dT%H%M}" if start else "undated"
    source = more.pop("source", f"MedicationRequest/{named}-{getattr(given, 'high', 'unknown')}")
    names = frozenset({source, *more.pop("names", ())})
    replaces = frozenset(more.pop("replaces", ()))
    return Order(source, status, given, start=start, end=end, authored=start, names=names, replaces=replaces, **more)


def draft(amount: Any, *renewed: Order, **more: Any) -> Order:
    """A draft of today, that follows the orders `renewed`."""
    more = {"source": "MedicationRequest/draft", "status": "draft", "start": ago(), **more}
    replaces = [x for old in renewed for x in old.names]
    return order(amount, more.pop("start"), replaces=[*more.pop("replaces", ()), *replaces], **more)


def evidence(kind: str, state: str, when: When | None = None, **more: Any) -> Evidence:
    """An item of the oncology record, named after its kind, state and time where no `source` is given."""
    named = f"{when.start:%Y%m%dT%H%M%S}" if when else "undated"
    return Evidence(kind, state, more.pop("source", f"Observation/{kind}-{state}-{named}"), when, **more)


# Whom the maintenance protocol is for, with an image that is not old.
ELIGIBLE = (
    evidence("histology", "sarcoma", ago(days=400)),
    evidence("metastasis", "present", ago(days=400)),
    evidence("response", "stable", ago(days=30)),
    evidence("imaging", "done", ago(days=30)),
)


def facts(
    results: Iterable[Result] = (), orders: Sequence[Order] = (), drafts: Sequence[Order] = (), **more: Any
) -> Facts:
    """What is known of one patient; born in 1960, with the oncology record of `ELIGIBLE`."""
    grouped: dict[str, list[Result]] = {}
    for item in results:
        grouped.setdefault(item.analyte, []).append(item)
    tuples: Mapping[str, tuple[Result, ...]] = {x: tuple(y) for x, y in grouped.items()}
    return Facts(tuples, tuple(orders), tuple(drafts), **{"born": BORN, "evidence": ELIGIBLE, **more})
