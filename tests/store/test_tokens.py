"""Used tokens: once over all workers and replicas, until they expire."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cds_service.store import tokens
from cds_service.store.tables import TOKENS
from tests.store.places import NOW, Place

UNTIL = NOW + timedelta(minutes=5)


@pytest.mark.requirement(114)
def test_a_token_is_used_once_over_all_replicas(place: Place) -> None:
    one, other = place.store(), place.store()
    assert one.first("iss", "jti", UNTIL)
    assert not one.first("iss", "jti", UNTIL)
    assert not other.first("iss", "jti", UNTIL)
    assert other.first("iss", "jti2", UNTIL)
    assert other.first("is", "sjti", UNTIL)
    assert other.first("iss2", "jti", UNTIL)


def test_of_replicas_that_ask_at_once_one_is_first(place: Place) -> None:
    stores = [place.store() for _ in range(4)]
    for number in range(20):
        with ThreadPoolExecutor(4) as pool:
            first = list(pool.map(lambda x, n=number: x.first("iss", f"jti-{n}", UNTIL), stores))
        assert sorted(first) == [False, False, False, True]


def test_a_restart_forgets_no_token(place: Place) -> None:
    kept = place.store()
    assert kept.first("iss", "jti", UNTIL)
    kept.close()
    assert not place.store().first("iss", "jti", UNTIL)


def test_an_expired_token_is_forgotten_and_a_living_one_is_not(place: Place) -> None:
    kept = place.store()
    kept.first("iss", "old", NOW - timedelta(seconds=1))
    kept.first("iss", "new", NOW)
    kept.background.chores()
    assert [x["until"] for x in place.rows(TOKENS)] == [NOW.replace(tzinfo=None)]


@pytest.mark.parametrize("jti", ["", "x" * 100_000, "nul \0", "☂", "\ud800"])
def test_any_jti_is_taken_and_none_of_it_is_stored(jti: str, place: Place) -> None:
    kept = place.store()
    assert kept.first("iss", jti, UNTIL)
    assert not place.store().first("iss", jti, UNTIL)
    assert {len(x["token"]) for x in place.rows(TOKENS)} == {64}


def test_the_memory_of_a_process_is_bounded(files: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_REMEMBERED", 10)
    kept = files.store()
    assert all(kept.first("iss", str(x), UNTIL) for x in range(30))
    assert len(kept.tokens._seen) == 10
    assert not kept.first("iss", "0", UNTIL)
