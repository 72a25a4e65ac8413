"""Order-sign requests of a given size, in the shape that an EHR sends: invented patient, real field sizes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SERVICE = "/cds-services/trofosfamide-order-sign"
PATIENT = "p-benchmark"
ANALYTES = (
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "12.1", "g/dL", "12.0", "16.0"),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "4.2", "10*3/uL", "4.0", "10.0"),
    ("751-8", "Neutrophils [#/volume] in Blood by Automated count", "2.3", "10*3/uL", "1.8", "7.5"),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", "212", "10*3/uL", "150", "400"),
    ("731-0", "Lymphocytes [#/volume] in Blood by Automated count", "1.2", "10*3/uL", "1.0", "4.0"),
)
_LAB = "http://terminology.hl7.org/CodeSystem/observation-category"


def order_sign(observations: int, drug: str = "trofosfamide") -> bytes:
    """The body of a call with that many results of one course, newest first, and eight medication orders."""
    orders = [_order(i, "other") for i in range(7)] + [_order(7, "trofosfamide", started=40)]
    draft = _order(8, drug, status="draft") | {"priorPrescription": {"reference": "MedicationRequest/order-7"}}
    call = {
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "hook": "order-sign",
        "context": {"userId": "Practitioner/x", "patientId": PATIENT, "draftOrders": _bundle("collection", [draft])},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": PATIENT, "birthDate": "1958-03-14"},
            "medications": _bundle("searchset", orders),
            "results": _bundle("searchset", [_result(i) for i in range(observations)]),
        },
    }
    return json.dumps(call, separators=(",", ":")).encode()


def _bundle(kind: str, resources: list[dict[str, Any]]) -> dict[str, Any]:
    base = "https://ehr.example.org/fhir"
    entries = [{"fullUrl": f"{base}/{x['resourceType']}/{x['id']}", "resource": x} for x in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def _result(index: int) -> dict[str, Any]:
    code, name, value, unit, low, high = ANALYTES[index % len(ANALYTES)]
    # A visit has one result of each analyte; a course of 40 days is as long for any number of them.
    visit = index // len(ANALYTES)
    taken = NOW - timedelta(days=2, minutes=17 * visit)
    return {
        "resourceType": "Observation",
        "id": f"result-{index}",
        "meta": {"versionId": "1", "lastUpdated": _instant(taken + timedelta(hours=2)), "source": "#lab-feed"},
        "identifier": [{"system": "https://lab.example.org/results", "value": f"L{index:07}"}],
        "status": "final",
        "category": [{"coding": [{"system": _LAB, "code": "laboratory", "display": "Laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": name}], "text": name},
        "subject": {"reference": f"Patient/{PATIENT}", "display": "Benchmark, Invented"},
        "effectiveDateTime": _instant(taken),
        "issued": _instant(taken + timedelta(hours=1)),
        "performer": [{"reference": "Organization/lab", "display": "Central laboratory"}],
        "valueQuantity": _quantity(value, unit),
        "referenceRange": [{"low": _quantity(low, unit), "high": _quantity(high, unit)}],
    }


def _order(index: int, drug: str, started: int = 40, status: str = "active") -> dict[str, Any]:
    atc, name = ("L01AA07", "trofosfamide") if drug == "trofosfamide" else ("A02BC01", "omeprazole")
    authored = _instant(NOW - timedelta(days=started if status == "active" else 0))
    coding = [{"system": "http://www.whocc.no/atc", "code": atc, "display": name}]
    return {
        "resourceType": "MedicationRequest",
        "id": f"order-{index}",
        "meta": {"versionId": "1", "lastUpdated": authored},
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": {"coding": coding, "text": name},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "authoredOn": authored,
        "requester": {"reference": "Practitioner/x"},
        "dosageInstruction": [
            {
                "text": "50 mg twice a day by mouth",
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": _quantity("50", "mg")}],
            }
        ],
    }


def _quantity(value: str, unit: str) -> dict[str, Any]:
    number = float(value) if "." in value else int(value)
    return {"value": number, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def _instant(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
