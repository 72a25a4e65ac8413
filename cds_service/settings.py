"""The settings: environment variables CDS_*, read once at the start, each refused with a sentence where it is wrong."""

import os
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cds_service.errors import SettingsError

MIB = 1024 * 1024


def _default_data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "trofosfamide-cds"


class Settings(BaseSettings):
    """Every setting of the service; the descriptions are the table in docs/settings.md."""

    model_config = SettingsConfigDict(env_prefix="CDS_", frozen=True, extra="forbid")

    data_dir: Path = Field(
        default_factory=_default_data_dir,
        description="Directory of the database; it is created, readable by its owner only.",
        examples=["/var/lib/trofosfamide-cds"],
    )
    database_url: str = Field(
        default="",
        description="Database as a URL, of SQLite or PostgreSQL. Empty: `decisions.sqlite` in the data directory.",
        examples=["postgresql://cds@database.hospital.example/cds"],
    )
    keep_days: int = Field(
        default=3650,
        ge=0,
        description="Days that decisions and feedback are kept; older ones are removed once a day. 0: for ever.",
        examples=["3650"],
    )
    public_base_url: str = Field(
        default="http://127.0.0.1:8080",
        description="The address under which clients reach the service; cards link to it.",
        examples=["https://cds.hospital.example"],
    )
    max_body_bytes: int = Field(
        default=10 * MIB,
        ge=1024,
        le=1024 * MIB,
        description="Largest request body in bytes; a larger one is answered with 413.",
        examples=["10485760"],
    )
    time_zone: str = Field(
        default="UTC",
        description="IANA time zone of the site: dates without a time are whole days in it.",
        examples=["Europe/Berlin"],
    )
    fhir_servers: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Base URLs of FHIR servers beside the built-in one, separated by commas; `cds check` asks each.",
        examples=["https://fhir.hospital.example/r4"],
    )
    site_map: str = Field(
        default="",
        description="YAML file with the meaning of the site's own codes, as in docs/site-map.md. Empty: no such codes.",
        examples=["/etc/trofosfamide-cds/site-map.yaml"],
    )
    site_profile: Path | None = Field(
        default=None,
        description="YAML file of the parameters that the site changes, as in docs/site-profile.md. None: no changes.",
        examples=["/etc/trofosfamide-cds/site-profile.yaml"],
    )
    clients: Path | None = Field(
        default=None,
        description="YAML file of the trusted EHRs, as in docs/security.md. None: demo mode, callers are not checked.",
        examples=["/etc/trofosfamide-cds/clients.yaml"],
    )
    language: str = Field(
        default="en",
        pattern="^[a-z]{2}$",
        description="Language of the cards for clients that name none: en or de.",
        examples=["de"],
    )
    workers: int = Field(
        default=2, ge=1, le=64, description="Number of worker processes of `cds serve`.", examples=["2"]
    )
    log_level: str = Field(
        default="info", description="Least severe log entry written: debug, info, warning or error.", examples=["info"]
    )

    @field_validator("fhir_servers", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(x.strip().rstrip("/") for x in value.split(",") if x.strip()) if isinstance(value, str) else value

    @field_validator("fhir_servers")
    @classmethod
    def _servers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_web_address(x) for x in value)

    @field_validator("public_base_url")
    @classmethod
    def _base(cls, value: str) -> str:
        return _web_address(value.rstrip("/"))

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("no such time zone") from None
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("only SQLite and PostgreSQL are supported")
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError("no such level")
        return value.lower()

    @property
    def store_url(self) -> str:
        """The database URL with its default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'decisions.sqlite'}"

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"CDS_{name.upper()}"


def load(**given: Any) -> Settings:
    """The settings from the environment, `given` first. Raises SettingsError naming each wrong variable."""
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(" ".join(_sentence(x) for x in error.errors())) from None
    except RuntimeError:  # there is no home directory to put the data in
        raise SettingsError("CDS_DATA_DIR is not set. Write for example CDS_DATA_DIR=/var/lib/cds.") from None


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("not an absolute http or https URL without query")
    return value


def _sentence(fault: Any) -> str:
    name = str(fault["loc"][0])
    field = Settings.model_fields.get(name)
    said = fault["msg"].removeprefix("Value error, ")
    if field is None:
        return f"{variable(name)} is not a setting."
    example = (field.examples or [""])[0]
    return f"{variable(name)} cannot be used: {said}. Write for example {variable(name)}={example}."
