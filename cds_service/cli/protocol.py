"""`cds protocol`: the commands for those who write protocol files and site profiles, or read protocols elsewhere."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click


@click.group()
def protocol() -> None:
    """Show, test, compare and export protocols and site profiles."""


@protocol.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def check(file: Path) -> None:
    """Say whether a protocol file or a site profile can be used, and name every fault of it."""
    lines = list(_part().check(file))
    for _, text in lines:
        click.echo(text)
    sys.exit(any(not ok for ok, _ in lines))


@protocol.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
def diff(before: str, after: str) -> None:
    """Show which parameters differ between two files, and which cases are answered otherwise.

    A and B are protocol files, site profiles, or ids of protocols that are served.
    """
    for line in _part().diff(before, after):
        click.echo(line)


@protocol.command()
@click.argument("id", metavar="ID")
def show(id: str) -> None:
    """Print a protocol as it is in force here, the changes of the site among it."""
    for line in _part().show(id):
        click.echo(line)


@protocol.command()
@click.option(
    "--format", type=click.Choice(["fhir"]), required=True, expose_value=False, help="Definitions of FHIR R4."
)
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="A file for each resource in this folder; else one Bundle is printed.",
)  # fmt: skip
def export(output: Path | None) -> None:
    """Write the protocols in force here for other systems to read."""
    for line in _part().export(output):
        click.echo(line)


def _part() -> Any:
    """What does the work, imported when a command runs: `--help` does not wait for a whole service."""
    return import_module("cds_service.cli.authoring")
