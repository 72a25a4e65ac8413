"""What was given to raise counts, and how warm the patient was: transfusions, growth factors, temperatures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from tests.generative.awkward_times import moment
from tests.generative.chart import Chart, Resource
from tests.generative.clock import NOW, ago, instant, read, written
from tests.generative.codes import LOINC, TEMPERATURE, UCUM, analyte_of

SNOMED = "http://snomed.info/sct"
ATC = ("http://www.whocc.no/atc", "http://fhir.de/CodeSystem/bfarm/atc", "http://fhir.de/CodeSystem/dimdi/atc")
PLATELETS, RED_CELLS = ("12719002",), ("116863004", "71493000")
G_CSF, PEGYLATED = ("L03AA02", "L03AA10"), ("L03AA13", "L03AA14")
# On and beside the windows: days between what was given and the sample.
AGES = (0.1, 1, 3, 6.9, 7, 7.1, 10, 13.9, 14, 14.1, 20)


def transfusion(chart: Chart, codes: tuple[str, ...], when: datetime) -> Resource:
    """A Procedure that was done."""
    chart.counter += 1
    time: Resource = {"performedDateTime": written(chart.rng, when, ("instant", "instant", "date"))}
    if chart.rng.random() < 0.3:
        time = {"performedPeriod": {"start": instant(when), "end": instant(when + timedelta(hours=1))}}
    made = {
        "resourceType": "Procedure",
        "id": f"proc-{chart.counter}",
        "status": chart.rng.choice(("completed", "completed", "in-progress", "stopped")),
        "code": {"coding": [{"system": SNOMED, "code": chart.rng.choice(codes)}]},
        "subject": {"reference": "Patient/p1"},
        **time,
    }
    chart.more["transfusions"].append(made)
    return made


def administration(chart: Chart, codes: tuple[str, ...], when: datetime) -> Resource:
    """A MedicationAdministration that was done."""
    chart.counter += 1
    concept = {"coding": [{"system": chart.rng.choice(ATC), "code": chart.rng.choice(codes)}]}
    drug: Resource = {"medicationCodeableConcept": concept}
    if chart.rng.random() < 0.3:
        contained = [{"resourceType": "Medication", "id": "m", "code": concept}]
        drug = {"contained": contained, "medicationReference": {"reference": "#m"}}
    made = {
        "resourceType": "MedicationAdministration",
        "id": f"adm-{chart.counter}",
        "status": chart.rng.choice(("completed", "completed", "in-progress", "stopped")),
        **drug,
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": written(chart.rng, when, ("instant", "instant", "date")),
    }
    chart.more["administrations"].append(made)
    return made


GIVEN: tuple[tuple[str, Callable[[Chart, tuple[str, ...], datetime], Resource], tuple[str, ...]], ...] = (
    ("platelets", transfusion, PLATELETS), ("haemoglobin", transfusion, RED_CELLS),
    ("neutrophils", administration, G_CSF), ("leukocytes", administration, PEGYLATED),
)  # fmt: skip


def supported(chart: Chart) -> None:
    """Something was given before the last sample of an analyte, within its window or just outside it."""
    analyte, give, codes = chart.rng.choice(GIVEN)
    sample = next((read(moment(x)) for x in reversed(chart.observations) if analyte_of(x) == analyte), None) or ago(1)
    made = give(chart, codes, sample - timedelta(days=chart.rng.choice(AGES)))
    if chart.rng.random() < 0.25:
        weights, changes = zip(*SUPPORT_CHANGES, strict=True)
        chart.rng.choices(changes, weights)[0](chart, made)


def planned(chart: Chart, made: Resource) -> None:
    """Not given: planned, or withdrawn."""
    procedure = made["resourceType"] == "Procedure"
    made["status"] = chart.rng.choice(("preparation" if procedure else "on-hold", "not-done", "entered-in-error"))


def other_code(chart: Chart, made: Resource) -> None:
    """Something else that was given."""
    for key in ("code", "medicationCodeableConcept"):
        if key in made:
            made[key] = {"coding": [{"system": SNOMED, "code": "387713003"}]}


def untimed(chart: Chart, made: Resource) -> None:
    for key in ("performedDateTime", "performedPeriod", "effectiveDateTime"):
        made.pop(key, None)
    if made["resourceType"] != "Procedure":  # an administration without a time is no valid one
        made["effectiveDateTime"] = "2026"


def to_come(chart: Chart, made: Resource) -> None:
    for key in ("performedDateTime", "performedPeriod", "effectiveDateTime"):
        made.pop(key, None)
    key = "performedDateTime" if made["resourceType"] == "Procedure" else "effectiveDateTime"
    made[key] = instant(NOW + timedelta(days=1))


def foreign(chart: Chart, made: Resource) -> None:
    made["subject"] = {"reference": "Patient/p2"}
    chart.tags.add("other-patient")


SUPPORT_CHANGES: tuple[tuple[int, Callable[[Chart, Resource], None]], ...] = (
    (4, planned), (2, other_code), (2, untimed), (2, to_come), (1, foreign),
)  # fmt: skip


def temperature(chart: Chart, degrees: str, when: datetime, unit: str = "Cel") -> Resource:
    """A body temperature; `degrees` are of that unit."""
    chart.counter += 1
    code: Resource = {} if unit == "°C" else {"system": UCUM, "code": unit}
    made = {
        "resourceType": "Observation",
        "id": f"temp-{chart.counter}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": TEMPERATURE}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": instant(when),
        "valueQuantity": {"value": Decimal(degrees), "unit": unit, **code},
    }
    chart.observations.append(made)
    return made


# On and beside 38.0 and 38.3 degrees Celsius, and what lies beside every plausible one.
ONCE = (
    ("38.31", "Cel"),
    ("38.3", "Cel"),
    ("39.2", "°C"),
    ("100.94", "[degF]"),
    ("100.95", "[degF]"),
    ("102.2", "[degF]"),
)
TWICE = (("38.0", "Cel"), ("38.2", "Cel"), ("37.99", "°C"), ("100.4", "[degF]"), ("100.39", "[degF]"))
ODD = (("46", "Cel"), ("24.9", "Cel"), ("38.5", "K"), ("38.5", "[degF]"))


def with_temperatures(chart: Chart) -> None:
    """One or two temperatures around the newest neutrophils, near the limits of a fever."""
    counted = [read(moment(x)) for x in chart.observations if analyte_of(x) == "neutrophils"]
    near = max((x for x in counted if x), default=ago(1))
    first = near + timedelta(hours=chart.rng.choice((-25, -24, -23, -2, 0, 3, 22, 24, 24.1)))
    kind = chart.rng.choices(("once", "twice", "odd"), (50, 42, 8))[0]
    degrees, unit = chart.rng.choice({"once": ONCE, "twice": TWICE, "odd": ODD}[kind])
    temperature(chart, degrees, min(first, NOW), unit)
    if kind == "twice":
        apart = timedelta(minutes=chart.rng.choice((30, 59, 60, 61, 120, 600)))
        temperature(chart, *reversed_pair(chart, min(first, NOW) - apart))


def reversed_pair(chart: Chart, when: datetime) -> tuple[str, datetime, str]:
    """A second temperature of the pair."""
    degrees, unit = chart.rng.choice(TWICE)
    return degrees, when, unit
