"""POST /cds-services/<id>: one hook call walks through the house and comes out as cards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, request

from cds_service.clinical.decide import decide
from cds_service.clinical.protocol import MAINTENANCE, Protocol
from cds_service.errors import CdsError, UnknownPlace
from cds_service.fhir import prefetch
from cds_service.fhir.order import Scope
from cds_service.fhir.prefetch import Reads
from cds_service.fhir.reading.asks import Ask, Fetched
from cds_service.fhir.reading.reader import Reader
from cds_service.fhir.site import Site
from cds_service.fhir.suggestions import beside, suggestions
from cds_service.hook.clients import Client
from cds_service.hook.request import HookCall, read
from cds_service.render.cards import Renderer
from cds_service.store import Store
from cds_service.web import metrics, trail
from cds_service.web.discovery import SERVICES, Service
from cds_service.web.door import body, json_answer
from cds_service.web.gate import DemoGate, Gate

Card = dict[str, Any]
# Of the budget of a call: to decide, to word and to send, once everything is read.
_OWN_SECONDS = 0.08


@dataclass(frozen=True, slots=True)
class House:
    """What a walk needs, put together once: `clock` gives aware instants, `last_words` are for when all else fails.

    `protocols` are by id, `renderers` by language; `language` is that of clients that name none.
    """

    protocols: Mapping[str, Protocol]
    renderers: Mapping[str, Renderer]
    language: str
    store: Store
    clock: Callable[[], datetime]
    zone: ZoneInfo
    site: Site
    last_words: Sequence[Card]
    gate: Gate | DemoGate
    reader: Reader


def blueprint(house: House, services: Sequence[Service] = SERVICES) -> Blueprint:
    """The addresses of these services."""
    pages = Blueprint("hooks", __name__)
    known = {x.id: x for x in services}

    @pages.post("/cds-services/<name>")
    def called(name: str) -> Response:
        service = known.get(name)
        if service is None:
            raise UnknownPlace(f"There is no service {name[:64]}.")
        client = house.gate.caller(request)
        call = read(body(request), service.hook)
        language = (client.language or house.language).partition("-")[0]
        trace = trail.Trace(service.id, call.hook_instance, g.request_id, g.started, client.id, client.mode, language)
        reads = asker(house, client, call) if house.gate.may_ask(client, call.fhir_server) else None
        cards = answer(house, call, trace, reads)
        return json_answer({"cards": () if client.mode == "silent" else cards})

    return pages


def asker(house: House, client: Client, call: HookCall) -> Reads:
    """What asks the FHIR server of a call, until the time budget of the client is spent but for our own work."""
    deadline = g.started + client.time_budget_ms / 1000 - _OWN_SECONDS

    def ask(wanted: Mapping[str, Ask]) -> Mapping[str, Fetched]:
        fetched = house.reader.fetch(call.fhir_server, call.token, wanted, deadline)
        for key, found in fetched.items():
            # Of a read the type alone: a label of a metric never holds an id.
            metrics.count(metrics.READS, client.id, key.partition("/")[0], found.failure or "none")
        return fetched

    return ask


def answer(house: House, call: HookCall, trace: trail.Trace, reads: Reads | None) -> Sequence[Card]:
    """The cards for a call. Raises PrefetchMissing; a fault of ours becomes a card that says so, never silence."""
    try:
        return walk(house, call, trace, reads)
    except CdsError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is: on a 5xx an EHR shows nothing
        return _own_fault(house, trace, error)


def walk(house: House, call: HookCall, trace: trail.Trace, reads: Reads | None) -> Sequence[Card]:
    """hook -> fhir -> clinical -> render, and what was said goes into the store."""
    now = house.clock().astimezone(house.zone)
    scope = Scope(call.patient_id, call.fhir_server, house.zone, house.site, call.selections)
    record = prefetch.read(scope, call.draft_orders, call.prefetch, now, house.protocols[MAINTENANCE].parameters, reads)
    if record is None:
        trail.other_drug(trace)
        return ()
    decision = decide(house.protocols, record.facts, now)
    renderer = house.renderers[trace.language]
    said = renderer.words.data["dosage"]
    offers = suggestions(decision, record.orders, record.tablets, call.patient_id, said, house.site)
    cards = renderer.cards(decision, offers, new_id, beside(decision, call.patient_id))
    basis = trail.Basis(renderer.protocol(decision), record.facts, call.patient_id)
    trail.decided(trace, house.store, basis, decision, cards)
    return cards


def new_id() -> str:
    """A fresh UUID for a card or a suggestion."""
    return str(uuid4())


def _own_fault(house: House, trace: trail.Trace, error: Exception) -> Sequence[Card]:
    try:
        trail.failed(trace, error)
        return [house.renderers[trace.language].internal_error(house.clock().astimezone(house.zone), new_id)]
    except Exception:  # noqa: BLE001 - the last net: these cards were made at the start and cannot fail
        return house.last_words
