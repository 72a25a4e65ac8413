"""GET /livez, /readyz and /metrics: is the process up, can it do its work, what has it done."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from threading import Lock
from typing import Any, Protocol

from flask import Blueprint, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST

from cds_service.errors import NotReady
from cds_service.hook.clients import Client
from cds_service.store import Store
from cds_service.web import metrics
from cds_service.web.door import json_answer

_KEYS_SECONDS = 1.0
_OURS = ("hooks", "feedback")


class Faulty(Protocol):
    """Where the keys of clients are."""

    def faults(self) -> Iterator[tuple[str, str]]:
        """Clients without usable keys, by id, each with a sentence."""
        ...


class Keys:
    """Whether the keys of the clients can be used. Those of a client that is off are not looked at."""

    def __init__(self, clients: Iterable[Client], keys: Faulty, seconds: float = _KEYS_SECONDS) -> None:
        self._clients = [x.id for x in clients if x.mode != "off"]
        self._keys = keys
        self._seconds = seconds
        self._lock = Lock()
        # Its thread starts with the first question, so after any fork.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._asked: Future[Mapping[str, str]] | None = None
        self._known: Mapping[str, str] = dict.fromkeys(self._clients, "its key set was not read yet")

    def faults(self) -> Mapping[str, str]:
        """The faults by client, as they were last known where a server of keys lets us wait for over a second."""
        with self._lock:
            if self._asked is None:
                self._asked = self._pool.submit(lambda: dict(self._keys.faults()))
            asked = self._asked
        try:
            found = asked.result(self._seconds)
        except Late:
            return self._known
        with self._lock:
            self._known = {x: found[x] for x in self._clients if x in found}
            self._asked = None if self._asked is asked else self._asked
        return self._known

    def state(self) -> str:
        """How many clients have keys. Raises NotReady where none has: then every call would be turned away."""
        faults = self.faults()
        for client in self._clients:
            metrics.KEYS.labels(client).set(client not in faults)
        if self._clients and len(faults) == len(self._clients):
            said = "; ".join(f"{x}: {why}" for x, why in sorted(faults.items()))
            raise NotReady(f"The keys of no client can be used ({said}).")
        return f"{len(self._clients) - len(faults)} of {len(self._clients)}" if faults else "ok"


def blueprint(store: Store, keys: Keys | None = None) -> Blueprint:
    """The three addresses. A service that is up has its protocol and cards, else it would not have started.

    `keys` are those of the table of clients; None in demo mode, which needs none.
    """
    pages = Blueprint("health", __name__)
    pages.after_app_request(_count)

    @pages.get("/livez")
    def live() -> Response:
        return json_answer({"status": "ok"})

    @pages.get("/readyz")
    def ready() -> Response:
        return json_answer(_ready(store, keys))

    @pages.get("/metrics")
    def counted() -> Response:
        return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)

    return pages


def _ready(store: Store, keys: Keys | None) -> Mapping[str, Any]:
    """Raises NotReady. The EHRs are not asked: one that is down must not take the service from the others."""
    fault = store.fault()
    if fault:
        raise NotReady(f"The database cannot be written: {fault}.")
    found = {"status": "ok", "protocol": "ok", "store": "ok"}
    return found if keys is None else {**found, "keys": keys.state()}


def _count(response: Response) -> Response:
    """Count what a known client got, of whatever status; who is not known is counted at the gate."""
    client = g.get("client")
    if client is not None and request.blueprint in _OURS:
        metrics.count(metrics.CALLS, client.id, request.blueprint, str(response.status_code))
    return response
