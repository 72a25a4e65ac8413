"""What was answered, and why: one row per decision, in SQLite.

A row that cannot be written never changes an answer, nor delays it for more than a lock is waited for.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from sqlalchemy import Column, DateTime, Engine, LargeBinary, MetaData, String, Table, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from cds_service.errors import StartError

LOCK_SECONDS = 0.1

DECISIONS = Table(
    "decisions",
    MetaData(),
    Column("id", String(36), primary_key=True),
    Column("answered_at", DateTime, nullable=False, index=True, comment="UTC"),
    Column("hook_instance", String(36), nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("protocol", String(64), nullable=False),
    Column("protocol_version", String(32), nullable=False),
    Column("protocol_hash", String(64), nullable=False),
    Column("record", LargeBinary, nullable=False, comment="JSON: decision for machines, cards by uuid and topic, time"),
)
_LOG = structlog.get_logger()
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Answer:
    """One decision as it was answered. `record` is JSON: the decision for machines, the cards, the time it took."""

    answered_at: datetime
    hook_instance: str
    service: str
    protocol: str
    protocol_version: str
    protocol_hash: str
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Store:
    """The database of decisions; open one with `opened`."""

    engine: Engine

    def record(self, answer: Answer) -> bool:
        """Write one decision. False, never an exception, where that failed."""
        try:
            with self.engine.begin() as connection:
                connection.execute(_INSERT, _row(answer))
        except Exception as error:  # noqa: BLE001 - the answer is given, whatever becomes of its record
            _LOG.error("decision not recorded", kind=type(error).__name__)
            return False
        return True

    def fault(self) -> str:
        """Why nothing can be written, or "" where it can."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("DELETE FROM decisions WHERE id = ''"))
                connection.rollback()
        except SQLAlchemyError as error:
            return str(error.__cause__ or error)
        return ""


_INSERT = DECISIONS.insert()


def _row(answer: Answer) -> dict[str, Any]:
    row = {x: getattr(answer, x) for x in Answer.__slots__}
    moment = answer.answered_at.astimezone(UTC).replace(tzinfo=None)
    return row | {"id": str(uuid4()), "answered_at": moment, "record": _ENCODER.encode(answer.record)}


def opened(url: str) -> Store:
    """The store at an SQLAlchemy URL of SQLite; file and table are made where they are missing.

    No connection stays open, so that workers may be forked from here. Raises StartError where it cannot be used.
    """
    try:
        _make_private(Path(make_url(url).database or ""))
        engine = create_engine(url, connect_args={"timeout": LOCK_SECONDS})
        event.listen(engine, "connect", _set_up)
        with engine.begin() as connection:
            connection.execute(CreateTable(DECISIONS, if_not_exists=True))
            for index in DECISIONS.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
        engine.dispose()
    except (SQLAlchemyError, OSError) as error:
        reason = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
        raise StartError(f"The database {url} cannot be opened: {reason}.") from None
    return Store(engine)


def _make_private(path: Path) -> None:
    """The database file, readable by its owner only; SQLite gives its companions the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)


def _set_up(connection: Any, _record: Any) -> None:
    """A commit waits for no disk: a crash of the machine may cost the last rows, never the file."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}").close()
