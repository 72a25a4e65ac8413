"""Web pages of other origins may call as the table says: browsers ask without a token, and are told on every answer."""

from collections.abc import Mapping

import pytest
from flask import Flask, Response, abort, g
from flask.testing import FlaskClient

from cds_service.hook.clients import Client
from cds_service.web import cors
from tests.support import ORDER_SIGN

NORTH = Client(id="north", issuer="n", mode="live", browser_origins=frozenset({"https://north.example"}))
ALL = frozenset({"https://north.example", "https://south.example"})


def browser(origins: frozenset[str] | None) -> FlaskClient:
    """A caller of an app in which one address is called by north, and everything else is refused."""
    app = Flask("cors")
    cors.install(app, origins)

    @app.post(ORDER_SIGN)
    def called() -> str:
        g.client = NORTH
        return "{}"

    @app.post(f"{ORDER_SIGN}/feedback")
    def feedback() -> Response:
        abort(401)

    @app.get("/fails")
    def fails() -> str:
        abort(500)

    return app.test_client()


def said(headers: Mapping[str, str]) -> dict[str, str]:
    return {x.removeprefix("Access-Control-"): y for x, y in headers.items() if x.startswith("Access-Control-")}


def asked(
    method: str, url: str, origin: str | None, origins: frozenset[str] | None = ALL
) -> tuple[int, dict[str, str]]:
    sent = {} if origin is None else {"Origin": origin}
    if method == "OPTIONS":
        sent |= {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = browser(origins).open(url, method=method, headers=sent)
    return answer.status_code, said(answer.headers)


@pytest.mark.requirement(117)
@pytest.mark.parametrize("url", [ORDER_SIGN, f"{ORDER_SIGN}/feedback"])
@pytest.mark.parametrize("origin", sorted(ALL))
def test_a_browser_may_ask_without_a_token(url: str, origin: str) -> None:
    assert asked("OPTIONS", url, origin) == (
        200,
        {
            "Allow-Origin": origin,
            "Allow-Methods": "GET, POST",
            "Allow-Headers": "authorization, content-type",
            "Max-Age": "600",
        },
    )


@pytest.mark.requirement(117)
@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("POST", ORDER_SIGN, 200),
        ("POST", f"{ORDER_SIGN}/feedback", 401),
        ("GET", "/nothing", 404),
        ("GET", ORDER_SIGN, 405),
        ("GET", "/fails", 500),
    ],
)
def test_a_page_that_may_call_can_read_every_answer(method: str, url: str, status: int) -> None:
    exposed = {"Allow-Origin": "https://north.example", "Expose-Headers": "X-Request-Id, Retry-After"}
    assert asked(method, url, "https://north.example") == (status, exposed)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://north.example.evil.example",
        "https://evil-north.example",
        "http://north.example",
        "https://north.example:8443",
        "https://NORTH.example",
        "null",
        "",
        None,
    ],
)
@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
def test_a_page_of_another_origin_is_told_nothing(method: str, origin: str | None) -> None:
    assert asked(method, ORDER_SIGN, origin) == (200, {})


def test_a_page_of_one_client_cannot_read_an_answer_to_another() -> None:
    assert asked("POST", ORDER_SIGN, "https://south.example") == (200, {})


@pytest.mark.parametrize("origin", ["https://sandbox.example", "null", None])
def test_in_demo_mode_any_page_may_call(origin: str | None) -> None:
    assert asked("POST", ORDER_SIGN, origin, None)[1]["Allow-Origin"] == "*"
    assert asked("OPTIONS", ORDER_SIGN, origin, None)[1]["Allow-Origin"] == "*"


def test_without_browser_origins_nobody_may() -> None:
    assert asked("OPTIONS", ORDER_SIGN, "https://north.example", frozenset()) == (200, {})


def test_a_cache_is_told_that_answers_differ_by_origin() -> None:
    assert browser(ALL).post(ORDER_SIGN).headers["Vary"] == "Origin"
    assert "Vary" not in browser(None).post(ORDER_SIGN).headers


def test_no_page_is_let_in_by_cookies() -> None:
    for origins in (ALL, None):
        assert "Allow-Credentials" not in asked("OPTIONS", ORDER_SIGN, "https://north.example", origins)[1]
