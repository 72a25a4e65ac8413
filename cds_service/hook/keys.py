"""The clients' keys: kept as long as their servers say, read anew for a new `kid`, old ones used while that fails."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Protocol

import structlog

from cds_service.hook.clients import Client
from cds_service.hook.fetch import MAX_BYTES, SECONDS, Fetch, Unfetched, fetch
from cds_service.hook.jwks import Key, KeySet, NotAKeySet, parse
from cds_service.hook.refusals import Unauthenticated

COOLDOWN = 30.0
FRESH = (300.0, 3600.0, 86_400.0)  # at least, where the server does not say, at most
STALE = 86_400.0
WAIT = SECONDS + 0.1
WAITING = 2  # calls of one client that may wait at once: a server of keys that hangs must not hold every thread
_LOG = structlog.get_logger()


class Keys(Protocol):
    """Where the keys of clients are found."""

    def find(self, client: Client, kid: str) -> Key:
        """The client's key of exactly this `kid`. Raises Unauthenticated where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    """A key set as it was last read, at a second of the clock, and until when it need not be read again."""

    set: KeySet
    read_at: float
    fresh_until: float


class _Source(Protocol):
    fault: str

    def held(self, kid: str) -> _Held | None: ...


class KeySets:
    """The key sets of all clients, each in its own time. `clock` gives seconds that never go back."""

    def __init__(
        self, clients: Iterable[Client], fetcher: Fetch = fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._sources: dict[str, _Source] = {
            x.id: _File(x.jwks_file, clock) if x.jwks_file else _Remote(x.jwks_url, fetcher, clock) for x in clients
        }

    def find(self, client: Client, kid: str) -> Key:
        """As `Keys` says. Waits for a server only where its keys were never read, or do not hold this `kid`."""
        held = self._sources[client.id].held(kid)
        if held is None or self._clock() - held.read_at > STALE:
            raise Unauthenticated("keys-unavailable")
        key = held.set.keys.get(kid)
        if key is None:
            raise Unauthenticated("key-unknown")
        return key

    def faults(self) -> Iterator[tuple[str, str]]:
        """Clients without usable keys, each with a sentence; those never read are read now."""
        for name, source in self._sources.items():
            held = source.held("")
            if held is None or self._clock() - held.read_at > STALE:
                yield name, source.fault or "its key set was not read yet"


def read_file(path: Path) -> KeySet:
    """The key set in a file. Raises Unfetched and NotAKeySet."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise Unfetched(f"{path} cannot be read: {fault.strerror}") from None
    if len(content) > MAX_BYTES:
        raise Unfetched(f"{path} is larger than {MAX_BYTES} bytes")
    return parse(content)


class _File:
    """A key set in a file, read again whenever the file is another or was written to."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.fault = ""
        self._path = path
        self._clock = clock
        self._lock = Lock()
        self._held: _Held | None = None
        self._state: object = None

    def held(self, _kid: str) -> _Held | None:
        """The set as the file has it now, or had it when it could last be read."""
        state = self._look()
        with self._lock:
            if state is None or state != self._state:
                self._read()
                self._state = state
            elif self._held and not self.fault:
                self._held = _Held(self._held.set, self._clock(), 0)
            return self._held

    def _look(self) -> object:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> None:
        try:
            self._held = _Held(read_file(self._path), self._clock(), 0)
            self.fault = ""
        except (Unfetched, NotAKeySet) as fault:
            if not self.fault:
                _LOG.warning("key set not read", file=self._path.name, why=str(fault))
            self.fault = str(fault)


class _Remote:
    """A key set at an address, read beside the calls: known keys are used meanwhile, and one reading serves all."""

    def __init__(self, url: str, fetcher: Fetch, clock: Callable[[], float]) -> None:
        self.fault = ""
        self._url = url
        self._fetch = fetcher
        self._clock = clock
        self._lock = Lock()
        self._held: _Held | None = None
        self._running: Event | None = None
        self._room = BoundedSemaphore(WAITING)
        self._not_before = clock()

    def held(self, kid: str) -> _Held | None:
        """The set as it was last read; one that lacks this `kid` is read anew first, once per cooldown."""
        held = self._held
        if held is None or (kid and kid not in held.set.keys):
            self._await(self._refresh())
        elif self._clock() >= held.fresh_until:
            self._refresh()
        return self._held

    def _await(self, running: Event | None) -> None:
        if running and self._room.acquire(blocking=False):
            try:
                running.wait(WAIT)
            finally:
                self._room.release()

    def _refresh(self) -> Event | None:
        """Begin to read unless that began within the cooldown. What ends with the reading that is under way, if any."""
        with self._lock:
            now = self._clock()
            if self._running or now < self._not_before:
                return self._running
            self._not_before = now + COOLDOWN
            self._running = Event()
            Thread(target=self._read, args=(self._running,), daemon=True, name="key set").start()
            return self._running

    def _read(self, done: Event) -> None:
        try:
            document = self._fetch(self._url)
            at, (least, usual, most) = self._clock(), FRESH
            age = usual if document.max_age is None else min(max(document.max_age, least), most)
            self._held = _Held(parse(document.content), at, at + age)
            self.fault = ""
        except (Unfetched, NotAKeySet) as fault:
            self.fault = str(fault)
            _LOG.warning("key set not read", url=self._url, why=self.fault)
        finally:
            with self._lock:
                self._running = None
            done.set()
