"""The examples of docs/integration.md: calls as an EHR makes them, posted here, and what came of each."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from cds_service.fhir.prefetch import ON_DEMAND, TEMPLATES
from tests.hook.calls import INSTANCE, OMEPRAZOLE, TROFOSFAMIDE, call, drafts
from tests.support import ORDER_SIGN, client, normalise

_SELECT, _VIEW = (ORDER_SIGN.replace("order-sign", x) for x in ("order-select", "patient-view"))
_DRAFT = drafts(TROFOSFAMIDE)["entry"][0]["resource"]
_NONE: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
Example = tuple[str, str, Any]
_WIDTH = 110


def examples() -> str:
    """Each example with its call, its status and its answer."""
    return "\n\n".join(_posted(*x) for x in _examples())


def prefetch() -> str:
    """What each service asks for, what it reads on demand, and what an EHR has to allow for that."""
    asked = [_row(key, query, "prefetched, else read") for key, query in TEMPLATES.items()]
    read = [_row(key, query, "read; taken where it is prefetched") for key, query in ON_DEMAND.items()]
    named = ("", "`Medication/<id>`", "`Medication`", "what an order refers to and did not come")
    head = ("| key | query | scope | how |", "|---|---|---|---|")
    rows = [f"| {' | '.join(x)} |" for x in (*asked, *read, named)]
    return "\n".join((*head, *rows)).replace("`Medication` |", "`user/Medication.r` |")


def scopes() -> list[str]:
    """The SMART scopes that all reads of a call need, in the words of SMART 2."""
    kinds = {query.partition("?")[0].partition("/")[0] for query in (*TEMPLATES.values(), *ON_DEMAND.values())}
    return sorted(f"patient/{x}.{'r' if x == 'Patient' else 'rs'}" for x in kinds)


def _row(key: str, query: str, how: str) -> tuple[str, str, str, str]:
    kind = query.partition("?")[0].partition("/")[0]
    codes = query.partition("&code=")[2].partition("&")[0]
    short = query.replace(codes, "...") if codes else query
    return f"`{key}`", f"`{short}`", f"`patient/{kind}.{'r' if kind == 'Patient' else 'rs'}`", how


def _examples() -> list[Example]:
    return [
        ("An order of another drug is signed", ORDER_SIGN, call(OMEPRAZOLE)),
        ("An order of the drug is signed, while the neutrophils are low", ORDER_SIGN, _signing()),
        ("The same order is being chosen, beside one of another drug", _SELECT, _choosing()),
        ("The record of the patient is opened", _VIEW, {**_viewing(), **_along()}),
        ("Nothing was prefetched, and there is no FHIR server to ask", ORDER_SIGN, call(TROFOSFAMIDE)),
        ("An element is missing", _VIEW, {**_viewing(), "context": {"userId": "Practitioner/u-1"}}),
        ("The clinician keeps the order, and says why", f"{ORDER_SIGN}/feedback", _feedback()),
    ]


def _posted(title: str, url: str, body: Any) -> str:
    response = client().post(url, json=body)
    answer = normalise(response.get_json())
    sent, got = _written(body), _written(answer)
    return (
        f"### {title}\n\n`POST {url}`\n\n```json\n{sent}\n```\n\nStatus {response.status_code}:\n\n```json\n{got}\n```"
    )


def _written(value: Any, before: str = "") -> str:
    """JSON for people: what fits on a line stands on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(before) + len(line) <= _WIDTH or not isinstance(value, dict | list):
        return line
    inner = f"{before}  "
    if isinstance(value, list):
        return f"[\n{inner}" + f",\n{inner}".join(_written(x, inner) for x in value) + f"\n{before}]"
    members = (f"{json.dumps(x)}: {_written(y, inner)}" for x, y in value.items())
    return f"{{\n{inner}" + f",\n{inner}".join(members) + f"\n{before}}}"


def _along() -> Mapping[str, Any]:
    """The prefetch of a patient who takes the drug and has few neutrophils."""
    order = {**_DRAFT, "id": "mr-1", "status": "active", "authoredOn": "2026-10-01"}
    count = {
        "resourceType": "Observation",
        "id": "anc-1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "751-8"}]},
        "subject": {"reference": "Patient/p-1"},
        "effectiveDateTime": "2026-11-22T07:30:00+01:00",
        "valueQuantity": {"value": 0.8, "system": "http://unitsofmeasure.org", "code": "10*9/L", "unit": "10*9/L"},
    }
    patient = {"resourceType": "Patient", "id": "p-1", "birthDate": "1960-02-03"}
    return {"prefetch": {"patient": patient, "medications": _bundle(order), "results": _bundle(count)}}


def _bundle(*resources: Any) -> Mapping[str, Any]:
    return {**_NONE, "entry": [{"resource": x} for x in resources]}


def _signing() -> dict[str, Any]:
    """The draft follows the order that is there: else the card would call it a duplicate."""
    signed = _bundle({**_DRAFT, "priorPrescription": {"reference": "MedicationRequest/mr-1"}})
    return {**call(**_along()), "context": {**call()["context"], "draftOrders": signed}}


def _viewing() -> dict[str, Any]:
    context = {"userId": "Practitioner/u-1", "patientId": "p-1", "encounterId": "e-1"}
    return {"hook": "patient-view", "hookInstance": INSTANCE, "context": context}


def _choosing() -> dict[str, Any]:
    """Two drafts, of which one has just been chosen; the record says nothing of the patient."""
    other = {**drafts(OMEPRAZOLE)["entry"][0]["resource"], "id": "draft-2"}
    both = _bundle(_DRAFT, other)
    context = {**_viewing()["context"], "draftOrders": both, "selections": ["MedicationRequest/draft-1"]}
    sent = {"patient": None, "medications": _NONE, "results": _NONE}
    return {"hook": "order-select", "hookInstance": INSTANCE, "context": context, "prefetch": sent}


def _feedback() -> Any:
    reason = {"system": "https://ehr.example/reasons", "code": "seen", "display": "Already known"}
    return {
        "feedback": [
            {
                "card": "5c1f3f3e-6c1c-4d9b-9a51-0d8b6c6f3f01",
                "outcome": "overridden",
                "outcomeTimestamp": "2026-11-23T09:00:05Z",
                "overrideReason": {"reason": reason, "userComment": "Counts are repeated tomorrow."},
            }
        ]
    }


PARTS: Mapping[str, Callable[[], str]] = {"prefetch": prefetch, "examples": examples}
