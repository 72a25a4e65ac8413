"""Every answer that the invented patients get, of any service, is as CDS Hooks wants answers."""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import pytest

from cds_service.demo.fixtures import fixtures, request_for
from cds_service.web.discovery import SERVICES
from tests.services import BY_HOOK, asked, post
from tests.support import FIXED_NOW, ORDER_SIGN, answer, client, parsed

PATIENTS = fixtures(FIXED_NOW)


@cache
def answered(name: str, hook: str) -> dict[str, Any]:
    found: dict[str, Any] = parsed(post(asked(PATIENTS[name], hook)).data)
    return found


def cards() -> Iterator[dict[str, Any]]:
    for name in PATIENTS:
        for hook in BY_HOOK:
            yield from answered(name, hook)["cards"]


def suggestions() -> Iterator[dict[str, Any]]:
    for card in cards():
        yield from card.get("suggestions", ())


def actions() -> Iterator[dict[str, Any]]:
    for suggestion in suggestions():
        yield from suggestion["actions"]


def test_there_is_enough_to_look_at() -> None:
    assert all(sum(len(answered(x, hook)["cards"]) for x in PATIENTS) > 16 for hook in BY_HOOK)
    assert {x["type"] for x in actions()} == {"create", "update", "delete"}
    assert {x["indicator"] for x in cards()} == {"info", "warning", "critical"}


@pytest.mark.requirement(1, 2, 3)
@pytest.mark.parametrize("name", list(PATIENTS)[:3])
def test_answers_are_strict_json(name: str) -> None:
    request = request_for(PATIENTS[name], SERVICES[0].prefetch)
    response = client().post(ORDER_SIGN, data=json.dumps(request, default=float), content_type="application/json")
    assert response.content_type == "application/json"
    json.loads(response.data, parse_constant=pytest.fail)
    assert all(isinstance(x["resource"], dict) for x in actions() if "resource" in x)


@pytest.mark.requirement(4, 5, 6)
def test_nothing_is_null_or_empty_outside_of_the_resources_of_the_ehr() -> None:
    def walk(value: Any) -> None:
        assert value not in (None, "", [], {})
        if isinstance(value, dict):
            for name, inner in value.items():
                if name != "resource":
                    walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    for card in cards():
        walk(card)


@pytest.mark.requirement(60, 64)
def test_every_card_and_suggestion_has_a_uuid_of_its_own() -> None:
    uuids = [x["uuid"] for x in (*cards(), *suggestions())]
    assert len(uuids) == len(set(uuids))


@pytest.mark.requirement(65)
def test_summaries_are_short_and_of_one_line() -> None:
    assert max(len(x["summary"]) for x in cards()) < 140
    assert not [x for x in cards() if "\n" in x["summary"]]


@pytest.mark.requirement(66)
def test_details_have_no_html() -> None:
    assert not [x for x in cards() if re.search(r"(?<!\\)<[a-zA-Z/!]", x["detail"])]


@pytest.mark.requirement(67, 68, 75, 76, 77, 78, 79)
def test_cards_name_their_source_and_topic() -> None:
    for card in cards():
        source = card["source"]
        assert urlsplit(source["url"]).scheme == "https"
        assert urlsplit(source["icon"])._replace(path="").geturl() == "http://127.0.0.1:8080"
        assert client().get(urlsplit(source["icon"]).path).close() is None
        assert source["topic"]["system"] == "https://trofosfamide-cds.example.org/fhir/CodeSystem/conclusion"
        assert source["topic"]["code"]


@pytest.mark.requirement(69, 70, 80, 81, 82)
@pytest.mark.hazard("H26")
def test_at_most_one_suggestion_is_recommended_and_never_an_escalation() -> None:
    for card in cards():
        offered = card.get("suggestions", [])
        assert ("selectionBehavior" in card) == bool(offered)
        assert sum(x.get("isRecommended", False) for x in offered) <= (card["source"]["topic"]["code"] != "escalate")


@pytest.mark.requirement(71, 72)
def test_override_reasons_can_be_read_by_people() -> None:
    assert all(x["display"] for card in cards() for x in card["overrideReasons"])


