"""Keys are kept, read anew for a new kid at most once per cooldown, and used on while reading fails, for a day."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from cds_service.hook import keys
from cds_service.hook.clients import Client
from cds_service.hook.fetch import Document, Unfetched
from cds_service.hook.keys import COOLDOWN, STALE, WAITING, KeySets
from cds_service.hook.refusals import Unauthenticated
from tests.hook.hostile_tokens import jwk

CLIENT = Client(id="north", issuer="https://north.example", mode="live", jwks_url="https://north.example/jwks")


def key_set(*kids: str) -> bytes:
    return json.dumps({"keys": [jwk(f"{x} P-384", x) for x in kids]}).encode()


class Site:
    """A server of keys whose answers can be set, and a clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.asked = 0
        self.answer: Callable[[], Document] = lambda: Document(key_set("a"), None)
        self.keys = KeySets([CLIENT], self.fetch, lambda: self.now)

    def fetch(self, url: str) -> Document:
        assert url == CLIENT.jwks_url
        self.asked += 1
        return self.answer()

    def serve(self, *kids: str, max_age: int | None = None) -> None:
        self.answer = lambda: Document(key_set(*kids), max_age)

    def fail(self) -> None:
        def failing() -> Document:
            raise Unfetched("the line is dead")

        self.answer = failing

    def has(self, kid: str) -> str:
        """ "yes", or why not."""
        try:
            self.keys.find(CLIENT, kid)
        except Unauthenticated as refusal:
            return refusal.kind
        return "yes"

    def has_in_the_end(self, kid: str) -> bool:
        """Whether it is found within what may run beside the calls for a while."""
        end = time.monotonic() + 5
        while self.has(kid) != "yes" and time.monotonic() < end:
            time.sleep(0.005)
        return self.has(kid) == "yes"

    def asked_in_the_end(self, times: int) -> bool:
        """Whether, once what runs beside the calls has run, that many requests were made."""
        end = time.monotonic() + 5
        while self.asked < times and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(0.05)
        return self.asked == times


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.requirement(113)
def test_keys_are_read_once_and_kept(site: Site) -> None:
    assert site.asked == 0
    assert [site.has("a") for _ in range(5)] == ["yes"] * 5
    assert site.asked == 1


@pytest.mark.requirement(113)
def test_a_new_key_is_found_by_one_reading(site: Site) -> None:
    assert site.has("a") == "yes"
    site.serve("a", "b")
    assert site.has("b") == "key-unknown", "the cooldown of the first reading"
    site.now += COOLDOWN
    assert (site.has("b"), site.has("a"), site.asked) == ("yes", "yes", 2)
    site.serve("b")
    site.now += COOLDOWN
    assert site.has("nobody") == "key-unknown"
    assert site.has("a") == "key-unknown", "a key that was taken back"


def test_unknown_kids_make_one_reading_per_cooldown(site: Site) -> None:
    assert site.has("a") == "yes"
    for minute in range(1, 4):
        site.now += COOLDOWN
        assert {site.has(f"guess-{x}") for x in range(50)} == {"key-unknown"}
        assert site.asked == 1 + minute


def test_many_threads_make_one_reading(site: Site) -> None:
    began, go = Event(), Event()

    def slow() -> Document:
        began.set()
        assert go.wait(5)
        return Document(key_set("a"), None)

    site.answer = slow
    with ThreadPoolExecutor(16) as pool:
        found = [pool.submit(site.has, "a") for _ in range(16)]
        assert began.wait(5)
        while sum(x.done() for x in found) < 16 - WAITING:
            time.sleep(0.005)
        go.set()
        kinds = [x.result() for x in found]
    assert site.asked == 1
    assert sorted(kinds) == ["keys-unavailable"] * (16 - WAITING) + ["yes"] * WAITING
    assert site.has("a") == "yes"


def test_known_keys_never_wait_for_a_server_that_hangs(site: Site) -> None:
    assert site.has("a") == "yes"
    go = Event()
    site.answer = lambda: Document(key_set("b"), None) if go.wait(20) else Document(b"", None)
    site.now += 86_401 - COOLDOWN
    start = time.monotonic()
    assert [site.has("a") for _ in range(20)] == ["yes"] * 20
    assert time.monotonic() - start < 0.5
    go.set()


def test_a_reading_that_takes_longer_than_the_cooldown_is_not_begun_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "WAIT", 0.05)
    go = Event()
    site.answer = lambda: Document(key_set("a"), None) if go.wait(20) else Document(b"", None)
    for _ in range(3):
        assert site.has("a") == "keys-unavailable"
        site.now += COOLDOWN
    assert site.asked == 1
    go.set()


def test_a_call_waits_for_a_server_that_hangs_no_longer_than_it_should(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "WAIT", 0.1)
    go = Event()
    site.answer = lambda: Document(key_set("a"), None) if go.wait(20) else Document(b"", None)
    start = time.monotonic()
    assert site.has("a") == "keys-unavailable"
    assert time.monotonic() - start < 1
    go.set()


