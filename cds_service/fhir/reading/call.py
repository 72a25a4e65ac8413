"""What the reads of one call share, and one exchange of them with the server."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import requests

from cds_service.fhir.reading.failures import Failed, Failure, of_status
from cds_service.fhir.reading.wire import Line, using

_PIECE = 64 * 1024
_TYPES = frozenset({"application/fhir+json", "application/json+fhir", "application/json", "text/json"})
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


class Call:
    """One deadline (an instant of `clock`, in seconds) and one number of bytes for all reads of a call."""

    def __init__(self, deadline: float, most_bytes: int, clock: Callable[[], float]) -> None:
        self._deadline = deadline
        self._bytes_left = most_bytes
        self._clock = clock
        self._lock = Lock()
        self._lines: set[Line] = set()
        self._is_cut = False

    @property
    def is_over(self) -> bool:
        """True once the deadline is past or the reads were cut."""
        return self._is_cut or self.left <= 0

    @property
    def left(self) -> float:
        """Seconds to the deadline; 0 or less where it is past."""
        return self._deadline - self._clock()

    def spend(self, size: int) -> None:
        """Count bytes that came. Raises Failed where they are more than a call may bring."""
        with self._lock:
            self._bytes_left -= size
            if self._bytes_left < 0:
                raise Failed(Failure.TOO_LARGE)

    def give_back(self, size: int) -> None:
        """Count no longer what was thrown away: one answer that is too large must not cost the others."""
        with self._lock:
            self._bytes_left += size

    @contextmanager
    def line(self) -> Iterator[Line]:
        """A line for one exchange, which ends where the call ends. Raises Failed where that is past."""
        line = Line()
        with self._lock:
            if self.is_over:
                raise Failed(Failure.DEADLINE)
            self._lines.add(line)
        try:
            with using(line):
                yield line
        finally:
            with self._lock:
                self._lines.discard(line)

    def cut(self) -> None:
        """End every exchange that is still going on, and begin no more."""
        with self._lock:
            self._is_cut = True
            for line in self._lines:
                line.cut()


def get(session: requests.Session, url: str, token: str | None, call: Call) -> bytes:
    """The body of the answer to GET. Raises Failed, or an exception of `requests`.

    A server may close a connection just as the next question is sent on it: that one is asked once more.
    """
    with call.line() as line:
        try:
            return _get(session, url, token, call)
        except requests.ConnectionError:
            if not line.reused:
                raise
    with call.line():
        return _get(session, url, token, call)


def _get(session: requests.Session, url: str, token: str | None, call: Call) -> bytes:
    """Connecting has half of the time: so a name with two addresses has the other half for the second."""
    headers = {"Authorization": f"Bearer {token}"} if token else None
    left = max(call.left, 0.001)
    with session.get(url, headers=headers, timeout=(left / 2, left), allow_redirects=False, stream=True) as response:
        failure = of_status(response.status_code)
        if failure:
            raise Failed(failure)
        if not _is_json(response.headers.get("Content-Type", "")):
            raise Failed(Failure.CONTENT_TYPE)
        return _body(response, call)


def _is_json(content_type: str) -> bool:
    charset = _CHARSET.search(content_type)
    kind = content_type.partition(";")[0].strip().lower()
    return kind in _TYPES and (charset is None or charset[1].lower() in _UTF8)


def _body(response: requests.Response, call: Call) -> bytes:
    """The body, unpacked. Its pieces are counted as they come, so that neither its size nor its packing is believed."""
    body = bytearray()
    try:
        for piece in response.iter_content(_PIECE):
            body += piece
            call.spend(len(piece))
    except BaseException:
        call.give_back(len(body))
        raise
    return bytes(body)
