"""A limit on how long a caller waits for the database, whatever the database does."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

Value = TypeVar("Value")
_THREADS = 4


class Lost(Exception):
    """The database is not reached, or not in time, or takes nothing. The text is for the log and for operators."""


class Guard:
    """Does work on the database, for `seconds` at most.

    SQLite keeps to its own limits. A connection to a server may hang for longer than any of them, so `threaded` work
    is done aside, and given up. After a failure the database is left alone for `pause` seconds, so that not every call
    waits for what cannot come.
    """

    def __init__(self, seconds: float, pause: float, *, threaded: bool) -> None:
        self._seconds = seconds
        self._pause = pause
        self._threaded = threaded
        self._lost_until = 0.0
        self._process = 0
        self._pool: ThreadPoolExecutor | None = None

    def do(self, work: Callable[[], Value]) -> Value:
        """What `work` returns. Raises Lost."""
        if time.monotonic() < self._lost_until:
            raise Lost("it did not answer a moment ago")
        try:
            return self._aside(work) if self._threaded else work()
        except (SQLAlchemyError, TimeoutError) as error:
            self._lost_until = time.monotonic() + self._pause
            raise Lost(reason(error)) from error

    def close(self) -> None:
        """Wait for what was given up; limits of the connection end it."""
        if self._pool is not None and self._process == os.getpid():
            self._pool.shutdown()
        self._pool = None

    def _aside(self, work: Callable[[], Value]) -> Value:
        if self._pool is None or self._process != os.getpid():
            self._pool, self._process = ThreadPoolExecutor(_THREADS, "store"), os.getpid()
        future = self._pool.submit(work)
        try:
            return future.result(self._seconds)
        finally:
            future.cancel()


def reason(error: BaseException) -> str:
    """What a database said, without the statement and its values."""
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    said = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
    return " ".join(str(said).split())
