"""Whatever an EHR does, a read ends in time, as a value that says that the data could not be fetched."""

import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cds_service.clinical.facts import Reason
from cds_service.fhir import bundle
from cds_service.fhir.reading.failures import Failure
from cds_service.fhir.reading.reader import Limits, Reader
from cds_service.hook import strict
from tests.faults import plays
from tests.faults.ehr import CERTIFICATE, TOKEN, Exchange, FakeEhr, Greet, Play, plain, tls
from tests.faults.plays import CHUNKED, HEAD, chunk, encoded, http, observation, searchset, sized, whole

QUERY = "Observation?patient=p-secret-7&code=http://loinc.org|751-8"
SMALL = Limits(bytes=256 * 1024)
LONG = 60  # seconds: no test waits for them
SHORT = 0.4
_OK = searchset(observation("a"))
_OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


@dataclass(frozen=True)
class Fault:
    """One way to fail."""

    name: str
    failure: Failure
    play: Play
    greet: Greet = plain
    host: str = "127.0.0.1"


def status(code: str, failure: Failure, *headers: str) -> Fault:
    return Fault(code, failure, whole(encoded(_OUTCOME), code, plays.FHIR, *headers))


def body(name: str, content: bytes, failure: Failure = Failure.UNREADABLE, kind: str = plays.FHIR) -> Fault:
    return Fault(name, failure, whole(content, "200 OK", kind))


