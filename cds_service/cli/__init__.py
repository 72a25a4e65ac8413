"""The `cds` command."""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import IO, Any

import click

from cds_service import __version__
from cds_service.cli.client import client as client_commands
from cds_service.cli.protocol import protocol as protocol_commands
from cds_service.errors import CdsError

DEFAULT_BIND = "127.0.0.1:8080"
_EPILOG = """New here? Run `cds demo`: it shows the cards of invented patients and keeps a service running to try.
Then `cds explain` on a request tells why it was answered so. For a service of your own: `cds check`, then `cds serve`.
Settings are environment variables CDS_*; docs/settings.md lists them."""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cds")
def cds() -> None:
    """Trofosfamide decision support for EHRs, over CDS Hooks. For research use; the clinician decides."""


@cds.command()
@click.option("--bind", default=DEFAULT_BIND, show_default=True, metavar="HOST:PORT", help="Address to listen on.")
def serve(bind: str) -> None:
    """Serve until stopped with Ctrl-C or SIGTERM."""
    _part("serve").run(bind)


@cds.command()
@click.option("--bind", default=DEFAULT_BIND, show_default=True, metavar="HOST:PORT", help="Address to listen on.")
def demo(bind: str) -> None:
    """Show cards of invented patients, then keep serving."""
    _part("demo").run(bind)


@cds.command()
def check() -> None:
    """Check settings, cards, store and FHIR servers."""
    lines = list(_part("check").findings())
    for line in lines:
        click.echo(line.text)
    sys.exit(any(not line.ok for line in lines))


@cds.command()
@click.argument("request", type=click.File("rb"), metavar="[REQUEST.json]", required=False)
@click.option("--at", metavar="TIME", help="Decide as if it were this time, such as 2026-11-23T09:00:00Z.")
@click.option("--decision", metavar="ID", help="Show a recorded decision instead, by its id, request or card.")
def explain(request: IO[bytes] | None, at: str | None, decision: str | None) -> None:
    """Tell step by step how a request is decided."""
    if (request is None) == (decision is None):
        raise click.UsageError("Name a request, or a recorded decision by --decision ID.")
    _say(_part("recorded").shown(decision) if request is None else _part("explain").lines(request.read(), at))


cds.add_command(client_commands)
cds.add_command(protocol_commands)


@cds.group(invoke_without_command=True)
@click.pass_context
def store(context: click.Context) -> None:
    """Tell what is kept, and since when."""
    if context.invoked_subcommand is None:
        _say(_part("store").overview())


@store.command()
@click.option("--older-than", "days", type=int, required=True, metavar="DAYS", help="Age in days.")
def purge(days: int) -> None:
    """Remove what is older than so many days."""
    _say(_part("store").purge(days))


@store.command()
@click.option("--patient", required=True, metavar="ID", help="FHIR id of the patient.")
@click.option("--client", default="", metavar="ID", help="Of this client only.")
def erase(patient: str, client: str) -> None:
    """Erase the records of a patient."""
    _say(_part("store").erase(patient, client))


@cds.command("replay-decision")
@click.argument("identifier", metavar="ID")
def replay_decision(identifier: str) -> None:
    """Decide a recorded case again, and tell whether it is the same."""
    replay = _part("recorded").replayed(identifier)
    _say(replay.lines)
    sys.exit(not replay.same)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _part(name: str) -> Any:
    """The module of a command, imported when it runs: neither `--help` nor the demo has to wait for a whole service."""
    return import_module(f"cds_service.cli.{name}")


def main() -> None:
    """Run the command; what cannot be done is told in a sentence, without a stack trace."""
    try:
        cds()
    except CdsError as error:
        click.echo(f"cds: {error}", err=True)
        sys.exit(1)
