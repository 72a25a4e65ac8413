"""POST /cds-services/<id>/feedback: what clinicians did with cards. Answered with 200 once it is on the disk."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog
from flask import Blueprint, Response, g, request
from prometheus_client import Counter

from cds_service.errors import FeedbackNotStored, UnknownPlace
from cds_service.hook.feedback import Item, read
from cds_service.store import Lost, Store, Told
from cds_service.web import metrics
from cds_service.web.discovery import SERVICES, Service
from cds_service.web.door import body, json_answer

_LOG = structlog.get_logger()
ITEMS = Counter("cds_feedback", "Items of feedback acknowledged, by outcome", ["service", "outcome"])
UNISSUED = Counter("cds_feedback_unissued", "Cards named in feedback that this service has not issued", ["service"])
REFUSED = Counter("cds_feedback_lost", "Batches of feedback answered with 503, because they could not be stored")


def blueprint(
    store: Store, clock: Callable[[], datetime], caller: Callable[[], str], services: Sequence[Service] = SERVICES
) -> Blueprint:
    """The feedback addresses of these services. `caller` gives the id of the client, or raises its refusal."""
    pages = Blueprint("feedback", __name__)
    known = {x.id for x in services}

    @pages.post("/cds-services/<name>/feedback")
    def told(name: str) -> Response:
        if name not in known:
            raise UnknownPlace(f"There is no service {name[:64]}.")
        client = caller()
        items = read(body(request))
        received = clock()
        _store(store, name, [_told(x, name, client, received) for x in items])
        return json_answer({})

    return pages


def _store(store: Store, service: str, items: Sequence[Told]) -> None:
    """Raises FeedbackNotStored where it cannot be acknowledged."""
    try:
        new, unissued = store.feedback(items)
    except Lost as lost:
        metrics.count(REFUSED)
        _LOG.error("feedback not stored", request_id=g.request_id, service=service, items=len(items))
        raise FeedbackNotStored(f"The feedback could not be stored: {lost}.") from None
    for item in items:
        metrics.count(ITEMS, service, item.outcome)
    metrics.count(UNISSUED, service, by=unissued)
    _LOG.info("feedback", request_id=g.request_id, service=service, items=len(items), new=new, unissued=unissued)


def _told(item: Item, service: str, client: str, received: datetime) -> Told:
    content: dict[str, Any] = {
        "acceptedSuggestions": item.suggestions,
        "reason": item.reason,
        "userComment": item.comment,
    }
    return Told(
        service=service,
        client=client,
        card=item.card,
        outcome=item.outcome,
        outcome_at=item.outcome_at,
        received_at=received,
        content={x: y for x, y in content.items() if y},
    )
