"""Feedback, used tokens, who read what, and decisions that can be replayed and erased.

Decisions of the first schema keep all they had. They say neither whose they are nor what they rest on: they can be
shown and purged by their date, not replayed or erased by patient.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from alembic import op
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    select,
    update,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROWS = 500


def upgrade() -> None:
    """Add the columns and tables, and fill in what the old records tell."""
    _widen_decisions()
    _make_cards_and_feedback()
    _make_the_rest()
    connection = op.get_bind()
    tables = MetaData()
    decisions, cards = (Table(x, tables, autoload_with=connection) for x in ("decisions", "cards"))
    for rows in _old(connection, decisions):
        _fill_in(connection, decisions, cards, rows)


def _widen_decisions() -> None:
    for name, kind in (("request_id", String(64)), ("client", Text()), ("mode", String(16)), ("zone", String(64))):
        op.add_column("decisions", Column(name, kind, nullable=False, server_default=""))
    op.add_column("decisions", Column("patient", String(64), nullable=False, server_default=""))
    op.add_column("decisions", Column("facts", LargeBinary))
    op.create_index("ix_decisions_request_id", "decisions", ["request_id"])
    op.create_index("ix_decisions_patient", "decisions", ["patient"])


def _make_cards_and_feedback() -> None:
    op.create_table(
        "cards",
        Column("uuid", String(36), primary_key=True),
        Column("decision", String(36), nullable=False, index=True),
        Column("topic", String(64), nullable=False),
    )
    op.create_table(
        "feedback",
        Column("id", String(64), primary_key=True),
        Column("received_at", DateTime, nullable=False, index=True),
        Column("service", String(64), nullable=False),
        Column("client", Text, nullable=False),
        Column("card", String(255), nullable=False, index=True),
        Column("outcome", String(16), nullable=False),
        Column("outcome_at", DateTime, nullable=False),
        Column("issued", Boolean, nullable=False),
        Column("decision", String(36), nullable=False, server_default=""),
        Column("patient", String(64), nullable=False, server_default="", index=True),
        Column("content", LargeBinary, nullable=False),
    )


def _make_the_rest() -> None:
    op.create_table(
        "tokens",
        Column("token", String(64), primary_key=True),
        Column("until", DateTime, nullable=False, index=True),
    )
    op.create_table(
        "reads",
        Column("id", Integer, primary_key=True),
        Column("read_at", DateTime, nullable=False, index=True),
        Column("reader", Text, nullable=False),
        Column("action", String(32), nullable=False),
        Column("decision", String(36), nullable=False, server_default=""),
    )
    op.create_table(
        "erasures",
        Column("id", Integer, primary_key=True),
        Column("patient", String(64), nullable=False, index=True),
        Column("client", Text, nullable=False),
        Column("erased_at", DateTime, nullable=False),
    )
    op.create_table("about", Column("name", String(32), primary_key=True), Column("value", Text, nullable=False))


def _old(connection: Connection, decisions: Table) -> Iterator[list[Any]]:
    """The records in portions, so that memory does not grow with the table."""
    last = ""
    while True:
        wanted = select(decisions.c.id, decisions.c.record).where(decisions.c.id > last)
        rows = list(connection.execute(wanted.order_by(decisions.c.id).limit(_ROWS)))
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _fill_in(connection: Connection, decisions: Table, cards: Table, rows: list[Any]) -> None:
    records = [(x.id, _read(x.record)) for x in rows]
    named = update(decisions).where(decisions.c.id == bindparam("row")).values(request_id=bindparam("request"))
    connection.execute(named, [{"row": x, "request": str(y.get("requestId", ""))[:64]} for x, y in records])
    issued = [
        {"uuid": card["uuid"], "topic": card["topic"], "decision": row}
        for row, record in records
        for card in record.get("cards", [])
    ]
    if issued:
        connection.execute(cards.insert(), issued)


def _read(record: bytes) -> dict[str, Any]:
    """What a record says; nothing where it was damaged, which must not keep the others from being taken along."""
    try:
        read = msgspec.json.decode(record)
    except msgspec.DecodeError:
        return {}
    return read if isinstance(read, dict) else {}
