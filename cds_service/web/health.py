"""GET /livez, /readyz and /metrics: is the process up, can it do its work, what has it done."""

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from cds_service.errors import NotReady
from cds_service.store import Store
from cds_service.web import metrics
from cds_service.web.door import json_answer


def blueprint(store: Store) -> Blueprint:
    """The three addresses. A service that is up has its protocol and cards, else it would not have started."""
    pages = Blueprint("health", __name__)

    @pages.get("/livez")
    def live() -> Response:
        return json_answer({"status": "ok"})

    @pages.get("/readyz")
    def ready() -> Response:
        fault = store.fault()
        if fault:
            raise NotReady(f"The database cannot be written: {fault}.")
        return json_answer({"status": "ok", "protocol": "ok", "store": "ok"})

    @pages.get("/metrics")
    def counted() -> Response:
        return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)

    return pages
