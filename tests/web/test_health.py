"""Is the process up, can it work, what has it done."""

import sqlite3
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.web import metrics
from tests.hook.calls import call
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
