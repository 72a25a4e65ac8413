"""What is kept of a decision, and how."""

import json
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cds_service import store
from cds_service.app import create_app
from cds_service.errors import StartError
from cds_service.settings import Settings
from tests.hook.calls import INSTANCE, TROFOSFAMIDE, call
from tests.support import FIXED_NOW, ORDER_SIGN

ANSWER = store.Answer(FIXED_NOW, INSTANCE, "service", "protocol", "1", "abc", {"decision": {}})


def rows(path: Path) -> list[Any]:
    with store.opened(f"sqlite:///{path}").engine.connect() as connection:
        return list(connection.execute(select(store.DECISIONS)).mappings())


def test_a_decision_leaves_a_record_and_another_drug_none(tmp_path: Path) -> None:
    client = create_app(Settings(data_dir=tmp_path), clock=lambda: FIXED_NOW).test_client()
    client.post(ORDER_SIGN, json=call())
    response = client.post(ORDER_SIGN, json=call(TROFOSFAMIDE, prefetch={"medications": None, "results": None}))
    (card,) = response.get_json()["cards"]
    (row,) = rows(tmp_path / "decisions.sqlite")
    assert (row["hook_instance"], row["service"]) == (INSTANCE, "trofosfamide-order-sign")
    assert row["answered_at"] == FIXED_NOW.replace(tzinfo=None)
    kept = json.loads(row["record"])
    assert kept["decision"] == card["extension"]["org.example.trofosfamide-cds.decision"]
    assert kept["cards"] == [{"uuid": card["uuid"], "topic": "not-assessed"}]
    assert kept["requestId"] == response.headers["X-Request-Id"]
    assert kept["milliseconds"] > 0


def test_only_the_owner_may_read_the_files(tmp_path: Path) -> None:
    opened = store.opened(f"sqlite:///{tmp_path}/data/decisions.sqlite")
    assert opened.record(ANSWER)
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert {x.stat().st_mode & 0o777 for x in (tmp_path / "data").iterdir()} == {0o600}


def test_a_database_is_opened_again_with_what_it_held(tmp_path: Path) -> None:
    for _ in range(2):
        assert store.opened(f"sqlite:///{tmp_path}/d.sqlite").record(ANSWER)
    assert len(rows(tmp_path / "d.sqlite")) == 2


def test_a_place_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"cannot be opened: .*Nothing was started\.$"):
        store.opened(f"sqlite:///{tmp_path}/file/d.sqlite")
    (tmp_path / "broken.sqlite").write_text("this is no database, whatever its name says" * 99)
    with pytest.raises(StartError, match="not a database"):
        store.opened(f"sqlite:///{tmp_path}/broken.sqlite")


def test_a_locked_database_costs_a_record_and_hardly_any_time(tmp_path: Path) -> None:
    opened = store.opened(f"sqlite:///{tmp_path}/d.sqlite")
    assert opened.record(ANSWER)
    other = sqlite3.connect(tmp_path / "d.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    start = time.monotonic()
    assert not opened.record(ANSWER)
    assert time.monotonic() - start < 1
    assert "locked" in opened.fault()
    other.close()
    assert opened.fault() == ""


def test_writers_side_by_side_lose_nothing(tmp_path: Path) -> None:
    opened = store.opened(f"sqlite:///{tmp_path}/d.sqlite")
    kept: list[bool] = []
    threads = [threading.Thread(target=lambda: kept.extend(opened.record(ANSWER) for _ in range(20))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(tmp_path / "d.sqlite")) == sum(kept) == 80
