"""The way of decisions into the database: a line in the spool while the caller waits, the rest in the background."""

import atexit
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Lock, Thread

import structlog

from cds_service.store.guard import reason
from cds_service.store.spool import Spool

# What comes within this time is written together: a commit costs the same for one as for many.
_GATHER_SECONDS = 1.0
_RETRY_SECONDS = 2.0
_PAUSE_SECONDS = 0.05
_CLOSE_SECONDS = 3.0
_CHORES_SECONDS = 30.0
# Lines that no file takes are kept in memory, as many as this.
_IN_MEMORY = 1000
_LOG = structlog.get_logger()


class Writer:
    """One thread of this process, begun with the first line; after a fork the child begins its own.

    `write` puts lines into the database and raises where it cannot; `chores` are done every half minute.
    """

    def __init__(
        self, folder: Path, limit: int, write: Callable[[Sequence[bytes]], None], chores: Callable[[], None]
    ) -> None:
        self._folder = folder
        self._limit = limit
        self._write = write
        self._chores = chores
        self._process = 0
        self._thread: Thread | None = None
        self._begin = Lock()
        self._spool = Spool(folder, limit)
        self._memory: deque[bytes] = deque()
        self._wake, self._hurry, self._stop = Event(), Event(), Event()
        self._chores_due = 0.0
        self._fault = ""

    def add(self, line: bytes) -> bool:
        """Keep a line for the database; False where neither the disk nor the memory has room for it."""
        self.start()
        kept = self._spool.add(line) or self._remember(line)
        self._wake.set()
        return kept

    def start(self) -> None:
        """Begin to work in this process, where that has not happened yet."""
        if self._process == os.getpid():
            return
        with self._begin:
            if self._process == os.getpid():
                return
            self._spool, self._memory = Spool(self._folder, self._limit), deque()
            self._wake, self._hurry, self._stop = Event(), Event(), Event()
            self._wake.set()
            self._thread = Thread(target=self._work, name="store", daemon=True)
            self._thread.start()
            self._process = os.getpid()
            atexit.register(self.close)

    def fault(self) -> str:
        """Why the last thing that was tried in the background could not be done, "" where it was."""
        return self._fault

    def waiting(self) -> int:
        """Bytes of this process that are not in the database yet."""
        return self._spool.waiting() + sum(map(len, tuple(self._memory)))

    def flush(self, seconds: float) -> bool:
        """Wait until all that was added is in the database, for so long at most; whether it is."""
        deadline = time.monotonic() + seconds
        while self.waiting() and time.monotonic() < deadline:
            self._hurry.set()
            self._wake.set()
            time.sleep(0.005)
        self._hurry.clear()
        return not self.waiting()

    def close(self) -> None:
        """Write what can be written, then end; the rest stays in the spool for whoever comes next."""
        if self._process == os.getpid():
            self.flush(_CLOSE_SECONDS)
            for each in (self._stop, self._hurry, self._wake):
                each.set()
            if self._thread is not None:
                self._thread.join(_CLOSE_SECONDS)
            self._spool.close()
            self._process = 0

    def _remember(self, line: bytes) -> bool:
        if len(self._memory) >= _IN_MEMORY:
            return False
        self._memory.append(line)
        return True

    def _work(self) -> None:
        stop, wake = self._stop, self._wake
        while not stop.is_set():
            if wake.wait(_CHORES_SECONDS):
                wake.clear()
                self._hurry.wait(_GATHER_SECONDS)
            if not self._tried(self._drain):
                stop.wait(_PAUSE_SECONDS)
                self._hurry.wait(_RETRY_SECONDS)
                wake.set()
            if time.monotonic() >= self._chores_due and not stop.is_set():
                self._spool.weigh()
                done = self._tried(self._do_chores)
                self._chores_due = time.monotonic() + (_CHORES_SECONDS if done else _RETRY_SECONDS)

    def _drain(self) -> None:
        while lines := self._spool.next():
            self._put(lines)
            self._spool.done(lines)
        while self._memory:
            self._put([self._memory[0]])
            self._memory.popleft()

    def _put(self, lines: Sequence[bytes]) -> None:
        self._write(lines)
        self._is_back()

    def _do_chores(self) -> None:
        self._chores()
        self._is_back()

    def _is_back(self) -> None:
        if self._fault:
            self._fault = ""
            _LOG.warning("database back")

    def _tried(self, work: Callable[[], None]) -> bool:
        """Whether the work could be done. A fault is logged when it comes, not each time it is met again."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next try comes; this thread must not end
            if not self._fault:
                _LOG.error("database lost", kind=type(error).__name__)
            self._fault = reason(error)
            return False
        return True
