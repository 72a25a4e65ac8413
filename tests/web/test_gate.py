"""At the gate: the client is known to the rest of a call, refusals are counted, and those of strangers are limited."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, g, request
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from cds_service.hook.keys import KeySets
from cds_service.hook.limits import Limits, Rate, TooMany
from cds_service.hook.refusals import Forbidden, Unauthenticated
from cds_service.hook.replay import Memory
from cds_service.web.gate import Gate
from tests.hook.hostile_tokens import BASE, CLIENTS, UNKNOWN, Servers, bearer, south, token
from tests.support import FIXED_NOW, ORDER_SIGN

BURST = 3


@pytest.fixture
def caller() -> FlaskClient:
    """A caller of an app that has a gate and tells who came through."""
    app = Flask("gate")
    gate = Gate(
        base=BASE,
        clients=CLIENTS,
        keys=KeySets(CLIENTS, Servers()),
        seen=Memory(lambda: FIXED_NOW),
        refused=Limits(Rate(burst=BURST, per_second=0.1), lambda: 0.0),
        clock=lambda: FIXED_NOW,
    )

    @app.post(ORDER_SIGN)
    def called() -> Any:
        client = gate.caller(request)
        assert g.client is client
        return client.id

    app.register_error_handler(Unauthenticated, lambda _: ("", 401))
    app.register_error_handler(Forbidden, lambda _: ("", 403))
    app.register_error_handler(TooMany, lambda x: ("", 429, {"Retry-After": str(x.seconds)}))
    return app.test_client()


def status(caller: FlaskClient, sent: str | None, address: str = "192.0.2.1") -> int:
    headers = {} if sent is None else {"Authorization": sent}
    return caller.post(ORDER_SIGN, headers=headers, environ_base={"REMOTE_ADDR": address}).status_code


def count(kind: str, client: str) -> float:
    return REGISTRY.get_sample_value("cds_tokens_refused_total", {"kind": kind, "client": client}) or 0.0


@pytest.mark.requirement(104, 105, 111)
def test_a_good_token_opens_the_gate_for_the_url_under_the_public_base(caller: FlaskClient) -> None:
    answer = caller.post(ORDER_SIGN, headers={"Authorization": bearer(token())}, base_url="http://10.0.0.7:8080")
    assert (answer.status_code, answer.text) == (200, "north")


@pytest.mark.requirement(111)
def test_a_query_is_no_part_of_the_url_that_a_token_is_for(caller: FlaskClient) -> None:
    answer = caller.post(f"{ORDER_SIGN}?x=1", headers={"Authorization": bearer(token())})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
        {"X-Forwarded-Prefix": "https://evil.example"},
        {"Forwarded": "host=evil.example;proto=https"},
    ],
)
def test_a_header_does_not_choose_the_audience(caller: FlaskClient, forged: dict[str, str]) -> None:
    made = bearer(token(aud=f"https://evil.example{ORDER_SIGN}"))
    answer = caller.post(ORDER_SIGN, headers={"Authorization": made, **forged}, base_url="https://evil.example")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "name", ["no header", "two headers, joined by the server", "alg none", "aud of another service"]
)
def test_a_refusal_is_counted_by_its_kind(name: str, caller: FlaskClient) -> None:
    made, kind = UNKNOWN[name]
    clients = ("", "north")
    before = sum(count(kind, x) for x in clients)
    assert status(caller, made()) == 401
    assert sum(count(kind, x) for x in clients) == before + 1


def test_a_known_client_that_is_refused_is_counted_by_name(caller: FlaskClient) -> None:
    before = count("tenant", "south")
    assert status(caller, bearer(south(tenant="ward-9"))) == 403
    assert count("tenant", "south") == before + 1


@pytest.mark.requirement(115)
def test_nothing_of_a_token_is_logged_but_whose_it_is(caller: FlaskClient) -> None:
    made = token(aud="https://private.example", jti="secret-jti", sub="Dr. Secret")
    with capture_logs() as entries:
        status(caller, bearer(made))
    (entry,) = entries
    assert (entry["kind"], entry["client"]) == ("audience", "north")
    assert not [x for x in ("secret", "private", *made.split(".")) if x in str(entry).lower()]


def test_an_address_that_is_refused_too_often_is_told_to_wait(caller: FlaskClient) -> None:
    assert [status(caller, "Bearer x") for _ in range(BURST + 2)] == [401] * BURST + [429] * 2
    answer = caller.post(ORDER_SIGN, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert status(caller, "Bearer x", "192.0.2.2") == 401


@pytest.mark.parametrize(
    ("made", "answered"),
    [
        (lambda: bearer(token()), 200),
        (lambda: bearer(token(aud="x")), 401),
        (lambda: bearer(token(iat=0, exp=1)), 401),
        (lambda: bearer(south(tenant="ward-9")), 403),
    ],
    ids=["good", "for something else", "expired", "another tenant"],
)
def test_a_known_client_is_never_told_to_wait(made: Callable[[], str], answered: int, caller: FlaskClient) -> None:
    for _ in range(BURST + 2):
        status(caller, None)
    assert status(caller, made()) == answered


def test_what_a_known_client_is_refused_takes_nothing_from_others_of_its_address(caller: FlaskClient) -> None:
    for number in range(BURST + 2):
        status(caller, bearer(token(aud="x", jti=str(number))))
    assert status(caller, None) == 401
