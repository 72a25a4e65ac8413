"""A service that is told to stop finishes what it has begun, and an EHR that hangs holds up itself alone."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import requests

from cds_service.fhir.prefetch import ON_DEMAND
from tests.faults import plays
from tests.faults.ehr import TOKEN, Exchange, FakeEhr
from tests.operations.replica import WAIT, Ehr, Replica, prefetched, reading, serving, table
from tests.support import ORDER_SIGN, check

CALLS = 4
PATIENT = plays.encoded({"resourceType": "Patient", "id": "p-1", "birthDate": "1960-01-01"})


def record(exchange: Exchange) -> None:
    """An EHR that knows the patient, and of whom it has nothing else."""
    is_patient = "/Patient/" in exchange.asked.target
    exchange.send(plays.http(PATIENT if is_patient else plays.searchset()))


def eventually(what: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT
    while not what() and time.monotonic() < until:
        time.sleep(0.02)
    assert what()


def refuses(url: str) -> bool:
    try:
        requests.get(f"{url}/livez", timeout=1)
    except requests.ConnectionError:
        return True
    except requests.Timeout:  # somebody let us in, and nobody answers
        return False
    return False


def ask(replica: Replica, ehr: Ehr) -> requests.Response:
    """A call on a connection of its own, for which the EHR is asked one thing: who the patient is."""
    sent = {**dict.fromkeys(ON_DEMAND), **prefetched()["prefetch"]}
    del sent["patient"]
    return requests.post(
        f"{replica.url}{ORDER_SIGN}",
        json={**reading(ehr, TOKEN), "prefetch": sent},
        headers=replica.token(ehr, ORDER_SIGN),
        timeout=WAIT,
    )


def test_calls_that_wait_for_their_ehr_are_answered_after_the_service_was_told_to_stop(tmp_path: Path) -> None:
    answers, log = stopped_while_calling(tmp_path)
    assert [x.status_code for x in answers] == [200] * CALLS
    for answer in answers:
        check(200, answer.json())
        assert answer.json()["cards"]
    entries = [json.loads(x) for x in log.splitlines()]
    answered = {x["request_id"] for x in entries if x["event"] == "answered"}
    assert answered == {x.headers["X-Request-Id"] for x in answers}
    assert not [x for x in entries if x["level"] in ("error", "critical")]


def stopped_while_calling(folder: Path) -> tuple[list[requests.Response], str]:
    """Calls whose EHR answers only once the service was told to stop and lets nobody in any more; and the log."""
    go = Event()

    def slow(exchange: Exchange) -> None:
        go.wait(WAIT)
        record(exchange)

    with FakeEhr(slow) as server, ThreadPoolExecutor(CALLS) as callers:
        north = Ehr("north", server.base)
        with serving(folder / "data", table(folder, [north])) as replica:
            under_way = [callers.submit(ask, replica, north) for _ in range(CALLS)]
            eventually(lambda: len(server.asked) == CALLS)
            replica.process.terminate()
            eventually(lambda: refuses(replica.url))
            assert not any(x.done() for x in under_way)
            go.set()
            answers = [x.result(WAIT) for x in under_way]
            assert replica.process.wait(WAIT) == 0
            return answers, replica.log.read_text()


@pytest.mark.requirement(28)
def test_with_the_ehr_of_one_client_hanging_the_calls_of_another_go_on(tmp_path: Path) -> None:
    stuck_calls = 24
    with (
        FakeEhr(plays.then_hang()) as hanging,
        FakeEhr(record) as good,
        ThreadPoolExecutor(stuck_calls) as callers,
    ):
        north, south = Ehr("north", hanging.base), Ehr("south", good.base)
        with serving(tmp_path / "data", table(tmp_path, [north, south])) as replica:
            stuck = [callers.submit(ask, replica, north) for _ in range(stuck_calls)]
            eventually(lambda: len(hanging.asked) >= 16)
            answers = [replica.post(south, ORDER_SIGN, reading(south, TOKEN)) for _ in range(15)]
            others = [replica.post(south, ORDER_SIGN, prefetched()) for _ in range(15)]
            waiting = sum(not x.done() for x in stuck)
            hanging.__exit__(None, None, None)  # releases them long before their budget ends
            late = [x.result(WAIT) for x in stuck]
            shown = requests.get(f"{replica.url}/metrics", timeout=WAIT).text
    assert waiting >= 8
    assert {x.status_code for x in answers + others + late} == {200}
    assert all(x.json()["cards"] for x in answers + others + late)
    reads = [x for x in shown.splitlines() if x.startswith('cds_fhir_reads_total{client="south"')]
    assert reads
    assert all('failure="none"' in x for x in reads)
    assert f'cds_calls_total{{client="north",of="hooks",status="200"}} {stuck_calls}.0' in shown
