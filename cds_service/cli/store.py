"""`cds store`: what is kept, and how to remove it."""

import getpass
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cds_service.app import now_utc
from cds_service.settings import Settings, load
from cds_service.store import Options, Store, keeping, migrate, opened, reading, spool
from cds_service.store.engines import connect
from cds_service.store.guard import reason
from cds_service.store.records import naive

_SPOOL_SECONDS = 5.0


def overview() -> Iterator[str]:
    """What there is: the database, its schema, its rows, the oldest decision, what waits for it. Changes nothing."""
    settings = load()
    engines = connect(settings.store_url)
    yield f"Database   {engines.shown}"
    try:
        with engines.quick.connect() as connection:
            yield from _held(connection, keeping.size(engines, connection))
    except SQLAlchemyError as error:
        yield f"           cannot be read: {reason(error)}"
    engines.dispose()
    files = spool.sizes(settings.data_dir / "spool")
    yield f"Spool      {sum(files.values())} bytes in {len(files)} files of {settings.data_dir / 'spool'}"


def purge(days: int) -> Iterator[str]:
    """Remove what is older than so many days. Raises ClickException where it cannot be."""
    if days < 1:
        raise click.ClickException("Nothing was removed: name how many days are kept, at least 1.")
    before = now_utc() - timedelta(days=days)
    with at_hand(load()) as store:
        with store.engines.sure.begin() as connection:
            reading.note(connection, account(), "purge", now_utc())
        removed = keeping.purge(store.engines, naive(before))
    yield f"Removed {removed} rows from before {before.isoformat(timespec='seconds')}."


def erase(patient: str, client: str = "") -> Iterator[str]:
    """Remove all that is kept of a patient (FHIR id), in the database and in the spool.

    `client` has to be named where several have called about this id: they may mean different people. Raises
    ClickException where nothing was erased.
    """
    with at_hand(load()) as store:
        pseudonym = store.pseudonym(patient)
        with store.engines.sure.begin() as connection:
            _refuse_ambiguous(connection, pseudonym, client)
            reading.note(connection, account(), "erase", now_utc())
            erased = keeping.erase(connection, pseudonym, client, naive(now_utc()))
        yield f"Erased {erased.decisions} decisions and {erased.feedback} items of feedback."
        yield from _settle(store, pseudonym)


def account() -> str:
    """Who runs the command: the account, and behind `sudo` the one that called it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        name = f"uid {os.getuid()}"
    behind = os.environ.get("SUDO_USER", "")
    return f"{name} for {behind}" if behind and behind != name else name


@contextmanager
def at_hand(settings: Settings) -> Iterator[Store]:
    """The store of these settings for one command. Raises StartError, and ClickException for what fails in it."""
    store = opened(settings.store_url, settings.data_dir, Options(clock=now_utc))
    try:
        yield store
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database {store.engines.shown} cannot be used: {reason(error)}.") from None
    finally:
        store.close()


def _refuse_ambiguous(connection: Connection, pseudonym: str, client: str) -> None:
    clients = keeping.clients_of(connection, pseudonym)
    if len(clients) > 1 and not client:
        named = ", ".join(x or "(none)" for x in clients)
        raise click.ClickException(f"Nothing was erased: several clients know this id. Name one of them: {named}.")


def _settle(store: Store, pseudonym: str) -> Iterator[str]:
    """What still waits in the spool is stored, without what was erased; then the pages that held it are overwritten."""
    store.background.chores()
    deadline = time.monotonic() + _SPOOL_SECONDS
    while (held := spool.holding(store.spool, pseudonym.encode())) and time.monotonic() < deadline:
        time.sleep(0.1)
    for path in held:
        yield f"It still stands in {path}, and goes when the process that writes there reaches the database."
    if not keeping.overwrite(store.engines):
        yield "The write-ahead log is in use and may still hold old pages: run this again, or restart the service."


def _held(connection: Connection, size: int) -> Iterator[str]:
    found = migrate.current(connection)
    steps = "up to date" if found == migrate.HEAD else f"the next start of the service takes it to {migrate.HEAD}"
    yield f"Schema     {found or 'none'}, {steps}"
    yield f"Size       {size / 1e6:.1f} MB"
    if found == migrate.HEAD:
        first = keeping.oldest(connection)
        yield f"Oldest     {f'{first:%Y-%m-%d %H:%M:%S} UTC' if first else 'no decision'}"
        yield from (f"{name:10} {rows} rows" for name, rows in keeping.counts(connection))
