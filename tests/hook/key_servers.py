"""Servers of key sets over real sockets, each with a way of its own to go wrong."""

import datetime
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Answer = Callable[[socket.socket], None]


@contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server that reads a request and then does this with the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = Event()

    def accept() -> None:
        while not over.is_set():
            with suppress(OSError):
                plain, _ = listener.accept()
                Thread(target=_converse, args=(plain, answer, tls), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}/jwks"
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _converse(plain: socket.socket, answer: Answer, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError):
        line = tls.wrap_socket(plain, server_side=True) if tls else plain
        with line:
            line.recv(65536)
            answer(line)


def reply(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> Answer:
    """A plain answer."""
    return lambda line: line.sendall(_head(status, {"Content-Length": str(len(body)), **headers}) + body)


def half(body: bytes = b'{"keys": [') -> Answer:
    """An answer that ends before it is whole."""
    return lambda line: line.sendall(_head("200 OK", {"Content-Length": "9999"}) + body)


def dripping_head(line: socket.socket) -> None:
    """A header that comes byte by byte and has no end."""
    line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(line)


def dripping_body(line: socket.socket) -> None:
    """A body that comes byte by byte, always in time for a time-out per read."""
    line.sendall(_head("200 OK", {"Content-Length": "9999"}))
    _drip(line)


def silent(line: socket.socket) -> None:
    """Takes the request and says nothing."""
    line.settimeout(20)
    line.recv(1)


def _drip(line: socket.socket) -> None:
    for _ in range(400):
        line.sendall(b" ")
        time.sleep(0.05)


def _head(status: str, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{x.replace('_', '-')}: {y}" for x, y in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """TLS for 127.0.0.1, and the file that a caller has to trust for it."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]),
    )
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return context, certificate
