"""Perturbations of results: what laboratories send that is late, withdrawn, doubled, wrong or not said."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal

from tests.generative.chart import Chart, Resource
from tests.generative.clock import NOW, ago, day, instant, read
from tests.generative.results import ACTING, CODES, LOINC, UCUM

ABSENT = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "error"}]}
WRONG_UNITS: tuple[Resource, ...] = (
    {},
    {"unit": "mg"},
    {"unit": "%", "system": UCUM, "code": "%"},
    {"unit": "10*9/l"},
    {"unit": "g/L", "system": UCUM, "code": "mg/dL"},
    {"unit": "10*3/uL", "system": UCUM, "code": "/uL"},
    {"unit": "Tpt/L"},
    {"unit": "mmol/L", "system": UCUM, "code": "mmol/L"},
)


def analyte_of(result: Resource) -> str | None:
    """Which analyte the Observation is of, by its codes."""
    codes = {coding.get("code") for coding in result["code"].get("coding", [])}
    return next((name for name, kinds in CODES.items() if any(codes & set(x) for x in kinds.values())), None)


def last(chart: Chart, analyte: str | None = None) -> Resource | None:
    """The last count drawn of that analyte, or of any acting one."""
    wanted = analyte or chart.rng.choice(ACTING)
    return next((x for x in reversed(chart.observations) if analyte_of(x) == wanted), None)


def any_result(chart: Chart) -> Resource | None:
    """Mostly the last count of an analyte, sometimes any result."""
    if chart.rng.random() < 0.75 or not chart.observations:
        return last(chart)
    return chart.rng.choice(chart.observations)


def moment(result: Resource) -> str:
    """The time written in the result, whichever member has it."""
    period = result.get("effectivePeriod", {})
    return str(result.get("effectiveDateTime") or period.get("start") or instant(NOW))


def timed(result: Resource, **members: object) -> None:
    """Give the result these time members instead of its own."""
    for key in ("effectiveDateTime", "effectivePeriod", "issued"):
        result.pop(key, None)
    result.update(members)


def wrong_unit(chart: Chart, result: Resource) -> None:
    result["valueQuantity"] = {"value": result["valueQuantity"]["value"], **chart.rng.choice(WRONG_UNITS)}


def implausible(chart: Chart, result: Resource) -> None:
    result["valueQuantity"]["value"] *= Decimal(chart.rng.choice(("1000", "0.001", "-1")))


def status(chart: Chart, result: Resource) -> None:
    codes = ("preliminary", "registered", "cancelled", "entered-in-error", "unknown", "amended", "corrected")
    result["status"] = chart.rng.choice(codes)


def no_status(chart: Chart, result: Resource) -> None:
    if chart.rng.random() < 0.5:
        del result["status"]
    else:
        result["status"] = "done"
    chart.tags.add("invalid-r4")


def no_zone(chart: Chart, result: Resource) -> None:
    timed(result, effectiveDateTime=instant(ago(2))[:19])
    chart.tags.add("invalid-r4")


def data_absent(chart: Chart, result: Resource) -> None:
    if chart.rng.random() < 0.8:
        del result["valueQuantity"]
    result["dataAbsentReason"] = ABSENT


def comparator(chart: Chart, result: Resource) -> None:
    result["valueQuantity"]["comparator"] = chart.rng.choice(("<", "<=", ">", ">="))


def other_kind_of_value(chart: Chart, result: Resource) -> None:
    value = result.pop("valueQuantity")["value"]
    result.update(chart.rng.choice(({"valueString": f"{value}"}, {"valueInteger": 3}, {})))


def coarse_time(chart: Chart, result: Resource) -> None:
    written = moment(result)
    timed(result, effectiveDateTime=chart.rng.choice((written[:10], written[:10], written[:7])))


def issued_only(chart: Chart, result: Resource) -> None:
    written = moment(result)
    timed(result, issued=written if "T" in written else f"{written[:10]}T06:00:00Z")


def no_time(chart: Chart, result: Resource) -> None:
    timed(result)


def future(chart: Chart, result: Resource) -> None:
    minutes = chart.rng.choice((4, 5, 6, 120, 1500))
    timed(result, effectiveDateTime=instant(NOW + timedelta(minutes=minutes)))


def modified(chart: Chart, result: Resource) -> None:
    result["modifierExtension"] = [{"url": "https://ehr.example.org/fhir/not-known", "valueBoolean": True}]


def foreign(chart: Chart, result: Resource) -> None:
    others: tuple[Resource, ...] = (
        {"reference": "Patient/p2"},
        {"identifier": {"system": "https://ehr.example.org/mrn", "value": "1"}},
        {"reference": "https://other.example.org/fhir/Patient/p1"},
        {"reference": "Group/p1"},
    )
    result["subject"] = chart.rng.choice(others)
    chart.tags.add("other-patient")


def spelled_subject(chart: Chart, result: Resource) -> None:
    server = "https://ehr.example.org/fhir"
    spelled = chart.rng.choice(("Patient/p1/_history/2", f"{server}/Patient/p1", f"{server}/Patient/p1/_history/3"))
    result["subject"] = {"reference": spelled, "display": "Invented Patient"}


def without_range(chart: Chart, result: Resource) -> None:
    result.pop("referenceRange", None)


def two_ranges(chart: Chart, result: Resource) -> None:
    unit = {key: value for key, value in result["valueQuantity"].items() if key not in ("value", "comparator")}
    result["referenceRange"] = [{"low": {"value": n, **unit}, "high": {"value": n * 4, **unit}} for n in (1, 2)]


def estimated(chart: Chart, result: Resource) -> None:
    codes = {"leukocytes": "49498-9", "platelets": "49497-1", "neutrophils": "30394-1", "lymphocytes": "30364-4"}
    code = codes.get(analyte_of(result) or "", "4576-5")
    result["code"] = {"coding": [{"system": LOINC, "code": code}]}


def two_codings(chart: Chart, result: Resource) -> None:
    local = {"system": "https://lab.example.org/codes", "code": "X1", "display": "Neutrophils"}
    result["code"]["coding"].insert(chart.rng.randrange(2), local)


def display_only(chart: Chart, result: Resource) -> None:
    result["code"] = {"text": analyte_of(result) or "other"}


def earlier(chart: Chart, result: Resource) -> None:
    when = read(moment(result)) or ago(3)
    timed(result, effectiveDateTime=instant(when - timedelta(hours=chart.rng.choice((3, 71, 73, 100, 200, 400)))))


def again(chart: Chart, result: Resource) -> Resource:
    """A second result at the same time, with another value."""
    analyte, when = analyte_of(result), read(moment(result)) or ago(2)
    other = chart.result(analyte or "platelets", when, chart.rng.choice((0, 1, 2, 3)))
    same = {key: result[key] for key in ("effectiveDateTime", "effectivePeriod", "issued") if key in result}
    timed(other, **same)
    return other


def differing(chart: Chart, result: Resource) -> None:
    again(chart, result)


def corrected(chart: Chart, result: Resource) -> None:
    other = again(chart, result)
    other["status"] = chart.rng.choice(("corrected", "amended"))
    style = chart.rng.random()
    if style < 0.3:
        other["id"] = result["id"]
    elif style < 0.6:
        result["identifier"] = other["identifier"] = [{"system": "https://lab.example.org/s", "value": result["id"]}]
        timed(other, effectiveDateTime=instant((read(moment(result)) or ago(2)) + timedelta(hours=1)))
    if chart.rng.random() < 0.3:
        result["status"] = "preliminary"


def preliminary_beside(chart: Chart, result: Resource) -> None:
    other = again(chart, result)
    other["status"] = "preliminary"
    if chart.rng.random() < 0.7:
        timed(other, effectiveDateTime=instant((read(moment(result)) or ago(2)) + timedelta(hours=2)))


def missing(chart: Chart, result: Resource) -> None:
    gone = analyte_of(result)
    if chart.rng.random() < 0.5:
        chart.observations.remove(result)
    else:
        chart.observations[:] = [x for x in chart.observations if analyte_of(x) != gone]


def no_differential(chart: Chart, result: Resource) -> None:
    """No neutrophils beside very low leukocytes."""
    leukocytes = last(chart, "leukocytes")
    if leukocytes is None:
        return
    low = chart.rng.choice((Decimal("0.9"), Decimal("0.999"), Decimal("1.0"), Decimal("0.3")))
    leukocytes["valueQuantity"] = chart.laboratory.writings["leukocytes"].quantity(low)
    keep = chart.rng.random() < 0.4
    newest = last(chart, "neutrophils")
    chart.observations[:] = [
        x for x in chart.observations if analyte_of(x) != "neutrophils" or (keep and x is not newest)
    ]


def old_unusable(chart: Chart, result: Resource) -> None:
    """An older result of the course that cannot be read."""
    older = deepcopy(result)
    older["id"] = f"{result['id']}-old"
    older.pop("identifier", None)
    timed(older, effectiveDateTime=instant(ago(chart.rng.choice((9, 15)))))
    wrong_unit(chart, older)
    chart.observations.insert(0, older)


def chemistry(chart: Chart, result: Resource) -> None:
    """A chemistry result, with or without its normal range."""
    analyte = chart.rng.choice(("creatinine", "bilirubin", "alt", "ast"))
    made = chart.result(analyte, ago(chart.rng.choice((1, 5, 13.9, 14, 15))), chart.rng.choice((0, 1, 2, 3)))
    if chart.rng.random() < 0.5:
        made.pop("referenceRange", None)


def day_written(chart: Chart, result: Resource) -> None:
    timed(result, effectiveDateTime=day(ago(chart.rng.choice((0, 1, 6, 7, 8, 14)))))


RESULT_CHANGES: tuple[tuple[int, Callable[[Chart, Resource], None]], ...] = (
    (6, wrong_unit), (2, implausible), (4, status), (2, no_status), (2, no_zone), (3, data_absent), (5, comparator),
    (1, other_kind_of_value), (3, coarse_time), (3, issued_only), (2, no_time), (6, future), (2, modified),
    (4, foreign), (3, spelled_subject), (2, without_range), (1, two_ranges), (2, estimated), (1, two_codings),
    (1, display_only), (7, earlier), (4, differing), (6, corrected), (7, preliminary_beside), (6, missing),
    (6, no_differential), (3, old_unusable), (4, chemistry), (3, day_written),
)  # fmt: skip


def change_result(chart: Chart) -> None:
    """One perturbation of one result."""
    weights, changes = zip(*RESULT_CHANGES, strict=True)
    change = chart.rng.choices(changes, weights)[0]
    result = any_result(chart)
    if result is not None and "valueQuantity" in result:
        change(chart, result)
        chart.tags.add(change.__name__)
