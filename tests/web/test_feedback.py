"""The feedback addresses: 200 once it is stored, 400 with a name, 503 where it cannot be stored, and never 500."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from werkzeug.test import TestResponse

from cds_service import store
from cds_service.errors import UnknownPlace
from cds_service.store import Lost, Store
from cds_service.web import cors, door, feedback, log
from cds_service.web.discovery import SERVICES
from tests.hook.test_feedback import ACCEPTED, OVERRIDDEN

URL = "/cds-services/trofosfamide-order-sign/feedback"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path) -> Any:
    made = store.opened(f"sqlite:///{tmp_path}/decisions.sqlite")
    yield made
    made.close()


@pytest.fixture
def client(kept: Store) -> FlaskClient:
    return app(kept).test_client()


def app(kept: Store, **options: Any) -> Flask:
    """The service with its door and nothing but feedback behind it."""
    log.configure("info")
    made = Flask("cds_service")
    made.config["MAX_CONTENT_LENGTH"] = 100_000
    door.install(made)
    cors.install(made, None)
    made.register_blueprint(feedback.blueprint(kept, lambda: NOW, **{"caller": lambda: "", **options}))
    return made


def rows(kept: Store) -> list[dict[str, Any]]:
    with kept.engine.connect() as connection:
        return [dict(x) for x in connection.exec_driver_sql("SELECT * FROM feedback").mappings()]


def code(response: TestResponse) -> str:
    return str(response.get_json()["issue"][0]["details"]["coding"][0]["code"])


@pytest.mark.requirement(95, 100, 102)
@pytest.mark.parametrize("service", [x.id for x in SERVICES])
def test_feedback_is_stored_and_answered_with_an_empty_object(service: str, client: FlaskClient, kept: Store) -> None:
    response = client.post(f"/cds-services/{service}/feedback", json={"feedback": [ACCEPTED, OVERRIDDEN]})
    assert (response.status_code, response.get_json()) == (200, {})
    assert response.content_type == "application/json"
    assert [x["service"] for x in rows(kept)] == [service] * 2
    assert {x["outcome"]: json.loads(x["content"]) for x in rows(kept)} == {
        "accepted": {"acceptedSuggestions": ["s-1"]},
        "overridden": {},
    }


@pytest.mark.requirement(100)
def test_the_same_feedback_may_come_again(client: FlaskClient, kept: Store) -> None:
    for _ in range(3):
        assert client.post(URL, json={"feedback": [ACCEPTED, ACCEPTED]}).status_code == 200
    assert len(rows(kept)) == 1


@pytest.mark.requirement(96, 97, 98)
def test_a_bad_item_is_named_and_nothing_is_stored(client: FlaskClient, kept: Store) -> None:
    response = client.post(URL, json={"feedback": [ACCEPTED, {**OVERRIDDEN, "outcome": "maybe"}]})
    assert (response.status_code, code(response)) == (400, "invalid-element")
    assert "feedback[1].outcome" in response.get_json()["issue"][0]["diagnostics"]
    assert rows(kept) == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"feedback": []}', "application/json; charset=utf-8", 200),
        (b'{"feedback": []}', "application/fhir+json", 200),
        (b'{"feedback": []}', "", 200),
        (b'{"feedback": []}', "text/plain", 415),
        (b'{"feedback": [' + b" " * 100_000 + b"]}", "application/json", 413),
        (b"", "application/json", 400),
    ],
)
def test_statuses(content: bytes, kind: str, status: int, client: FlaskClient) -> None:
    assert client.post(URL, data=content, content_type=kind).status_code == status


def test_other_addresses_and_methods_are_refused(client: FlaskClient) -> None:
    assert client.post("/cds-services/unknown/feedback", json={}).status_code == 404
    assert client.get(URL).status_code == 405


@pytest.mark.requirement(117)
def test_a_browser_may_ask_first(client: FlaskClient) -> None:
    asked = {"Origin": "https://sandbox.example", "Access-Control-Request-Method": "POST"}
    response = client.options(URL, headers=asked)
    assert response.status_code in (200, 204)
    assert "POST" in response.headers["Access-Control-Allow-Methods"]


def test_what_cannot_be_stored_is_not_acknowledged(
    client: FlaskClient, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = REGISTRY.get_sample_value("cds_feedback_lost_total") or 0

    def lost(*_: Any) -> Any:
        raise Lost("it is locked")

    monkeypatch.setattr(Store, "_feedback", lost)
    response = client.post(URL, json={"feedback": [ACCEPTED]})
    assert (response.status_code, code(response)) == (503, "feedback-not-stored")
    assert "it is locked" in response.get_json()["issue"][0]["diagnostics"]
    assert REGISTRY.get_sample_value("cds_feedback_lost_total") == before + 1
    assert rows(kept) == []


def test_a_caller_is_named_in_what_is_kept(kept: Store) -> None:
    made = app(kept, caller=lambda: "https://ehr.example").test_client()
    assert made.post(URL, json={"feedback": [ACCEPTED]}).status_code == 200
    assert [x["client"] for x in rows(kept)] == ["https://ehr.example"]


@pytest.mark.requirement(103)
def test_a_caller_is_refused_before_the_body_is_looked_at(kept: Store) -> None:
    def nobody() -> str:
        raise UnknownPlace("Nobody is let in.")

    response = app(kept, caller=nobody).test_client().post(URL, data=b"not json")
    assert response.status_code == 404
    assert rows(kept) == []


def test_what_is_counted_and_logged_says_nothing_of_a_patient(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = {"service": "trofosfamide-order-sign"}
    before = REGISTRY.get_sample_value("cds_feedback_unissued_total", labels) or 0
    comment = {**OVERRIDDEN, "overrideReason": {"userComment": "s-ecret", "reason": {"code": "s-ecret"}}}
    client.post(URL, json={"feedback": [ACCEPTED, comment]})
    assert REGISTRY.get_sample_value("cds_feedback_unissued_total", labels) == before + 1
    logged = capsys.readouterr().err
    entry = json.loads(logged.splitlines()[-1])
    assert (entry["event"], entry["items"], entry["new"], entry["unissued"]) == ("feedback", 2, 2, 1)
    assert "s-ecret" not in logged


@pytest.mark.requirement(101)
def test_a_card_may_be_acted_on_much_later(client: FlaskClient, kept: Store) -> None:
    old = {**ACCEPTED, "outcomeTimestamp": "2016-01-01T00:00:00Z"}
    assert client.post(URL, json={"feedback": [old]}).status_code == 200
    assert len(rows(kept)) == 1
