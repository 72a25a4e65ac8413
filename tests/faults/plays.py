"""The scripts that a fake EHR plays: whole answers, and all the ways in which one can fail."""

import gzip
import socket
import struct
from collections.abc import Mapping
from typing import Any

import msgspec

from tests.faults.ehr import Close, Exchange, FakeEhr, Play

FHIR = "application/fhir+json"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def observation(name: str, **members: Any) -> dict[str, Any]:
    """A small resource with an id."""
    return {"resourceType": "Observation", "id": name, "status": "final", **members}


def searchset(*resources: Any, following: str | None = None, **members: Any) -> bytes:
    """A page of a search, as text."""
    link = [{"relation": "self", "url": "urn:here"}]
    link += [{"relation": "next", "url": following}] if following is not None else []
    entry = [{"resource": x, "search": {"mode": "match"}} for x in resources]
    return encoded({"resourceType": "Bundle", "type": "searchset", "link": link, "entry": entry, **members})


def encoded(value: Any) -> bytes:
    """JSON as text, numbers exactly as they are."""
    return _ENCODER.encode(value)


def http(body: bytes, status: str = "200 OK", kind: str = FHIR, *headers: str) -> bytes:
    """A whole answer, with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def whole(body: bytes, status: str = "200 OK", kind: str = FHIR, *headers: str) -> Play:
    """The same answer to every question, on connections that stay open."""
    return lambda exchange: exchange.send(http(body, status, kind, *headers))


def by_target(answers: Mapping[str, Play]) -> Play:
    """The script of the target that is asked for, below the base; 404 for any other."""

    def play(exchange: Exchange) -> None:
        name = exchange.asked.target.removeprefix("/fhir").removeprefix("/")
        answers.get(name, whole(b"", "404 Not Found"))(exchange)

    return play


def ending(*pieces: bytes) -> Play:
    """These bytes and then the end of the connection."""

    def play(exchange: Exchange) -> None:
        for piece in pieces:
            exchange.send(piece)
        raise Close

    return play


def then_hang(*pieces: bytes) -> Play:
    """These bytes and then nothing."""

    def play(exchange: Exchange) -> None:
        for piece in pieces:
            exchange.send(piece)
        exchange.hang()

    return play


def dripping(head: bytes, drop: bytes) -> Play:
    """A beginning, and then a drop every now and then: none is late, and they never end."""

    def play(exchange: Exchange) -> None:
        exchange.send(head)
        while True:
            exchange.send(drop)
            exchange.pause(0.02)

    return play


def endless(head: bytes, piece: bytes) -> Play:
    """A beginning, and then as much as the client takes."""

    def play(exchange: Exchange) -> None:
        exchange.send(head)
        while True:
            exchange.send(piece)

    return play


def reset(exchange: Exchange) -> None:
    """The connection is reset, as by a firewall."""
    exchange.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Close


def packed(body: bytes, claim: str = "gzip") -> Play:
    """An answer in gzip, or in what is said to be it."""
    content = gzip.compress(body) if claim == "gzip" else body
    return whole(content, "200 OK", FHIR, f"Content-Encoding: {claim}")


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: {FHIR}\r\n".encode()
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def sized(length: int) -> bytes:
    """The head of an answer of so many bytes."""
    return HEAD + b"Content-Length: %d\r\n\r\n" % length


def silent(ehr: FakeEhr, sock: socket.socket) -> socket.socket:
    """No word of TLS, although the client waits for it."""
    while sock.recv(4096) and not ehr.stopped.is_set():
        pass
    raise Close


def half_greeting(ehr: FakeEhr, sock: socket.socket) -> socket.socket:
    """A TLS handshake that drips."""
    sock.recv(4096)
    sock.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
    while not ehr.stopped.wait(0.02):
        sock.sendall(b"\x00")
    raise Close


def no_tls(_ehr: FakeEhr, sock: socket.socket) -> socket.socket:
    """Plain HTTP where TLS is expected."""
    sock.recv(4096)
    sock.sendall(http(searchset()))
    raise Close


def hanging_up(_ehr: FakeEhr, sock: socket.socket) -> socket.socket:
    """The connection ends in the midst of the TLS handshake."""
    sock.recv(1)
    raise Close
