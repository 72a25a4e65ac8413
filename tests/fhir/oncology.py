"""The oncology record as JSON, built from the few words that a case is about, and how it is read."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import Evidence, Unknown
from cds_service.fhir import bundle, oncology
from cds_service.fhir.events.view import View
from cds_service.fhir.oncology import KEYS, Oncology
from cds_service.fhir.patient import references
from cds_service.fhir.shelf import shelf
from cds_service.fhir.site import NO_SITE, Site
from tests.fhir.observations import BERLIN, LOINC, SERVER, Json, coded, searchset

LATEST = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
SEEN = "2026-11-10T08:00:00Z"

SNOMED, ATC = "http://snomed.info/sct", "http://www.whocc.no/atc"
ICD_O_3, ICD_10 = "http://terminology.hl7.org/CodeSystem/icd-o-3", "http://hl7.org/fhir/sid/icd-10"
GERMAN_ICD, AMERICAN_ICD = "http://fhir.de/CodeSystem/bfarm/icd-10-gm", "http://hl7.org/fhir/sid/icd-10-cm"
OPS = "http://fhir.de/CodeSystem/bfarm/ops"
DICOM, SERVICES = "http://dicom.nema.org/resources/ontology/DCM", "http://terminology.hl7.org/CodeSystem/v2-0074"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_MII = "https://www.medizininformatik-initiative.de/fhir/ext/modul-onko"
COURSE = f"{_MII}/CodeSystem/mii-cs-onko-verlauf-gesamtbeurteilung"
CONFIRMED_BY = f"{_MII}/CodeSystem/mii-cs-onko-primaertumor-diagnosesicherung"
GERMAN_ECOG = f"{_MII}/CodeSystem/mii-cs-onko-allgemeiner-leistungszustand-ecog"
MORPHOLOGY = f"{_MII}/StructureDefinition/mii-ex-onko-histology-morphology-behavior-icdo3"
DEFINITION = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/"


def _resource(kind: str, usual: Json, members: Json) -> Json:
    sent = {"resourceType": kind, "id": "x", "subject": {"reference": "Patient/p"}, **usual, **members}
    return {name: member for name, member in sent.items() if member is not None}


def observed(code: str, value: Any = None, system: str = LOINC, **members: Any) -> Json:
    """An Observation with a coded value; a member given as None is left out."""
    usual = {"status": "final", "code": coded(code, system=system), "effectiveDateTime": SEEN}
    return _resource("Observation", {**usual, "valueCodeableConcept": value}, members)


def response(code: str, system: str = SNOMED, **members: Any) -> Json:
    return observed("97509-4", coded(code, system=system), **members)


def morphology(code: str, **members: Any) -> Json:
    return observed("59847-4", coded(code, system=ICD_O_3), **members)


def ecog(grade: Any, **members: Any) -> Json:
    return observed("89247-1", valueInteger=grade, **members)


def german_ecog(code: str, component: str = "423740007", **members: Any) -> Json:
    """The German performance status; `component` says of which scale."""
    part = {"code": coded(component, system=SNOMED), "valueCodeableConcept": coded(code, system=GERMAN_ECOG)}
    return observed("423690003", system=SNOMED, **{"component": [part], **members})


def condition(code: str, system: str = ICD_10, **members: Any) -> Json:
    return _resource("Condition", {"code": coded(code, system=system), "onsetDateTime": "2026-10-01"}, members)


def with_morphology(*codes: str, url: str = MORPHOLOGY, system: str = ICD_O_3) -> Json:
    return {"extension": [{"url": url, "valueCodeableConcept": coded(*codes, system=system)}]}


def verified(status: str | None = "confirmed", by: str | None = "7") -> Json:
    """The verification of a diagnosis, and the German code of how it was confirmed."""
    sent = [(VERIFICATION, status), (CONFIRMED_BY, by)]
    return {"verificationStatus": {"coding": [{"system": x, "code": y} for x, y in sent if y]}}


def statement(atc: str = "L01DB01", **members: Any) -> Json:
    drug = {} if "medicationReference" in members else {"medicationCodeableConcept": coded(atc, system=ATC)}
    return _resource("MedicationStatement", {"status": "completed", **drug, "effectiveDateTime": SEEN}, members)


def order(atc: str = "L01DB01", **members: Any) -> Json:
    drug = {} if "medicationReference" in members else {"medicationCodeableConcept": coded(atc, system=ATC)}
    return _resource(
        "MedicationRequest", {"status": "completed", "intent": "order", **drug, "authoredOn": SEEN}, members
    )


def procedure(code: str = "367336001", system: str = SNOMED, **members: Any) -> Json:
    usual = {"status": "completed", "code": coded(code, system=system), "performedDateTime": SEEN}
    return _resource("Procedure", usual, members)


def study(*modalities: str, system: str = DICOM, **members: Any) -> Json:
    usual = {"status": "available", "started": SEEN, "modality": [{"system": system, "code": x} for x in modalities]}
    return _resource("ImagingStudy", usual, members)


def report(*services: str, system: str = SERVICES, **members: Any) -> Json:
    usual = {"status": "final", "code": {"text": "CT of the chest"}, "effectiveDateTime": SEEN}
    return _resource("DiagnosticReport", {**usual, "category": [coded(x, system=system) for x in services]}, members)


def plan(*canonicals: Any, **members: Any) -> Json:
    return _resource("CarePlan", {"status": "active", "intent": "plan", "instantiatesCanonical": canonicals}, members)


_KEYS = {
    "Observation": "cancer",
    "Condition": "conditions",
    "MedicationStatement": "statements",
    "MedicationRequest": "medications",
    "Medication": "medications",
    "Procedure": "treatments",
    "ImagingStudy": "imaging",
    "DiagnosticReport": "imagingReports",
    "CarePlan": "carePlans",
}


def read(*resources: Json, zone: ZoneInfo = BERLIN, server: str = SERVER, site: Site = NO_SITE) -> Oncology:
    """What comes of these resources for the patient p; all else was read, and is empty."""
    by_key: dict[str, list[Json]] = {key: [] for key in (*KEYS, "medications")}
    for resource in resources:
        by_key[_KEYS[resource["resourceType"]]].append(resource)
    return read_pages({key: searchset(*found) for key, found in by_key.items()}, zone, server, site)


def read_pages(sent: dict[str, Any], zone: ZoneInfo = BERLIN, server: str = SERVER, site: Site = NO_SITE) -> Oncology:
    """What comes of prefetched values as they were sent."""
    pages = {key: bundle.read(value) for key, value in sent.items()}
    shelved = shelf(sent.values(), server)
    return oncology.read(pages, View(references("p", server), server, zone, LATEST, shelved, site))


def evidence(*resources: Json, **more: Any) -> Evidence:
    """The one item of evidence that comes of these resources, of which nothing else comes."""
    found = read(*resources, **more)
    assert (found.declared, found.unseen, found.foreign) == ((), (), ())
    [one] = found.evidence
    return one


def unseen(*resources: Json) -> Unknown:
    """The one item that was not understood, beside which nothing is known."""
    found = read(*resources)
    assert (found.evidence, found.declared, found.foreign) == ((), (), ())
    [one] = found.unseen
    return one


def is_silent(*resources: Json, **more: Any) -> bool:
    """True where nothing at all comes of these resources."""
    return read(*resources, **more) == Oncology()
