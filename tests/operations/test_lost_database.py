"""A database that is lost under load costs no answer of a hook; what was acknowledged is there when it is back."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest
import requests

from cds_service.store.tables import CARDS
from cds_service.store.tables import FEEDBACK as ROWS
from tests.operations.replica import FEEDBACK, WAIT, Ehr, Replica, authorization, prefetched, serving, table, told
from tests.store.places import Place
from tests.store.postgresql import Server, server
from tests.support import ORDER_SIGN, check

NORTH = Ehr("north")
CALLERS = 4
LOST: dict[str, tuple[Callable[[Server], None], Callable[[Server], None]]] = {
    "killed": (Server.kill, Server.start),
    "hanging": (lambda x: x.pause(on=True), lambda x: x.pause(on=False)),
}


@pytest.fixture
def database() -> Iterator[Server]:
    made = server("to be lost under load")
    yield made
    made.pause(on=False)
    made.start()


@dataclass
class Heard:
    """What the callers were answered: statuses of hook calls and of feedback, cards, cards with feedback taken."""

    hooks: list[int] = field(default_factory=list)
    feedback: list[int] = field(default_factory=list)
    cards: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)


@dataclass
class Story:
    """What was heard while the database was lost, without it, and once it was back; the pages in between."""

    losing: Heard
    without: Heard
    again: Heard
    state: requests.Response
    metrics: requests.Response

    @property
    def all(self) -> tuple[Heard, Heard, Heard]:
        """In the order of time."""
        return self.losing, self.without, self.again


@pytest.mark.parametrize("how", LOST)
def test_hooks_are_answered_while_the_database_is_lost_and_nothing_acknowledged_is_missing_afterwards(
    how: str, database: Server, tmp_path: Path
) -> None:
    place = Place(database.database(), tmp_path / "data")
    with serving(tmp_path / "data", table(tmp_path, [NORTH]), database=place.url) as replica:
        told_ = story(replica, database, *LOST[how])
        assert replica.stop() == 0
    assert {y for x in told_.all for y in x.hooks} == {200}
    assert set(told_.losing.feedback) | {503} == {200, 503}
    assert (told_.without.feedback, told_.again.feedback) == ([503], [200])
    assert told_.state.status_code == 503
    assert told_.state.json()["issue"][0]["details"]["coding"][0]["code"] == "not-ready"
    assert counted(told_.metrics, "cds_tokens_alone_total") >= 1
    assert "cds_unrecorded_total{" not in told_.metrics.text
    assert set.union(*(x.taken for x in told_.all)) <= {x["card"] for x in place.rows(ROWS)}
    assert set.union(*(x.cards for x in told_.all)) == {x["uuid"] for x in place.rows(CARDS)}


def story(replica: Replica, database: Server, lose: Callable[[Server], None], mend: Callable[[Server], None]) -> Story:
    losing, without, again = under_load(replica, lambda: lose(database)), Heard(), Heard()
    tell(replica, without, rounds(replica, without, 10))
    state, metrics = page(replica, "readyz"), page(replica, "metrics")
    mend(database)
    until(lambda: bool(rounds(replica, again, 1)) and page(replica, "readyz").status_code == 200)
    tell(replica, again, [*without.cards, *again.cards])
    return Story(losing, without, again, state, metrics)


def under_load(replica: Replica, lose: Callable[[], None]) -> Heard:
    """Callers in turn call and give feedback; in the midst of it the database is lost."""
    over, heard = Event(), [Heard() for _ in range(CALLERS)]
    with ThreadPoolExecutor(CALLERS) as pool:
        callers = [pool.submit(call_until, replica, x, over) for x in heard]
        until(lambda: all(x.taken for x in heard))
        lose()
        so_far = [len(x.hooks) for x in heard]
        until(lambda: all(len(x.hooks) > y for x, y in zip(heard, so_far, strict=True)))
        over.set()
        for each in callers:
            each.result(WAIT)
    return Heard(
        [y for x in heard for y in x.hooks],
        [y for x in heard for y in x.feedback],
        set.union(*(x.cards for x in heard)),
        set.union(*(x.taken for x in heard)),
    )


def call_until(replica: Replica, heard: Heard, over: Event) -> None:
    while not over.is_set():
        tell(replica, heard, rounds(replica, heard, 1))


def rounds(replica: Replica, heard: Heard, number: int) -> list[str]:
    """So many hook calls; the cards that they brought."""
    brought = []
    for _ in range(number):
        answer = post(replica, ORDER_SIGN, prefetched())
        heard.hooks.append(answer.status_code)
        check(answer.status_code, answer.json())
        brought += [x["uuid"] for x in answer.json()["cards"]]
    heard.cards.update(brought)
    return brought


def tell(replica: Replica, heard: Heard, cards: list[str]) -> None:
    """Feedback on these cards, in one batch."""
    status = post(replica, FEEDBACK, told(*cards)).status_code
    heard.feedback.append(status)
    heard.taken.update(cards if status == 200 else ())


def post(replica: Replica, path: str, body: object) -> requests.Response:
    """A call on a connection of its own, so that callers share nothing."""
    headers = authorization(NORTH, f"{replica.base}{path}")
    return requests.post(f"{replica.url}{path}", json=body, headers=headers, timeout=WAIT)


def page(replica: Replica, name: str) -> requests.Response:
    return requests.get(f"{replica.url}/{name}", timeout=WAIT)


def counted(metrics: requests.Response, name: str) -> float:
    return sum(float(x.split()[1]) for x in metrics.text.splitlines() if x.startswith(f"{name} "))


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    assert what()
