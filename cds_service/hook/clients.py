"""The table of trusted EHRs: a YAML file, read strictly, every fault of it named at once with its place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cds_service.errors import SettingsError
from cds_service.hook.addresses import origin
from cds_service.protocols.strict_yaml import Faulty, read

ALGORITHMS = ("ES384", "RS384", "ES256", "RS256")
Algorithm = Literal["ES384", "RS384", "ES256", "RS256"]
Mode = Literal["live", "silent", "off"]
_Fault = tuple[Sequence[str | int], str]


@dataclass(frozen=True, slots=True)
class Client:
    """One EHR that may call. An empty `tenants` asks for none; `jku` "" allows none in a token.

    The key set is at `jwks_url`, or in `jwks_file` where that is "". `fhir_servers` and `browser_origins` are origins.
    `mode`: live; silent (decides and records, returns no card); off (403).
    """

    id: str
    issuer: str
    mode: Mode
    jwks_url: str = ""
    jwks_file: Path | None = None
    jku: str = ""
    algorithms: tuple[Algorithm, ...] = ("ES384", "RS384")
    tenants: frozenset[str] = frozenset()
    fhir_servers: frozenset[str] = frozenset()
    browser_origins: frozenset[str] = frozenset()
    language: str = ""
    time_budget_ms: int = 500
    max_token_seconds: int = 300

    def may_name(self, fhir_server: str) -> bool:
        """True where calls of this client may have this FHIR base URL."""
        try:
            return origin(fhir_server) in self.fhir_servers
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of a table, by issuer."""

    by_issuer: Mapping[str, Client]

    def __iter__(self) -> Iterator[Client]:
        return iter(self.by_issuer.values())

    @property
    def browser_origins(self) -> frozenset[str]:
        """Every origin from which a browser may call, of any client that is not off."""
        return frozenset(y for x in self if x.mode != "off" for y in x.browser_origins)


def load(path: Path) -> Clients:
    """The table in a file. Raises SettingsError naming every fault of it; paths in it start from its own folder."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as fault:
        raise SettingsError(f"CDS_CLIENTS: {path} cannot be read: {fault.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"CDS_CLIENTS: {path} is not UTF-8.") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Clients:
    """The table that a file of this path would hold with this text. Raises SettingsError as `load` does."""
    try:
        content = read(text, path.name)
    except Faulty as fault:
        raise SettingsError(f"CDS_CLIENTS: {fault}.") from None
    faults = [*_alone(content), *_together(content)]
    if faults:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        said = "\n".join(f"{path.name}, {_place(where, root)}: {what}." for where, what in faults)
        raise SettingsError(f"CDS_CLIENTS cannot be used.\n{said}\n")
    return Clients({x.issuer: _client(x, path.parent) for x in _Table.model_validate(content).clients})


def _alone(content: Any) -> Iterator[_Fault]:
    """What is wrong with a member, whatever the others are."""
    try:
        _Table.model_validate(content)
    except ValidationError as error:
        yield from ((x["loc"], _sentence(x)) for x in error.errors())


def _together(content: Any) -> Iterator[_Fault]:
    """What is wrong between members, or between clients."""
    clients = content.get("clients") if isinstance(content, dict) else None
    found = [
        (("clients", i), x) for i, x in enumerate(clients if isinstance(clients, list) else ()) if isinstance(x, dict)
    ]
    for where, entry in found:
        if len({"jwks_url", "jwks_file"} & entry.keys()) != 1:
            yield where, "needs one of jwks_url and jwks_file, and not both"
    for name in ("id", "issuer"):
        values = [x.get(name) for _, x in found]
        for number, (where, entry) in enumerate(found):
            if name in entry and entry[name] in values[:number]:
                yield (*where, name), "is that of another client; their tokens could not be told apart"


def _text(value: str) -> str:
    if not value.isprintable() or value != value.strip():
        raise ValueError("has characters that cannot be seen")
    return value


def _name(value: str) -> str:
    if not re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", value):
        raise ValueError("has to be 1 to 63 small letters, digits and hyphens, such as hospital-north")
    return value


def _language(value: str) -> str:
    if value and not re.fullmatch("[a-z]{2}(-[A-Z]{2})?", value):
        raise ValueError("has to be a language such as en or de-AT")
    return value


def _address(value: str) -> str:
    origin(value)
    return value


def _origin(value: str) -> str:
    found = origin(value)
    if value not in (found, f"{found}/"):
        raise ValueError(f"an origin is meant, without a path: {found}")
    return found


def _some(values: Sequence[Any]) -> Sequence[Any]:
    if not values:  # not a minimal length: that would count what is left when faulty items are taken out
        raise ValueError("is empty")
    return values


def _unlike(values: Sequence[str]) -> Sequence[str]:
    if len(set(values)) < len(values):
        raise ValueError("names something twice")
    return values


_Text = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_text)]
_Address = Annotated[_Text, AfterValidator(_address)]
_Origins = Annotated[tuple[Annotated[_Text, AfterValidator(_origin)], ...], AfterValidator(_unlike)]


class _Entry(BaseModel):
    """A client as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, AfterValidator(_name)]
    issuer: _Text
    mode: Mode
    jwks_url: _Address | None = None
    jwks_file: _Text | None = None
    jku: _Address | None = None
    algorithms: Annotated[tuple[Algorithm, ...], AfterValidator(_some), AfterValidator(_unlike)] = ("ES384", "RS384")
    tenants: Annotated[tuple[_Text, ...], AfterValidator(_unlike)] = ()
    fhir_servers: _Origins = ()
    browser_origins: _Origins = ()
    language: Annotated[str, AfterValidator(_language)] = ""
    time_budget_ms: Annotated[int, Field(ge=100, le=60_000)] = 500
    max_token_seconds: Annotated[int, Field(ge=10, le=86_400)] = 300


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    clients: Annotated[tuple[_Entry, ...], AfterValidator(_some)]


def _client(entry: _Entry, folder: Path) -> Client:
    given = {x: y for x, y in entry.model_dump().items() if y is not None}
    sets = {x: frozenset(given[x]) for x in ("tenants", "fhir_servers", "browser_origins")}
    file = folder / entry.jwks_file if entry.jwks_file else None
    return Client(**{**given, **sets, "jwks_file": file, "jku": entry.jku or entry.jwks_url or ""})


_WORDS = {
    "missing": "is missing",
    "extra_forbidden": f"is not known; a client has {', '.join(x.name for x in fields(Client))}",
    "string_type": "has to be text; put a number in quotes",
    "tuple_type": "has to be a list",
    "model_type": "has to be a mapping",
    "model_attributes_type": "has to be a mapping",
    "string_too_short": "is empty",
}


def _sentence(fault: Any) -> str:
    said: str = fault["msg"]
    return _WORDS.get(fault["type"]) or f"{said[0].lower()}{said[1:]}".removeprefix("value error, ")


def _place(path: Sequence[str | int], node: Any) -> str:
    """The line of the deepest part of a path that is there, and the path, such as `line 7, clients[1].issuer`."""
    names = "".join(f"[{x + 1}]" if isinstance(x, int) else f".{x}" for x in path).lstrip(".")
    for step in path:
        inner = _inside(node, step)
        if inner is None:
            break
        node = inner
    line = f"line {node.start_mark.line + 1}" if node is not None else "the file is empty"
    return f"{line}, {names}" if names else line


def _inside(node: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return node.value[step] if isinstance(node, yaml.SequenceNode) else None
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for key, value in pairs if key.value == step), None)
