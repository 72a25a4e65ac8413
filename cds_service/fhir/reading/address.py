"""Addresses of FHIR servers, brought to one spelling: which of them are allowed, and what lies below one.

What is called is always built anew from the parts that were checked here: so no other reading of the same characters,
by another library, can lead elsewhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import urljoin, urlsplit

import idna

_PORTS = {"http": 80, "https": 443}
# Neither userinfo nor escapes nor what servers and libraries read in different ways.
_PLAIN = re.compile(r"[^\s\\@?#%\x00-\x20\x7f]+")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9\-._~!$&'()*+,=:]+)*")
_SEARCH = re.compile(r"[!-~]*")
_QUERY = re.compile(r"(?P<kind>[A-Z][A-Za-z]{1,63})(?:/(?!\.{1,2}$)[A-Za-z0-9\-.]{1,64}|(?P<search>\?[!-~]*))")

Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Address:
    """An address without a query. `path` has no slash at its end, and is "" at the root."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> Origin:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The address as a URL in ASCII, without a port that goes without saying."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    def holds(self, other: "Address") -> bool:
        """True where `other` is this address, or lies below it."""
        return other.origin == self.origin and f"{other.path}/".startswith(f"{self.path}/")


def address(url: str) -> Address | None:
    """The address that a URL without a query means; None for one that is not plainly http or https."""
    if not _PLAIN.fullmatch(url) or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    path = parts.path.removesuffix("/")
    if parts.scheme not in _PORTS or not host or port == 0 or not _PATH.fullmatch(path):
        return None
    return Address(parts.scheme, host, port or _PORTS[parts.scheme], path)


def allowed(server: str, servers: Sequence[str]) -> bool:
    """Whether `server` is one of `servers`, or lies below the path of one: of the same scheme, host and port."""
    here = address(server)
    return here is not None and any(known is not None and known.holds(here) for known in map(address, servers))


@dataclass(frozen=True, slots=True)
class Query:
    """A read (`Patient/a`) or a search (`Observation?patient=a`) below a base. `kind` is the type of its resources."""

    kind: str
    is_search: bool
    text: str


def query_of(text: str) -> Query | None:
    """The query that is written so; None where it is neither a read nor a search, and could lead out of a base."""
    found = _QUERY.fullmatch(text)
    if found is None or "#" in text:
        return None
    return Query(found["kind"], found["search"] is not None, text)


def following(link: str, page: str, base: Address) -> str | None:
    """The URL that a page's link to the next one means, None where that is not of the same server and base.

    `page` is the URL of the page that bears the link, which may be relative to it.
    """
    try:
        path, mark, search = urljoin(page, link).partition("?")
    except ValueError:
        return None
    there = address(path)
    if there is None or not base.holds(there) or not _SEARCH.fullmatch(search) or "#" in search:
        return None
    # A server may tell "Observation/?page=2" from "Observation?page=2".
    slash = "/" if path.endswith("/") else ""
    return f"{there.url}{slash}{mark}{search}"


def _host(name: str) -> str:
    """The name of a host as it is called: in lower case and in ASCII. "" or ValueError for what is none."""
    if ":" in name:
        return IPv6Address(name).compressed
    ascii_name = name if name.isascii() else idna.encode(name, uts46=True).decode()
    return ascii_name if _NAME.fullmatch(ascii_name) else ""