FAULTS = [
    status("401 Unauthorized", Failure.UNAUTHORIZED, 'WWW-Authenticate: Bearer error="invalid_token"'),
    status("403 Forbidden", Failure.FORBIDDEN),
    status("404 Not Found", Failure.NOT_FOUND),
    status("410 Gone", Failure.GONE),
    status("429 Too Many Requests", Failure.THROTTLED, "Retry-After: 3600"),
    status("400 Bad Request", Failure.REFUSED),
    status("206 Partial Content", Failure.REFUSED),
    status("500 Internal Server Error", Failure.SERVER_ERROR),
    status("502 Bad Gateway", Failure.SERVER_ERROR),
    status("503 Service Unavailable", Failure.SERVER_ERROR, "Retry-After: 3600"),
    status("302 Found", Failure.REDIRECT, "Location: /fhir/Observation"),
    status("307 Temporary Redirect", Failure.REDIRECT, "Location: https://ehr.invalid/fhir"),
    Fault("a redirect with a body without end", Failure.REDIRECT,
          plays.endless(b"HTTP/1.1 302 Found\r\nLocation: /fhir/x\r\n\r\n", b" " * 65536)),
    Fault("an error with a body without end", Failure.SERVER_ERROR,
          plays.endless(b"HTTP/1.1 500 Oh no\r\n\r\n", b" " * 65536)),
    Fault("204 without a body", Failure.REFUSED, whole(b"", "204 No Content")),
    Fault("half of a body of known length", Failure.BROKEN, plays.ending(http(_OK)[:-20])),
    Fault("half of a chunked body", Failure.BROKEN, plays.ending(CHUNKED, chunk(_OK[:20]))),
    Fault("a wrong chunk", Failure.BROKEN, plays.ending(CHUNKED, b"zz\r\n")),
    Fault("half of a body that ends with the connection", Failure.UNREADABLE, plays.ending(HEAD, b"\r\n", _OK[:-20])),
    Fault("half of the headers", Failure.UNREADABLE, plays.ending(HEAD)),
    Fault("half of the first line", Failure.BROKEN, plays.ending(HEAD[:6])),
    Fault("no answer", Failure.BROKEN, plays.ending()),
    Fault("a reset", Failure.BROKEN, plays.reset),
    Fault("no HTTP", Failure.BROKEN, plays.ending(b"220 mail.hospital.example ESMTP\r\n\r\n")),
    Fault("a line of headers without end", Failure.BROKEN, plays.endless(HEAD, b"x" * 65536)),
    body("a login page", b"<!DOCTYPE html><title>Log in</title>", Failure.CONTENT_TYPE, "text/html; charset=utf-8"),
    body("FHIR in XML", b"<Bundle/>", Failure.CONTENT_TYPE, "application/fhir+xml"),
    body("JSON that is called HTML", _OK, Failure.CONTENT_TYPE, "text/html"),
    body("JSON of no content type", _OK, Failure.CONTENT_TYPE, ""),
    body("JSON that is said to be in Latin 1", _OK, Failure.CONTENT_TYPE, f"{plays.FHIR}; charset=iso-8859-1"),
    body("a login page that is called FHIR", b"<!DOCTYPE html><title>Log in</title>"),
    body("an empty body", b""),
    body("what is not UTF-8", searchset(observation("a", note="GRO")).replace(b"GRO", b"gr\xf6")),
    body("NaN", searchset(observation("a", value="NaN")).replace(b'"NaN"', b"NaN")),
    body("nesting", searchset(observation("a", note="D")).replace(b'"D"', b"[" * 101 + b"]" * 101)),
    body("a member of the Bundle sent twice", _OK[:-1] + b',"entry":[]}'),
    body("a resource of an entry sent twice", _OK.replace(b'"search"', b'"resource":{},"search"')),
    body("a link sent twice in one", _OK.replace(b'"relation"', b'"relation":"next","relation"')),
    body("an entry without a resource", searchset(None).replace(b'"resource":null,', b"")),
    body("no object", b"[]"),
    body("a Bundle of another type", _OK.replace(b"searchset", b"collection"), Failure.WRONG_RESOURCE),
    body("a Patient", encoded({"resourceType": "Patient"}), Failure.WRONG_RESOURCE),
    body("an OperationOutcome", encoded(_OUTCOME), Failure.OUTCOME),
    Fault("a large body of known length", Failure.TOO_LARGE, plays.endless(sized(10**9), b" " * 65536)),
    Fault("a large chunked body", Failure.TOO_LARGE, plays.endless(CHUNKED, chunk(b" " * 65536))),
    Fault("a body without end", Failure.TOO_LARGE, plays.endless(HEAD + b"\r\n", b" " * 65536)),
    Fault("a small body that unpacks to a large one", Failure.TOO_LARGE, plays.packed(b" " * 10**8)),
    Fault("a body that is not packed as it says", Failure.BROKEN, plays.packed(_OK, claim="gzip, gzip")),
    Fault("no TLS", Failure.TLS, whole(b""), plays.no_tls),
    Fault("a certificate of nobody", Failure.TLS, whole(_OK), tls),
    Fault("a connection that ends within the TLS handshake", Failure.BROKEN, whole(_OK), plays.hanging_up),
]  # fmt: skip
SLOW = [
    Fault("silence", Failure.DEADLINE, plays.then_hang()),
    Fault("silence after the head", Failure.DEADLINE, plays.then_hang(sized(1000))),
    Fault("silence before the last byte", Failure.DEADLINE, plays.then_hang(http(_OK)[:-1])),
    Fault("headers that drip", Failure.DEADLINE, plays.dripping(HEAD + b"X-Long: ", b"x")),
    Fault("a body that drips", Failure.DEADLINE, plays.dripping(sized(10**6), b" ")),
    Fault("chunks that drip", Failure.DEADLINE, plays.dripping(CHUNKED, b"1\r\n \r\n")),
    Fault("a body without a length that drips", Failure.DEADLINE, plays.dripping(HEAD + b"\r\n", b" ")),
    Fault("a closing connection that drips", Failure.DEADLINE,
          plays.dripping(HEAD + b"Connection: close\r\nContent-Length: 1000000\r\n\r\n", b" ")),
    Fault("promises to go on", Failure.DEADLINE, plays.dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
    Fault("silence instead of TLS", Failure.DEADLINE, whole(_OK), plays.silent),
    Fault("a TLS handshake that drips", Failure.DEADLINE, whole(_OK), plays.half_greeting),
]  # fmt: skip


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader(strict.text, SMALL)
    yield reader
    reader.close()


def fetch(reader: Reader, ehr: FakeEhr, seconds: float = LONG, query: str = QUERY) -> Any:
    return reader.fetch(ehr.base, TOKEN, {"results": query}, time.monotonic() + seconds)["results"]


@pytest.mark.requirement(47, 54)
@pytest.mark.hazard("H25")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda x: x.name)
def test_a_fault_is_said_to_be_one(reader: Reader, fault: Fault) -> None:
    with FakeEhr(fault.play, fault.greet, fault.host) as ehr:
        fetched = fetch(reader, ehr)
    assert fetched.failure is fault.failure
    assert bundle.read(fetched.value).reason() is Reason.FETCH_FAILED


@pytest.mark.requirement(28, 54)
@pytest.mark.hazard("H25")
@pytest.mark.parametrize("fault", SLOW, ids=lambda x: x.name)
def test_who_is_slow_is_cut_off(reader: Reader, fault: Fault) -> None:
    with FakeEhr(fault.play, fault.greet) as ehr:
        began = time.monotonic()
        fetched = fetch(reader, ehr, SHORT)
        assert time.monotonic() - began < LONG / 4
        if ehr.asked:
            assert ehr.cut.wait(LONG / 2), "the connection is still open"
    assert fetched.failure is Failure.DEADLINE
    assert bundle.read(fetched.value).reason() is Reason.FETCH_FAILED


