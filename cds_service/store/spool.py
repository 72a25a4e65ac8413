"""Lines that wait for the database, in a file of each process: what was written there outlives the process.

A file is locked by the process that writes it. One that nobody has locked was left behind by a process that was
killed; any other process may take it over.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from uuid import uuid4

SUFFIX = ".jsonl"
# A batch ends after this many bytes or lines.
_PORTION = 4 * 1024 * 1024
_LINES = 500


class Spool:
    """The file of this process, made when the first line comes; `limit` is in bytes, over all files of the folder.

    Lines are added by any thread and taken by one. Not for use across a fork: open a new one.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._path: Path | None = None
        self._file = -1
        self._taken = self._end = self._others = 0
        self._lock = Lock()

    def add(self, line: bytes) -> bool:
        """Append a line; False where it cannot be, for want of space or by the limit. No line is added by halves."""
        with self._lock:
            if self._others + self._end + len(line) > self._limit or not self._opened():
                return False
            written = _write(self._file, line)
            if written != len(line):
                with suppress(OSError):
                    os.ftruncate(self._file, self._end)
                return False
            self._end += written
            return True

    def next(self) -> list[bytes]:
        """The next lines, still kept here until they are `done`. Raises OSError."""
        with self._lock:
            waiting = self._end - self._taken
        return _lines(self._file, self._taken, min(waiting, _PORTION)) if waiting else []

    def done(self, lines: Sequence[bytes]) -> None:
        """These lines are safe in the database; a file of which all was taken is emptied."""
        with self._lock:
            if self._path is None:
                return
            self._taken += sum(map(len, lines))
            if self._taken == self._end:
                os.ftruncate(self._file, 0)
                self._taken = self._end = 0

    def waiting(self) -> int:
        """Bytes that are not done."""
        with self._lock:
            return self._end - self._taken

    def weigh(self) -> None:
        """Take note of what the other files of the folder hold; it counts against the limit."""
        others = sum(size for path, size in sizes(self._folder).items() if path != self._path)
        with self._lock:
            self._others = others

    def close(self) -> None:
        """Give the file up: it goes where it is empty, else whoever comes next takes it over."""
        with self._lock:
            if self._path is None:
                return
            if self._taken == self._end:
                self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._path, self._file = None, -1
            self._taken = self._end = 0

    def _opened(self) -> bool:
        if self._path is not None:
            return True
        path = self._folder / f"{uuid4()}{SUFFIX}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_RDWR, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        self._path = path
        return True


def sizes(folder: Path) -> dict[Path, int]:
    """The files of a spool and the bytes in each."""
    found = {}
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):
            found[path] = path.stat().st_size
    return found


def holding(folder: Path, text: bytes) -> list[Path]:
    """The files of a spool that hold this text somewhere."""
    found = []
    for path in sizes(folder):
        with suppress(OSError):
            if text in path.read_bytes():
                found.append(path)
    return found


def take_over(folder: Path, write: Callable[[Sequence[bytes]], None]) -> None:
    """Hand what killed processes left behind to `write`, and remove each file of which all was written.

    What `write` raises ends it; nothing is removed that was not written.
    """
    for path in sorted(sizes(folder)):
        with _left_behind(path) as file:
            place = 0
            while file >= 0 and (lines := _lines(file, place, _PORTION, cut=True)):
                write(lines)
                place += sum(map(len, lines))
            if file >= 0:
                path.unlink(missing_ok=True)


@contextmanager
def _left_behind(path: Path) -> Iterator[int]:
    """The descriptor of a file that nobody has locked, locked now; -1 where somebody has, or where it is gone."""
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        yield -1
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between opening and locking another process may have written and removed it.
        yield file if os.fstat(file).st_nlink else -1
    except BlockingIOError:
        yield -1
    finally:
        os.close(file)


def _write(file: int, line: bytes) -> int:
    try:
        return os.write(file, line)
    except OSError:
        return 0


def _lines(file: int, place: int, size: int, *, cut: bool = False) -> list[bytes]:
    """Whole lines from a place on; more is read where a line is longer than `size`.

    `cut`: the end of the file ends a line too. It is half of one, of a process that was killed while it wrote.
    """
    content = os.pread(file, size, place)
    while content and not content.count(b"\n"):
        more = os.pread(file, size, place + len(content))
        if not more:
            return [content] if cut else []
        content += more
    return content[: content.rfind(b"\n") + 1].splitlines(keepends=True)[:_LINES]
