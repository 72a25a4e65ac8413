"""What is done apart from any call: decisions into the database, what was left behind, what has become too old."""

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DataError, IntegrityError

from cds_service.errors import StartError
from cds_service.store import insert, keeping, migrate, records, spool
from cds_service.store.engines import Engines, exclusive
from cds_service.store.insert import insert_new
from cds_service.store.options import Options
from cds_service.store.records import Line
from cds_service.store.tables import ABOUT

_PURGE_SECONDS = 3600.0
_KEY = "patient-key"
# A row that is there to be written: only that tells whether the database takes anything.
PROBE = "written-at"
_LOG = structlog.get_logger()


class Background:
    """The work of one process. `key` is the fingerprint of the key of the pseudonyms."""

    def __init__(self, engines: Engines, folder: Path, key: str, options: Options) -> None:
        self._engines = engines
        self._folder = folder
        self._key = key
        self._keep_days = options.keep_days
        self._clock = options.clock
        self._unkept = tuple(options.protocols)
        self._prepared = False
        self._purge_due = 0.0

    def prepare(self) -> None:
        """Bring the schema up to date, once. Raises StartError where the database goes with another key."""
        if self._prepared or self._is_prepared():
            self._prepared = True
            return
        with self._engines.steady.begin() as connection:
            if self._engines.path is None:
                for limit in ("statement_timeout", "lock_timeout"):
                    connection.execute(text(f"SET LOCAL {limit} = 0"))
            exclusive(connection)
            migrate.upgrade(connection)
            self._check_key(connection)
        self._prepared = True

    def write(self, lines: Sequence[bytes]) -> None:
        """Lines of the spool become rows. Raises SQLAlchemyError where the database takes none."""
        self.prepare()
        self._keep_protocols()
        read, unreadable = records.parsed(lines)
        if unreadable:
            _LOG.error("decisions unreadable in the spool", count=unreadable)
        try:
            self._store(read)
        except (DataError, IntegrityError):
            self._store_singly(read)

    def _keep_protocols(self) -> None:
        """The protocols, once: before the first decision that was made by one of them."""
        if self._unkept:
            with self._engines.steady.begin() as connection:
                insert.protocols(connection, self._unkept)
            self._unkept = ()

    def chores(self) -> None:
        """All that is due. Raises SQLAlchemyError and OSError where it cannot be done now."""
        self.prepare()
        spool.take_over(self._folder, self.write)
        keeping.forget_tokens(self._engines, records.naive(self._clock()))
        keeping.checkpoint(self._engines)
        if self._keep_days and time.monotonic() >= self._purge_due:
            keeping.purge(self._engines, records.naive(self._clock() - timedelta(days=self._keep_days)))
            self._purge_due = time.monotonic() + _PURGE_SECONDS

    def _is_prepared(self) -> bool:
        """Found by reading alone: a start need not wait for who is writing just now."""
        with self._engines.quick.connect() as connection:
            return migrate.current(connection) == migrate.HEAD and _key_of(connection) == self._key

    def _store(self, lines: Sequence[Line]) -> None:
        with self._engines.steady.begin() as connection:
            insert.decisions(connection, lines)

    def _store_singly(self, lines: Sequence[Line]) -> None:
        """One row that the database does not take for what is in it must not keep the others out."""
        for each in lines:
            try:
                self._store([each])
            except (DataError, IntegrityError) as error:
                _LOG.error("decision refused by the database", kind=type(error).__name__, request_id=each.request_id)

    def _check_key(self, connection: Connection) -> None:
        rows = [{"name": _KEY, "value": self._key}, {"name": PROBE, "value": ""}]
        connection.execute(insert_new(connection, ABOUT), rows)
        if _key_of(connection) != self._key:
            raise StartError(
                "The database was begun with another key of the patients' pseudonyms: records written with this one "
                "would not be found when a patient is erased. Copy patient.key from where the service runs already."
            )


def _key_of(connection: Connection) -> str | None:
    found: str | None = connection.scalar(select(ABOUT.c.value).where(ABOUT.c.name == _KEY))
    return found
