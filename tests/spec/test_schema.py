"""The schema of answers refuses what CDS Hooks forbids: each rule broken once."""

from typing import Any

import pytest

from tests.support import response_schema

UUID = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
TOPIC = {"system": "https://a.example/codes", "code": "interrupt"}
DELETE = {"type": "delete", "description": "Removes it", "resourceId": "MedicationRequest/a"}


def card(**more: Any) -> dict[str, Any]:
    base = {"uuid": UUID, "summary": "Stop", "indicator": "info", "source": {"label": "Protocol", "topic": TOPIC}}
    return {x: y for x, y in (base | more).items() if y is not ...}


def suggestion(**more: Any) -> dict[str, Any]:
    return {"label": "Remove", "uuid": UUID, "actions": [DELETE], **more}


def offering(*offered: Any, behavior: Any = "at-most-one") -> dict[str, Any]:
    return card(suggestions=list(offered), selectionBehavior=behavior)


def acting(**action: Any) -> dict[str, Any]:
    return offering(suggestion(actions=[{x: y for x, y in (DELETE | action).items() if y is not ...}]))


RIGHT = [
    card(),
    card(extension={"com.example.x": {"deep": [1, {"er": False}]}}),
    offering(suggestion(isRecommended=True), suggestion()),
    offering(suggestion(isRecommended=True), suggestion(isRecommended=True), behavior="any"),
    acting(type="create", resourceId=..., resource={"resourceType": "ServiceRequest", "note": []}),
    acting(type="update", resourceId=..., resource={"resourceType": "MedicationRequest", "id": "a"}),
    card(links=[{"label": "App", "url": "https://app.example", "type": "smart", "appContext": "x"}]),
]
WRONG = [
    card(uuid=...),
    card(uuid="1"),
    card(summary="x" * 140),
    card(summary="two\nlines"),
    card(summary=""),
    card(detail=None),
    card(indicator="hard-stop"),
    card(source=...),
    card(source={"label": "Protocol"}),
    card(source={"label": "Protocol", "topic": {"code": "x"}}),
    card(source={"label": "Protocol", "topic": TOPIC, "url": "protocol.html"}),
    card(links=[]),
    card(suggestions=[suggestion()]),
    card(unknown=1),
    card(overrideReasons=[{"system": "https://a.example", "code": "x"}]),
    card(extension={"decision": {"a": 1}}),
    card(extension={"com.example.x": {"deep": [{"er": None}]}}),
    card(extension={"com.example.x": {"deep": [{"er": ""}]}}),
    offering(suggestion(isRecommended=True), suggestion(isRecommended=True)),
    offering(suggestion(), behavior="all"),
    offering(suggestion(label="")),
    offering(suggestion(actions=[])),
    acting(description=...),
    acting(type="remove"),
    acting(resourceId="a"),
    acting(resourceId=..., resource="a"),
    acting(type="create", resourceId=...),
    acting(type="create", resource={"resourceType": "ServiceRequest"}),
    acting(type="update", resourceId=..., resource={"resourceType": "MedicationRequest"}),
    card(links=[{"label": "Page", "url": "https://a.example", "type": "absolute", "appContext": "x"}]),
    card(links=[{"label": "Page", "url": "/page", "type": "absolute"}]),
    card(links=[{"label": "Page", "url": "https://a.example"}]),
]


@pytest.mark.parametrize("right", RIGHT, ids=range(len(RIGHT)))
def test_what_cds_hooks_allows_is_allowed(right: dict[str, Any]) -> None:
    assert response_schema().is_valid({"cards": [right]})


@pytest.mark.requirement(4, 5, 6, 60, 64, 65, 67, 68, 69, 70, 72, 79, 80, 82, 85, 86, 87, 89, 90, 91, 121)
@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_what_cds_hooks_forbids_is_refused(wrong: dict[str, Any]) -> None:
    assert not response_schema().is_valid({"cards": [wrong]})


DECISION = {
    "schemaVersion": "1.0",
    "conclusion": "interrupt",
    "protocol": "trofosfamide-maintenance",
    "protocolVersion": "0.1.0",
    "protocolDigest": "0" * 64,
    "ctcae": "5.0",
    "evaluatedAt": "2026-11-23T09:00:00+00:00",
}
FINDING = {"rule": "interrupt", "citation": "Source, 1", "analyte": "neutrophils", "value": "<0.5", "grade": 3}


def deciding(**more: Any) -> dict[str, Any]:
    decision = {x: y for x, y in (DECISION | more).items() if y is not ...}
    return card(extension={"org.example.trofosfamide-cds.decision": decision})


@pytest.mark.parametrize(
    "more", [{}, {"findings": [FINDING]}, {"dose": {"current": "100"}}, {"missing": ["count-stale:platelets"]}]
)
def test_a_decision_is_allowed(more: dict[str, Any]) -> None:
    assert response_schema().is_valid({"cards": [deciding(**more)]})


@pytest.mark.parametrize(
    "more",
    [
        {"conclusion": "stop"},
        {"protocolDigest": ...},
        {"ctcae": "4.03"},
        {"evaluatedAt": "yesterday"},
        {"dose": {"current": 100}},
        {"dose": {"highest": "200"}},
        {"refer": ["febrile"]},
        {"unknown": [{"what": "platelets", "reason": "lost"}]},
        {"findings": [FINDING | {"analyte": "sodium"}]},
        {"findings": [FINDING | {"value": 0.5}]},
        {"findings": [FINDING | {"grade": 6}]},
        {"patient": "p-1"},
    ],
    ids=str,
)
def test_what_is_no_decision_is_refused(more: dict[str, Any]) -> None:
    assert not response_schema().is_valid({"cards": [deciding(**more)]})


@pytest.mark.requirement(60)
def test_an_answer_is_an_object_with_cards() -> None:
    assert response_schema().is_valid({"cards": []})
    for wrong in ({}, [], {"cards": None}, {"cards": [], "systemActions": []}, {"cards": {}, "more": 1}):
        assert not response_schema().is_valid(wrong)