@pytest.mark.parametrize(
    "play",
    [plays.then_hang(), plays.dripping(sized(10**6), b" "), plays.dripping(HEAD + b"Connection: close\r\n\r\n", b" ")],
)
def test_who_is_slow_is_cut_off_within_tls(play: Play) -> None:
    reader = Reader(strict.text, SMALL, ca_file=str(CERTIFICATE))
    with FakeEhr(play, tls) as ehr:
        assert fetch(reader, ehr, SHORT).failure is Failure.DEADLINE
        assert ehr.cut.wait(LONG / 2), "the connection is still open"
    reader.close()


def test_a_certificate_of_a_known_ca_is_good_for_its_own_host_alone() -> None:
    reader = Reader(strict.text, SMALL, ca_file=str(CERTIFICATE))
    with FakeEhr(whole(_OK), tls) as right, FakeEhr(whole(_OK), tls, host="localhost") as wrong:
        assert fetch(reader, right).failure is None
        assert fetch(reader, wrong).failure is Failure.TLS
        assert wrong.asked == []
    reader.close()


def test_nobody_listens(reader: Reader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    fetched = reader.fetch(f"http://127.0.0.1:{port}/fhir", TOKEN, {"a": QUERY}, time.monotonic() + LONG)["a"]
    assert fetched.failure is Failure.UNREACHABLE


def test_a_queue_that_is_never_served(reader: Reader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
        fetched = reader.fetch(base, TOKEN, {"a": QUERY}, time.monotonic() + SHORT)["a"]
        assert fetched.failure is Failure.DEADLINE


def test_a_host_that_nobody_knows(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fetched = reader.fetch("https://ehr.invalid/fhir", TOKEN, {"a": QUERY}, time.monotonic() + LONG)["a"]
    assert fetched.failure is Failure.NO_HOST


@pytest.mark.requirement(55, 59)
@pytest.mark.parametrize("token", ["a\r\nX-Other: b", "a b", "ä", "", '"quoted"'])
def test_what_is_no_token_is_not_sent(reader: Reader, token: str) -> None:
    with FakeEhr(whole(_OK)) as ehr:
        fetched = reader.fetch(ehr.base, token, {"a": QUERY}, time.monotonic() + LONG)["a"]
        assert (fetched.failure, ehr.connections) == (Failure.UNAUTHORIZED, 0)


@pytest.mark.parametrize(
    "query",
    ["", "Patient", "../admin", "Patient/..", "Patient/.", "Patient/a/../../b", "/Patient/a", "//other.example/Patient",
     "http://other.example/Patient/a", "Patient/a%2f..", "Patient/a?x", "Patient?a#b", "Patient?a b",
     "Patient/a\r\nX: b", "Patient?patient=ä", "patient/a", f"Patient/{'a' * 65}"],
)  # fmt: skip
def test_a_query_stays_below_the_base(reader: Reader, query: str) -> None:
    with FakeEhr(whole(_OK)) as ehr:
        assert (fetch(reader, ehr, query=query).failure, ehr.connections) == (Failure.BAD_QUERY, 0)


@pytest.mark.requirement(55, 59)
@pytest.mark.parametrize(
    "play",
    [
        whole(_OK, "500 Oh no"),
        plays.ending(HEAD + b"X-Odd\x00: 1\r\n : 2\r\nno colon\r\n\r\n", _OK),
        plays.ending(http(_OK)[:-20]),
        plays.reset,
        plays.then_hang(),
        whole(_OK, "302 Found", plays.FHIR, "Location: https://ehr.invalid/p-secret-7"),
    ],
)
def test_no_log_names_the_patient_the_token_or_the_server(
    reader: Reader, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with FakeEhr(play) as ehr:
        fetch(reader, ehr, SHORT)
        assert not [x for x in ("p-secret-7", TOKEN, ehr.host) if x in caplog.text]


def test_one_answer_that_is_too_large_does_not_cost_the_others(reader: Reader) -> None:
    def afterwards(exchange: Exchange) -> None:
        exchange.cut.wait(LONG)
        exchange.send(http(_OK))

    large = plays.endless(CHUNKED, chunk(b" " * 65536))
    with FakeEhr(plays.by_target({"AdverseEvent?subject=a": large, "Patient?_id=a": afterwards})) as ehr:
        asked = {"large": "AdverseEvent?subject=a", "small": "Patient?_id=a"}
        fetched = reader.fetch(ehr.base, TOKEN, asked, time.monotonic() + LONG)
    assert {key: x.failure for key, x in fetched.items()} == {"large": Failure.TOO_LARGE, "small": None}


def test_all_answers_of_a_call_count_together(reader: Reader) -> None:
    half = searchset(observation("a", note="x" * (SMALL.bytes // 3)))
    with FakeEhr(whole(half)) as ehr:
        fetched = reader.fetch(ehr.base, TOKEN, {str(x): f"Patient?_id={x}" for x in range(4)}, time.monotonic() + LONG)
    assert {x.failure for x in fetched.values()} == {None, Failure.TOO_LARGE}
