"""`cds client`: the commands about the table of trusted EHRs. What they do is in `cds_service.cli.table`."""

import sys
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import click

_TABLE = click.option(
    "--table", envvar="CDS_CLIENTS", required=True, type=click.Path(path_type=Path, dir_okay=False), show_envvar=True,
    metavar="FILE", help="The table.",
)  # fmt: skip


@click.group()
def client() -> None:
    """Write and test the table of trusted EHRs."""


@client.command()
@_TABLE
@click.argument("id", metavar="ID")
@click.option("--issuer", required=True, metavar="ISS", help="What its tokens have as iss.")
@click.option("--jwks-url", metavar="URL", help="Where its public keys are (https).")
@click.option("--jwks-file", metavar="FILE", help="A file with them instead, as seen from the folder of the table.")
@click.option("--jku", metavar="URL", help="What its tokens may have as jku, where that is not the URL of its keys.")
@click.option("--mode", default="silent", show_default=True, metavar="MODE", help="live, silent or off.")
@click.option(
    "--algorithm", "algorithms", multiple=True, metavar="ALG", help="In place of ES384 and RS384; repeatable."
)
@click.option("--tenant", "tenants", multiple=True, metavar="NAME", help="A tenant that it may call for; repeatable.")
@click.option("--fhir-server", "fhir_servers", multiple=True, metavar="ORIGIN", help="A FHIR server of it; repeatable.")
@click.option(
    "--browser-origin", "browser_origins", multiple=True, metavar="ORIGIN", help="Of its web pages; repeatable."
)
@click.option("--language", metavar="LANG", help="Language of its cards.")
@click.option("--time-budget-ms", metavar="MS", help="How long a call of it may take.")
@click.option("--max-token-seconds", metavar="S", help="How long its tokens may last.")
def add(table: Path, **members: Any) -> None:
    """Add a client to the table, which is made where it is missing."""
    for line in _part().add(table, {x: y for x, y in members.items() if y}):
        click.echo(line)


@client.command("list")
@_TABLE
def list_(table: Path) -> None:
    """Show the clients of the table."""
    for line in _part().listing(table):
        click.echo(line)


@client.command()
@_TABLE
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--token", type=click.File("r"), metavar="FILE", help="A token of the client, to be tested; - reads it.")
@click.option("--url", metavar="URL", help="The URL that the token is for.")
def check(table: Path, ids: tuple[str, ...], token: IO[str] | None, url: str | None) -> None:
    """Say whether the table can be used, which keys its clients have, and what is wrong with a token."""
    if (token is None) != (url is None):
        raise click.UsageError("--token and --url go together: a token is for the URL that is called with it.")
    lines = list(_part().check(table, ids))
    lines += [_part().tried(table, token.read(), url)] if token else []
    for _, text in lines:
        click.echo(text)
    sys.exit(not all(ok for ok, _ in lines))


def _part() -> Any:
    """The module that does it, imported when a command runs."""
    return import_module("cds_service.cli.table")
