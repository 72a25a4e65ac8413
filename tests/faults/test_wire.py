"""A line reaches the connection of its own exchange, for as long as that lasts."""

from collections.abc import Iterator
from threading import Event

import pytest
import requests

from cds_service.fhir.reading.call import Call
from cds_service.fhir.reading.failures import Failed, Failure
from cds_service.fhir.reading.wire import Line, session, using
from tests.faults.ehr import TOKEN, Exchange, FakeEhr
from tests.faults.plays import http, searchset, sized, whole

LONG = 60
_HEADERS = {"Authorization": f"Bearer {TOKEN}"}
BODY = searchset()


@pytest.fixture
def client() -> Iterator[requests.Session]:
    with session(1, None) as made:
        yield made


def get(client: requests.Session, ehr: FakeEhr) -> requests.Response:
    return client.get(f"{ehr.base}/Patient", headers=_HEADERS, timeout=LONG, stream=True)


def test_a_line_that_is_over_does_not_cut_the_next_exchange_on_its_connection(client: requests.Session) -> None:
    is_cut = Event()

    def play(exchange: Exchange) -> None:
        if len(ehr.asked) == 1:
            exchange.send(http(BODY))
        else:
            exchange.send(sized(len(BODY)))
            is_cut.wait(LONG)
            exchange.send(BODY)

    first, second = Line(), Line()
    with FakeEhr(play) as ehr, using(first):
        assert get(client, ehr).content == BODY
        with using(second):
            response = get(client, ehr)
            first.cut()
            is_cut.set()
            assert response.content == BODY
        assert (ehr.connections, second.reused, first.reused) == (1, True, False)


@pytest.mark.parametrize(("left", "is_cut"), [(-1, False), (0, False), (LONG, True)])
def test_a_call_that_is_over_begins_no_exchange(left: float, is_cut: bool) -> None:
    call = Call(100 + left, 1, lambda: 100)
    if is_cut:
        call.cut()
    with pytest.raises(Failed, match=Failure.DEADLINE), call.line():
        pytest.fail("it began")
    assert call.is_over


def test_nothing_begins_on_a_line_that_is_cut(client: requests.Session) -> None:
    line = Line()
    line.cut()
    with FakeEhr(whole(BODY)) as ehr, using(line), pytest.raises(requests.ConnectionError):
        get(client, ehr)
    assert ehr.asked == []


def test_nothing_begins_on_a_line_that_is_cut_where_a_connection_is_open(client: requests.Session) -> None:
    line = Line()
    with FakeEhr(whole(BODY)) as ehr:
        with using(Line()):
            assert get(client, ehr).content == BODY
        line.cut()
        with using(line), pytest.raises(requests.ConnectionError):
            get(client, ehr)
        assert len(ehr.asked) == 1
