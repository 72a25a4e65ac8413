"""Is the process up, can it work, what has it done."""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service import store
from cds_service.app import create_app
from cds_service.hook.clients import Client
from cds_service.settings import Settings
from cds_service.web import door, health, metrics
from tests.hook.calls import call
from tests.operations.replica import prefetched
from tests.support import FIXED_NOW, ORDER_SIGN


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(Settings(data_dir=tmp_path), clock=lambda: FIXED_NOW).test_client()


def test_a_service_that_works_says_so(client: FlaskClient) -> None:
    assert client.get("/livez").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ok", "protocol": "ok", "store": "ok"}


def test_a_locked_database_is_told_by_readyz_and_delays_no_answer(client: FlaskClient, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "decisions.sqlite", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        response = client.get("/readyz")
        other.execute("ROLLBACK")
    other.close()
    assert response.status_code == 503
    assert response.get_json()["issue"][0]["details"]["coding"][0]["code"] == "not-ready"
    assert client.get("/livez").status_code == 200


def test_metrics_count_answers_and_refusals(client: FlaskClient) -> None:
    client.post(ORDER_SIGN, json=call())
    client.post(ORDER_SIGN, json={})
    response = client.get("/metrics")
    assert response.content_type.startswith("text/plain")
    assert 'cds_answers_total{client="demo",service="trofosfamide-order-sign",topic="other-drug"}' in response.text
    assert 'cds_refusals_total{code="missing-element"}' in response.text
    assert 'cds_seconds_count{service="trofosfamide-order-sign"}' in response.text


def test_metrics_of_several_workers_are_read_from_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert metrics.exposition() == b""


NORTH, SOUTH = (Client(id=x, issuer=f"https://{x}.example", mode="live") for x in ("north", "south"))
SILENT = replace(SOUTH, mode="silent")
OFF = replace(SOUTH, id="off", mode="off")
WHY = "no whole answer within 2 seconds"


class Faults:
    """Keys of which those of some clients cannot be used."""

    def __init__(self, *faulty: Client) -> None:
        self.faulty = faulty
        self.asked = 0
        self.go = Event()
        self.go.set()

    def faults(self) -> Iterator[tuple[str, str]]:
        self.asked += 1
        self.go.wait(20)
        yield from ((x.id, WHY) for x in self.faulty)


def trusted(folder: Path, keys: health.Keys) -> FlaskClient:
    app = Flask("x")
    door.install(app)
    app.register_blueprint(health.blueprint(store.opened(f"sqlite:///{folder}/d.sqlite"), keys))
    return app.test_client()


@pytest.mark.parametrize(
    ("clients", "faulty", "status", "said"),
    [
        ((NORTH, SOUTH), (), 200, "ok"),
        ((NORTH, SOUTH), (SOUTH,), 200, "1 of 2"),
        ((NORTH, SILENT), (NORTH,), 200, "1 of 2"),
        ((NORTH, SOUTH), (NORTH, SOUTH), 503, WHY),
        ((NORTH, OFF), (NORTH,), 503, WHY),
        ((NORTH, OFF), (OFF,), 200, "ok"),
        ((OFF,), (OFF,), 200, "ok"),
    ],
)
def test_a_service_is_not_ready_where_no_client_has_keys(
    tmp_path: Path, clients: tuple[Client, ...], faulty: tuple[Client, ...], status: int, said: str
) -> None:
    client = trusted(tmp_path, health.Keys(clients, Faults(*faulty)))
    response = client.get("/readyz")
    assert response.status_code == status
    assert said in (response.get_json().get("keys") or response.get_json()["issue"][0]["diagnostics"])
    shown = client.get("/metrics").text
    for each in clients:
        known = f'cds_client_keys{{client="{each.id}"}}'
        assert (f"{known} {float(each not in faulty)}" in shown) == (each.mode != "off")


def test_servers_of_keys_that_hang_are_asked_once_and_hold_up_no_probe(tmp_path: Path) -> None:
    faults = Faults()
    faults.go.clear()
    keys = health.Keys([NORTH], faults, seconds=0.05)
    client = trusted(tmp_path, keys)
    assert [client.get("/readyz").status_code for _ in range(3)] == [503] * 3
    assert faults.asked == 1
    faults.go.set()
    until = time.monotonic() + 20
    while client.get("/readyz").status_code != 200 and time.monotonic() < until:
        time.sleep(0.01)
    faults.go.clear()
    assert client.get("/readyz").get_json()["keys"] == "ok", "as it was last known"
    faults.go.set()


def test_a_metric_that_cannot_be_written_costs_no_answer(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: str) -> None:
        raise OSError(28, "No space left on device")

    for name in ("ANSWERS", "SECONDS", "LAST", "CALLS"):
        monkeypatch.setattr(getattr(metrics, name), "labels", full)
    answer = client.post(ORDER_SIGN, json=prefetched())
    assert answer.status_code == 200
    assert answer.get_json()["cards"]
