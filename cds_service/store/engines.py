"""Connections to SQLite or PostgreSQL, of three kinds: how long they may wait, and how sure a commit has to be."""

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DisconnectionError

# Any number will do, as long as every process of the service takes the same one.
_LOCK = 0x7472_6F66


class Kind(NamedTuple):
    """How a connection behaves: seconds it waits for a lock, and whether a commit waits for the disk.

    One that is not `full` survives the end of a process, not always that of the machine. `writes` takes the lock of a
    writer at once, so that what it reads first still holds when it writes. `tidies` lets commits of SQLite move the
    write-ahead log into the file, which waits for the disk now and then.
    """

    seconds: float
    full: bool
    writes: bool
    tidies: bool = False


QUICK = Kind(0.1, full=False, writes=False)
STEADY = Kind(5, full=False, writes=True)
SURE = Kind(2, full=True, writes=True, tidies=True)


@dataclass(frozen=True, slots=True)
class Engines:
    """`quick` for what a hook call waits for, `steady` for the background, `sure` for what is acknowledged.

    `path` is the file of SQLite, None for PostgreSQL; `shown` is the URL without its password.
    """

    quick: Engine
    steady: Engine
    sure: Engine
    path: Path | None
    shown: str

    def dispose(self) -> None:
        """Close every connection, so that workers may be forked from here."""
        for engine in (self.quick, self.steady, self.sure):
            engine.dispose()


def connect(url: str) -> Engines:
    """Engines for an SQLAlchemy URL; nothing is connected yet. Raises SQLAlchemyError for what is not a URL."""
    parsed = make_url(url)
    made = _sqlite if parsed.get_backend_name() == "sqlite" else _postgresql
    path = Path(parsed.database or "").absolute() if made is _sqlite else None
    quick, steady, sure = (made(parsed, x) for x in (QUICK, STEADY, SURE))
    return Engines(quick, steady, sure, path, parsed.render_as_string(hide_password=True))


def exclusive(connection: Connection) -> None:
    """Until the end of the transaction nobody else who asks for it; a writer of SQLite is alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def _sqlite(url: URL, kind: Kind) -> Engine:
    path = Path(url.database or "").absolute()
    engine = create_engine(url, creator=_opener(path, kind))
    begin = "BEGIN IMMEDIATE" if kind.writes else "BEGIN"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    event.listen(engine, "connect", lambda _, record: record.info.update(file=_identity(path)))
    event.listen(engine, "checkout", lambda _, record, __: _same_file(path, record.info["file"]))
    return engine


def _opener(path: Path, kind: Kind) -> Callable[[], sqlite3.Connection]:
    """Opens the file, which has to be there: a database that was lost is not silently begun anew."""
    uri = f"file:{quote(str(path))}?mode=rw"
    pragmas = (
        "journal_mode=WAL",
        f"synchronous={'FULL' if kind.full else 'NORMAL'}",
        f"wal_autocheckpoint={1000 if kind.tidies else 0}",
        "secure_delete=ON",
    )

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, timeout=kind.seconds, isolation_level=None, check_same_thread=False, uri=True)
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()
        return connection

    return opened


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _same_file(path: Path, opened: tuple[int, int]) -> None:
    """A file that was removed or replaced can still be written by who has it open; nobody would ever read that."""
    try:
        same = _identity(path) == opened
    except OSError:
        same = False
    if not same:
        raise DisconnectionError(f"{path} is no longer the file that was opened")


def _postgresql(url: URL, kind: Kind) -> Engine:
    milliseconds = int(kind.seconds * 1000)
    options = {
        "synchronous_commit": "on" if kind.full else "off",
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": 10_000,
        "timezone": "UTC",
    }
    arguments: dict[str, Any] = {
        "options": " ".join(f"-c {x}={y}" for x, y in options.items()),
        "application_name": "trofosfamide-cds",
        "connect_timeout": 2,
        "tcp_user_timeout": 2000,
    }
    driver = url.set(drivername="postgresql+psycopg")
    return create_engine(driver, connect_args=arguments, pool_pre_ping=True, pool_timeout=kind.seconds)


def make_private(path: Path) -> None:
    """The database file, readable by its owner only; SQLite gives its companions the same mode. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
