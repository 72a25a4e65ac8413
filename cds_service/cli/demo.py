"""`cds demo`: a service, an EHR that calls it for invented patients, and their cards in the terminal."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

import msgspec
import requests

from cds_service.cli.serve import address, bracketed
from cds_service.demo.ehr import Ehr
from cds_service.demo.fixtures import Fixture, fixtures
from cds_service.demo.terminal import Terminal
from cds_service.errors import StartError
from cds_service.settings import load

SHOWN = (
    "interrupt-neutrophils-grade-3",
    "restart-above-the-ceiling",
    "reduce-alt-grade-3",
    "escalate-after-21-days",
    "missing-neutrophils",
    "start-at-starting-dose",
    "other-drug-ifosfamide",
)
_WAIT = 20


def run(bind: str) -> None:
    """Start a service, show what it answers, and keep it running until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    terminal = Terminal(get_terminal_size().columns, sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    host, port = _free(*address(bind))
    base = f"http://{bracketed(host)}:{port}"
    if f":{port}" not in bind:
        _say(f"{bind} is taken by another program; using {bracketed(host)}:{port}.")
    try:
        with _service(f"{bracketed(host)}:{port}") as process:
            patients = fixtures(datetime.now(UTC).replace(microsecond=0))
            _ready(process, base)
            _show(Ehr(base, f"{base}/fhir"), [patients[x] for x in SHOWN], terminal)
            raise StartError(f"The service ended by itself with status {process.wait()}; what it wrote above says why.")
    except KeyboardInterrupt:
        _say("Stopped.")


@contextmanager
def _service(bind: str) -> Iterator[subprocess.Popen[bytes]]:
    """`cds serve` in a process of its own, ended with this one."""
    command = [sys.executable, "-m", "cds_service.cli", "serve", "--bind", bind]
    environment = {"CDS_LOG_LEVEL": "error", "CDS_PUBLIC_BASE_URL": f"http://{bind}", **os.environ}
    environment.pop("CDS_CLIENTS", None)  # the demo is for anybody, on this machine
    process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own command, an address we have parsed
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_WAIT)


def _free(host: str, port: int) -> tuple[str, int]:
    """The address where its port is free, else with another port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wanted in (port, 0):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, wanted))
            except OSError:
                continue
            return host, int(probe.getsockname()[1])
    raise StartError(f"No port of {host} can be listened on.")


def _ready(process: subprocess.Popen[bytes], base: str) -> None:
    deadline = time.monotonic() + _WAIT
    with requests.Session() as session:
        session.trust_env = False
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if session.get(f"{base}/readyz", timeout=1).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.02)
    raise StartError("The service did not start; what it wrote above says why.")


def _show(ehr: Ehr, patients: list[Fixture], terminal: Terminal) -> None:
    service = next(iter(ehr.services().values()))
    _say(terminal.heading("Trofosfamide decision support, demo mode: invented patients, for research use."))
    for number, patient in enumerate(patients, 1):
        cards = ehr.call(service, ehr.request(service, patient.hook))["cards"]
        _say("", terminal.heading(f"{number}. {patient.title}"), f"   {_asked(patient)}")
        _say(*[terminal.card(x) for x in cards] or ["   No card: nothing has to be said."])
    _say(*_next_steps(ehr, service, _kept(ehr.request(service, patients[0].hook))))


def _asked(patient: Fixture) -> str:
    found = next((x for x in patient.why.splitlines() if x.startswith("| To be signed |")), "")
    return found.removeprefix("| To be signed |").strip(" |")


def _kept(request: Mapping[str, Any]) -> Path:
    """The request in a file, for curl and `cds explain`."""
    path = load().data_dir / "demo-request.json"
    path.write_bytes(msgspec.json.format(msgspec.json.Encoder(decimal_format="number").encode(request), indent=1))
    return path


def _next_steps(ehr: Ehr, service: Mapping[str, Any], request: Path) -> Iterator[str]:
    url = f"{ehr.service_url}/cds-services"
    yield ""
    yield "Still serving; Ctrl-C ends it. Try next:"
    yield f"  curl {url}"
    yield f"  curl {url}/{service['id']} -H 'Content-Type: application/json' --data @'{request}'"
    yield f"  curl '{ehr.fhir_url}/Patient?_count=5'          the built-in FHIR server"
    yield f"  {ehr.service_url}/protocols          in a browser: what it decides by, and where that comes from"
    yield f"  cds explain '{request}'          why the first card says what it says"
    yield f"  the CDS Hooks sandbox, in a browser on this machine: Add CDS Services, {url}"


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)
