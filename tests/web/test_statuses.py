"""Which status an EHR gets for what, and that every refusal says what was wrong, where, and what to do."""

import json
import time
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from benchmarks import bodies
from cds_service.errors import CODE_SYSTEM, DOCS_PAGE
from tests.hook.calls import REMOVED, TROFOSFAMIDE, call, changed
from tests.support import ORDER_SIGN, client

EMPTY: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}


def post(request: Any, url: str = ORDER_SIGN, **options: Any) -> TestResponse:
    sent = request if isinstance(request, bytes) else json.dumps(request).encode()
    return client().post(url, data=sent, **{"content_type": "application/json", **options})


def refusal(response: TestResponse) -> tuple[int, str, str]:
    """Status, error code and sentence of a refusal that is in the form of all refusals."""
    outcome = response.get_json()
    assert response.content_type == "application/json"
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    (coding,) = issue["details"]["coding"]
    assert issue["severity"] == "error"
    assert coding["system"] == CODE_SYSTEM
    assert issue["details"]["text"].endswith(f"{DOCS_PAGE}#{coding['code']}")
    return response.status_code, coding["code"], issue["diagnostics"]


@pytest.mark.requirement(1, 52, 60, 61)
def test_another_drug_is_answered_without_a_card_and_without_prefetch() -> None:
    response = post(call())
    assert (response.status_code, response.content_type, response.get_json()) == (
        200,
        "application/json",
        {"cards": []},
    )


@pytest.mark.requirement(49, 51, 62, 63)
@pytest.mark.parametrize("absent", ["medications", "results"])
def test_needed_prefetch_that_was_not_sent_is_named_with_412(absent: str) -> None:
    prefetch = {x: EMPTY for x in ("medications", "results") if x != absent}
    status, code, said = refusal(post(call(TROFOSFAMIDE, prefetch=prefetch)))
    assert (status, code) == (412, "prefetch-missing")
    assert said.startswith(f"prefetch.{absent} is missing.")


@pytest.mark.requirement(49, 52)
@pytest.mark.parametrize("nothing", [None, EMPTY], ids=["null", "empty"])
def test_prefetch_without_data_is_answered_with_200(nothing: Any) -> None:
    response = post(call(TROFOSFAMIDE, prefetch={"medications": nothing, "results": nothing}))
    assert response.status_code == 200
    assert response.get_json()["cards"][0]["source"]["topic"]["code"] == "not-assessed"


@pytest.mark.requirement(24, 30, 63)
@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (("POST", "/cds-services/unknown", call()), 404, "not-found"),
        (("GET", "/cds-services/unknown/elsewhere", None), 404, "not-found"),
        (("GET", "/", None), 404, "not-found"),
        (("GET", "//cds-services", None), 404, "not-found"),
        (("GET", "/static/../app.py", None), 404, "not-found"),
        (("GET", ORDER_SIGN, None), 405, "method-not-allowed"),
        (("PUT", ORDER_SIGN, call()), 405, "method-not-allowed"),
        (("POST", "/cds-services", call()), 405, "method-not-allowed"),
        (("POST", ORDER_SIGN, changed("hook", "patient-view")), 400, "wrong-hook"),
        (("POST", ORDER_SIGN, changed("context.patientId", REMOVED)), 400, "missing-element"),
        (("POST", ORDER_SIGN, changed("context.patientId", 1)), 400, "invalid-element"),
        (("POST", ORDER_SIGN, "text"), 400, "invalid-element"),
    ],
    ids=str,
)
def test_statuses(sent: tuple[str, str, Any], status: int, code: str) -> None:
    method, url, body = sent
    response = client().open(url, method=method, json=body) if body else client().open(url, method=method)
    assert refusal(response)[:2] == (status, code)


def test_a_wrong_method_is_told_the_right_ones() -> None:
    assert client().get(ORDER_SIGN).headers["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/fhir+json",
        "application/json+fhir",
        "APPLICATION/JSON",
        "text/json",
        "",
    ],
)
def test_content_types_of_json_are_accepted(kind: str) -> None:
    assert post(call(), content_type=kind).status_code == 200


