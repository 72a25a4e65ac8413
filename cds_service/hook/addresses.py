"""Web addresses as they are compared: by origin, strictly read, so that no two readers can see different hosts."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

# Neither spaces, controls, backslashes nor anything that needs encoding: readers disagree about those.
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]+", re.ASCII)
_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> str:
    """Scheme, host and port of an absolute http or https URL, such as `https://ehr.example` (a default port left out).

    Raises ValueError, saying why, for anything that is not one, and for http that leaves the machine.
    """
    parts = _parts(url)
    host = parts.hostname or ""
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("http is for loopback addresses only; write https")
    port = f":{parts.port}" if parts.port not in (None, _PORTS[parts.scheme]) else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def is_loopback(host: str) -> bool:
    """True where a host name or address, without brackets, never leaves the machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parts(url: str) -> SplitResult:
    if not _PLAIN.fullmatch(url):
        raise ValueError("not a URL: a character in it cannot stand in one")
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an absolute http or https URL")
    if "@" in parts.netloc:
        raise ValueError("a URL with a user name in it is not taken")
    if parts.port == 0:
        raise ValueError("port 0 is none")
    return parts
