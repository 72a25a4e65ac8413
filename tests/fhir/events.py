"""Recorded toxicities and what was given in support, as JSON, built from the few words that a case is about."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import Support, Toxicity, Unknown
from cds_service.fhir import bundle, events
from cds_service.fhir.events import KEYS, Events
from tests.fhir.observations import BERLIN, SERVER, Json, coded, searchset

LATEST = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
ONSET = "2026-11-10T08:00:00Z"
GIVEN = "2026-11-18T08:00:00Z"

MDRAE, MEDDRA = "http://terminology.hl7.org/CodeSystem/MDRAE", "https://www.meddra.org"
MII = "https://www.medizininformatik-initiative.de/fhir/ext/modul-onko/CodeSystem/mii-cs-onko-nebenwirkung-ctcae-grad"
MII_2024 = MII.replace("mii-cs", "mii-vs")
HL7_GRADES = "http://hl7.org/fhir/us/ctcae/CodeSystem/ctcae-grade-code-system"
NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
SNOMED, ATC = "http://snomed.info/sct", "http://www.whocc.no/atc"
OUTCOME = "http://terminology.hl7.org/CodeSystem/adverse-event-outcome"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

FATIGUE, NEUTROPENIA = "10016256", "10029366"
PLATELETS, RED_CELLS = "12719002", "116863004"
FILGRASTIM, PEGFILGRASTIM = "L03AA02", "L03AA13"


def _resource(kind: str, usual: Json, members: Json) -> Json:
    sent = {"resourceType": kind, "id": "x", "subject": {"reference": "Patient/p"}, **usual, **members}
    return {name: member for name, member in sent.items() if member is not None}


def grade(code: Any, system: str = MII) -> Json:
    return coded(code, system=system)


def graded_by(value: Json, url: str = "http://hl7.org/fhir/us/ctcae/StructureDefinition/ctcae-grade") -> Json:
    """The extensions of a resource that carries its grade in one."""
    return {"extension": [{"url": url, **value}]}


def adverse_event(**members: Any) -> Json:
    """Fatigue of grade 3 as a German record has it; a member given as None is left out."""
    usual = {"actuality": "actual", "event": coded(FATIGUE, system=MEDDRA), "severity": grade("3"), "date": ONSET}
    return _resource("AdverseEvent", usual, members)


def condition(**members: Any) -> Json:
    usual = {"code": coded(FATIGUE, system=MDRAE), "severity": grade("3", HL7_GRADES), "onsetDateTime": ONSET}
    return _resource("Condition", usual, members)


def grading(**members: Any) -> Json:
    """An Observation of a term with its grade as the value."""
    usual = {"status": "final", "code": coded(FATIGUE, system=MDRAE), "effectiveDateTime": ONSET}
    return _resource("Observation", {**usual, "valueCodeableConcept": grade("3", HL7_GRADES)}, members)


def procedure(**members: Any) -> Json:
    usual = {"status": "completed", "code": coded(PLATELETS, system=SNOMED), "performedDateTime": GIVEN}
    return _resource("Procedure", usual, members)


def administration(**members: Any) -> Json:
    drug = {} if "medicationReference" in members else {"medicationCodeableConcept": coded(FILGRASTIM, system=ATC)}
    return _resource("MedicationAdministration", {"status": "completed", **drug, "effectiveDateTime": GIVEN}, members)


_KEYS = {
    "AdverseEvent": "adverseEvents",
    "Condition": "conditions",
    "Observation": "gradings",
    "Procedure": "transfusions",
    "MedicationAdministration": "administrations",
    "Medication": "administrations",
}


def read(*resources: Json, zone: ZoneInfo = BERLIN, server: str = SERVER) -> Events:
    """What comes of these resources for the patient p; all else was read, and is empty."""
    by_key: dict[str, list[Json]] = {key: [] for key in KEYS}
    for resource in resources:
        by_key[_KEYS[resource["resourceType"]]].append(resource)
    return read_pages({key: searchset(*found) for key, found in by_key.items()}, zone, server)


def read_pages(sent: dict[str, Any], zone: ZoneInfo = BERLIN, server: str = SERVER) -> Events:
    """What comes of prefetched values as they were sent."""
    pages = {key: bundle.read(value) for key, value in sent.items()}
    return events.read(pages, "p", server, zone, LATEST)


def toxicity(*resources: Json) -> Toxicity:
    """The one toxicity that comes of these resources, of which nothing else comes."""
    found = read(*resources)
    assert (found.supports, found.unclear, found.foreign, found.gaps) == ((), (), (), ())
    [one] = found.toxicities
    return one


def support(*resources: Json) -> Support:
    found = read(*resources)
    assert (found.toxicities, found.unclear, found.foreign, found.gaps) == ((), (), (), ())
    [one] = found.supports
    return one


def unclear(*resources: Json) -> Unknown:
    """The one item that was not understood, beside which nothing is known."""
    found = read(*resources)
    assert (found.toxicities, found.supports, found.foreign, found.gaps) == ((), (), (), ())
    [one] = found.unclear
    return one
