"""One document of another site: https, no redirect, a size, and a time for all of it, kept by closing the socket."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from cds_service.hook.addresses import origin

SECONDS = 2.0
MAX_BYTES = 256 * 1024
_AGAIN = 0.05
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})\"?\s*(?:,|$)", re.IGNORECASE)
_UNKEPT = re.compile(r"(?:^|,)\s*no-(?:store|cache)\s*(?:,|$)", re.IGNORECASE)


class Unfetched(Exception):
    """A document could not be fetched; a sentence says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was fetched; `max_age` is for how many seconds it may be kept, None where its server does not say."""

    content: bytes
    max_age: int | None


Fetch = Callable[[str], Document]


def fetch(url: str, seconds: float = SECONDS, limit: int = MAX_BYTES) -> Document:
    """The document at an address, within so many seconds, of at most `limit` bytes. Raises Unfetched."""
    try:
        origin(url)
        with requests.Session() as session, _within(seconds, session), _opened(session, url, seconds) as response:
            return _document(response, limit)
    except ValueError as fault:
        raise Unfetched(str(fault)) from None
    except (requests.RequestException, HTTPError, OSError) as fault:
        raise Unfetched(f"no whole answer within {seconds:g} seconds ({type(fault).__name__})") from None


def _opened(session: requests.Session, url: str, seconds: float) -> requests.Response:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    # A function as `auth` keeps requests from sending what a .netrc file may hold.
    return session.get(
        url, headers=headers, auth=lambda x: x, allow_redirects=False, stream=True, timeout=(seconds, seconds)
    )


def _document(response: requests.Response, limit: int) -> Document:
    if response.status_code != 200:
        raise Unfetched(f"the answer is {response.status_code}, not 200; redirects are not followed")
    content: bytes = response.raw.read(limit + 1, decode_content=True)
    if len(content) > limit:
        raise Unfetched(f"the answer is larger than {limit} bytes")
    return Document(content, _kept(response.headers.get("Cache-Control", "")))


def _kept(said: str) -> int | None:
    if _UNKEPT.search(said):
        return 0
    found = _MAX_AGE.search(said)
    return int(found[1]) if found else None


class _Noting(HTTPAdapter):
    """Keeps every connection it makes, so that their sockets can be closed while something waits for them."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)
        self._made: list[Any] = []
        self.was_cut = False

    def get_connection_with_tls_context(self, *given: Any, **named: Any) -> Any:
        """The pool of an address, noting what it opens."""
        pool: Any = super().get_connection_with_tls_context(*given, **named)
        plain = type(pool).ConnectionCls

        def noted(*given: Any, **named: Any) -> Any:
            self._made.append(plain(*given, **named))
            return self._made[-1]

        pool.ConnectionCls = noted
        return pool

    def cut(self) -> None:
        """Close the sockets. That of the base class is called: TLS would wait for the other side."""
        self.was_cut = True
        for line in (x.sock for x in self._made if isinstance(x.sock, socket.socket)):
            try:
                socket.socket.shutdown(line, socket.SHUT_RDWR)
            except OSError:
                continue


@contextmanager
def _within(seconds: float, session: requests.Session) -> Iterator[None]:
    """After so many seconds cut whatever the session still has open, and again: a name may be looked up for long."""
    adapter, done = _Noting(), Event()
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)

    def watch() -> None:
        pause = seconds
        while not done.wait(pause):
            adapter.cut()
            pause = _AGAIN

    Thread(target=watch, daemon=True, name="key set time-out").start()
    try:
        yield
    finally:
        done.set()
    if adapter.was_cut:  # where a head is cut off, what there is of it looks like a whole answer
        raise TimeoutError
