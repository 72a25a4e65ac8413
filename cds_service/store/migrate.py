"""The schema of the store brought up to date, from any released one or from nothing."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from cds_service.errors import StartError

HEAD = "0003"
_BEFORE = ("", "0001", "0002")
_FOLDER = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Take every step that the schema still lacks, in the transaction of the connection: all of them or none.

    Raises StartError for the schema of a later release.
    """
    found = current(connection)
    if found == HEAD:
        return
    if found not in _BEFORE:
        raise StartError(f"The database was taken to schema {found} by a later release; this one knows {HEAD} at most.")
    # Not at the top: it takes longer to import than a service whose schema is up to date should wait.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def current(connection: Connection) -> str:
    """The step that the schema is at; "0001" for the first release, which kept no note of it, "" for none."""
    tables = inspect(connection)
    if tables.has_table("alembic_version"):
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    return "0001" if tables.has_table("decisions") else ""
