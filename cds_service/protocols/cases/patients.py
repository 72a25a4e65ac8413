"""The cells of a case table -> a patient. `README.md` says what may stand in a cell; ValueError for anything else."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from cds_service.clinical.facts import (
    CALCULATED,
    COUNTS,
    EVIDENCE,
    SEGMENTED,
    SUPPORTS,
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
from cds_service.protocols.cases.builders import (
    ANAEMIA,
    ELIGIBLE,
    FEBRILE_NEUTROPENIA,
    GOOD,
    NAUSEA,
    ULN,
    ago,
    day,
    dose,
    draft,
    evidence,
    facts,
    issued,
    order,
    result,
    support,
    temperature,
    toxicity,
    undetermined,
    unusable,
    whole,
)
from cds_service.protocols.cases.tables import short
from cds_service.protocols.load import NAMES

ANALYTES = (*COUNTS, "lymphocytes", *ULN)
_SPANS = {"d": "days", "h": "hours", "min": "minutes", "s": "seconds"}
_TIME = r"day \d+|\d+ (?:d|h|min|s)\b(?: \d+ (?:d|h|min|s)\b)*"
_ORDER = rf"(\S+) (?:since|from) ({_TIME})(?: to (\?|{_TIME}))?((?: [a-z-]+)*)"
_TERMS = {"nausea": NAUSEA, "anaemia": ANAEMIA, "febrile-neutropenia": FEBRILE_NEUTROPENIA}
_MMOL = Decimal("1.6114")
# What may stand in the column `oncology`, and what it is: an item of the record, its kind and its state.
_RECORDED = {
    "sarcoma": ("histology", "sarcoma"),
    "other-tumour": ("histology", "other"),
    "metastases": ("metastasis", "present"),
    **{x: ("response", x) for x in EVIDENCE["response"]},
    "chemotherapy": ("systemic-therapy", "given"),
    "heart-failure": ("anthracycline", "unsuitable"),
    **{f"ecog-{x}": ("performance-status", x) for x in EVIDENCE["performance-status"]},
    "image": ("imaging", "done"),
}
# What of the record the column `unread` may name, and what is then not known.
_UNREAD = {
    "adverseEvents": (),
    "conditions": ("histology",),
    "cancer": ("response", "performance-status", "metastasis", "histology"),
    "statements": ("systemic-therapy",),
    "imaging": ("imaging",),
    "imagingReports": ("imaging",),
    "carePlans": ("protocol",),
}
_URL = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/"
_DECLARED = {short(x): (_URL + x,) for x in NAMES}
_HEALTHY = {"creatinine": "0.8 x ULN", "bilirubin": "0.5 x ULN"}
_STATUSES = ("active", "stopped", "completed", "on-hold", "cancelled", "entered-in-error", "draft")


def span(text: str) -> timedelta:
    """'14 d 1 s' -> 14 days and 1 second."""
    found = re.findall(r"(\d+) (d|h|min|s)\b", text)
    if not found:
        raise ValueError(f"{text!r} is no span of time")
    return timedelta(**{_SPANS[unit]: int(number) for number, unit in found})


def moment(text: str) -> When:
    """'14 d 1 s' ago; 'day 14' is the whole day 14 days ago."""
    if text.startswith("day "):
        return day(int(text.removeprefix("day ")))
    return ago(seconds=span(text).total_seconds())


def patient(cells: dict[str, str]) -> Facts:
    """The facts of a case."""
    orders = [_order(x) for x in _items(cells.get("orders", "100 since 10 d"))]
    running = [x for x in orders if x.status in ("active", "on-hold")]
    drafts = [_draft(x, n, running) for n, x in enumerate(_items(cells.get("draft", "100")))]
    results = [x for analyte in ANALYTES for x in _results(analyte, cells)]
    born = {"born": whole(date.fromisoformat(cells["born"]))} if "born" in cells else {}
    more = {name: tuple(map(read, _items(cells.get(column, "none")))) for name, column, read in _EVENTS}
    return facts(results, orders, drafts, **born, **more, **_oncology(cells))


def _oncology(cells: dict[str, str]) -> dict[str, Any]:
    """The oncology record, what of it was not read, and the protocol that a care plan declares."""
    items = tuple(map(_item, _items(cells["oncology"]))) if "oncology" in cells else ELIGIBLE
    unread = _items(cells.get("unread", "none"))
    odd = [x for x in unread if x not in _UNREAD]
    if odd or cells.get("declared", "none") not in (*_DECLARED, "none"):
        raise ValueError(f"{'; '.join(odd) or cells['declared']!r} is none of {', '.join((*_UNREAD, *_DECLARED))}")
    unclear = [Unknown("toxicity", Reason.NOT_READ, detail=x) for x in unread if x in ("adverseEvents", "conditions")]
    return {
        "evidence": items,
        "unseen": tuple(Unknown(what, Reason.NOT_READ, detail=x) for x in unread for what in _UNREAD[x]),
        "unclear": tuple(unclear),
        "declared": _DECLARED.get(cells.get("declared", "none"), ()),
    }


def _item(text: str) -> Evidence:
    """'sarcoma @ 400 d', 'progression @ day 3', 'ecog-1 @ 5 d', 'stable undated'."""
    name, age = _groups(rf"([a-z0-9-]+) (?:@ ({_TIME})|undated)", text, "item of the oncology record")
    if name not in _RECORDED:
        raise ValueError(f"{name!r} is none of {', '.join(_RECORDED)}")
    return evidence(*_RECORDED[name], moment(age) if age else None)


def _recorded(text: str) -> Toxicity:
    """'nausea 3 @ 10 d', 'anaemia 4 @ 10 d resolved', 'nausea 2 undated'."""
    name, grade, onset, words = _groups(rf"([a-z-]+) (\d)(?: @ ({_TIME}))?((?: [a-z]+)*)", text, "recorded toxicity")
    return toxicity(_TERMS[name], int(grade), moment(onset) if onset else None, resolved="resolved" in words)


def _given(text: str) -> Support:
    """'platelet-transfusion @ 4 d'."""
    kind, _, age = text.partition(" @ ")
    if kind not in SUPPORTS:
        raise ValueError(f"{kind!r} is none of {', '.join(SUPPORTS)}")
    return support(kind, moment(age))


def _measured(text: str) -> Temperature:
    """'38.3 @ 2 d'."""
    celsius, _, age = text.partition(" @ ")
    return temperature(celsius, moment(age))


_EVENTS = (
    ("toxicities", "recorded", _recorded),
    ("supports", "given", _given),
    ("temperatures", "temperatures", _measured),
)


def _groups(pattern: str, text: str, what: str) -> tuple[str, ...]:
    found = re.fullmatch(pattern, text)
    if not found:
        raise ValueError(f"{text!r} is no {what}")
    return found.groups("")


def _items(cell: str) -> list[str]:
    return [] if cell == "none" else [x.strip() for x in cell.split(";")]


def _results(analyte: str, cells: dict[str, str]) -> list[Result]:
    taken = _items(cells.get("counts", "2 d"))
    if analyte in _HEALTHY and analyte not in cells:
        return [sample(analyte, _HEALTHY[analyte])]
    if analyte not in cells:
        return [result(analyte, GOOD[analyte], moment(x)) for x in taken] if analyte in GOOD else []
    return [sample(analyte, x, cells.get("baseline", "")) for x in _items(cells[analyte])]


def sample(analyte: str, text: str, baseline: str = "", low: str = "") -> Result:
    """'0.9', '<1.0 preliminary @ 3 d', '5.0 x ULN', '3.0 x baseline', '4.9 mmol/L', 'unusable @ 2 d'."""
    value, _, age = text.partition(" @ ")
    when = moment(age or "2 d")
    words = value.split()
    more: dict[str, Any] = {"final": "preliminary" not in words, "low": Decimal(low) if low else None}
    when = issued(when) if "reported" in words else when
    if words[0] == "unusable":
        return unusable(analyte, when, final=more["final"])
    more["derived"] = next((x for x in (CALCULATED, SEGMENTED) if x in words), "")
    number = words[0].lstrip("<>=")
    if "mmol/L" in words:
        more["molar"] = Decimal(number)
    scale = _MMOL if "mmol/L" in words else _reference(analyte, words, baseline)
    scaled = number if scale is None else f"{Decimal(number) * scale:f}"
    return result(analyte, f"{words[0].removesuffix(number)}{scaled}", when, **more)


def _reference(analyte: str, words: list[str], baseline: str) -> Decimal | None:
    if "x" not in words:
        return None
    if words[words.index("x") + 1] == "ULN":
        return ULN[analyte]
    return sample(analyte, baseline).value


def _order(text: str) -> Order:
    """'100 since 10 d', '150 from 60 d to 20 d stopped', '150 from 60 d to ? stopped reason-coded'."""
    amount, start, end, words = _groups(_ORDER, text, "order")
    flags = words.split()
    until = None if end in ("", "?") else moment(end)
    status = next((x for x in flags if x in _STATUSES), "active")
    return order(_dose(amount), moment(start), until, status, reason_coded="reason-coded" in flags)


def _draft(text: str, number: int, running: list[Order]) -> Order:
    """'150', '100-150', 'unclear', '100 intermittent', '100 uncoded', '100 beside', '100 stopped'."""
    amount, *flags = text.split()
    renewed = [] if "beside" in flags else running
    status = next((x for x in flags if x in _STATUSES), "draft")
    given = _dose(amount)
    if "intermittent" in flags and isinstance(given, Dose):
        given = dose(given.high, continuous=False)
    source = f"MedicationRequest/draft-{number}"
    return draft(given, *renewed, source=source, status=status, coded="uncoded" not in flags, start=ago())


def _dose(text: str) -> Dose | Unknown:
    if text == "unclear":
        return undetermined()
    return dose(*text.split("-"))
