"""Perturbations of results: what laboratories send that is late, withdrawn, doubled, wrong or not said."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal

from tests.generative.awkward_codes import (
    contradicting_codings,
    display_only,
    estimated,
    other_system,
    two_codings,
)
from tests.generative.awkward_times import (
    day_written,
    earlier,
    future,
    issued_only,
    moment,
    no_time,
    no_zone,
    timed,
)
from tests.generative.chart import Chart, Resource
from tests.generative.clock import NOW, TIMES, ago, day, instant, read
from tests.generative.codes import ACTING, UCUM, analyte_of
from tests.generative.reading import GRADE_3, Seen, number
from tests.generative.results import value_at

ABSENT = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "error"}]}
WRONG_UNITS: tuple[Resource, ...] = (
    {},
    {"unit": "mg"},
    {"unit": "%", "system": UCUM, "code": "%"},
    {"unit": "10*9/liter"},
    {"unit": "g/L", "system": UCUM, "code": "mg/dL"},
    {"unit": "10*3/uL", "system": UCUM, "code": "/uL"},
    {"unit": "Tpt/L"},
    {"unit": "mmol/L", "system": UCUM, "code": "mmol/L"},
)


def last(chart: Chart, analyte: str | None = None) -> Resource | None:
    """The last count drawn of that analyte, or of any acting one."""
    wanted = analyte or chart.rng.choice(ACTING)
    return next((x for x in reversed(chart.observations) if analyte_of(x) == wanted), None)


def any_result(chart: Chart) -> Resource | None:
    """Mostly the last count of an analyte, sometimes any result."""
    if chart.rng.random() < 0.75 or not chart.observations:
        return last(chart)
    return chart.rng.choice(chart.observations)


def coarse_time(chart: Chart, result: Resource) -> None:
    """Only the day, the month or the year, where that leaves no more open than what the protocol decides.

    Not of today or this month, which have not ended; the month and the year of no severe count of a course, whose dose
    would be unknown.
    """
    text, told = moment(result), number(Seen(result, (), [], None))
    severe = told is None or told < GRADE_3.get(analyte_of(result) or "", 0)
    ended = text[:7] < day(NOW)[:7]
    month = [text[:7]] if ended and not severe else []
    year = [text[:4]] if not chart.orders else []
    if text[:10] < day(NOW):
        timed(result, effectiveDateTime=chart.rng.choice((text[:10], *month, *year)))


def wrong_unit(chart: Chart, result: Resource) -> None:
    result["valueQuantity"] = {"value": result["valueQuantity"]["value"], **chart.rng.choice(WRONG_UNITS)}


def implausible(chart: Chart, result: Resource) -> None:
    result["valueQuantity"]["value"] *= Decimal(chart.rng.choice(("1000", "0.001", "-1")))


def status(chart: Chart, result: Resource) -> None:
    codes = ("preliminary", "registered", "cancelled", "entered-in-error", "unknown", "amended", "corrected")
    result["status"] = chart.rng.choice(codes)


def no_status(chart: Chart, result: Resource) -> None:
    if chart.rng.random() < 0.5:
        result.pop("status", None)
    else:
        result["status"] = "done"
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


def again(chart: Chart, result: Resource) -> Resource:
    """A second result at the same time, with another value."""
    analyte, when = analyte_of(result), read(moment(result)) or ago(2)
    other = chart.result(analyte or "platelets", when, chart.rng.choice((0, 1, 2, 3)))
    same = {key: result[key] for key in TIMES if key in result}
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
    """A preliminary result of an analyte beside its last one, of the last days, or just after it."""
    newest = last(chart, analyte_of(result)) or result
    if (read(moment(newest)) or ago(2)) < ago(13):
        return
    other = again(chart, newest)
    other["status"] = "preliminary"
    if chart.rng.random() < 0.4:
        how = chart.laboratory.writings[str(analyte_of(other))]
        other["valueQuantity"] = how.quantity(value_at(chart.rng, how, 3))
    if chart.rng.random() < 0.7:
        timed(other, effectiveDateTime=instant((read(moment(newest)) or ago(2)) + timedelta(hours=2)))


def only_preliminary(chart: Chart, result: Resource) -> None:
    """No final result of the analyte."""
    for other in chart.observations:
        if analyte_of(other) == analyte_of(result):
            other["status"] = "preliminary"


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
    """An older count of the course that cannot be read; of chemistry it is nowhere said whether that is a new onset."""
    if analyte_of(result) not in ACTING:
        return
    older = deepcopy(result)
    older["id"] = f"{result['id']}-old"
    older.pop("identifier", None)
    timed(older, effectiveDateTime=instant(ago(chart.rng.choice((9, 15)))))
    if "valueQuantity" in older:
        wrong_unit(chart, older)
    chart.observations.insert(0, older)


def chemistry(chart: Chart, result: Resource) -> None:
    """A chemistry result, with or without its normal range."""
    analyte = chart.rng.choice(("creatinine", "bilirubin", "alt", "ast"))
    # Of a day that began more than 14 days ago and ended less, it is nowhere said whether it is older than 14 days.
    near = (12, 16) if chart.laboratory.times == "date" else (13.9, 14, 15)
    made = chart.result(analyte, ago(chart.rng.choice((1, 5, *near))), chart.rng.choice((0, 1, 2, 3)))
    if chart.rng.random() < 0.5:
        made.pop("referenceRange", None)


RESULT_CHANGES: tuple[tuple[int, Callable[[Chart, Resource], None]], ...] = (
    (6, wrong_unit), (2, implausible), (4, status), (2, no_status), (2, no_zone), (3, data_absent), (5, comparator),
    (1, other_kind_of_value), (3, coarse_time), (3, issued_only), (2, no_time), (10, future), (2, modified),
    (4, foreign), (3, spelled_subject), (2, without_range), (1, two_ranges), (2, estimated), (1, two_codings),
    (1, contradicting_codings), (1, other_system),
    (1, display_only), (11, earlier), (4, differing), (6, corrected), (14, preliminary_beside), (5, only_preliminary),
    (6, missing), (6, no_differential), (3, old_unusable), (4, chemistry), (3, day_written),
)  # fmt: skip


def change_result(chart: Chart) -> None:
    """One perturbation of one result."""
    weights, changes = zip(*RESULT_CHANGES, strict=True)
    change = chart.rng.choices(changes, weights)[0]
    result = any_result(chart)
    if result is not None and "valueQuantity" in result:
        change(chart, result)
        chart.tags.add(change.__name__)
