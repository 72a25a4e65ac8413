"""MedicationRequests as EHRs send them: how the drug is named, how the span is said, how one order replaces another."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.generative.clock import NOW, ZONES, day, instant, written
from tests.generative.dosages import Amount, dosage, milligrams, tablets

SNOMED = "http://snomed.info/sct"
ATC = ("http://www.whocc.no/atc", "http://fhir.de/CodeSystem/bfarm/atc", "http://fhir.de/CodeSystem/dimdi/atc")
PATIENT = {"reference": "Patient/p1"}
OTHER_DRUGS: tuple[dict[str, Any], ...] = (
    {"coding": [{"system": ATC[0], "code": "L01AA06", "display": "ifosfamide"}], "text": "Ifosfamide 1 g"},
    {"coding": [{"system": ATC[0], "code": "L01AA01"}], "text": "Cyclophosphamide 50 mg"},
    {"text": "Ifosfamid"},
    {"text": "cyclophosphamide 50 mg"},
    {"text": "Glufosfamide"},
    {"text": "Mafosfamid"},
    {"coding": [{"system": ATC[0], "code": "A04AA01"}], "text": "Ondansetron 8 mg"},
    {"coding": [{"system": SNOMED, "code": "387517004"}], "text": "Paracetamol"},
)
TEXT_ONLY = ("Trofosfamide 50 mg", "Trofosfamid Tabl.", "trophosphamide", "IXOTEN 50 mg", "Ixoten")


def coded_drug(rng: Random) -> dict[str, Any]:
    """A CodeableConcept that is trofosfamide by code."""
    snomed = {"system": SNOMED, "code": "1156222009", "display": "Trofosfamide"}
    coding = rng.choice((snomed, snomed, {"system": rng.choice(ATC), "code": "L01AA07"}))
    return {"coding": [coding]} | ({"text": "Trofosfamide 50 mg tablets"} if rng.random() < 0.5 else {})


def medication(rng: Random, identifier: str, milligrams_each: int = 50) -> dict[str, Any]:
    """A Medication: a trofosfamide tablet of that strength."""
    strength = {
        "numerator": milligrams(milligrams_each),
        "denominator": {"value": 1, "unit": "tablet", "system": "http://unitsofmeasure.org", "code": "{tbl}"},
    }
    ingredient = {"itemCodeableConcept": coded_drug(rng), "strength": strength}
    made: dict[str, Any] = {"resourceType": "Medication", "id": identifier, "ingredient": [ingredient]}
    return made | ({"code": coded_drug(rng)} if rng.random() < 0.6 else {})


def named(rng: Random, number: str) -> tuple[dict[str, Any], list[dict[str, Any]], Amount]:
    """The order's drug members, the Medications that the bundle must hold for them, and how a dose may be written."""
    style = rng.choices(("concept", "contained", "bundled"), (76, 16, 8))[0]
    if style == "concept":
        return {"medicationCodeableConcept": coded_drug(rng)}, [], milligrams
    amount = tablets(rng) if rng.random() < 0.7 else milligrams
    if style == "contained":
        contained = [medication(rng, "med")]
        return {"contained": contained, "medicationReference": {"reference": "#med"}}, [], amount
    reference = {"medicationReference": {"reference": f"Medication/med-{number}"}}
    return reference, [medication(rng, f"med-{number}")], amount


def span(rng: Random, start: datetime, end: datetime | None) -> dict[str, Any]:
    """Members that say from when to when, outside the dosage: authored, validity or supply."""
    authored = written(rng, start, ("instant", "instant", "date"))
    if end is None:
        return {"authoredOn": authored}
    if rng.random() < 0.5:
        period = {"start": instant(start), "end": instant(end)}
        return {"authoredOn": authored, "dispenseRequest": {"validityPeriod": period}}
    days = max((end - start).days, 1)
    supply = {"value": days, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"}
    return {"authoredOn": instant(start, rng.choice(ZONES)), "dispenseRequest": {"expectedSupplyDuration": supply}}


def bounded(instructions: list[dict[str, Any]], start: datetime, end: datetime | None) -> list[dict[str, Any]]:
    """The same instructions, each with the bounds of the order."""
    bounds = {"start": day(start)} | ({"end": day(end)} if end else {})
    for instruction in instructions:
        repeat = instruction.setdefault("timing", {}).setdefault("repeat", {})
        repeat["boundsPeriod"] = dict(bounds)
    return instructions


def order(
    rng: Random, number: str, daily: int, start: datetime, end: datetime | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An active order of that many mg/day, and the Medications that its bundle must hold."""
    drug, beside, amount = named(rng, number)
    instructions = dosage(rng, daily, amount)
    made: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": f"mr-{number}",
        "status": "active",
        "intent": rng.choices(("order", "original-order", "reflex-order", "filler-order"), (85, 7, 3, 5))[0],
        **drug,
        "subject": dict(PATIENT),
    }
    if rng.random() < 0.3:
        bounded(instructions, start, end)
        made["authoredOn"] = instant(start - timedelta(hours=1))
    else:
        made |= span(rng, start, end)
    if rng.random() < 0.2:
        made["identifier"] = [{"system": "https://ehr.example.org/orders", "value": f"o-{number}"}]
    made["dosageInstruction"] = instructions
    return made, beside


def draft(rng: Random, number: str, daily: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A draft of that many mg/day, to start now, and the Medications that its bundle must hold."""
    drug, beside, amount = named(rng, number)
    made: dict[str, Any] = {
        "resourceType": "MedicationRequest",
        "id": f"draft-{number}",
        "status": "draft",
        "intent": "order",
        **drug,
        "subject": dict(PATIENT),
        "dosageInstruction": dosage(rng, daily, amount),
    }
    if rng.random() < 0.7:
        made["authoredOn"] = instant(NOW, rng.choice(ZONES))
    return made, beside


def replacing(rng: Random, new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """The draft, said to replace that order in one of the ways there are."""
    reference = {"reference": f"MedicationRequest/{old['id']}"}
    style = rng.choices(("prior", "based", "id", "identifier"), (60, 15, 15, 10))[0]
    if style == "id":
        return {**new, "id": old["id"]}
    if style == "identifier" and "identifier" in old:
        return {**new, "identifier": old["identifier"]}
    return {**new, "basedOn": [reference]} if style == "based" else {**new, "priorPrescription": reference}
