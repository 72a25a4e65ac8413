"""Rows into tables, decisions and feedback each linked with the other, whichever came first."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Column, Connection, Insert, Table, func, select, update
from sqlalchemy.dialects import sqlite

from cds_service.clinical.protocol import Protocol
from cds_service.store import records
from cds_service.store.engines import exclusive
from cds_service.store.frozen import freeze
from cds_service.store.records import Line, Row, Told
from cds_service.store.tables import CARDS, DECISIONS, ERASURES, FEEDBACK, PROTOCOLS

# SQLite takes so many parameters in one statement in every version.
_PORTION = 500


def insert_new(connection: Connection, table: Table) -> Insert:
    """An insertion that leaves a row which is there already as it is."""
    if connection.dialect.name == "postgresql":
        # Not at the top: SQLite is the default, and this takes a tenth of a second to import.
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415

        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def decisions(connection: Connection, lines: Sequence[Line]) -> None:
    """Store decisions; any that is there already, or whose patient was erased since, is left out."""
    exclusive(connection)
    erased = _erased(connection, {x.patient for x in lines if x.patient})
    kept = [x for x in lines if not _is_erased(x, erased)]
    if not kept:
        return
    connection.execute(insert_new(connection, DECISIONS), list(map(records.row, kept)))
    cards = [card for each in kept for card in records.cards(each)]
    if cards:
        connection.execute(insert_new(connection, CARDS), cards)
        _link(connection, [x["uuid"] for x in cards])


def protocols(connection: Connection, made_by: Sequence[Protocol]) -> None:
    """Store what decisions are made by; what is there already stays."""
    exclusive(connection)
    rows = [{"digest": x.digest, "id": x.id, "version": x.version, "content": freeze(x)} for x in made_by]
    connection.execute(insert_new(connection, PROTOCOLS), rows)


def feedback(connection: Connection, items: Sequence[Told]) -> tuple[int, int]:
    """Store feedback: how many items are new, and how many of the cards that they name were never issued."""
    exclusive(connection)
    rows = {x["id"]: x for x in map(records.feedback_row, items)}
    known = sum(_count(connection, FEEDBACK.c.id, list(rows)))
    connection.execute(insert_new(connection, FEEDBACK), list(rows.values()))
    cards = sorted({x["card"] for x in rows.values()})
    _link(connection, cards)
    return len(rows) - known, len(cards) - sum(_count(connection, CARDS.c.uuid, cards))


def _count(connection: Connection, column: Column[str], values: Sequence[str]) -> Iterator[int]:
    for part in _parts(values):
        yield connection.scalar(select(func.count()).where(column.in_(part))) or 0


def _link(connection: Connection, cards: Sequence[str]) -> None:
    """Say of feedback on these cards which decision it is on, and whose, where that was not known when it came."""
    decision = select(CARDS.c.decision).where(CARDS.c.uuid == FEEDBACK.c.card).scalar_subquery()
    patient = (
        select(DECISIONS.c.patient)
        .join(CARDS, CARDS.c.decision == DECISIONS.c.id)
        .where(CARDS.c.uuid == FEEDBACK.c.card)
        .scalar_subquery()
    )
    for part in _parts(cards):
        issued = select(CARDS.c.uuid).where(CARDS.c.uuid.in_(part))
        new = update(FEEDBACK).where(FEEDBACK.c.issued.is_(False), FEEDBACK.c.card.in_(issued))
        connection.execute(new.values(issued=True, decision=decision, patient=patient))


def _erased(connection: Connection, patients: set[str]) -> Sequence[Row]:
    found = select(ERASURES.c.patient, ERASURES.c.client, ERASURES.c.erased_at).where(ERASURES.c.patient.in_(patients))
    return [dict(x) for x in connection.execute(found).mappings()] if patients else []


def _is_erased(line: Line, erased: Sequence[Row]) -> bool:
    answered = records.naive(line.answered_at)
    return any(
        x["patient"] == line.patient and x["client"] in ("", line.client) and answered <= x["erased_at"] for x in erased
    )


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _PORTION):
        yield values[start : start + _PORTION]
