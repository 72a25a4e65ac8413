"""Connections to one EHR that another thread can cut, whatever they are waiting for.

A time-out of `requests` begins anew with every byte, and none of its calls can end a read of another thread. The socket
can: what shuts it down wakes whoever waits on it, in a TLS handshake, in headers, in a body. urllib3 hands the socket
out only after the headers, so the connection itself gives it to the `Line` of the exchange that it serves.
"""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_HEADERS = {"Accept": "application/fhir+json", "Accept-Encoding": "gzip", "User-Agent": "trofosfamide-cds"}


class Line:
    """The sockets of one exchange, a question and its answer.

    They are held as duplicates: a connection detaches its own where TLS begins, and closes it where an answer ends the
    connection, before the answer is read. `reused` says that the exchange began on a connection that was open already.
    """

    def __init__(self) -> None:
        self.reused = False
        self._held: list[socket.socket] = []
        self._lock = Lock()
        self._is_cut = False

    def hold(self, sock: socket.socket) -> None:
        """Let `cut` reach this socket. Raises ConnectionAbortedError where the line is cut already."""
        with self._lock:
            if self._is_cut:
                raise ConnectionAbortedError
            self._held.append(socket.socket(fileno=os.dup(sock.fileno())))

    def cut(self) -> None:
        """End the exchange now, from any thread."""
        with self._lock:
            self._is_cut = True
            for sock in self._held:
                with suppress(OSError):  # the other side was first
                    sock.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Forget the sockets: they serve another exchange, or none."""
        with self._lock:
            for sock in self._held:
                sock.close()
            self._held.clear()


_LINE: ContextVar[Line] = ContextVar("line")


@contextmanager
def using(line: Line) -> Iterator[None]:
    """What this thread sends meanwhile goes over this line."""
    token = _LINE.set(line)
    try:
        yield
    finally:
        _LINE.reset(token)
        line.release()


class _Connection(HTTPConnection):
    """A connection that tells the line of each exchange which socket it uses."""

    _line: Line | None = None

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        try:
            self._take(sock)
        except BaseException:
            sock.close()
            raise
        return sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request, on a connection that may be new or have served others."""
        if self.sock is not None and self._line is not _LINE.get():
            _LINE.get().reused = True
            self._take(self.sock)
        super().request(*args, **kwargs)

    def _take(self, sock: socket.socket) -> None:
        """An exchange that is over must not be able to cut the next one: its line lets go."""
        line, former = _LINE.get(), self._line
        if former is not None and former is not line:
            former.release()
        line.hold(sock)
        self._line = line


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools, of connections that can be cut."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: a redirect is not followed. The default reads its body first, whatever its size."""


def session(connections: int, ca_file: str | None) -> requests.Session:
    """A session for one EHR, with up to so many connections; `ca_file` holds the CAs to trust, None the usual ones.

    It keeps no cookie, as its callers are different people. It heeds no environment variable: a .netrc would replace
    the token, and a proxy would see it. Nothing is tried again by itself, with the waits that a server may ask for.
    """
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)  # it writes URLs, which name the patient
    made = _Session()
    made.trust_env = False
    made.verify = ca_file or True
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    made.headers.update(_HEADERS)
    adapter = _Adapter(pool_connections=1, pool_maxsize=connections, pool_block=True)
    for scheme in ("https://", "http://"):
        made.mount(scheme, adapter)
    return made
