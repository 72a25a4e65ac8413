"""Two replicas on one PostgreSQL: one memory of tokens, one of feedback; what one said outlives its end."""

import random
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest
import requests

from cds_service.store.tables import CARDS, FEEDBACK
from tests.operations.replica import FEEDBACK as TELL
from tests.operations.replica import WAIT, Ehr, Replica, authorization, prefetched, serving, table, told
from tests.store.places import Place
from tests.store.postgresql import server
from tests.support import ORDER_SIGN

NORTH = Ehr("north")
BASE = "https://cds.example"
CALLERS = 4


@dataclass
class Pair:
    """Two replicas behind one public base URL, and their database."""

    one: Replica
    other: Replica
    place: Place
    folders: tuple[Path, Path]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    place = Place(server().database(), tmp_path / "one")
    place.store().close()  # makes the key, of which the second replica needs a copy
    folders = (tmp_path / "one", tmp_path / "other")
    folders[1].mkdir()
    shutil.copy(folders[0] / "patient.key", folders[1])
    clients = table(tmp_path / "clients", [NORTH])
    with ExitStack() as stack:
        replicas = [stack.enter_context(serving(x, clients, base=BASE, database=place.url, workers=2)) for x in folders]
        yield Pair(*replicas, place, folders)
    place.close()


@pytest.mark.requirement(110)
def test_a_token_used_at_one_replica_is_used_at_the_other(pair: Pair) -> None:
    jtis = [uuid4().hex for _ in range(6)]
    first = [pair.one.post(NORTH, ORDER_SIGN, prefetched(), x).status_code for x in jtis]
    again = [pair.other.post(NORTH, ORDER_SIGN, prefetched(), x).status_code for x in jtis]
    assert (first, again) == ([200] * 6, [401] * 6)
    assert 'cds_tokens_refused_total{client="north",kind="replayed"} 6.0' in metrics(pair.other)


def test_feedback_on_a_card_of_one_replica_is_taken_by_the_other_and_kept_once(pair: Pair) -> None:
    [card] = pair.one.post(NORTH, ORDER_SIGN, prefetched()).json()["cards"]
    for replica in (pair.other, pair.one, pair.other):
        assert replica.post(NORTH, TELL, told(card["uuid"])).status_code == 200
    deadline = time.monotonic() + WAIT
    while not [x for x in pair.place.rows(FEEDBACK) if x["issued"]] and time.monotonic() < deadline:
        time.sleep(0.1)
    [row] = pair.place.rows(FEEDBACK)
    assert (row["card"], row["client"], row["issued"]) == (card["uuid"], "north", True)


@dataclass
class Told:
    """What one caller was told, and which of its calls brought no answer."""

    cards: set[str] = field(default_factory=set)
    feedback: set[str] = field(default_factory=set)
    statuses: list[int] = field(default_factory=list)
    unanswered: int = 0


def test_with_one_replica_killed_under_load_nothing_acknowledged_is_lost(pair: Pair) -> None:
    """Callers go to either replica at random, as behind a proxy, until one does not answer any more."""
    over = Event()
    with ThreadPoolExecutor(CALLERS) as pool:
        callers = [pool.submit(load, [pair.one, pair.other], over) for _ in range(CALLERS)]
        time.sleep(1.5)
        pair.one.kill()
        time.sleep(1.5)
        over.set()
        found = [x.result(WAIT) for x in callers]
    assert {y for x in found for y in x.statuses} == {200}
    assert all(x.unanswered <= 1 for x in found), "more than what was in flight"
    assert pair.other.stop() == 0
    kept = pair.place.store(pair.folders[0])  # the killed one comes back to its spool
    kept.background.chores()
    feedback = {x["card"] for x in pair.place.rows(FEEDBACK)}
    cards = {x["uuid"] for x in pair.place.rows(CARDS)}
    assert len(set.union(*(x.feedback for x in found))) > 10
    assert set.union(*(x.feedback for x in found)) <= feedback
    assert set.union(*(x.cards for x in found)) <= cards


def load(replicas: list[Replica], over: Event) -> Told:
    """Calls and feedback in turn. A replica that breaks a call off is asked no more."""
    told_, left = Told(), list(replicas)
    with requests.Session() as session:
        session.trust_env = False
        while not over.is_set():
            replica = random.choice(left)
            try:
                one_round(session, replica.url, told_)
            except requests.RequestException:
                told_.unanswered += 1
                left.remove(replica)
    return told_


def one_round(session: requests.Session, url: str, found: Told) -> None:
    answer = _post(session, url, ORDER_SIGN, prefetched())
    found.statuses.append(answer.status_code)
    cards = [x["uuid"] for x in answer.json()["cards"]]
    found.cards.update(cards)
    answer = _post(session, url, TELL, told(*cards))
    found.statuses.append(answer.status_code)
    if answer.status_code == 200:
        found.feedback.update(cards)


def _post(session: requests.Session, url: str, path: str, body: object) -> requests.Response:
    headers = authorization(NORTH, f"{BASE}{path}")
    return session.post(f"{url}{path}", json=body, headers=headers, timeout=WAIT)


def metrics(replica: Replica) -> str:
    return requests.get(f"{replica.url}/metrics", timeout=WAIT).text
