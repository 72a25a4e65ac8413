"""How long records are kept, how they are removed, and what there is."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, func, select, text

from cds_service.store.engines import Engines, exclusive
from cds_service.store.tables import CARDS, DECISIONS, ERASURES, FEEDBACK, METADATA, READS, TOKENS

_PORTION = 500
_OVERWRITE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure removed: decisions, and items of feedback on them."""

    decisions: int
    feedback: int


def purge(engines: Engines, before: datetime) -> int:
    """Remove everything older than `before` (UTC, naive), in portions that hold no lock for long; how many rows."""
    return sum(_purged(engines, *each, before) for each in _BY_AGE)


def forget_tokens(engines: Engines, now: datetime) -> None:
    """Remove the tokens that no clock would accept any more."""
    _purged(engines, TOKENS.c.token, TOKENS.c.until, now)


def erase(connection: Connection, patient: str, client: str, now: datetime) -> Erased:
    """Remove all of a patient (pseudonym), of one client or with "" of every one, and note that it was removed.

    The note keeps out what was decided until `now` (UTC, naive) and still lies in the spool of any process or replica.
    """
    exclusive(connection)
    connection.execute(ERASURES.insert(), {"patient": patient, "client": client, "erased_at": now})
    ids = select(DECISIONS.c.id).where(*_whose(DECISIONS, patient, client))
    feedback = connection.execute(delete(FEEDBACK).where(*_whose(FEEDBACK, patient, client))).rowcount
    connection.execute(delete(CARDS).where(CARDS.c.decision.in_(ids)))
    decisions = connection.execute(delete(DECISIONS).where(*_whose(DECISIONS, patient, client))).rowcount
    return Erased(decisions, feedback)


def clients_of(connection: Connection, patient: str) -> list[str]:
    """Who called about a patient (pseudonym)."""
    return sorted(connection.scalars(select(DECISIONS.c.client).where(DECISIONS.c.patient == patient).distinct()))


def counts(connection: Connection) -> Iterator[tuple[str, int]]:
    """The tables and how many rows each has."""
    for table in METADATA.sorted_tables:
        yield table.name, connection.scalar(select(func.count()).select_from(table)) or 0


def oldest(connection: Connection) -> datetime | None:
    """When the oldest decision was made: UTC, naive."""
    found: datetime | None = connection.scalar(select(func.min(DECISIONS.c.answered_at)))
    return found


def size(engines: Engines, connection: Connection) -> int:
    """Bytes that the database takes on its disk."""
    if engines.path is None:
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    beside = engines.path.parent.glob(f"{engines.path.name}*")
    return sum(x.stat().st_size for x in beside if x.is_file())


def checkpoint(engines: Engines) -> None:
    """Move what can be moved of the write-ahead log of SQLite into its file; nobody waits for it."""
    if engines.path is not None:
        _checkpoint(engines, "PASSIVE")


def overwrite(engines: Engines) -> bool:
    """Leave nothing in the write-ahead log of SQLite, where pages stand as they were; False where it is in use."""
    if engines.path is None:
        return True
    deadline = time.monotonic() + _OVERWRITE_SECONDS
    # Another process may be at it just now: that is not waited for by itself.
    while not (done := _checkpoint(engines, "TRUNCATE")) and time.monotonic() < deadline:
        time.sleep(0.05)
    return done


def _checkpoint(engines: Engines, kind: str) -> bool:
    connection = engines.steady.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA wal_checkpoint({kind})")
        (busy, *_) = cursor.fetchone() or (1,)
        cursor.close()
    finally:
        connection.close()
    return not busy


def _whose(table: Table, patient: str, client: str) -> Iterator[ColumnElement[bool]]:
    yield table.c.patient == patient
    if client:
        yield table.c.client == client


def _purged(engines: Engines, key: Column[Any], age: Column[datetime], before: datetime) -> int:
    removed = 0
    while True:
        with engines.steady.begin() as connection:
            ids = list(connection.scalars(select(key).where(age < before).limit(_PORTION)))
            if key.table is DECISIONS:
                connection.execute(delete(CARDS).where(CARDS.c.decision.in_(ids)))
            connection.execute(delete(key.table).where(key.in_(ids)))
        removed += len(ids)
        if len(ids) < _PORTION:
            return removed


# What is purged by its age: the key of each table and the time that counts.
_BY_AGE = (
    (DECISIONS.c.id, DECISIONS.c.answered_at),
    (FEEDBACK.c.id, FEEDBACK.c.received_at),
    (READS.c.id, READS.c.read_at),
    (ERASURES.c.id, ERASURES.c.erased_at),
)