@pytest.mark.parametrize(
    ("max_age", "kept"), [(None, 3600), (0, 300), (299, 300), (301, 301), (86_400, 86_400), (999_999, 86_400)]
)
def test_keys_are_read_anew_when_their_server_says_within_bounds(max_age: int | None, kept: int, site: Site) -> None:
    site.serve("a", max_age=max_age)
    assert site.has("a") == "yes"
    site.now += kept - 1
    assert site.has("a") == "yes"
    assert site.asked_in_the_end(1)
    site.now += 1
    assert site.has("a") == "yes"
    assert site.asked_in_the_end(2)


def test_old_keys_are_used_while_reading_fails_but_not_for_ever(site: Site) -> None:
    assert site.has("a") == "yes"
    site.fail()
    for times, seconds in enumerate((3600, 40_000, STALE - 43_600), 2):
        site.now += seconds
        assert site.has("a") == "yes"
        assert site.asked_in_the_end(times)
    site.now += 1
    assert site.has("a") == "keys-unavailable"
    assert list(site.keys.faults()) == [("north", "the line is dead")]
    site.serve("a")
    site.now += COOLDOWN
    assert site.has_in_the_end("a")
    assert list(site.keys.faults()) == []


def test_a_server_that_answers_something_else_costs_no_keys(site: Site) -> None:
    assert site.has("a") == "yes"
    site.answer = lambda: Document(b"<html>maintenance</html>", None)
    site.now += COOLDOWN
    assert (site.has("b"), site.has("a")) == ("key-unknown", "yes")


def test_keys_never_read_are_asked_for_again_after_the_cooldown(site: Site) -> None:
    site.fail()
    assert [site.has("a") for _ in range(3)] == ["keys-unavailable"] * 3
    assert site.asked == 1
    site.serve("a")
    site.now += COOLDOWN
    assert (site.has("a"), site.asked) == ("yes", 2)


def test_asking_whether_there_are_keys_reads_them(site: Site) -> None:
    assert list(site.keys.faults()) == []
    assert site.asked == 1
    assert site.has("a") == "yes"
    assert site.asked == 1


class File:
    """A client whose keys are in a file."""

    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        self.path = folder / "keys.json"
        self.client = Client(id="f", issuer="f", mode="live", jwks_file=self.path)
        self.keys = KeySets([self.client], clock=lambda: self.now)

    def write(self, content: bytes) -> None:
        made = self.path.with_suffix(".new")
        made.write_bytes(content)
        made.replace(self.path)

    def has(self, kid: str) -> str:
        try:
            self.keys.find(self.client, kid)
        except Unauthenticated as refusal:
            return refusal.kind
        return "yes"


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


@pytest.mark.requirement(113)
def test_a_file_is_read_again_whenever_it_changes(file: File) -> None:
    file.write(key_set("a"))
    assert (file.has("a"), file.has("b")) == ("yes", "key-unknown")
    file.write(key_set("b"))
    assert (file.has("a"), file.has("b")) == ("key-unknown", "yes")
    file.path.write_bytes(key_set("b", "c"))
    assert file.has("c") == "yes"


def test_a_file_that_stays_as_it_is_never_grows_stale(file: File) -> None:
    file.write(key_set("a"))
    for _ in range(3):
        assert file.has("a") == "yes"
        file.now += STALE - 1


def gone(file: File) -> None:
    file.path.unlink()


def half(file: File) -> None:
    file.write(key_set("b")[:50])


def huge(file: File) -> None:
    file.write(key_set("b") + b" " * 300_000)


def folder(file: File) -> None:
    file.path.unlink()
    file.path.mkdir()


@pytest.mark.parametrize("damage", [gone, half, huge, folder])
def test_the_keys_of_a_file_that_was_damaged_are_used_for_a_day(damage: Callable[[File], None], file: File) -> None:
    file.write(key_set("a"))
    assert file.has("a") == "yes"
    damage(file)
    assert file.has("a") == "yes"
    file.now += STALE
    assert file.has("a") == "yes"
    file.now += 1
    assert file.has("a") == "keys-unavailable"
    assert [x for x, _ in file.keys.faults()] == ["f"]


def test_a_file_that_was_mended_is_read_again(file: File) -> None:
    file.write(key_set("a"))
    assert file.has("a") == "yes"
    half(file)
    assert file.has("a") == "yes"
    file.write(key_set("c"))
    assert (file.has("c"), file.has("a"), list(file.keys.faults())) == ("yes", "key-unknown", [])


def test_a_file_that_was_never_there_is_told(file: File) -> None:
    assert file.has("a") == "keys-unavailable"
    assert [x for x, _ in file.keys.faults()] == ["f"]
