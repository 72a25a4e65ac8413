"""What was answered and why, what clinicians made of it, and which tokens were used: in SQLite or PostgreSQL.

A database that is lost or full never changes an answer, nor delays it: decisions then wait in a spool on this machine.
Feedback is acknowledged only when it is on the disk of the database.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from cds_service.errors import StartError
from cds_service.store import insert, records
from cds_service.store.background import PROBE, Background
from cds_service.store.engines import Engines, connect, make_private
from cds_service.store.guard import Guard, Lost, reason
from cds_service.store.options import DEFAULTS, Options
from cds_service.store.pseudonym import fingerprint, key_in, pseudonym
from cds_service.store.records import Answer, Told
from cds_service.store.tables import ABOUT, DECISIONS
from cds_service.store.tokens import Tokens
from cds_service.store.writer import Writer

__all__ = ["DECISIONS", "TOKENS_ALONE", "Answer", "Lost", "Options", "Store", "Told", "opened", "shown"]

# What the one who opens a store is told of, to count it: a token that only this process could look up.
TOKENS_ALONE = "tokens-alone"
_QUICK_SECONDS = 0.25
_PAUSE_SECONDS = 2.0
_READY_SECONDS = 1.0
_FEEDBACK_SECONDS = 5.0
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Store:
    """The database with its spool; open one with `opened`. All of it may be used by many threads, and after a fork."""

    engines: Engines
    folder: Path
    options: Options
    background: Background
    writer: Writer
    tokens: Tokens
    key: bytes = field(repr=False)
    asked: Guard
    sure: Guard

    @property
    def engine(self) -> Engine:
        """The connections for reading."""
        return self.engines.quick

    @property
    def spool(self) -> Path:
        """The folder in which decisions wait for the database."""
        return self.folder / "spool"

    def record(self, answer: Answer) -> bool:
        """Keep one decision: it is in the file system when this returns, in the database soon after.

        False, never an exception, where there is room for it neither on disk nor in memory. Waits for no disk.
        """
        try:
            return self.writer.add(_row(answer, self.key))
        except Exception as error:  # noqa: BLE001 - the answer is given, whatever becomes of its record
            _LOG.error("decision not recorded", kind=type(error).__name__)
            return False

    def feedback(self, items: Sequence[Told]) -> tuple[int, int]:
        """Store feedback, all items or none: how many are new, and how many of their cards were never issued.

        What this returned for is on the disk of the database. Raises Lost where that cannot be had; what became of the
        items is then open, and telling them again does no harm.
        """
        if not items:
            return 0, 0
        self.writer.start()
        return self.sure.do(lambda: self._feedback(items))

    def first(self, issuer: str, jti: str, until: datetime) -> bool:
        """True for the first use of a token, over all workers and replicas; it is remembered until `until` (aware).

        While there is no database this process alone is looked at, and TOKENS_ALONE is noticed.
        """
        self.writer.start()
        return self.tokens.first(issuer, jti, until)

    def fault(self) -> str:
        """Why nothing can be written, or "" where it can."""
        try:
            return self.asked.do(self._fault) or self.writer.fault()
        except Lost as lost:
            return str(lost)

    def pseudonym(self, patient: str) -> str:
        """The digest under which the records of a patient's id are kept."""
        return pseudonym(self.key, patient)

    def waiting(self) -> int:
        """Bytes of this process that wait for the database."""
        return self.writer.waiting()

    def flush(self, seconds: float) -> bool:
        """Wait until every decision of this process is in the database, for so long at most; whether they are."""
        return self.writer.flush(seconds)

    def close(self) -> None:
        """Write what waits, and close every connection."""
        self.writer.close()
        for guard in (self.asked, self.sure, self.tokens.guard):
            guard.close()
        self.engines.dispose()

    def _feedback(self, items: Sequence[Told]) -> tuple[int, int]:
        with self.engines.sure.begin() as connection:
            return insert.feedback(connection, items)

    def _fault(self) -> str:
        with self.engines.quick.begin() as connection:
            probe = update(ABOUT).where(ABOUT.c.name == PROBE).values(value=self.options.clock().isoformat())
            written = connection.execute(probe).rowcount
        return "" if written else "its schema is not that of this release"


_row = records.line


def opened(url: str, folder: Path | None = None, options: Options = DEFAULTS) -> Store:
    """The store at an SQLAlchemy URL of SQLite or PostgreSQL, its schema brought up to date.

    `folder` is for the spool and for the key of the pseudonyms; without one, where the file of SQLite is. No connection
    stays open, so that workers may be forked from here. Raises StartError where it cannot be used. A server of
    PostgreSQL that cannot be reached is no such case: it may come back while calls are answered.
    """
    try:
        engines = connect(url)
    except SQLAlchemyError as error:
        raise StartError(f"The database {shown(url)} cannot be opened: {reason(error)}.") from None
    try:
        if engines.path is not None:
            make_private(engines.path)
        store = _joined(engines, _place(engines, folder), options)
        _prepare(store)
    except (SQLAlchemyError, OSError) as error:
        raise StartError(f"The database {engines.shown} cannot be opened: {reason(error)}.") from None
    finally:
        engines.dispose()
    return store


def shown(url: str) -> str:
    """A database URL as it may be shown: without its password."""
    try:
        return connect(url).shown
    except SQLAlchemyError:
        return "in the settings"


def _place(engines: Engines, folder: Path | None) -> Path:
    if folder is not None:
        return folder
    if engines.path is None:
        raise StartError(f"The database {engines.shown} is on a server, and no folder was named for spool and key.")
    return engines.path.parent


def _joined(engines: Engines, folder: Path, options: Options) -> Store:
    key = key_in(folder)
    background = Background(engines, folder / "spool", fingerprint(key), options)
    served = engines.path is None
    quick = Guard(_QUICK_SECONDS, _PAUSE_SECONDS, threaded=served)

    def transact(work: Callable[[Connection], bool]) -> bool:
        with engines.quick.begin() as connection:
            return work(connection)

    return Store(
        engines=engines,
        folder=folder,
        options=options,
        background=background,
        writer=Writer(folder / "spool", options.spool_bytes, background.write, background.chores),
        tokens=Tokens(quick, transact, lambda: options.noticed(TOKENS_ALONE)),
        key=key,
        asked=Guard(_READY_SECONDS, 0, threaded=served),
        sure=Guard(_FEEDBACK_SECONDS, 0, threaded=served),
    )


def _prepare(store: Store) -> None:
    try:
        store.background.prepare()
    except OperationalError as error:
        if store.engines.path is not None:
            raise
        _LOG.error("database lost", kind=type(error).__name__)
