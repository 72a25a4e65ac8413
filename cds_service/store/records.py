"""What is handed to the store, and the form in which it is kept."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Raw, Struct

from cds_service.clinical.facts import Facts
from cds_service.store.frozen import freeze
from cds_service.store.pseudonym import pseudonym

Row = dict[str, Any]
SILENT = "silent"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Answer:
    """One decision as it was answered. `record` is JSON: the decision for machines, the cards, the time it took.

    `answered_at` is the instant of the decision, in the time zone of the site. `patient` is the FHIR id, of which only
    a keyed digest is kept; `client` who called, `mode` whether cards were returned: "live" or "silent". Without
    `facts` the decision can be shown and not made again.
    """

    answered_at: datetime
    hook_instance: str
    service: str
    protocol: str
    protocol_version: str
    protocol_hash: str
    record: Mapping[str, Any]
    request_id: str = ""
    client: str = ""
    mode: str = ""
    patient: str = ""
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One item of feedback. `content` is JSON: the suggestions accepted, the reason, the comment. Times are aware."""

    service: str
    client: str
    card: str
    outcome: str
    outcome_at: datetime
    received_at: datetime
    content: Mapping[str, Any]


class _Card(Struct):
    uuid: str
    topic: str


class _Cards(Struct):
    cards: list[_Card] = []


class Line(Struct):
    """One decision on its way: the columns of its row, with JSON as JSON."""

    id: str
    answered_at: datetime
    hook_instance: str
    service: str
    protocol: str
    protocol_version: str
    protocol_hash: str
    request_id: str
    client: str
    mode: str
    zone: str
    patient: str
    facts: bytes | None
    record: Raw


_LINES = msgspec.json.Decoder(Line)
_CARDS = msgspec.json.Decoder(_Cards)


def line(answer: Answer, key: bytes) -> bytes:
    """An answer as one line of JSON, ended by a line feed. `key` is that of the pseudonyms."""
    zone = getattr(answer.answered_at.tzinfo, "key", "")
    made = Line(
        id=str(uuid4()),
        answered_at=answer.answered_at.astimezone(UTC),
        hook_instance=answer.hook_instance,
        service=answer.service,
        protocol=answer.protocol,
        protocol_version=answer.protocol_version,
        protocol_hash=answer.protocol_hash,
        request_id=answer.request_id or str(answer.record.get("requestId", "")),
        client=answer.client,
        mode=answer.mode,
        zone=zone,
        patient=pseudonym(key, answer.patient),
        facts=None if answer.facts is None else freeze(answer.facts),
        record=Raw(_ENCODER.encode(answer.record)),
    )
    return _ENCODER.encode(made) + b"\n"


def parsed(lines: Sequence[bytes]) -> tuple[list[Line], int]:
    """The lines that can be read, and how many cannot: a crash of the machine may leave half of one."""
    read: list[Line] = []
    for each in lines:
        try:
            read.append(_LINES.decode(each))
        except (msgspec.DecodeError, RecursionError):
            continue
    return read, len(lines) - len(read)


def row(line: Line) -> Row:
    """The row of a decision."""
    columns: Row = {x: getattr(line, x) for x in Line.__struct_fields__}
    return columns | {"answered_at": naive(line.answered_at), "record": bytes(line.record)}


def cards(line: Line) -> Iterator[Row]:
    """The rows of the cards that a decision led to; in silent mode nobody was shown any."""
    if line.mode == SILENT:
        return
    for card in _CARDS.decode(line.record).cards:
        yield {"uuid": card.uuid, "decision": line.id, "topic": card.topic}


def feedback_row(told: Told) -> Row:
    """The row of one item. Its id is made of all that was told: the same told again is the same row."""
    columns: Row = {x: getattr(told, x) for x in Told.__slots__}
    times = {"outcome_at": naive(told.outcome_at), "received_at": naive(told.received_at)}
    content = _ENCODER.encode(told.content)
    fixed = (told.service, told.client, told.card, told.outcome, times["outcome_at"].isoformat())
    digest = hashlib.sha256(b"\0".join([*(x.encode() for x in fixed), content])).hexdigest()
    return columns | times | {"id": digest, "content": content, "issued": False}


def naive(instant: datetime) -> datetime:
    """An instant as the tables have it: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)
