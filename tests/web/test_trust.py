"""Trusted EHRs at the door: who may call, which FHIR server they may name, and what a silent one gets."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.demo.fixtures import fixtures, request_for
from cds_service.hook.limits import Rate
from cds_service.settings import Settings
from cds_service.web.discovery import SERVICES
from tests.hook.calls import call
from tests.hook.hostile_tokens import BASE, FORBIDDEN, NORTH, OFF, SOUTH, UNKNOWN, bearer, published, token
from tests.support import FIXED_NOW, ORDER_SIGN, CheckedClient

PATIENT = fixtures(FIXED_NOW)["interrupt-neutrophils-grade-3"]


def table(folder: Path, mode: str) -> Path:
    """The table of the three clients that the hostile tokens speak of, and their keys."""
    text = "clients:\n"
    for x in (NORTH, SOUTH, OFF):
        (folder / f"{x.id}.json").write_bytes(published(x.jwks_url))
        text += (
            f"  - {{id: {x.id}, issuer: '{x.issuer}', mode: {'off' if x is OFF else mode}, jwks_file: {x.id}.json,\n"
        )
        more = f", tenants: [ward-1, ward-2], jku: '{x.jku}', algorithms: [ES384, RS384, ES256, RS256]"
        text += f"     fhir_servers: ['https://fhir.{x.id}.example']{more if x is SOUTH else ''}}}\n"
    file = folder / "clients.yaml"
    file.write_text(text, "utf-8")
    return file


def service(folder: Path, mode: str = "live") -> FlaskClient:
    settings = Settings(data_dir=folder, clients=table(folder, mode), public_base_url=BASE, log_level="error")
    app = create_app(settings, clock=lambda: FIXED_NOW)
    app.test_client_class = CheckedClient
    return app.test_client()


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return service(tmp_path)


def signed(jti: str, path: str = ORDER_SIGN) -> dict[str, str]:
    return {"Authorization": bearer(token(jti=jti, aud=f"{BASE}{path}"))}


@pytest.mark.requirement(103)
@pytest.mark.parametrize("name", [x for x, (made, *_) in UNKNOWN.items() if "\n" not in (made() or "")])
def test_an_unknown_caller_is_told_nothing_but_401(client: FlaskClient, name: str) -> None:
    made = UNKNOWN[name][0]()
    response = client.post(ORDER_SIGN, json=call(), headers={} if made is None else {"Authorization": made})
    assert (response.status_code, response.data) == (401, b"")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_known_caller_that_may_not_is_told_so(client: FlaskClient, name: str) -> None:
    response = client.post(ORDER_SIGN, json=call(), headers={"Authorization": FORBIDDEN[name][0]()})
    assert response.status_code == 403
    assert response.get_json()["issue"][0]["details"]["coding"][0]["code"] == "not-allowed"


def test_an_address_that_is_refused_too_often_has_to_wait(client: FlaskClient) -> None:
    statuses = [client.post(ORDER_SIGN, json=call(), headers={"Authorization": "Bearer x"}) for _ in range(61)]
    assert {x.status_code for x in statuses[:60]} == {401}
    assert statuses[-1].status_code == 429
    assert int(statuses[-1].headers["Retry-After"]) >= 1
    assert client.post(ORDER_SIGN, json=call(), headers=signed("good")).status_code == 200


def test_a_good_token_is_good_once(client: FlaskClient) -> None:
    statuses = [client.post(ORDER_SIGN, json=call(), headers=signed("once")).status_code for _ in range(2)]
    assert statuses == [200, 401]


@pytest.mark.parametrize(
    ("server", "status"),
    [("https://fhir.north.example/r4", 200), ("https://fhir.south.example/r4", 403), ("https://evil.example", 403)],
)
def test_a_client_names_only_its_own_fhir_server(client: FlaskClient, server: str, status: int) -> None:
    response = client.post(ORDER_SIGN, json=call(fhirServer=server), headers=signed("server"))
    assert response.status_code == status


def signing() -> dict[str, Any]:
    return request_for(PATIENT, SERVICES[0].prefetch)


@pytest.mark.parametrize(("mode", "cards"), [("live", 1), ("silent", 0)])
def test_a_silent_client_gets_no_card_and_a_live_one_does(tmp_path: Path, mode: str, cards: int) -> None:
    client = service(tmp_path, mode)
    body = CheckedClient.encoded(signing())
    response = client.post(ORDER_SIGN, data=body, content_type="application/json", headers=signed("mode"))
    assert len(response.get_json()["cards"]) == cards
    counted = 'cds_answers_total{client="north",service="trofosfamide-order-sign",topic="interrupt"}'
    assert counted in client.get("/metrics").text


def test_a_card_of_a_trusted_caller_speaks_of_no_demo(client: FlaskClient) -> None:
    body = CheckedClient.encoded(signing())
    [card] = client.post(ORDER_SIGN, data=body, content_type="application/json", headers=signed("demo")).get_json()[
        "cards"
    ]
    assert "Demo" not in card["detail"]


def test_discovery_and_preflight_need_no_token(client: FlaskClient) -> None:
    assert client.get("/cds-services").status_code == 200
    assert client.options(ORDER_SIGN).status_code == 200


def test_a_client_that_sends_too_much_feedback_has_to_wait_and_its_hook_calls_have_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.app.FEEDBACK", Rate(burst=2, per_second=0.01))
    client = service(tmp_path)
    url = f"{ORDER_SIGN}/feedback"
    sent = [client.post(url, json={"feedback": []}, headers=signed(f"told-{n}", url)) for n in range(3)]
    assert [x.status_code for x in sent] == [200, 200, 429]
    assert int(sent[-1].headers["Retry-After"]) >= 1
    assert client.post(ORDER_SIGN, json=call(), headers=signed("signed")).status_code == 200