@pytest.mark.requirement(83, 85, 86, 87, 89)
def test_actions_are_described_and_complete() -> None:
    for action in actions():
        assert action["description"]
        if action["type"] == "create":
            assert action["resource"]["resourceType"] == "ServiceRequest"
        if action["type"] == "delete":
            assert re.fullmatch(r"MedicationRequest/[A-Za-z0-9.-]{1,64}", action["resourceId"])


@pytest.mark.requirement(88)
@pytest.mark.hazard("H30")
def test_updates_are_whole_orders_of_the_ehr_with_nothing_else_changed() -> None:
    changed = set()
    for (name, patient), hook in product(PATIENTS.items(), BY_HOOK):
        known = {x["resource"]["id"]: x["resource"] for x in patient.bundle["entry"]}
        drafts = asked(patient, hook)["context"].get("draftOrders", {})
        known |= {x["resource"]["id"]: x["resource"] for x in drafts.get("entry", ())}
        for card in answered(name, hook)["cards"]:
            for suggestion in card.get("suggestions", ()):
                for action in (x for x in suggestion["actions"] if x["type"] == "update"):
                    new, old = action["resource"], known[action["resource"]["id"]]
                    changed |= {x for x in {*new, *old} if new.get(x) != old.get(x)}
    assert changed <= {"dosageInstruction", "status", "statusReason", "dispenseRequest"}
    assert changed >= {"dosageInstruction", "status"}


@pytest.mark.requirement(74, 90, 91)
def test_links_say_what_they_open_and_carry_nothing_of_the_patient() -> None:
    links = [x for card in cards() for x in card.get("links", ())]
    assert links
    assert all(x["label"] and x["url"] and x["type"] == "absolute" and "appContext" not in x for x in links)


@pytest.mark.requirement(10, 84, 93, 94)
def test_nothing_is_applied_by_itself_and_nothing_is_sent_that_clients_may_not_know() -> None:
    for name, hook in product(PATIENTS, BY_HOOK):
        assert answered(name, hook).keys() == {"cards"}
    assert not [x for x in suggestions() if "actionSelectionBehavior" in x]


@pytest.mark.requirement(120, 121)
def test_extensions_are_objects_under_a_name_of_our_own() -> None:
    for card in cards():
        assert list(card["extension"]) == ["org.example.trofosfamide-cds.decision"]
        assert isinstance(card["extension"]["org.example.trofosfamide-cds.decision"], dict)


@pytest.mark.requirement(31, 61)
def test_a_patient_of_whom_nothing_has_to_be_said_gets_no_card() -> None:
    assert [answered("start-with-every-criterion-shown", x) for x in BY_HOOK] == [{"cards": []}] * len(BY_HOOK)
    assert answered("other-drug-ifosfamide", "order-sign") == {"cards": []}


@pytest.mark.requirement(47)
@pytest.mark.parametrize("key", ["results", "medications"])
@pytest.mark.hazard("H25")
def test_an_operation_outcome_in_place_of_data_is_not_read_as_none(key: str) -> None:
    request = request_for(PATIENTS["start-at-starting-dose"], SERVICES[0].prefetch)
    issue = {"severity": "error", "code": "exception"}
    request["prefetch"][key] = {"resourceType": "OperationOutcome", "issue": [issue]}
    (card,) = answer(request)["cards"]
    decision = card["extension"]["org.example.trofosfamide-cds.decision"]
    assert card["source"]["topic"]["code"] == "not-assessed"
    assert "fetch-failed" in {x["reason"] for x in decision["unknown"]}


@pytest.mark.requirement(50)
@pytest.mark.parametrize("key", ["results", "medications"])
@pytest.mark.hazard("H15")
def test_a_first_page_is_not_read_as_the_whole_record(key: str) -> None:
    request = request_for(PATIENTS["start-at-starting-dose"], SERVICES[0].prefetch)
    request["prefetch"][key]["link"] = [{"relation": "next", "url": "https://fhir.example/page/2"}]
    (card,) = answer(request)["cards"]
    decision = card["extension"]["org.example.trofosfamide-cds.decision"]
    assert card["source"]["topic"]["code"] == "not-assessed"
    assert "incomplete" in {x["reason"] for x in decision["unknown"]}
