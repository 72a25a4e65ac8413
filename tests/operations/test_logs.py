"""The log over the wire: what the HTTP server itself refuses, and the request id in whatever a request leads to."""

import json
import logging
import socket
from collections.abc import Iterator

import pytest
import structlog
from flask import Flask, g

from cds_service.web import log
from tests.operations.replica import Ehr, Replica, serving, table

SECRET = "geheimrath-77"
# What the HTTP server refuses before the service sees it.
BROKEN = {
    "a header with a space": f"GET /livez HTTP/1.1\r\nHost: a\r\nAuthorization {SECRET} : Bearer x\r\n\r\n",
    "no method": f"{SECRET} /Patient?name={SECRET} HTTP/1.1\r\n\r\n",
    "another protocol": f"GET /Patient/{SECRET} HTTP/{SECRET}\r\n\r\n",
    "a line without end": f"GET /{SECRET}{'x' * 9000} HTTP/1.1\r\nHost: a\r\n\r\n",
    "a length that is none": f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {SECRET}\r\n\r\n",
}


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    folder = tmp_path_factory.mktemp("logs")
    with serving(folder / "data", table(folder, [Ehr("north")]), workers=1) as made:
        yield made


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_http_is_refused_and_not_written_down(name: str, replica: Replica) -> None:
    before = len(replica.log.read_text())
    host, _, port = replica.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 30) as line:
        line.sendall(BROKEN[name].encode())
        answer = line.recv(65536)
    written = replica.log.read_text()[before:]
    assert answer.startswith(b"HTTP/1.1 4")
    assert [json.loads(x)["logger"] for x in written.splitlines()] == ["gunicorn.error"]
    assert SECRET not in written


def test_texts_of_libraries_are_kept_where_they_are_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    library = logging.getLogger("library")
    library.warning("a fixed text about %s", SECRET)
    library.warning(f"put together with {SECRET}")
    entries = [json.loads(x) for x in capsys.readouterr().err.splitlines()]
    assert [x["event"] for x in entries] == [
        "a fixed text about %s",
        "test_logs.test_texts_of_libraries_are_kept_where_they_are_fixed",
    ]


def test_whatever_a_request_leads_to_carries_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    with Flask("x").app_context():
        g.request_id = "r-1"
        structlog.get_logger().info("ours")
        logging.getLogger("library").warning("theirs")
    structlog.get_logger().info("outside")
    entries = [json.loads(x) for x in capsys.readouterr().err.splitlines()]
    assert [x.get("request_id") for x in entries] == ["r-1", "r-1", None]
