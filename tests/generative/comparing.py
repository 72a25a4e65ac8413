"""What product and oracle said about one request, and where they differ."""

from __future__ import annotations

import json
from copy import deepcopy
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

    def fields(self) -> dict[str, Any]:
        """Everything it says, by name."""
        doses = dict(zip(DOSES, self.doses, strict=True))
        rest = {key: getattr(self, key) for key in ("status", "topic", "indicator", "conclusion", "refer")}
        return rest | doses


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
    card = response["cards"][0]
    decision = card["extension"][EXTENSION]
    told = decision.get("dose", {})
    # A ceiling of 0 mg/day is no level: the oracle says none there.
    doses = tuple(Decimal(told[x]) or None if x in told else None for x in DOSES)
    topic = card["source"]["topic"]["code"]
    refer = tuple(sorted(decision.get("refer", [])))
    return Said(200, topic, card["indicator"], decision["conclusion"], refer, doses)


def by_oracle(told: dict[str, Any]) -> Said:
    """What the oracle's answer says; only the status where it wants no card."""
    if told["status"] != 200 or told["silent"] or told["topic"] is None:
        return Said(told["status"])
    doses = tuple(told[x] for x in DOSES)
    return Said(200, told["topic"], told["indicator"], told["conclusion"], tuple(sorted(told["refer"])), doses)


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
    made = deepcopy(request)
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
    made["context"]["draftOrders"] = bundle
    return made


def several_drafts(request: dict[str, Any]) -> bool:
    """Whether the call has several drafts: which is shown and rewritten, of two that meet one row, is nowhere said."""
    drafts = request["context"]["draftOrders"].get("entry", [])
    return sum(x["resource"]["resourceType"] == "MedicationRequest" for x in drafts) > 1


def apart(request: dict[str, Any], ours: Said, theirs: Said) -> list[str]:
    """Each field in which product and oracle differ, product first; empty where they agree."""
    left_out = {"draft", "proposed"} if several_drafts(request) else set()
    pairs = zip(ours.fields().items(), theirs.fields().values(), strict=True)
    return [
        f"{key}: product {show(one)}, oracle {show(other)}"
        for (key, one), other in pairs
        if one != other and key not in left_out
    ]


def differences(request: dict[str, Any]) -> list[str]:
    """Each field in which product and oracle differ on that request. Raises what either engine raises."""
    return apart(request, asked(request), expected(request))


def show(value: Any) -> str:
    """One value, short."""
    if isinstance(value, tuple):
        return "[" + " ".join(map(str, value)) + "]"
    return "-" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
