"""Hook calls as small as they may be, for tests that change one thing in them."""

from typing import Any

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
OMEPRAZOLE = {"coding": [{"system": "http://www.whocc.no/atc", "code": "A02BC01"}], "text": "Omeprazole 20 mg"}
TROFOSFAMIDE = {"coding": [{"system": "http://www.whocc.no/atc", "code": "L01AA07"}], "text": "Trofosfamide 50 mg"}


def drafts(medication: dict[str, Any] = OMEPRAZOLE) -> dict[str, Any]:
    """A Bundle of one draft order."""
    order = {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": medication,
        "subject": {"reference": "Patient/p-1"},
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 50, "unit": "mg"}}],
            }
        ],
    }
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": order}]}


def call(medication: dict[str, Any] = OMEPRAZOLE, **more: Any) -> dict[str, Any]:
    """An order-sign call; `more` are further members of the envelope."""
    context = {"patientId": "p-1", "userId": "Practitioner/u-1", "draftOrders": drafts(medication)}
    return {"hook": "order-sign", "hookInstance": INSTANCE, "context": context, **more}


def selecting(*selections: Any, medication: dict[str, Any] = OMEPRAZOLE, **more: Any) -> dict[str, Any]:
    """An order-select call about these of its drafts; `more` are further members of the envelope."""
    made = call(medication, **more)
    context = {**made["context"], "selections": list(selections)}
    return {**made, "hook": "order-select", "context": context}


def viewing(**more: Any) -> dict[str, Any]:
    """A patient-view call; `more` are further members of the envelope."""
    context = {"patientId": "p-1", "userId": "Practitioner/u-1"}
    return {"hook": "patient-view", "hookInstance": INSTANCE, "context": context, **more}


def changed(path: str, value: Any) -> dict[str, Any]:
    """A call with one element set, by its path such as "context.patientId"; `REMOVED` takes it away."""
    made = call()
    place = made
    *parents, name = path.split(".")
    for parent in parents:
        place = place[parent]
    place.pop(name, None) if value is REMOVED else place.update({name: value})
    return made


REMOVED = object()
