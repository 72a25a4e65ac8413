"""A FHIR server that asks for a bearer token, in front of one that does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import requests

from tests.faults.plays import encoded


@dataclass
class Proxy:
    """`base` asks for the token; `asked` are the targets that came with it, `refused` those without."""

    base: str = ""
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@contextmanager
def guarded(base: str, token: str) -> Iterator[Proxy]:
    """Serve the FHIR server at `base` to whoever has the token, its links rewritten by the Host that it is told."""
    inside, _, path = base.removeprefix("http://").partition("/")
    proxy = Proxy()
    with requests.Session() as session:
        session.trust_env = False

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                has_token = self.headers.get("Authorization") == f"Bearer {token}"
                (proxy.asked if has_token else proxy.refused).append(self.path)
                self._answer(*(_asked(session, f"http://{inside}{self.path}", self.headers) if has_token else _REFUSAL))

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            proxy.base = f"http://127.0.0.1:{server.server_address[1]}/{path}"
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield proxy
            server.shutdown()
            thread.join()


_OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "login"}]}
_REFUSAL = (401, "application/fhir+json", encoded(_OUTCOME))


def _asked(session: requests.Session, url: str, sent: Any) -> tuple[int, str, bytes]:
    headers = {name: sent[name] for name in ("Host", "Accept", "Accept-Encoding")}
    response = session.get(url, headers=headers, timeout=60)
    return response.status_code, response.headers["Content-Type"], response.content
