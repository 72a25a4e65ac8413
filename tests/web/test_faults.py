"""Our own faults: answered with a card that says so, logged without a value, and counted."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.web import hooks
from tests.hook.calls import INSTANCE, TROFOSFAMIDE, call
from tests.support import FIXED_NOW, ORDER_SIGN, CheckedClient

SERVICE = "trofosfamide-order-sign"
REQUEST = call(TROFOSFAMIDE, prefetch={"medications": None, "results": None})


@pytest.fixture
def client(tmp_path: Path) -> CheckedClient:
    app = create_app(Settings(data_dir=tmp_path), clock=lambda: FIXED_NOW)
    app.test_client_class = CheckedClient
    made = app.test_client()
    assert isinstance(made, CheckedClient)
    return made


class Fault(Exception):
    """Something that should not happen, with a value in it that must not be told."""


def broken(*_: Any, **__: Any) -> Any:
    raise Fault("p-secret")


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"service": SERVICE, **labels}) or 0


def topics(response: Any) -> list[str]:
    assert response.status_code == 200
    return [x["source"]["topic"]["code"] for x in response.get_json()["cards"]]


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("place", ["decide", "suggestions", "prefetch"])
def test_a_fault_while_deciding_is_a_card(
    place: str, client: CheckedClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = counted("cds_faults_total"), counted("cds_answers_total", topic="internal-error", client="demo")
    monkeypatch.setattr(hooks, place, broken)
    response = client.post(ORDER_SIGN, json=REQUEST)
    assert topics(response) == ["not-assessed"]
    decision = response.get_json()["cards"][0]["extension"]["org.example.trofosfamide-cds.decision"]
    assert [x["reason"] for x in decision["unknown"]] == ["internal-error"]
    assert (counted("cds_faults_total"), counted("cds_answers_total", topic="internal-error", client="demo")) == tuple(
        x + 1 for x in before
    )
    logged = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert logged["hook_instance"] == INSTANCE
    assert logged["level"] == "error"
    assert "p-secret" not in str(logged)
    assert any(x.startswith("web/hooks.py:") for x in logged["frames"])


@pytest.mark.hazard("H25")
def test_a_fault_that_even_the_fallback_meets_is_the_card_made_at_the_start(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.render.cards.Renderer.cards", broken)
    monkeypatch.setattr("cds_service.render.cards.Renderer.internal_error", broken)
    assert topics(client.post(ORDER_SIGN, json=REQUEST)) == ["not-assessed"]


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("faulty", ["cds_service.web.trail._answered", "cds_service.web.trail._record"])
def test_a_trail_that_cannot_be_left_is_not_silence(
    faulty: str, client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faulty, broken)
    assert topics(client.post(ORDER_SIGN, json=REQUEST)) == ["not-assessed"]


def test_a_store_that_fails_changes_no_answer_and_is_counted(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counted("cds_unrecorded_total")
    kept = client.post(ORDER_SIGN, json=REQUEST).get_json()
    monkeypatch.setattr("cds_service.store._row", broken)
    unkept = client.post(ORDER_SIGN, json=REQUEST).get_json()
    assert unkept["cards"][0]["detail"] == kept["cards"][0]["detail"]
    assert counted("cds_unrecorded_total") == before + 1


def test_a_log_that_cannot_be_written_changes_no_answer(client: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.write", broken_pipe, raising=False)
    assert client.post(ORDER_SIGN, json=call()).get_json() == {"cards": []}


def broken_pipe(_: str) -> int:
    raise BrokenPipeError


def test_a_fault_outside_of_a_decision_is_an_outcome_without_a_stack_trace(
    client: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "read", broken)
    response = client.post(ORDER_SIGN, json=REQUEST)
    assert response.status_code == 500
    assert response.get_json()["issue"][0]["details"]["coding"][0]["code"] == "internal-error"
    assert "p-secret" not in response.text
    assert "Traceback" not in response.text


def test_what_is_logged_of_a_call_names_no_patient(client: CheckedClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.post(ORDER_SIGN, json=REQUEST)
    client.post(ORDER_SIGN, json={**REQUEST, "hook": "p-1"})
    logged = capsys.readouterr().err
    assert [json.loads(x)["event"] for x in logged.splitlines()] == ["answered", "refused"]
    assert INSTANCE in logged
    assert "p-1" not in logged
    assert "u-1" not in logged


def test_the_clock_of_the_site_decides(tmp_path: Path) -> None:
    later = datetime(2027, 1, 1, 23, 30, tzinfo=UTC)
    app = create_app(Settings(data_dir=tmp_path, time_zone="Europe/Berlin"), clock=lambda: later)
    cards = app.test_client().post(ORDER_SIGN, json=REQUEST).get_json()["cards"]
    evaluated = cards[0]["extension"]["org.example.trofosfamide-cds.decision"]["evaluatedAt"]
    assert evaluated == "2027-01-02T00:30:00+01:00"


@pytest.mark.requirement(55, 59)
@pytest.mark.parametrize("place", ["decide", "nothing", "read"])
def test_an_access_token_is_neither_kept_nor_logged_nor_sent_back(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(Settings(data_dir=tmp_path), clock=lambda: FIXED_NOW)
    monkeypatch.setattr(hooks, place, broken, raising=False)
    token = {"access_token": "t0k3n", "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "c"}
    request = {**REQUEST, "fhirServer": "https://ehr.example/r4", "fhirAuthorization": token}
    response = app.test_client().post(ORDER_SIGN, json=request)
    assert "t0k3n" not in response.text
    assert "t0k3n" not in capsys.readouterr().err
    assert not [x for x in tmp_path.rglob("*") if x.is_file() and b"t0k3n" in x.read_bytes()]