@pytest.mark.parametrize(
    "kind", ["application/xml", "application/fhir+xml", "text/html", "application/x-www-form-urlencoded", "text/plain"]
)
def test_other_content_types_are_refused_by_name(kind: str) -> None:
    status, code, said = refusal(post(call(), content_type=kind))
    assert (status, code) == (415, "unsupported-media-type")
    assert said.startswith(f"The Content-Type is {kind}.")


def test_a_compressed_body_is_refused() -> None:
    assert refusal(post(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}))[:2] == (415, "unsupported-media-type")
    assert post(call(), headers={"Content-Encoding": "identity"}).status_code == 200


@pytest.mark.parametrize("accepted", ["application/json+fhir", "text/html", "image/png", "*/*"])
def test_any_accept_header_gets_json(accepted: str) -> None:
    assert post(call(), headers={"Accept": accepted}).content_type == "application/json"


LIMIT = 10 * 1024 * 1024


@pytest.mark.requirement(30)
def test_a_body_over_the_limit_is_refused_however_it_is_sent() -> None:
    padded = json.dumps(call()).encode().ljust(LIMIT)
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    for sent, status in ((padded, 200), (padded + b" ", 413)):
        assert post(sent).status_code == status
        assert post(sent, environ_overrides=chunked).status_code == status
    assert refusal(post(padded + b" "))[1] == "too-large"


def streamed(stream: BytesIO, **environ: str | None) -> TestResponse:
    return client().post(ORDER_SIGN, input_stream=stream, content_type="application/json", environ_overrides=environ)


def test_a_body_shorter_or_longer_than_it_says() -> None:
    sent = json.dumps(call()).encode()
    assert refusal(streamed(BytesIO(sent), CONTENT_LENGTH="9999"))[:2] == (400, "request-refused")
    assert streamed(BytesIO(sent + b"more"), CONTENT_LENGTH=str(len(sent))).status_code == 200
    assert refusal(streamed(BytesIO(sent), CONTENT_LENGTH="0"))[:2] == (400, "not-json")
    assert refusal(streamed(BytesIO(sent), CONTENT_LENGTH="many"))[:2] == (400, "not-json")
    assert refusal(streamed(BytesIO(sent), CONTENT_LENGTH=None))[:2] == (400, "not-json")


def test_a_connection_lost_within_the_body_is_a_refusal() -> None:
    class Lost(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise ConnectionResetError

    assert refusal(streamed(Lost(), CONTENT_LENGTH="10"))[:2] == (400, "request-refused")


@pytest.mark.requirement(117)
@pytest.mark.parametrize("url", ["/cds-services", ORDER_SIGN])
def test_browsers_of_other_origins_may_call_without_a_token(url: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    response = client().options(url, headers={"Origin": "https://sandbox.example", **asked})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert response.headers["Access-Control-Allow-Headers"] == "authorization, content-type"


@pytest.mark.requirement(117)
def test_every_answer_carries_a_request_id_of_its_own_and_may_be_read_by_other_origins() -> None:
    answers = [post(call()), post(b""), post(call(), "/nowhere"), client().get("/livez")]
    assert len({x.headers["X-Request-Id"] for x in answers}) == len(answers)
    assert {x.headers["Access-Control-Allow-Origin"] for x in answers} == {"*"}
    assert {x.headers["Cache-Control"] for x in answers} == {"no-store"}


@pytest.mark.requirement(77)
def test_the_icon_is_a_png_of_the_size_that_cards_want() -> None:
    with client().get("/static/icon.png") as response:
        image = response.data
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, colours = (
        int.from_bytes(x) for x in (image[16:20], image[20:24], image[24:25], image[25:26])
    )
    assert (width, height, depth, colours) == (100, 100, 8, 2)  # 2: RGB without an alpha channel
    assert b"tRNS" not in image


@pytest.mark.requirement(28)
def test_answers_come_well_within_half_a_second() -> None:
    body = bodies.order_sign(200)
    post(body)
    start = time.perf_counter()
    assert post(body).status_code == 200
    assert time.perf_counter() - start < 0.5
