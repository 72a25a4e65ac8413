"""Recorded toxicities: adverse events, conditions and gradings with a CTCAE term, and a grade in one of the codings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from tests.generative.chart import Chart, Resource
from tests.generative.clock import NOW, ago, instant, written

MEDDRA = (
    "http://terminology.hl7.org/CodeSystem/MDRAE", "https://www.meddra.org", "http://terminology.hl7.org/CodeSystem/MDRGER",
)  # fmt: skip
ONKO = "https://www.medizininformatik-initiative.de/fhir/ext/modul-onko/CodeSystem/"
NCI = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
NCI_GRADES = ("C75533", "C41338", "C41339", "C41340", "C41337", "C48275")
SEVERITY = "http://terminology.hl7.org/CodeSystem/adverse-event-severity"
OUTCOME = "http://terminology.hl7.org/CodeSystem/adverse-event-outcome"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
GRADE_URL = "https://ehr.example.org/fhir/StructureDefinition/ctcae-grade"

# MedDRA codes of terms of the blood that act, of those that do not, and of others; the last one is not a CTCAE term.
BLOOD = ("10002272", "10029366", "10016288", "10035528", "10043554", "10049182", "10048580")
LYMPHOCYTES = ("10025256", "10007839")
OTHERS = ("10028813", "10047700", "10016256", "10001551", "10011368", "10063057", "10014625", "10069339", "10012735")


def concept(*codings: tuple[str, str]) -> Resource:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code} for system, code in codings]}


def grade_concept(chart: Chart, grade: int | None) -> Resource:
    """A grade in one of the code systems; None: coded as unknown, or only in words."""
    if grade is None:
        german = concept((f"{ONKO}mii-cs-onko-nebenwirkung-ctcae-grad", "U"))
        return chart.rng.choice((german, concept((SEVERITY, "severe")), {"text": "severe"}))
    systems = [
        (f"{ONKO}mii-vs-onko-nebenwirkung-ctcae-grad", str(grade)),
        ("https://registry.example.org/fhir/ctcae-grade-code-system", str(grade)),
        (NCI, NCI_GRADES[grade]),
    ]
    german_grade = (f"{ONKO}mii-cs-onko-nebenwirkung-ctcae-grad", str(grade) if grade else "K")
    return concept(chart.rng.choice((german_grade, *systems)))


def grade_extension(chart: Chart, grade: int | None) -> Resource:
    """The grade in an extension, as a concept, a coding, a code or a number."""
    coded = grade_concept(chart, grade)
    if grade is None or "coding" not in coded:
        return {"url": GRADE_URL, "valueCodeableConcept": coded}
    values: tuple[Resource, ...] = (
        {"valueCodeableConcept": coded},
        {"valueCoding": coded["coding"][0]},
        {"valueInteger": grade},
    )
    return {"url": GRADE_URL, **chart.rng.choice(values)}


def term(chart: Chart, code: str) -> Resource:
    """The term, in one of the systems, sometimes with the version and words."""
    made = concept((chart.rng.choice(MEDDRA), code))
    if chart.rng.random() < 0.3:
        made["coding"][0]["version"] = chart.rng.choice(("5.0", "4.03"))
    return made | ({"text": "Toxicity of treatment"} if chart.rng.random() < 0.3 else {})


def numbered(chart: Chart, name: str) -> str:
    chart.counter += 1
    return f"{name}-{chart.counter}"


def adverse_event(chart: Chart, code: str, grade: int | None, onset: datetime | None, resolved: bool) -> Resource:
    """An AdverseEvent; the grade in `severity` or in an extension."""
    made: Resource = {
        "resourceType": "AdverseEvent",
        "id": numbered(chart, "ae"),
        "actuality": "actual",
        "event": term(chart, code),
        "subject": {"reference": "Patient/p1"},
    }
    if chart.rng.random() < 0.7:
        made["severity"] = grade_concept(chart, grade)
    else:
        made["extension"] = [grade_extension(chart, grade)]
    if onset:
        made[chart.rng.choices(("date", "detected", "recordedDate"), (80, 10, 10))[0]] = when(chart, onset)
    if resolved:
        made["outcome"] = concept((OUTCOME, chart.rng.choice(("resolved", "resolvedWithSequelae"))))
    elif chart.rng.random() < 0.4:
        made["outcome"] = concept((OUTCOME, chart.rng.choice(("ongoing", "recovering", "unknown"))))
    chart.more["adverseEvents"].append(made)
    return made


def when(chart: Chart, moment: datetime) -> str:
    """An onset: mostly an instant, sometimes a day."""
    return written(chart.rng, moment, ("instant", "instant", "instant", "date"))


def condition(chart: Chart, code: str, grade: int | None, onset: datetime | None, resolved: bool) -> Resource:
    """A Condition; the grade in `severity` or in an extension."""
    clinical = chart.rng.choice(("resolved", "inactive", "remission")) if resolved else "active"
    made: Resource = {
        "resourceType": "Condition",
        "id": numbered(chart, "cond"),
        "clinicalStatus": concept((CLINICAL, clinical)),
        "verificationStatus": concept((VERIFICATION, "confirmed")),
        "code": term(chart, code),
        "subject": {"reference": "Patient/p1"},
    }
    if chart.rng.random() < 0.6:
        made["severity"] = grade_concept(chart, grade)
    else:
        made["extension"] = [grade_extension(chart, grade)]
    if onset:
        begun = when(chart, onset)
        made |= {"onsetPeriod": {"start": begun}} if chart.rng.random() < 0.2 else {"onsetDateTime": begun}
    if resolved and chart.rng.random() < 0.5:
        made["abatementDateTime"] = instant(max(onset or ago(3), ago(3)))
    chart.more["conditions"].append(made)
    return made


def grading(chart: Chart, code: str, grade: int | None, onset: datetime | None, resolved: bool) -> Resource:
    """An Observation that grades a term, as its value or in a component."""
    made: Resource = {
        "resourceType": "Observation",
        "id": numbered(chart, "tox"),
        "status": "final",
        "code": term(chart, code),
        "subject": {"reference": "Patient/p1"},
    }
    value = {"valueCodeableConcept": grade_concept(chart, grade)}
    if chart.rng.random() < 0.7:
        made |= value
    else:
        made["component"] = [{"code": {"text": "grade"}, **value}]
    if onset and resolved:
        made["effectivePeriod"] = {"start": instant(onset), "end": instant(max(onset, ago(1)))}
    elif onset:
        made["effectiveDateTime"] = when(chart, onset)
    chart.more["gradings"].append(made)
    return made


KINDS: tuple[Callable[[Chart, str, int | None, datetime | None, bool], Resource], ...] = (
    adverse_event, adverse_event, condition, grading,
)  # fmt: skip


def record(chart: Chart, codes: tuple[str, ...], grade: int | None, days: float, resolved: bool) -> Resource:
    """A toxicity with one of these codes, that many days ago, as one of the kinds of resource."""
    return chart.rng.choice(KINDS)(chart, chart.rng.choice(codes), grade, ago(days), resolved)


def unsure(chart: Chart, made: Resource) -> None:
    """Say of a recorded toxicity that it is not sure, or was none, or leave out what makes it one."""
    kind = made["resourceType"]
    if kind == "Condition":
        states = ("unconfirmed", "provisional", "differential", "refuted", "entered-in-error")
        made["verificationStatus"] = concept((VERIFICATION, chart.rng.choice(states)))
    elif kind == "AdverseEvent":
        made["actuality"] = "potential"
    else:
        made["status"] = chart.rng.choice(("preliminary", "cancelled", "entered-in-error", "registered", "unknown"))


def undated(chart: Chart, made: Resource) -> None:
    for key in (
        "date",
        "detected",
        "recordedDate",
        "onsetDateTime",
        "onsetPeriod",
        "effectiveDateTime",
        "effectivePeriod",
    ):
        made.pop(key, None)


def to_come(chart: Chart, made: Resource) -> None:
    undated(chart, made)
    member = {"AdverseEvent": "date", "Condition": "onsetDateTime", "Observation": "effectiveDateTime"}
    made[member[made["resourceType"]]] = instant(NOW + chart.rng.choice((NOW - ago(0, minutes=4), NOW - ago(2))))


def modified(chart: Chart, made: Resource) -> None:
    made["modifierExtension"] = [{"url": "https://ehr.example.org/fhir/not-known", "valueBoolean": True}]


def foreign(chart: Chart, made: Resource) -> None:
    made["subject"] = {"reference": "Patient/p2"}
    chart.tags.add("other-patient")


def twice_graded(chart: Chart, made: Resource) -> None:
    """Two grades that differ: the worse counts."""
    for key in ("severity", "valueCodeableConcept"):
        if "coding" in made.get(key, {}):
            made[key]["coding"].append({"system": NCI, "code": chart.rng.choice(NCI_GRADES[1:5])})


EVENT_CHANGES: tuple[tuple[int, Callable[[Chart, Resource], None]], ...] = (
    (6, unsure), (3, undated), (2, to_come), (2, modified), (1, foreign), (2, twice_graded),
)  # fmt: skip


def toxicity(chart: Chart) -> None:
    """One recorded toxicity of any kind, grade and age, sometimes with something amiss."""
    rng = chart.rng
    codes = rng.choices((BLOOD, LYMPHOCYTES, OTHERS), (30, 6, 64))[0]
    grade = rng.choices((0, 1, 2, 3, 4, 5, None), (3, 10, 20, 40, 10, 2, 15))[0]
    made = record(chart, codes, grade, rng.choice((0.5, 2, 6, 9, 16, 30, 80, 200)), rng.random() < 0.3)
    if rng.random() < 0.35:
        weights, changes = zip(*EVENT_CHANGES, strict=True)
        change = rng.choices(changes, weights)[0]
        change(chart, made)
        chart.tags.add(f"toxicity-{change.__name__}")
