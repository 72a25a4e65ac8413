"""Records shown to people; who read one is recorded first, and where that cannot be, nothing is shown."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from cds_service.store.engines import Engines
from cds_service.store.records import naive
from cds_service.store.tables import CARDS, DECISIONS, FEEDBACK, PROTOCOLS, READS


@dataclass(frozen=True, slots=True)
class Kept:
    """One decision as it is kept. `record` is its JSON with exact numbers, `facts` as `frozen.freeze` made them.

    `answered_at` is in UTC, `zone` the IANA time zone that it was decided in, "" where that was not kept. `made_by` is
    the protocol as it was in force then, frozen too; None where an earlier release recorded the decision.
    """

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
    facts: bytes | None
    record: Mapping[str, Any]
    feedback: Sequence[Mapping[str, Any]]
    made_by: bytes | None


def find(engines: Engines, identifier: str, reader: str, action: str, now: datetime) -> Kept | None:
    """The decision of this id, of this request id or with this card; `reader` did `action` with it at `now`, aware.

    Raises SQLAlchemyError where it cannot be read, or the reading cannot be recorded.
    """
    with engines.sure.begin() as connection:
        found = _id(connection, identifier)
        if not found:
            return None
        note(connection, reader, action, now, found)
        row = connection.execute(select(DECISIONS).where(DECISIONS.c.id == found)).mappings().one()
        told = connection.execute(select(FEEDBACK).where(FEEDBACK.c.decision == found).order_by(FEEDBACK.c.received_at))
        feedback = [dict(x) for x in told.mappings()]
        made_by = select(PROTOCOLS.c.content).where(PROTOCOLS.c.digest == row["protocol_hash"])
        return _kept(dict(row), feedback, connection.scalar(made_by))


def note(connection: Connection, reader: str, action: str, now: datetime, decision: str = "") -> None:
    """Record who did what with the records."""
    row = {"reader": reader, "action": action, "read_at": naive(now), "decision": decision}
    connection.execute(READS.insert(), row)


def _id(connection: Connection, identifier: str) -> str:
    asked = identifier.lower()
    for wanted in (
        select(DECISIONS.c.id).where(DECISIONS.c.id == asked),
        select(DECISIONS.c.id).where(DECISIONS.c.request_id == identifier),
        select(CARDS.c.decision).where(CARDS.c.uuid == asked),
    ):
        if found := connection.scalar(wanted.limit(1)):
            return str(found)
    return ""


def _kept(row: Mapping[str, Any], feedback: Sequence[Mapping[str, Any]], made_by: bytes | None) -> Kept:
    columns = {x: row[x] for x in Kept.__slots__ if x not in ("record", "feedback", "made_by")}
    instant = row["answered_at"].replace(tzinfo=UTC)
    record = json.loads(row["record"], parse_float=Decimal)
    return Kept(**columns | {"answered_at": instant}, record=record, feedback=feedback, made_by=made_by)
