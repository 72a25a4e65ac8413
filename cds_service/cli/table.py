"""The table of trusted EHRs, for those who keep it: add a client, list them, try their keys and a token of theirs."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cds_service.errors import SettingsError
from cds_service.hook import clients, fetch, keys
from cds_service.hook.caller import authenticate
from cds_service.hook.clients import Client
from cds_service.hook.jwks import KeySet, NotAKeySet, parse
from cds_service.hook.refusals import Forbidden, Unauthenticated
from cds_service.hook.replay import Memory

_NUMBERS = ("time_budget_ms", "max_token_seconds")
_HEAD = (
    "# The EHRs that may call this service; docs/security.md has every member. Test it: cds client check\nclients:\n"
)
Said = tuple[bool, str]


def add(path: Path, members: Mapping[str, Any]) -> Iterator[str]:
    """Add a client with these members; what the file has, comments among it, stays as it is.

    Raises SettingsError, and leaves the file alone, where the table could not be used with it.
    """
    try:
        before = path.read_text("utf-8") if path.exists() else _HEAD
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsError(f"CDS_CLIENTS: {path} cannot be read: {fault}.") from None
    text = f"{before.rstrip()}\n{_entry(members)}"
    found = clients.parse(text, path)
    _replace(path, text)
    count = len(found.by_issuer)
    yield f"added  {members['id']} to {path}, which has {count} now. A running service reads it at its start."
    yield f"next   cds client check {members['id']}"


def listing(path: Path) -> Iterator[str]:
    """A line for each client. Raises SettingsError."""
    for client in clients.load(path):
        servers = ", ".join(sorted(client.fhir_servers)) or "no FHIR server"
        tenants = f", tenants {', '.join(sorted(client.tenants))}" if client.tenants else ""
        keys_at = f"{' '.join(client.algorithms)} by {client.jwks_url or client.jwks_file}"
        yield f"{client.id}: {client.mode}, {client.issuer}, {keys_at}, {servers}{tenants}"


def check(path: Path, ids: Sequence[str] = ()) -> Iterator[Said]:
    """Whether the table can be used, and the keys of these clients (none: of all) can be read, a line for each."""
    try:
        table = clients.load(path)
    except SettingsError as fault:
        yield False, f"FAILED  {fault}"
        return
    yield True, f"ok      table of clients: {path} has {len(table.by_issuer)}"
    known = {x.id: x for x in table}
    for name in ids or known:
        yield _keys(known[name]) if name in known else (False, f"FAILED  client {name}: the table has none of this id.")


def tried(path: Path, token: str, url: str) -> Said:
    """What would become of a call of this URL with this token, at this moment. Raises SettingsError."""
    table = clients.load(path)
    now = datetime.now(UTC)
    try:
        bearer = f"Bearer {token.strip().removeprefix('Bearer ')}"
        client = authenticate(bearer, url, table, keys.KeySets(table), Memory(lambda: now), now)
    except (Unauthenticated, Forbidden) as refusal:
        whose = f" of {refusal.client}" if refusal.client else ""
        return False, f"FAILED  token{whose}: {refusal.kind}: {refusal}. See docs/security.md."
    return True, f"ok      token of {client.id}: a call with it would be answered, once (mode {client.mode})"


def _keys(client: Client) -> Said:
    where = client.jwks_url or client.jwks_file
    try:
        found = keys.read_file(client.jwks_file) if client.jwks_file else parse(fetch.fetch(client.jwks_url).content)
    except (fetch.Unfetched, NotAKeySet) as fault:
        return False, f"FAILED  keys of {client.id}: {where}: {fault}."
    usable = list(_usable(found, client))
    left_out = "".join(f"; left out: {x}" for x in found.faults)
    if not usable:
        allowed = ", ".join(client.algorithms)
        return False, f"FAILED  keys of {client.id}: {where}: none is for {allowed}, which the table allows{left_out}."
    return True, f"ok      keys of {client.id}: {', '.join(usable)}{left_out}"


def _usable(found: KeySet, client: Client) -> Iterator[str]:
    for kid, key in found.keys.items():
        algorithms = key.algorithms & {*client.algorithms}
        if algorithms:
            yield f"{kid} ({', '.join(sorted(algorithms))})"


def _entry(members: Mapping[str, Any]) -> str:
    """A client as YAML: JSON strings are YAML too, whatever is in them."""
    lines = [f"{x.name}: {_value(x.name, members[x.name])}" for x in fields(Client) if x.name in members]
    return "".join(f"  {'- ' if i == 0 else '  '}{line}\n" for i, line in enumerate(lines))


def _value(name: str, value: Any) -> str:
    if name in _NUMBERS:
        return str(value)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _replace(path: Path, text: str) -> None:
    """The whole file at once: a service that starts meanwhile reads the old table or the new one."""
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as file:
            file.write(text)
        Path(file.name).chmod(mode)
        Path(file.name).replace(path)
    except OSError as fault:
        raise SettingsError(f"CDS_CLIENTS: {path} cannot be written: {fault.strerror}.") from None
