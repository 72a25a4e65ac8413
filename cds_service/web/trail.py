"""What stays of a call: a line in the log, counts, and the record of a decision. None of it can change the answer."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import Facts
from cds_service.clinical.protocol import Protocol
from cds_service.render.extension import extension, pruned
from cds_service.store import Answer, Store
from cds_service.web import metrics
from cds_service.web.log import frames

OTHER_DRUG = "other-drug"
NO_CARD = "none"
OWN_FAULT = "internal-error"
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trace:
    """What names a call in the log and in the record; `started` is of `time.perf_counter`.

    `client` is the id of the caller in the table of clients, `mode` whether it is sent its cards: live or silent,
    `language` the one that its cards are in.
    """

    service: str
    hook_instance: str
    request_id: str
    started: float
    client: str
    mode: str
    language: str

    @property
    def milliseconds(self) -> float:
        """The time since the call came in."""
        return round((time.perf_counter() - self.started) * 1000, 2)


def other_drug(trace: Trace) -> None:
    """A call that does not concern the drug: counted, and nothing kept."""
    _answered(trace, OTHER_DRUG)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision rests on: the protocol that spoke, the facts, and the patient's id, kept as a digest only."""

    protocol: Protocol
    facts: Facts
    patient: str = field(repr=False)


def decided(trace: Trace, store: Store, basis: Basis, decision: Decision, cards: Sequence[Mapping[str, Any]]) -> None:
    """A decision: recorded, logged by its rules and counted by its topic."""
    kept = store.record(_record(trace, basis, decision, cards))
    if not kept:
        metrics.count(metrics.UNRECORDED, trace.service)
    rules = list(dict.fromkeys(x.rule for x in decision.findings))
    due = decision.monitoring.topic if decision.monitoring else NO_CARD
    _answered(
        trace, decision.topic or NO_CARD, conclusion=decision.conclusion, rules=rules, monitoring=due, recorded=kept
    )


def failed(trace: Trace, error: Exception) -> None:
    """A fault of ours: its type and its way through our code, never a value."""
    metrics.count(metrics.FAULTS, trace.service)
    _answered(trace, OWN_FAULT, kind=type(error).__name__, frames=frames(error))


def _answered(trace: Trace, topic: str, **more: Any) -> None:
    spent = trace.milliseconds
    metrics.count(metrics.ANSWERS, trace.service, topic, trace.client)
    metrics.answered(trace.service, trace.client, spent / 1000)
    log = _LOG.error if topic == OWN_FAULT else _LOG.info
    names = {
        "request_id": trace.request_id,
        "hook_instance": trace.hook_instance,
        "service": trace.service,
        "client": trace.client,
    }
    log("answered", **names, topic=topic, milliseconds=spent, **more)


def _record(trace: Trace, basis: Basis, decision: Decision, cards: Sequence[Mapping[str, Any]]) -> Answer:
    protocol = basis.protocol
    return Answer(
        answered_at=decision.evaluated_at,
        hook_instance=trace.hook_instance,
        service=trace.service,
        protocol=protocol.id,
        protocol_version=protocol.version,
        protocol_hash=protocol.digest,
        record={
            "requestId": trace.request_id,
            "language": trace.language,
            "decision": pruned(extension(decision, protocol)),
            "cards": [_card(x) for x in cards],
            "milliseconds": trace.milliseconds,
        },
        request_id=trace.request_id,
        client=trace.client,
        mode=trace.mode,
        patient=basis.patient,
        facts=basis.facts,
    )


def _card(card: Mapping[str, Any]) -> dict[str, Any]:
    """What a clinician read of a card."""
    words = {x: card[x] for x in ("uuid", "indicator", "summary", "detail")}
    return {**words, "topic": card["source"]["topic"]["code"]}
