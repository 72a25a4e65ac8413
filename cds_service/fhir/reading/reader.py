"""The reader of FHIR servers: all queries of a call at once, under one deadline; a failure is a value, no error."""

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock

import requests

from cds_service.fhir.reading.address import Address, Origin, address
from cds_service.fhir.reading.asks import Ask, Fetched, Rest
from cds_service.fhir.reading.call import Call
from cds_service.fhir.reading.failures import Failure, of_exception, outcome
from cds_service.fhir.reading.pages import Page, merged
from cds_service.fhir.reading.walk import Server, walk
from cds_service.fhir.reading.wire import session

MIB = 1024 * 1024
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]{1,16384}=*")  # RFC 6750, section 2.1


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may cause, and what one EHR may bind.

    A call: `bytes` in all its answers together, unpacked; `pages` of one search; `reads`. An EHR, in each process:
    `threads` that read, each with a connection; `calls` that wait for them, each of which binds a thread of the caller.
    """

    bytes: int = 10 * MIB
    pages: int = 20
    reads: int = 64
    threads: int = 16
    calls: int = 16


@dataclass(frozen=True, slots=True)
class _Ehr:
    """One EHR: nothing of it is shared with another, so that one that hangs holds up itself alone."""

    session: requests.Session
    pool: ThreadPoolExecutor
    calls: BoundedSemaphore


@dataclass(slots=True)
class _Read:
    """One query: its pages as they come, how it failed, and when it ended (an instant of the clock)."""

    ask: Ask
    came: list[Page] = field(default_factory=list)
    failure: Failure | None = None
    ended: float | None = None


class Reader:
    """Reads FHIR servers, each by a session, connections and threads of its own, made when it is first asked.

    `text` checks a body as those of requests are checked and gives it without its byte order mark; it raises CdsError.
    `ca_file` holds the certificates of the CAs to trust where they are not the usual ones. A process that forks may
    make a reader before, and use it only after.
    """

    def __init__(
        self,
        text: Callable[[bytes], bytes],
        limits: Limits | None = None,
        ca_file: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._text = text
        self._limits = limits or Limits()
        self._ca_file = ca_file
        self._clock = clock
        self._ehrs: dict[Origin, _Ehr] = {}
        self._lock = Lock()

    def fetch(self, base: str, token: str | None, queries: Mapping[str, Ask], deadline: float) -> dict[str, Fetched]:
        """What each query brought, by its key. Returns at the deadline (an instant of the clock, seconds) or before.

        `base` is the URL of a server that the caller was found to be allowed (`address.allowed`). Raises nothing for
        what a server does or sends, nor for a base, token or query that cannot be used.
        """
        where = address(base)
        if where is None:
            return _all_failed(queries, Failure.UNREACHABLE)
        if token is not None and not _TOKEN.fullmatch(token):
            return _all_failed(queries, Failure.UNAUTHORIZED)
        ehr = self._ehr(where)
        if not ehr.calls.acquire(blocking=False):
            return _all_failed(queries, Failure.BUSY)
        try:
            return self._fetch(ehr, where, token, queries, Call(deadline, self._limits.bytes, self._clock))
        finally:
            ehr.calls.release()

    def close(self) -> None:
        """Close the connections that nobody uses; what is still being read ends by itself."""
        with self._lock:
            ehrs = list(self._ehrs.values())
            self._ehrs.clear()
        for ehr in ehrs:
            ehr.pool.shutdown(wait=False, cancel_futures=True)
            ehr.session.close()

    def _ehr(self, where: Address) -> _Ehr:
        with self._lock:
            if where.origin not in self._ehrs:
                self._ehrs[where.origin] = _Ehr(
                    session(self._limits.threads, self._ca_file),
                    ThreadPoolExecutor(self._limits.threads, thread_name_prefix="ehr"),
                    BoundedSemaphore(self._limits.calls),
                )
            return self._ehrs[where.origin]

    def _fetch(
        self, ehr: _Ehr, where: Address, token: str | None, queries: Mapping[str, Ask], call: Call
    ) -> dict[str, Fetched]:
        """Who asks is the timer: it waits until the deadline, and then cuts every connection that is still in use."""
        began = self._clock()
        server = Server(where, token, ehr.session, call, self._limits.pages, self._text)
        reads = {key: _Read(ask) for key, ask in queries.items()}
        futures = [ehr.pool.submit(self._run, server, x) for x in list(reads.values())[: self._limits.reads]]
        try:
            wait(futures, timeout=max(call.left, 0))
        finally:
            call.cut()
        now = self._clock()
        for read in list(reads.values())[self._limits.reads :]:
            read.failure = Failure.TOO_MANY_READS
        return {key: _fetched(x, ((x.ended or now) - began) * 1000) for key, x in reads.items()}

    def _run(self, server: Server, read: _Read) -> None:
        try:
            walk(server, read.ask, read.came)
        except Exception as error:  # noqa: BLE001 - whatever it is: one read that fails must not cost the others
            read.failure = Failure.DEADLINE if server.call.is_over else of_exception(error)
        read.ended = self._clock()


def _all_failed(queries: Mapping[str, Ask], failure: Failure) -> dict[str, Fetched]:
    return {key: _fetched(_Read(ask, failure=failure), 0.0) for key, ask in queries.items()}


def _fetched(read: _Read, milliseconds: float) -> Fetched:
    """What came until now: the thread that reads may still be about to notice that it was cut off."""
    came, spent = tuple(read.came), round(milliseconds, 2)
    if came and came[-1].following is None:
        return Fetched(merged(came), None, spent)
    failure = read.failure or Failure.DEADLINE
    if came:
        return Fetched(merged(came), failure, spent)
    return Fetched(read.ask.first if isinstance(read.ask, Rest) else outcome(failure), failure, spent)
