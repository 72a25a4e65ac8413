"""What a clinician can click on a card that no draft has called for."""

from typing import Any

import pytest

from cds_service.clinical.decision import Decision, Suggestion
from cds_service.fhir.suggestions import suggestions
from tests.fhir.orders import WORDING
from tests.render.samples import UNDRAFTED

OFFERED = {
    "interrupt": [("hold-active", True), ("repeat-count", False)],
    "interrupt, stopped": [("repeat-count", False)],
    "keep-interrupted": [("repeat-count", False)],
    "keep-interrupted, running": [("hold-active", True), ("repeat-count", False)],
    "restart-reduced": [],
    "restart-reduced, running": [],
    "restart-reduced, conflict": [],
    "restart-reduced, no level": [],
    "reduce": [],
    "reduce, stopped": [],
    "reduce, lowest": [("hold-active", True)],
    "reduce, dose unknown": [],
    "not-assessed": [("repeat-count", False)],
    "not-assessed, orders": [],
    "escalate": [],
}


def resources(decision: Decision) -> dict[str, Any]:
    """The active orders of a decision as an EHR holds them."""
    return {
        x.source: {"resourceType": "MedicationRequest", "id": x.source, "status": "active"} for x in decision.active
    }


def offered(decision: Decision, **more: Any) -> tuple[Suggestion, ...]:
    return suggestions(decision, more.get("resources", resources(decision)), {}, "p-1", WORDING)


@pytest.mark.hazard("H19", "H26")
@pytest.mark.parametrize("name", UNDRAFTED)
def test_without_a_draft_the_running_order_is_held_and_a_count_repeated(name: str) -> None:
    assert [(x.kind, x.recommended) for x in offered(UNDRAFTED[name])] == OFFERED[name]


@pytest.mark.hazard("H30")
def test_a_held_order_is_the_ehrs_own_with_a_reason() -> None:
    decision = UNDRAFTED["interrupt"]
    (action,) = offered(decision)[0].actions
    (order,) = resources(decision).values()
    assert action["type"] == "update"
    assert {x: y for x, y in action["resource"].items() if order.get(x) != y}.keys() == {"status", "statusReason"}
    assert action["resource"]["status"] == "on-hold"


def test_an_order_that_cannot_be_edited_gets_no_button() -> None:
    decision = UNDRAFTED["interrupt"]
    nameless = {source: {**x, "id": None} for source, x in resources(decision).items()}
    for held in ({}, nameless):
        assert [x.kind for x in offered(decision, resources=held)] == ["repeat-count"]
