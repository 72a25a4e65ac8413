"""What was done to the disease before, and when it was looked at: drugs, procedures, imaging and reports of it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from tests.generative.clock import ago, written
from tests.generative.codes import LOINC
from tests.generative.support import ATC
from tests.generative.toxicities import concept
from tests.generative.tumours import PATIENT, SNOMED, some_time, timed

Resource = dict[str, Any]
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
SECTIONS = "http://terminology.hl7.org/CodeSystem/v2-0074"
OPS = "http://fhir.de/CodeSystem/bfarm/ops"
# Days ago, on and beside three calendar months and a fortnight.
IMAGED = (1, 10, 30, 60, 91, 100, 105, 105.9, 106.1, 107, 120, 150, 300)
# Antineoplastic drugs other than this one, and what is none.
DRUGS = ("L01DB01", "L01AA06", "L01XX19", "L01EX03", "A04AA01", "L03AA02")


def drug(rng: Random) -> Resource:
    """The medication of a statement or an order, as a concept or contained."""
    coded = concept((rng.choice(ATC), rng.choice(DRUGS)))
    if rng.random() < 0.7:
        return {"medicationCodeableConcept": coded}
    contained: Resource = {"resourceType": "Medication", "id": "m", "code": coded}
    if rng.random() < 0.3:
        contained = {"resourceType": "Medication", "id": "m", "ingredient": [{"itemCodeableConcept": coded}]}
    return {"contained": [contained], "medicationReference": {"reference": "#m"}}


def statement(rng: Random) -> Resource:
    states = ("completed", "active", "stopped", "on-hold", "not-taken", "intended", "entered-in-error", "unknown")
    status = rng.choices(states, (50, 15, 10, 5, 5, 5, 5, 5))[0]
    made = {"resourceType": "MedicationStatement", "status": status, **drug(rng), "subject": dict(PATIENT)}
    return made | timed(rng, "effective", some_time(rng))


def order(rng: Random) -> Resource:
    """An order of another antineoplastic drug."""
    states = ("completed", "stopped", "active", "on-hold", "cancelled", "draft", "entered-in-error")
    made = {
        "resourceType": "MedicationRequest",
        "status": rng.choices(states, (50, 15, 15, 5, 5, 5, 5))[0],
        "intent": rng.choices(("order", "plan", "proposal"), (85, 10, 5))[0],
        **drug(rng),
        "subject": dict(PATIENT),
    }
    if rng.random() < 0.04:
        made["doNotPerform"] = True
    return made | ({"authoredOn": written(rng, ago(rng.choice((30, 200, 500))))} if rng.random() < 0.9 else {})


def procedure(rng: Random) -> Resource:
    codes = (
        (SNOMED, "367336001"), (SNOMED, "18629005"), (SNOMED, "1162745003"), (OPS, "8-542.11"), (OPS, "8-54"),
        (SNOMED, "108290001"), (OPS, "8-522.90"),
    )  # fmt: skip
    states = ("completed", "in-progress", "stopped", "not-done", "preparation", "entered-in-error")
    status = rng.choices(states, (60, 10, 10, 8, 6, 6))[0]
    made = {"resourceType": "Procedure", "status": status, "code": concept(rng.choice(codes)), "subject": dict(PATIENT)}
    return made | timed(rng, "performed", some_time(rng))


def study(rng: Random, ages: tuple[float, ...] = IMAGED) -> Resource:
    """An ImagingStudy, its modality told of all of it or of a series."""
    modality = {"system": DICOM, "code": rng.choice(("CT", "CT", "MR", "PT", "US", "CR"))}
    told = {"modality": [modality]} if rng.random() < 0.6 else {"series": [{"uid": "1.2.3", "modality": modality}]}
    status = rng.choices(("available", "registered", "cancelled", "entered-in-error"), (85, 5, 5, 5))[0]
    made = {"resourceType": "ImagingStudy", "status": status, "subject": dict(PATIENT), **told}
    if rng.random() < 0.05:
        del made["status"]
    if rng.random() < 0.95:
        made["started"] = written(rng, ago(rng.choice(ages)), ("instant", "instant", "date"))
    return made


def report(rng: Random) -> Resource:
    section = (SECTIONS, rng.choice(("RAD", "CT", "NMR", "LAB", "CUS")))
    states = ("final", "amended", "appended", "preliminary", "partial", "registered", "cancelled", "entered-in-error")
    status = rng.choices(states, (60, 5, 5, 10, 5, 5, 5, 5))[0]
    made = {
        "resourceType": "DiagnosticReport",
        "status": status,
        "category": [concept(section)],
        "code": concept((LOINC, "18748-4")),
        "subject": dict(PATIENT),
    }
    return made | timed(rng, "effective", ago(rng.choice(IMAGED)) if rng.random() < 0.94 else None)


# How often a record has one of each kind, in percent, and how many at most.
KINDS: tuple[tuple[int, int, Callable[[Random], Resource]], ...] = (
    (24, 2, statement), (12, 1, order), (16, 1, procedure), (28, 2, study), (28, 2, report),
)  # fmt: skip
