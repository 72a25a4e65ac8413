"""`cds serve` and `cds demo` as processes: start, answer, stop."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.hook.calls import call

WAIT = 60


@pytest.fixture(autouse=True)
def heeding_ctrl_c() -> Iterator[None]:
    """Where tests run in the background of a shell they ignore Ctrl-C, and so would every process that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def cds(*arguments: str, data: Path) -> Iterator[subprocess.Popen[str]]:
    """A `cds` command with its own data directory; killed if a test leaves it running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_service.cli", *arguments],
        env={**os.environ, "CDS_DATA_DIR": str(data), "TMPDIR": str(data), "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_ready(url: str) -> float:
    """Seconds until the service answers."""
    start = time.monotonic()
    while time.monotonic() - start < WAIT:
        try:
            if requests.get(f"{url}/readyz", timeout=1).ok:
                return time.monotonic() - start
        except requests.ConnectionError:
            time.sleep(0.02)
    raise TimeoutError(url)


def test_serve_answers_counts_over_all_workers_and_stops(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    (tmp_path / "data").mkdir()
    with cds("serve", "--bind", f"127.0.0.1:{port}", data=tmp_path / "data") as process:
        until_ready(url)
        for _ in range(8):
            assert requests.post(f"{url}/cds-services/trofosfamide-order-sign", json=call(), timeout=WAIT).ok
        service = requests.get(f"{url}/cds-services", timeout=WAIT).json()["services"][0]
        patient = requests.get(f"{url}/fhir/Patient?_count=1", timeout=WAIT).json()["entry"][0]["resource"]["id"]
        metrics = requests.get(f"{url}/metrics", timeout=WAIT).text
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=WAIT)
    assert service["id"] == "trofosfamide-order-sign"
    assert patient
    assert 'cds_answers_total{client="demo",service="trofosfamide-order-sign",topic="other-drug"} 8.0' in metrics
    assert process.returncode == 0
    entries = [json.loads(x) for x in log.splitlines()]
    assert entries[0]["event"].startswith("demo mode")
    assert [x["topic"] for x in entries if x["event"] == "answered"] == ["other-drug"] * 8
    assert {x.name for x in (tmp_path / "data").iterdir() if x.is_file()} == {"decisions.sqlite", "patient.key"}


def test_serve_refuses_what_lies_about_its_size_on_the_wire(tmp_path: Path) -> None:
    port = free_port()
    with cds("serve", "--bind", f"127.0.0.1:{port}", data=tmp_path):
        until_ready(f"http://127.0.0.1:{port}")
        url = f"http://127.0.0.1:{port}/cds-services/trofosfamide-order-sign"
        chunks = (b" " * 65536 for _ in range(200))
        headers = {"Content-Type": "application/json"}
        chunked = requests.post(url, data=chunks, headers=headers, timeout=WAIT)
        assert requests.post(url, data=iter([json.dumps(call()).encode()]), headers=headers, timeout=WAIT).ok
        with socket.create_connection(("127.0.0.1", port)) as short:
            short.sendall(
                b"POST /cds-services/trofosfamide-order-sign HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{}"
            )
            short.shutdown(socket.SHUT_WR)
            answer = short.recv(65536)
    assert chunked.status_code == 413
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_serve_says_why_it_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with cds("serve", "--bind", f"127.0.0.1:{free_port()}", data=tmp_path / "file") as process:
        _, said = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    assert "cds: The database" in said
    assert "Traceback" not in said


def test_demo_shows_cards_and_goes_on_serving_until_it_is_interrupted(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        with cds("demo", "--bind", bind, data=tmp_path) as process:
            shown = read_until("cds explain", process)
            answer = as_told(shown)
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=WAIT)
    assert f"{bind} is taken" in shown
    assert "CRITICAL  Interrupt trofosfamide: neutrophils 0.99" in shown
    assert "No card: nothing has to be said." in shown
    assert "\x1b[" not in shown
    assert answer["cards"][0]["source"]["topic"]["code"] == "interrupt"
    assert rest.endswith("Stopped.\n")
    assert (process.returncode, errors) == (0, "")


def read_until(text: str, process: subprocess.Popen[str]) -> str:
    """What the process writes up to a line with the text."""
    assert process.stdout is not None
    shown = ""
    while text not in shown:
        line = process.stdout.readline()
        assert line, f"it ended: {shown} {process.communicate()}"
        shown += line
    return shown


def as_told(shown: str) -> Any:
    """The answer to the curl command that the demo tells to try."""
    command = re.search(r"^  (curl \S+order-sign .*)$", shown, re.MULTILINE)
    assert command
    _, url, _, header, _, file = shlex.split(command[1])
    name, _, value = header.partition(": ")
    return requests.post(url, Path(file.removeprefix("@")).read_bytes(), headers={name: value}, timeout=WAIT).json()


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
def test_demo_leaves_nothing_running(signal_: signal.Signals, tmp_path: Path) -> None:
    port = free_port()
    with cds("demo", "--bind", f"127.0.0.1:{port}", data=tmp_path) as process:
        until_ready(f"http://127.0.0.1:{port}")
        process.send_signal(signal_)
        process.communicate(timeout=WAIT)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{port}/livez", timeout=1)
