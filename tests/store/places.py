"""Where a store lies, and what tests put into it and look for in it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, create_engine, make_url, select

from cds_service import store
from cds_service.store import Answer, Options, Store, Told

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
CARD = "5c1f3f3e-6c1c-4d9b-9a51-0d8b6c6f3f01"
ANSWER = Answer(
    answered_at=NOW,
    hook_instance=INSTANCE,
    service="trofosfamide-order-sign",
    protocol="protocol",
    protocol_version="1",
    protocol_hash="abc",
    record={"requestId": "r-1", "decision": {"conclusion": "none"}, "cards": [{"uuid": CARD, "topic": "interrupt"}]},
    client="https://ehr.example",
    mode="live",
    patient="p-1",
)
TOLD = Told(
    service="trofosfamide-order-sign",
    client="https://ehr.example",
    card=CARD,
    outcome="accepted",
    outcome_at=NOW,
    received_at=NOW,
    content={"acceptedSuggestions": ["s-1"]},
)


@dataclass
class Place:
    """A database and the folder of a service; closes what it opened."""

    url: str
    folder: Path
    _opened: list[Store] = field(default_factory=list)

    def store(self, folder: Path | None = None, **options: Any) -> Store:
        """A store there, as another process would open it."""
        made = store.opened(self.url, folder or self.folder, Options(**{"clock": lambda: NOW} | options))
        self._opened.append(made)
        return made

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """All rows of a table, read apart from any store."""
        url = make_url(self.url)
        engine = create_engine(url.set(drivername="postgresql+psycopg") if url.host or "host" in url.query else url)
        with engine.connect() as connection:
            found = [dict(x) for x in connection.execute(select(table)).mappings()]
        engine.dispose()
        return found

    def close(self) -> None:
        """Close the stores."""
        for each in self._opened:
            each.close()


def answer(card: str = "", **changes: Any) -> Answer:
    """A decision with a card of its own; `record` adds to what it says."""
    cards = [{"uuid": card or str(uuid4()), "topic": "interrupt"}]
    record = {**ANSWER.record, "cards": cards} | changes.pop("record", {})
    return replace(ANSWER, record=record, **changes)


def told(card: str = CARD, **changes: Any) -> Told:
    """An item of feedback on a card."""
    return replace(TOLD, card=card, **changes)


def ago(days: float) -> datetime:
    """So many days before now."""
    return NOW - timedelta(days=days)
