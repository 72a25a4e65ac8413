"""Calls do not get into each other's way: an EHR that hangs holds up itself alone, and secrets stay apart."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest

from cds_service.fhir.reading.failures import Failure
from cds_service.fhir.reading.reader import Limits, Reader
from cds_service.hook import strict
from tests.faults import plays
from tests.faults.ehr import TOKEN, Close, Exchange, FakeEhr
from tests.faults.plays import http, observation, searchset, whole

LONG = 60
LIMITS = Limits(threads=4, calls=8, reads=6)
OK = searchset(observation("a"))
QUERIES = {key: f"{key}?patient=p" for key in ("Observation", "MedicationRequest", "Condition", "Procedure")}


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader(strict.text, LIMITS)
    yield reader
    reader.close()


def fetch(reader: Reader, ehr: FakeEhr, seconds: float = LONG) -> set[Failure | None]:
    fetched = reader.fetch(ehr.base, TOKEN, QUERIES, time.monotonic() + seconds)
    assert fetched.keys() == QUERIES.keys()
    return {x.failure for x in fetched.values()}


def eventually(what: Any) -> None:
    """Wait until it is so."""
    until = time.monotonic() + LONG / 2
    while not what() and time.monotonic() < until:
        time.sleep(0.005)
    assert what()


def test_queries_of_one_call_are_read_at_the_same_time(reader: Reader) -> None:
    together = Barrier(len(QUERIES))

    def play(exchange: Exchange) -> None:
        together.wait(LONG / 2)
        exchange.send(http(OK))

    with FakeEhr(play) as ehr:
        assert fetch(reader, ehr) == {None}


@pytest.mark.requirement(28)
@pytest.mark.hazard("H25")
def test_with_one_ehr_hanging_the_calls_of_another_go_on(reader: Reader) -> None:
    with (
        FakeEhr(plays.then_hang()) as hanging,
        FakeEhr(whole(OK)) as good,
        ThreadPoolExecutor(LIMITS.calls) as callers,
    ):
        stuck = [callers.submit(fetch, reader, hanging) for _ in range(LIMITS.calls)]
        eventually(lambda: len(hanging.asked) == LIMITS.threads)
        for _ in range(20):
            assert fetch(reader, good) == {None}
        assert not any(x.done() for x in stuck)
        hanging.__exit__(None, None, None)  # releases them long before their deadline
        assert all(None not in x.result() for x in stuck)


def test_a_name_server_that_hangs_holds_up_nobody(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    answered, known = Event(), socket.getaddrinfo

    def slow(host: Any, *more: Any) -> Any:
        if host == "ehr.invalid":
            answered.wait(LONG)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return known(host, *more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with FakeEhr(whole(OK)) as good:
        late = reader.fetch("https://ehr.invalid/fhir", TOKEN, QUERIES, time.monotonic() + 0.2)
        assert {x.failure for x in late.values()} == {Failure.DEADLINE}
        assert not answered.is_set()
        assert fetch(reader, good) == {None}
        answered.set()


def test_a_call_more_than_may_wait_for_one_ehr_is_turned_away_at_once() -> None:
    reader = Reader(strict.text, Limits(threads=2 * len(QUERIES), calls=2))
    with FakeEhr(plays.then_hang()) as hanging, ThreadPoolExecutor(2) as callers:
        stuck = [callers.submit(fetch, reader, hanging) for _ in range(2)]
        eventually(lambda: len(hanging.asked) == 2 * len(QUERIES))
        assert fetch(reader, hanging) == {Failure.BUSY}
        assert not any(x.done() for x in stuck)
        hanging.__exit__(None, None, None)
        assert all(Failure.BUSY not in x.result() for x in stuck)
        assert fetch(reader, hanging) == {Failure.UNREACHABLE}  # there is room again
    reader.close()


def test_reads_that_wait_for_a_thread_end_at_the_deadline(reader: Reader) -> None:
    queries = {str(x): f"Observation?patient={x}" for x in range(LIMITS.threads + 1)}
    with FakeEhr(plays.then_hang()) as hanging:
        fetched = reader.fetch(hanging.base, TOKEN, queries, time.monotonic() + 0.2)
        assert {x.failure for x in fetched.values()} == {Failure.DEADLINE}
        assert len(hanging.asked) <= LIMITS.threads


def test_nothing_is_asked_once_the_deadline_is_past(reader: Reader) -> None:
    with FakeEhr(whole(OK)) as ehr:
        assert fetch(reader, ehr, -1) == {Failure.DEADLINE}
        assert fetch(reader, ehr) == {None}
        assert len(ehr.asked) == len(QUERIES)


@pytest.mark.parametrize("reads", [LIMITS.reads - 1, LIMITS.reads, LIMITS.reads + 1])
def test_one_call_asks_only_so_much(reader: Reader, reads: int) -> None:
    with FakeEhr(whole(OK)) as ehr:
        queries = {str(x): f"Observation?patient={x}" for x in range(reads)}
        fetched = reader.fetch(ehr.base, TOKEN, queries, time.monotonic() + LONG)
        assert len(ehr.asked) == min(reads, LIMITS.reads)
    failures = [x.failure for x in fetched.values()]
    assert failures == [None] * min(reads, LIMITS.reads) + [Failure.TOO_MANY_READS] * (reads - LIMITS.reads)


@pytest.mark.requirement(54, 58)
def test_each_call_sends_its_own_token_on_a_shared_connection(reader: Reader) -> None:
    with FakeEhr(whole(OK)) as ehr:
        for token in ("one", "two", None):
            reader.fetch(ehr.base, token, {"a": "Patient?_id=a"}, time.monotonic() + LONG)
        sent = [x.headers.get("authorization") for x in ehr.asked]
        ehr.wrong.clear()  # these tokens are not the one that it usually asks for
        assert (sent, ehr.connections) == (["Bearer one", "Bearer two", None], 1)


def test_servers_of_one_origin_share_connections(reader: Reader) -> None:
    with FakeEhr(whole(OK), path="") as ehr:
        for tenant in ("/a/fhir", "/b/fhir/", ""):
            query = {"a": "Patient?_id=a"}
            assert reader.fetch(ehr.base + tenant, TOKEN, query, time.monotonic() + LONG)["a"].failure is None
        assert [x.target for x in ehr.asked] == [f"{x}/Patient?_id=a" for x in ("/a/fhir", "/b/fhir", "")]
        assert ehr.connections == 1


def test_no_cookie_is_kept(reader: Reader) -> None:
    with FakeEhr(whole(OK, "200 OK", plays.FHIR, "Set-Cookie: session=of-somebody; Path=/")) as ehr:
        assert fetch(reader, ehr) == fetch(reader, ehr) == {None}  # the EHR is strict about cookies


def test_the_environment_changes_neither_token_nor_way(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    for name, value in {"NETRC": netrc, "HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(name, str(value))
    with FakeEhr(whole(OK)) as ehr:
        assert fetch(reader, ehr) == {None}


def test_a_connection_that_the_server_closed_meanwhile_costs_nothing(reader: Reader) -> None:
    """Both ways: closed after an answer without a word, and closed just as the next question arrives."""
    asked_on: dict[int, int] = {}

    def play(exchange: Exchange) -> None:
        place = id(exchange.sock)
        asked_on[place] = asked_on.get(place, 0) + 1
        if asked_on[place] > 1:
            raise Close
        exchange.send(http(OK))

    query = {"a": "Patient?_id=a"}
    for script in (play, plays.ending(http(OK))):
        with FakeEhr(script) as ehr:
            for _ in range(3):
                assert reader.fetch(ehr.base, TOKEN, query, time.monotonic() + LONG)["a"].failure is None
            assert ehr.connections == 3


def test_a_question_that_fails_on_a_new_connection_is_not_asked_again(reader: Reader) -> None:
    with FakeEhr(plays.ending()) as ehr:
        failed = reader.fetch(ehr.base, TOKEN, {"a": "Patient?_id=a"}, time.monotonic() + LONG)["a"].failure
        assert (failed, len(ehr.asked)) == (Failure.BROKEN, 1)


def test_a_question_is_not_asked_a_third_time(reader: Reader) -> None:
    def play(exchange: Exchange) -> None:
        if len(ehr.asked) > 1:
            raise Close
        exchange.send(http(OK))

    query = {"a": "Patient?_id=a"}
    with FakeEhr(play) as ehr:
        failures = [reader.fetch(ehr.base, TOKEN, query, time.monotonic() + LONG)["a"].failure for _ in range(2)]
        assert (failures, len(ehr.asked)) == ([None, Failure.BROKEN], 3)


def test_the_end_of_one_call_does_not_end_another_on_its_former_connection(reader: Reader) -> None:
    """Many short calls side by side, whose deadlines come as their answers do: the long ones among them all succeed."""
    with FakeEhr(whole(OK)) as ehr, ThreadPoolExecutor(6) as callers:
        short = [callers.submit(fetch, reader, ehr, 0.002 * (x % 5)) for x in range(200)]
        long = [callers.submit(fetch, reader, ehr) for _ in range(100)]
        assert all(x.result() == {None} for x in long)
        assert all(x.result() <= {None, Failure.DEADLINE} for x in short)


@pytest.mark.parametrize("base", ["", "ehr", "ftp://ehr.example/fhir", "https://a@ehr.example/fhir", "https:///fhir"])
def test_what_is_no_address_is_not_called(reader: Reader, base: str) -> None:
    assert reader.fetch(base, TOKEN, {"a": "Patient/a"}, time.monotonic() + LONG)["a"].failure is Failure.UNREACHABLE


def test_the_time_of_each_query_is_told(reader: Reader) -> None:
    def slow(exchange: Exchange) -> None:
        time.sleep(0.05)
        exchange.send(http(OK))

    with FakeEhr(slow) as ehr:
        fetched = reader.fetch(ehr.base, TOKEN, {"a": "Patient?_id=a"}, time.monotonic() + LONG)
    assert 50 <= fetched["a"].milliseconds < LONG * 1000


def test_a_closed_reader_leaves_no_connection_open() -> None:
    reader = Reader(strict.text, LIMITS)
    with FakeEhr(whole(OK)) as ehr:
        assert fetch(reader, ehr) == {None}
        reader.close()
        eventually(lambda: all(not x.is_alive() for x in ehr._threads[1:]))
