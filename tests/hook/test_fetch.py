"""A key set is fetched whole, in time and from where it was asked for, or not at all."""

import gzip
import socket
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from requests.adapters import HTTPAdapter

from cds_service.hook.fetch import Document, Unfetched, fetch
from tests.hook.key_servers import (
    Answer,
    certified,
    dripping_body,
    dripping_head,
    half,
    reply,
    serving,
    silent,
)

SECONDS = 0.5


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", None),
        ("max-age=60", 60),
        ("public, MAX-AGE = 60, must-revalidate", 60),
        ('max-age="60"', 60),
        ("s-maxage=60", None),
        ("max-age=soon", None),
        ("no-store", 0),
        ("no-cache, max-age=60", 0),
    ],
)
def test_a_document_comes_with_the_time_it_may_be_kept(said: str, kept: int | None) -> None:
    with serving(reply(b'{"a": 1}', Cache_Control=said)) as url:
        assert fetch(url) == Document(b'{"a": 1}', kept)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(status="404 Not Found"), "the answer is 404"),
        (reply(status="500 Internal Server Error"), "the answer is 500"),
        (reply(status="204 No Content"), "the answer is 204"),
        (reply(b"x" * 2000), "larger than 1000 bytes"),
        (reply(gzip.compress(b"x" * 1_000_000), Content_Encoding="gzip"), "larger than 1000 bytes"),
        (reply(b"no gzip", Content_Encoding="gzip"), "no whole answer"),
        (half(), "no whole answer"),
        (lambda line: line.sendall(b"SSH-2.0-OpenSSH\r\n"), "no whole answer"),
        (lambda line: None, "no whole answer"),
        (silent, "no whole answer"),
        (dripping_head, "no whole answer"),
        (dripping_body, "no whole answer"),
    ],
    ids=["404", "500", "204", "large", "bomb", "no gzip", "half", "no HTTP", "closed", "silent", "head", "body"],
)
def test_an_answer_that_is_not_whole_and_in_time_is_none(answer: Answer, why: str) -> None:
    start = time.monotonic()
    with serving(answer) as url, pytest.raises(Unfetched, match=why):
        fetch(url, SECONDS, 1000)
    assert time.monotonic() - start < SECONDS + 0.5


def test_a_redirect_is_not_followed() -> None:
    asked: list[bytes] = []

    def elsewhere(line: socket.socket) -> None:
        asked.append(line.getsockname())
        reply()(line)

    with (
        serving(elsewhere) as inside,
        serving(reply(status="302 Found", Location=inside)) as url,
        pytest.raises(Unfetched, match="redirects are not followed"),
    ):
        fetch(url)
    assert asked == []


def test_nobody_listening_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unfetched, match="no whole answer"):
        fetch(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "url", ["http://ehr.example/jwks", "ftp://ehr.example", "jwks.json", "https://u:p@ehr.example"]
)
def test_an_address_that_may_not_be_asked_is_not(url: str) -> None:
    with pytest.raises(Unfetched, match=r"http|URL"):
        fetch(url)


def test_a_certificate_has_to_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, certificate = certified(tmp_path)
    with serving(reply(b"{}"), tls) as url:
        with pytest.raises(Unfetched, match="SSLError"):
            fetch(url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert fetch(url).content == b"{}"


@pytest.mark.parametrize("answer", [dripping_head, dripping_body, silent])
def test_time_is_kept_over_tls_too(answer: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, certificate = certified(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    start = time.monotonic()
    with serving(answer, tls) as url, pytest.raises(Unfetched, match="no whole answer"):
        fetch(url, SECONDS)
    assert time.monotonic() - start < SECONDS + 0.5


def test_no_password_of_the_machine_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login operator password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with (
        serving(reply(b"{}")) as url,
        patch.object(HTTPAdapter, "send", autospec=True, side_effect=HTTPAdapter.send) as sent,
    ):
        fetch(url)
    assert "Authorization" not in sent.call_args.args[1].headers
