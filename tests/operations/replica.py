"""`cds serve` as a process with a table of trusted clients, and callers with tokens of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from tests.hook.calls import TROFOSFAMIDE, call
from tests.hook.hostile_tokens import published, token
from tests.support import ORDER_SIGN

WAIT = 30
FEEDBACK = f"{ORDER_SIGN}/feedback"
_TOP = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ehr:
    """A client of the table: its id, which names its key too, and the base URL of its FHIR server."""

    id: str
    fhir: str = "https://fhir.example/r4"

    @property
    def issuer(self) -> str:
        """What its tokens have as iss."""
        return f"https://{self.id}.example"


def table(folder: Path, ehrs: Sequence[Ehr], budget_ms: int = 20_000) -> Path:
    """A table of these clients, with their keys beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "clients:\n"
    for ehr in ehrs:
        (folder / f"{ehr.id}.json").write_bytes(published(ehr.issuer))
        origin = "/".join(ehr.fhir.split("/")[:3])
        text += f"  - {{id: {ehr.id}, issuer: '{ehr.issuer}', mode: live, jwks_file: {ehr.id}.json,\n"
        text += f"     fhir_servers: ['{origin}'], time_budget_ms: {budget_ms}}}\n"
    file = folder / "clients.yaml"
    file.write_text(text, "utf-8")
    return file


@dataclass
class Replica:
    """One running `cds serve`; `base` is the public base URL, which replicas behind one proxy share."""

    process: subprocess.Popen[str]
    url: str
    base: str
    log: Path
    session: requests.Session = field(default_factory=requests.Session)

    def post(self, ehr: Ehr, path: str, body: Mapping[str, Any], jti: str = "") -> requests.Response:
        """A call of this client with a token of this `jti`, by default a new one."""
        return self.session.post(f"{self.url}{path}", json=body, headers=self.token(ehr, path, jti), timeout=WAIT)

    def token(self, ehr: Ehr, path: str, jti: str = "") -> dict[str, str]:
        """The header that carries a token."""
        return authorization(ehr, f"{self.base}{path}", jti)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop, and wait: its exit status."""
        self.process.send_signal(how)
        return self.process.wait(WAIT)

    def kill(self) -> None:
        """End all its processes at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(WAIT)


def authorization(ehr: Ehr, url: str, jti: str = "") -> dict[str, str]:
    """The header that carries a token of a client for a URL, good from now on."""
    now = int(time.time())
    made = token(
        key=f"{ehr.id} P-384", iss=ehr.issuer, aud=url, iat=now, exp=now + 200, jti=jti or uuid4().hex
    )  # fmt: skip
    return {"Authorization": f"Bearer {made}"}


@contextmanager
def serving(folder: Path, clients: Path, *, base: str = "", database: str = "", workers: int = 2) -> Iterator[Replica]:
    """A replica with its data in a folder, answering; killed at the end if it still runs."""
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    given = {"DATA_DIR": folder, "CLIENTS": clients, "PUBLIC_BASE_URL": base or url, "WORKERS": workers}
    given |= {"DATABASE_URL": database} if database else {}
    command = [sys.executable, "-m", "cds_service.cli", "serve", "--bind", f"127.0.0.1:{port}"]
    environment = {**os.environ, **{f"CDS_{x}": str(y) for x, y in given.items()}, "TMPDIR": str(folder)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stderr=log, text=True, start_new_session=True, cwd=_TOP)
    replica = Replica(process, url, base or url, folder / "log")
    replica.session.trust_env = False
    try:
        _until_ready(replica)
        yield replica
    finally:
        if process.poll() is None:
            replica.kill()
        replica.session.close()


def _until_ready(replica: Replica) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{replica.url}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.02)
    raise TimeoutError(replica.log.read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reading(ehr: Ehr, access: str) -> dict[str, Any]:
    """A call about the drug for which everything has to be read from the client's FHIR server."""
    allowed = {"access_token": access, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read"}
    return call(TROFOSFAMIDE, fhirServer=ehr.fhir, fhirAuthorization={**allowed, "subject": "cds-service"})


def prefetched() -> dict[str, Any]:
    """A call about the drug that brings a record of a patient without results: a card is the answer."""
    empty = {"resourceType": "Bundle", "type": "searchset", "entry": []}
    patient = {"resourceType": "Patient", "id": "p-1", "birthDate": "1960-01-01"}
    return call(TROFOSFAMIDE, prefetch={"patient": patient, "medications": empty, "results": empty})


def told(*cards: str) -> dict[str, Any]:
    """Feedback on these cards."""
    fixed = {"outcome": "overridden", "outcomeTimestamp": "2026-11-23T09:00:00Z"}
    return {"feedback": [{"card": x, **fixed} for x in cards]}
