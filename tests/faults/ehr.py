"""A strict EHR that plays faults over real sockets, and remembers what it was asked."""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

CERTIFICATE = Path(__file__).with_name("self_signed.pem")
TOKEN = "invented-token.1"
_LONGEST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: method and version, the target as it was sent, headers by their names in lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and the socket to answer on. Sending raises OSError once the client has gone."""

    asked: Asked
    sock: socket.socket
    stopped: Event
    cut: Event

    def send(self, data: bytes) -> None:
        """Send bytes now."""
        self.sock.sendall(data)

    def pause(self, seconds: float) -> None:
        """Wait. Raises ConnectionAbortedError where the client has gone meanwhile, or the test is over."""
        self.sock.settimeout(seconds)
        try:
            gone = self.sock.recv(1) == b""
        except TimeoutError:
            gone = self.stopped.is_set()
        finally:
            self.sock.settimeout(None)
        if gone:
            raise ConnectionAbortedError

    def hang(self) -> None:
        """Say nothing until the client has gone."""
        while True:
            self.pause(30)


class Close(Exception):
    """The script wants the connection to end."""


Play = Callable[[Exchange], None]
Greet = Callable[["FakeEhr", socket.socket], socket.socket]


def plain(_ehr: "FakeEhr", sock: socket.socket) -> socket.socket:
    """No TLS."""
    return sock


def tls(_ehr: "FakeEhr", sock: socket.socket) -> socket.socket:
    """TLS, with the certificate of nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context.wrap_socket(sock, server_side=True)


class FakeEhr:
    """The EHR, serving while it is entered. `play` answers each question, `greet` is what a connection begins with.

    `asked` are the questions, `wrong` says which were not as they must be, `connections` counts them, and `cut` is set
    once a client went away in the midst of an answer.
    """

    def __init__(self, play: Play, greet: Greet = plain, host: str = "127.0.0.1", path: str = "/fhir") -> None:
        self._play = play
        self._greet = greet
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[Thread] = []
        self._socks: list[socket.socket] = []
        self._lock = Lock()
        self.asked: list[Asked] = []
        self.wrong: list[str] = []
        self.connections = 0
        self.cut = Event()
        self.stopped = Event()
        self.path = path
        self.host = f"{host}:{self._listener.getsockname()[1]}"
        self.base = f"{'http' if greet is plain else 'https'}://{self.host}{path}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stopped.set()
        for sock in (self._listener, *self._socks):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(30)
        self._listener.close()
        if error is None:
            assert self.wrong == []

    def _start(self, target: Callable[[], None]) -> None:
        thread = Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                with self._lock:
                    self.connections += 1
                    self._socks.append(sock)
                self._start(partial(self._serve, sock))

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError, Close):
            held = self._greet(self, sock)
            with self._lock:
                self._socks.append(held)
            with held:
                while asked := _question(held):
                    self._answer(asked, held)
        sock.close()

    def _answer(self, asked: Asked, sock: socket.socket) -> None:
        with self._lock:
            self.asked.append(asked)
            self.wrong += self._faults(asked)
        try:
            self._play(Exchange(asked, sock, self.stopped, self.cut))
        except OSError:
            if not self.stopped.is_set():
                self.cut.set()
            raise

    def _faults(self, asked: Asked) -> list[str]:
        wanted = {"host": self.host, "accept": "application/fhir+json", "authorization": f"Bearer {TOKEN}"}
        faults = [f"{name}: {asked.headers.get(name)}" for name, x in wanted.items() if asked.headers.get(name) != x]
        faults += [f"{x} was sent" for x in ("cookie", "content-length", "transfer-encoding") if x in asked.headers]
        if (asked.method, asked.version) != ("GET", "HTTP/1.1") or not asked.target.startswith(self.path):
            faults.append(f"{asked.method} {asked.target} {asked.version}")
        return faults


def _question(sock: socket.socket) -> Asked | None:
    """The next question on a connection, None where it ends."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte or len(head) > _LONGEST_HEAD:
            return None
        head += byte
    first, *lines = head.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = first.split(" ")
    headers = (x.partition(":") for x in lines)
    return Asked(method, target, version, {name.lower(): value.strip() for name, _, value in headers})
