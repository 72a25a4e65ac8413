"""What product and oracle said about one request, and where they differ."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from flask.testing import FlaskClient

from tests.generative.clock import NOW
from tests.generative.dosages import milligrams
from tests.oracle import oracle
from tests.support import ORDER_SIGN, client, parsed

EXTENSION = "org.example.trofosfamide-cds.decision"
DOSES = ("current", "draft", "ceiling", "proposed")
# From the boldest caution to the boldest step.
PERMISSIVENESS = (
    "interrupt", "keep-interrupted", "restart-reduced", "reduce", "not-assessed", "none", "escalate",
)  # fmt: skip
MONITORING = ("progression-recorded", "count-due", "imaging-due", "pause-consider")
ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Said:
    """An answer reduced to what both engines tell; None where there is no card to tell it."""

    status: int
    topic: str | None = None
    indicator: str | None = None
    conclusion: str | None = None
    refer: tuple[str, ...] = ()
    doses: tuple[Decimal | None, ...] = (None, None, None, None)
    protocol: str | None = None
    checklist: tuple[tuple[str, str], ...] = ()
    monitoring: str | None = None

    def fields(self) -> dict[str, Any]:
        """Everything it says, by name."""
        doses = dict(zip(DOSES, self.doses, strict=True))
        told = ("status", "topic", "indicator", "conclusion", "refer", "protocol", "monitoring")
        criteria = {"criteria": " ".join(name for name, _ in self.checklist), **dict(self.checklist)}
        return {key: getattr(self, key) for key in told} | doses | criteria


def as_sent(request: dict[str, Any]) -> dict[str, Any]:
    """The request as the service reads it from the wire."""
    read: dict[str, Any] = json.loads(ENCODER.encode(request), parse_float=Decimal)
    return read


def by_product(response: dict[str, Any]) -> Said:
    """What a parsed answer of the product says."""
    if "cards" not in response:
        return Said(response["status"])
    if not response["cards"]:
        return Said(200)
    listed = {card["source"]["topic"]["code"]: card for card in response["cards"]}
    decision = response["cards"][0]["extension"][EXTENSION]
    due = [topic for topic in listed if topic in MONITORING]
    beside = {"protocol": decision["protocol"], "monitoring": due[0] if due else None}
    card = next((card for topic, card in listed.items() if topic not in MONITORING), None)
    if card is None:
        return Said(200, **beside)
    told = decision.get("dose", {})
    # A ceiling of 0 mg/day is no level: the oracle says none there.
    doses = tuple(Decimal(told[x]) or None if x in told else None for x in DOSES)
    topic = card["source"]["topic"]["code"]
    refer = tuple(sorted(decision.get("refer", [])))
    checklist = tuple((x["criterion"], x["state"]) for x in decision.get("checklist", []))
    return Said(200, topic, card["indicator"], decision["conclusion"], refer, doses, checklist=checklist, **beside)


def by_oracle(told: dict[str, Any]) -> Said:
    """What the oracle's answer says; only the status where it wants no card."""
    beside = {"protocol": told["protocol"], "monitoring": told["monitoring"]}
    if told["topic"] is None:
        return Said(told["status"], **beside) if told["monitoring"] else Said(told["status"])
    doses, checklist = tuple(told[x] for x in DOSES), tuple(told["checklist"].items())
    refer = tuple(sorted(told["refer"]))
    return Said(200, told["topic"], told["indicator"], told["conclusion"], refer, doses, checklist=checklist, **beside)


@cache
def unchecked_client() -> FlaskClient:
    """The service of the other tests without the check of each answer against the schema, which costs time."""
    return FlaskClient(client().application, client().response_wrapper)


def quick_answer(request: dict[str, Any]) -> dict[str, Any]:
    """The parsed answer of order-sign; {"status": 412} where it asks for prefetch."""
    response = unchecked_client().post(ORDER_SIGN, data=ENCODER.encode(request), content_type="application/json")
    if response.status_code == 412:
        return {"status": 412}
    assert response.status_code == 200, response.text
    found: dict[str, Any] = parsed(response.data)
    return found


def asked(request: dict[str, Any]) -> Said:
    """What the product says to that request."""
    return by_product(quick_answer(request))


def expected(request: dict[str, Any]) -> Said:
    """What the oracle says to that request."""
    return by_oracle(oracle(as_sent(request), NOW))


def outspoken(request: dict[str, Any]) -> dict[str, Any]:
    """The same record with one draft that always yields a card: 250 mg/day, above the maximum."""
    draft = {
        "resourceType": "MedicationRequest",
        "id": "draft-above-maximum",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "1156222009"}]},
        "subject": {"reference": "Patient/p1"},
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": milligrams(Decimal(250))}],
            }
        ],
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]}
    return {**request, "context": {**request["context"], "draftOrders": bundle}}


def several_drafts(request: dict[str, Any]) -> bool:
    """Whether the call has several drafts: which is shown and rewritten, of two that meet one row, is nowhere said."""
    drafts = request["context"]["draftOrders"].get("entry", [])
    return sum(x["resource"]["resourceType"] == "MedicationRequest" for x in drafts) > 1


def apart(request: dict[str, Any], ours: Said, theirs: Said) -> list[str]:
    """Each field in which product and oracle differ, product first; empty where they agree."""
    left_out = {"draft", "proposed"} if several_drafts(request) else set()
    # Under no protocol that is known the card names the site's own, whose lines 1 and 2 hold for every one.
    left_out |= {"protocol"} if theirs.protocol is None and ours.conclusion else set()
    one, other = ours.fields(), theirs.fields()
    return [
        f"{key}: product {show(one.get(key))}, oracle {show(other.get(key))}"
        for key in {**one, **other}
        if one.get(key) != other.get(key) and key not in left_out
    ]


def differences(request: dict[str, Any]) -> list[str]:
    """Each field in which product and oracle differ on that request. Raises what either engine raises."""
    return apart(request, asked(request), expected(request))


def show(value: Any) -> str:
    """One value, short."""
    if isinstance(value, tuple):
        return "[" + " ".join(map(str, value)) + "]"
    return "-" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
