"""The services side by side: one walk, each hook with its own question."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import build
from cds_service.demo.fixtures import fixtures
from cds_service.settings import Settings
from cds_service.web import discovery, door, hooks
from cds_service.web.discovery import SERVICES, Service
from tests.hook.calls import OMEPRAZOLE, TROFOSFAMIDE, drafts, selecting, viewing
from tests.services import BY_HOOK, asked, cards, post
from tests.support import FIXED_NOW, CheckedClient, client

DECISION = "org.example.trofosfamide-cds.decision"
EMPTY: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
NONE = {"patient": None, "medications": None, "results": None}
PATIENTS = fixtures(FIXED_NOW)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def refused(request: dict[str, Any]) -> tuple[int, str]:
    """Status and sentence of a refusal."""
    response = post(request)
    return response.status_code, response.get_json()["issue"][0]["diagnostics"]


def without_uuids(found: Sequence[dict[str, Any]]) -> str:
    return re.sub(r'"uuid":"[^"]*"', "", _ENCODER.encode(found).decode())


@pytest.mark.parametrize("name", PATIENTS)
def test_order_select_says_of_a_selection_what_order_sign_says_of_a_draft(name: str) -> None:
    signed, selected = (cards(asked(PATIENTS[name], x)) for x in ("order-sign", "order-select"))
    assert without_uuids(selected) == without_uuids(signed)


@pytest.mark.hazard("H19")
@pytest.mark.parametrize("name", PATIENTS)
def test_patient_view_says_the_conclusion_itself(name: str) -> None:
    for card in cards(asked(PATIENTS[name], "patient-view")):
        decision = card["extension"][DECISION]
        due = decision.get("monitoring", {}).get("topic")
        assert card["source"]["topic"]["code"] in (decision["conclusion"], due)
        assert not re.search(r"\bsign\b|this order|[Dd]rafted", f"{card['summary']} {card['detail']}")
        assert "draft" not in decision.get("dose", {})
        kinds = [x["label"] for x in card.get("suggestions", ())]
        assert not [x for x in kinds if x not in HOLD_OR_COUNT]


HOLD_OR_COUNT = ("Put the running order on hold", "Order a blood count with differential")

VIEWED = {
    "interrupt-neutrophils-grade-3": ("interrupt", "critical", list(HOLD_OR_COUNT)),
    "keep-interrupted-not-recovered": ("keep-interrupted", "warning", [HOLD_OR_COUNT[1]]),
    "restart-above-the-ceiling": ("restart-reduced", "info", []),
    "running-above-the-ceiling": ("restart-reduced", "warning", []),
    "reduce-alt-grade-3": ("reduce", "warning", []),
    "reduce-creatinine-at-lowest-dose": ("reduce", "warning", [HOLD_OR_COUNT[0]]),
    "missing-neutrophils": ("not-assessed", "warning", [HOLD_OR_COUNT[1]]),
    "escalate-after-21-days": ("escalate", "info", []),
}


@pytest.mark.hazard("H26")
@pytest.mark.parametrize("name", VIEWED)
def test_patient_view_has_a_card_for_each_conclusion(name: str) -> None:
    (card,) = cards(asked(PATIENTS[name], "patient-view"))
    topic, indicator, labels = VIEWED[name]
    assert (card["source"]["topic"]["code"], card["indicator"]) == (topic, indicator)
    assert [x["label"] for x in card.get("suggestions", ())] == labels
    assert [x["isRecommended"] for x in card.get("suggestions", ()) if x["isRecommended"]] == [True] * (
        HOLD_OR_COUNT[0] in labels
    )


@pytest.mark.requirement(61)
@pytest.mark.hazard("H27")
@pytest.mark.parametrize("name", ["escalation-one-day-early", "start-at-starting-dose"])
def test_patient_view_says_nothing_where_nothing_has_to_be_said(name: str) -> None:
    assert cards(asked(PATIENTS[name], "patient-view")) == []


@pytest.mark.hazard("H19")
def test_patient_view_within_90_days_of_the_last_dose_knows_that_no_order_gives_the_drug() -> None:
    (card,) = cards(asked(PATIENTS["other-drug-ifosfamide"], "patient-view"))
    assert card["summary"].startswith("Do not give trofosfamide: neutrophils 0.4")
    assert [x["label"] for x in card["suggestions"]] == [HOLD_OR_COUNT[1]]


@pytest.mark.requirement(27, 31, 61)
@pytest.mark.parametrize("nothing", [None, EMPTY], ids=["null", "empty"])
def test_patient_view_without_a_course_needs_no_results(nothing: Any) -> None:
    assert cards(viewing(prefetch={"medications": nothing})) == []
    assert cards(viewing(prefetch={"medications": nothing, "results": {"resourceType": "odd"}})) == []


@pytest.mark.requirement(49, 51, 62, 63)
def test_patient_view_names_what_it_needs() -> None:
    assert refused(viewing(prefetch={"results": None}))[0] == 412
    assert refused(viewing(prefetch={"results": None}))[1].startswith("prefetch.medications is missing.")
    running = asked(PATIENTS["escalate-after-21-days"], "patient-view")
    del running["prefetch"]["results"]
    assert refused(running)[0] == 412
    assert refused(running)[1].startswith("prefetch.results is missing.")


@pytest.mark.requirement(47, 50)
@pytest.mark.hazard("H15", "H25")
@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}, "fetch-failed"),
        ({**EMPTY, "link": [{"relation": "next", "url": "https://ehr.example/page/2"}]}, "incomplete"),
    ],
)
def test_patient_view_says_that_the_orders_were_not_read(sent: Any, reason: str) -> None:
    (card,) = cards(viewing(prefetch={"medications": sent}))
    decision = card["extension"][DECISION]
    assert card["source"]["topic"]["code"] == "not-assessed"
    assert decision["unknown"] == [{"what": "orders", "reason": reason}]
    assert "suggestions" not in card


@pytest.mark.requirement(61)
@pytest.mark.parametrize("selections", [[], ["MedicationRequest/gone"], ["MedicationRequest/other"]])
def test_order_select_reads_nothing_where_no_order_of_the_drug_is_selected(selections: list[str]) -> None:
    assert cards(beside(*selections)) == []


def beside(*selections: str, **more: Any) -> dict[str, Any]:
    """A call with two drafts, draft-1 of trofosfamide and other of omeprazole, of which these are selected."""
    request = selecting(*selections, medication=TROFOSFAMIDE, **more)
    entries = request["context"]["draftOrders"]["entry"]
    entries.append({"resource": {**drafts(OMEPRAZOLE)["entry"][0]["resource"], "id": "other"}})
    return request


@pytest.mark.requirement(51)
def test_order_select_needs_the_record_where_an_order_of_the_drug_is_selected() -> None:
    assert refused(beside("MedicationRequest/draft-1"))[0] == 412
    (card,) = cards(beside("MedicationRequest/draft-1", prefetch=NONE))
    assert card["source"]["topic"]["code"] == "not-assessed"


@pytest.mark.hazard("H14")
def test_order_select_judges_the_selection_and_names_what_lies_beside_it() -> None:
    patient = PATIENTS["start-at-starting-dose"]
    request = asked(patient, "order-select")
    (entry,) = request["context"]["draftOrders"]["entry"]
    second = {**entry, "fullUrl": "urn:uuid:0", "resource": {**entry["resource"], "id": "second"}}
    request["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": [entry, second]}
    (card,) = cards(request)
    assert card["source"]["topic"]["code"] == "duplicate-order"
    assert "MedicationRequest/second" in card["detail"].replace("\\", "")
    request["context"]["selections"] = ["MedicationRequest/second"]
    (other,) = cards(request)
    assert entry["resource"]["id"] in other["detail"].replace("\\", "")
    stopped = {**second, "resource": {**second["resource"], "status": "cancelled"}}
    request["context"] |= {"draftOrders": {"resourceType": "Bundle", "entry": [entry, stopped]}}
    assert cards({**request, "context": {**request["context"], "selections": ["MedicationRequest/second"]}}) == []


@pytest.mark.requirement(25, 30)
@pytest.mark.parametrize(("hook", "other"), [(x, y) for x in BY_HOOK for y in BY_HOOK if x != y])
def test_a_service_takes_its_own_hook_only(hook: str, other: str) -> None:
    request = {**selecting("MedicationRequest/draft-1"), "hook": hook}
    response = post(request, BY_HOOK[other].id)
    assert response.status_code == 400
    assert response.get_json()["issue"][0]["diagnostics"].startswith(f"hook is not {other},")


@pytest.mark.requirement(25, 30)
def test_order_select_without_selections_is_refused_by_name() -> None:
    request = selecting()
    del request["context"]["selections"]
    status, said = refused(request)
    assert (status, said.partition(" is")[0]) == (400, "context.selections")


def test_answers_are_counted_by_service() -> None:
    cards(viewing(prefetch={"medications": None}))
    assert 'service="trofosfamide-patient-view",topic="other-drug"' in client().get("/metrics").text


ENCOUNTER_START = Service(
    id="trofosfamide-encounter-start",
    hook="encounter-start",
    hook_version="1.0",
    title="Another hook",
    description="The question of patient-view when an encounter begins.",
    usage="None.",
    prefetch=BY_HOOK["patient-view"].prefetch,
)


@pytest.fixture
def more(tmp_path: Path) -> FlaskClient:
    """A client of a house with one more service."""
    app = Flask("more")
    app.test_client_class = CheckedClient
    app.config["MAX_CONTENT_LENGTH"] = 10**6
    services = (*SERVICES, ENCOUNTER_START)
    house = build(Settings(data_dir=tmp_path, log_level="error"), lambda: datetime(2026, 11, 23, 9, tzinfo=UTC), None)
    door.install(app)
    app.register_blueprint(discovery.blueprint(services))
    app.register_blueprint(hooks.blueprint(house, services))
    return app.test_client()


@pytest.mark.requirement(17)
def test_a_hook_is_added_by_one_entry(more: FlaskClient) -> None:
    listed = more.get("/cds-services").get_json()["services"]
    assert [x["hook"] for x in listed] == [*BY_HOOK, "encounter-start"]
    request = {**asked(PATIENTS["interrupt-neutrophils-grade-3"], "patient-view"), "hook": "encounter-start"}
    url = f"/cds-services/{ENCOUNTER_START.id}"
    response = more.post(url, data=_ENCODER.encode(request), content_type="application/json")
    (card,) = response.get_json()["cards"]
    assert card["source"]["topic"]["code"] == "interrupt"


@pytest.mark.requirement(95)
@pytest.mark.parametrize("service", SERVICES, ids=lambda x: x.hook)
def test_every_service_has_an_address_for_feedback(service: Service) -> None:
    assert client().get(f"/cds-services/{service.id}/feedback").status_code == 405
