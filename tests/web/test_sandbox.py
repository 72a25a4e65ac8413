"""Requests in the shapes that real clients send, the official sandbox first; none of them is an error."""

import json
from typing import Any

import pytest

from tests.hook.calls import INSTANCE, OMEPRAZOLE, TROFOSFAMIDE, call
from tests.support import ORDER_SIGN, client

TYPING = {
    "resourceType": "MedicationRequest",
    "id": "request-123",
    "status": "draft",
    "subject": {"reference": "Patient/p-1"},
}
CATEGORY_AS_OBJECT = {
    **TYPING,
    "category": {"coding": [{"code": "outpatient"}]},
    "medicationCodeableConcept": OMEPRAZOLE,
}


def sandbox(*orders: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A call as the sandbox makes it: no Bundle type, no encounter, its own FHIR server and a token."""
    context = {
        "userId": "Practitioner/COREPRACTITIONER1",
        "patientId": "p-1",
        "selections": ["MedicationRequest/request-123"],
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": x} for x in orders]},
    }
    authorization = {"access_token": "none", "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": ""}
    server = {"fhirServer": "https://launch.example/v/r4/fhir", "fhirAuthorization": authorization}
    return {"hookInstance": INSTANCE, "hook": "order-sign", "context": context, **server, **more}


@pytest.mark.requirement(27, 29)
@pytest.mark.parametrize(
    "request_",
    [
        sandbox(),
        sandbox(TYPING),
        sandbox(CATEGORY_AS_OBJECT),
        sandbox({**TYPING, "medicationCodeableConcept": {"text": ""}}),
        sandbox({**TYPING, "medicationCodeableConcept": {}}),
        sandbox({"resourceType": "ServiceRequest", "id": "s"}),
        sandbox({"resourceType": "Unheard", "id": "s"}),
        sandbox(CATEGORY_AS_OBJECT, prefetch={}),
        sandbox(CATEGORY_AS_OBJECT, prefetch={"patient": {"resourceType": "Patient", "id": "p-1"}}),
        sandbox(CATEGORY_AS_OBJECT, extension={"com.example.seen": {"at": 1}}),
    ],
    ids=range(10),
)
def test_what_is_not_about_the_drug_is_answered_at_once(request_: dict[str, Any]) -> None:
    response = client().post(ORDER_SIGN, json=request_, headers={"Accept": "application/json+fhir"})
    assert (response.status_code, response.get_json()) == (200, {"cards": []})


@pytest.mark.requirement(27, 29, 31)
def test_an_order_of_the_drug_in_the_sandbox_gets_a_card() -> None:
    order = {**TYPING, "medicationCodeableConcept": TROFOSFAMIDE}
    prefetch = {"patient": None, "medications": None, "results": None}
    response = client().post(ORDER_SIGN, json=sandbox(order, prefetch=prefetch))
    assert len(response.get_json()["cards"]) == 1


@pytest.mark.requirement(29)
def test_unknown_members_anywhere_change_nothing() -> None:
    plain = call(TROFOSFAMIDE, prefetch={"patient": None, "medications": None, "results": None})
    noisy = json.loads(json.dumps(plain))
    noisy |= {"extension": {"com.example.x": {"y": 1}}, "unknown": [None, {"deep": {}}]}
    noisy["context"] |= {"extension": {"com.example.x": {}}, "selections": [], "unknown": None}
    noisy["context"]["draftOrders"] |= {"unknown": 1}
    noisy["prefetch"] |= {"unknown": {"resourceType": "Basic"}}
    first, second = (client().post(ORDER_SIGN, json=x).get_json()["cards"][0] for x in (plain, noisy))
    assert first["detail"] == second["detail"]
