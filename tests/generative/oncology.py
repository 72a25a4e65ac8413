"""The oncology record beside a call: none, some, or much of it, read in whole or not, sometimes with a fault in it.

Its chances are its own: the orders and results of a seed are the same with it and without it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

from tests.generative import therapies, tumours
from tests.generative.chart import Chart, Resource, searchset
from tests.generative.clock import NOW, instant
from tests.generative.toxicities import VERIFICATION, concept

KEYS = {
    "CarePlan": "carePlans", "Condition": "conditions", "Observation": "cancer", "MedicationStatement": "statements",
    "MedicationRequest": "medications", "Procedure": "treatments", "ImagingStudy": "imaging",
    "DiagnosticReport": "imagingReports",
}  # fmt: skip
OWN = ("carePlans", "cancer", "statements", "treatments", "imaging", "imagingReports")
TIMES = (
    "effectiveDateTime", "effectivePeriod", "performedDateTime", "performedPeriod", "started", "authoredOn",
    "onsetDateTime", "recordedDate",
)  # fmt: skip
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
# On and beside the 61st birthday, and what of a date leaves it open.
BIRTHS = (
    "1965-11-22", "1965-11-23", "1965-11-24", "1965-11", "1965-11", "1965-12", "1965", "1965", "1966", "1966-02",
    "1964", "1950-02-28", "1940-02-29", "1980-06-01",
)  # fmt: skip


def oncology(rng: Random, chart: Chart) -> None:
    """Add the record of the disease to the chart."""
    if rng.random() < 0.75 and chart.patient is not None:
        chart.patient["birthDate"] = rng.choice(BIRTHS)
    if chart.controlled and rng.random() < 0.85:
        under_control(rng, chart)
    elif rng.random() < 0.85:
        of_every_kind(rng, chart)
    spoil(rng, chart)
    sent(rng, chart)


def under_control(rng: Random, chart: Chart) -> None:
    """The disease is held back, and was looked at of late."""
    for _ in range(rng.randrange(1, 3)):
        entered(rng, chart, tumours.good_response(rng))
    for _ in range(2):
        entered(rng, chart, therapies.study(rng, (1, 30, 60, 91)))


def of_every_kind(rng: Random, chart: Chart) -> None:
    """Each kind of item with a chance of its own."""
    for percent, most, make in (*tumours.KINDS, *therapies.KINDS):
        if rng.random() * 100 < percent:
            for _ in range(rng.randrange(1, most + 1)):
                entered(rng, chart, make(rng))


def entered(rng: Random, chart: Chart, made: Resource) -> None:
    """Put a resource where a search for its kind would bring it."""
    key = KEYS[made["resourceType"]]
    listed = chart.beside if key == "medications" else chart.more.setdefault(key, [])
    made["id"] = f"onc-{made['resourceType'].lower()}-{len(listed)}"
    listed.append(made)


def spoil(rng: Random, chart: Chart) -> None:
    """One of these resources is not what it seems."""
    every = [x for key in ("conditions", *OWN) for x in chart.more.get(key, []) if str(x["id"]).startswith("onc-")]
    if every and rng.random() < 0.2:
        weights, changes = zip(*CHANGES, strict=True)
        change = rng.choices(changes, weights)[0]
        change(rng, rng.choice(every))
        chart.tags |= {f"oncology-{change.__name__}"} | ({"other-patient"} if change is foreign else set())


def to_come(rng: Random, made: Resource) -> None:
    """In the future: just within what clocks may differ, or beyond."""
    for key in TIMES:
        made.pop(key, None)
    name = {
        "Condition": "onsetDateTime", "Procedure": "performedDateTime", "ImagingStudy": "started",
    }.get(made["resourceType"], "effectiveDateTime")  # fmt: skip
    if made["resourceType"] != "CarePlan":
        made[name] = instant(NOW + timedelta(minutes=rng.choice((4, 6, 3000))))


def withdrawn(rng: Random, made: Resource) -> None:
    """Entered in error, or never more than a thought."""
    if made["resourceType"] == "Condition":
        codes = ("refuted", "entered-in-error", "unconfirmed", "provisional", "differential")
        made["verificationStatus"] = concept((VERIFICATION, rng.choice(codes)))
    else:
        made["status"] = "entered-in-error"


def unfinished(rng: Random, made: Resource) -> None:
    if made["resourceType"] == "Observation":
        made["status"] = rng.choice(("preliminary", "registered", "cancelled", "unknown"))


def modified(rng: Random, made: Resource) -> None:
    made["modifierExtension"] = [{"url": "https://ehr.example.org/fhir/not-known", "valueBoolean": True}]


def undated(rng: Random, made: Resource) -> None:
    for key in TIMES:
        made.pop(key, None)


def misdated(rng: Random, made: Resource) -> None:
    for key in TIMES:
        if isinstance(made.get(key), str):
            made[key] = rng.choice(("last spring", "2026-13-01", "23.11.2026"))


def unvalued(rng: Random, made: Resource) -> None:
    """Without a value, and said to be."""
    if made["resourceType"] == "Observation":
        for key in [x for x in made if x.startswith("value")]:
            del made[key]
        made["dataAbsentReason"] = {"coding": [{"code": "unknown"}]}


def foreign(rng: Random, made: Resource) -> None:
    made["subject"] = {"reference": "Patient/p2"}


CHANGES: tuple[tuple[int, Callable[[Random, Resource], None]], ...] = (
    (5, to_come), (5, withdrawn), (4, unfinished), (3, modified), (5, undated), (3, misdated), (3, unvalued),
    (2, foreign),
)  # fmt: skip


def sent(rng: Random, chart: Chart) -> None:
    """Say of each key how it comes: as a search brings it, mostly; absent, null, empty, failed, with a page to come."""
    for key in OWN:
        whole = searchset(chart.more.pop(key, []))
        usual = whole if "entry" in whole else rng.choices(("absent", whole, None), (42, 48, 10))[0]
        chart.tumour[key] = usual if rng.random() < 0.93 else unusual(rng, whole)
        if chart.tumour[key] is not usual:
            chart.tags.add(f"{key}-unusual")


def unusual(rng: Random, whole: Resource) -> Resource | str | None:
    """Another way in which a key may come."""
    page = {"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}
    failed = {**whole, "entry": [*whole.get("entry", []), {"resource": OUTCOME, "search": {"mode": "outcome"}}]}
    return rng.choice(("absent", None, OUTCOME, failed, {**whole, "link": [page]}, searchset([]), "none"))
