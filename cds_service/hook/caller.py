"""Who calls: a bearer token becomes a Client of the table, or a refusal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from cds_service.hook import claims, compact
from cds_service.hook.clients import ALGORITHMS, Client, Clients
from cds_service.hook.keys import Keys
from cds_service.hook.refusals import Forbidden, Unauthenticated
from cds_service.hook.replay import Seen

# A key of the token's own is never looked at; what its sender calls critical, or packs, is not understood.
_REFUSED = frozenset({"jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"})
_JWS = PyJWS(algorithms=ALGORITHMS, options={"verify_signature": True, "enforce_minimum_key_length": True})


def authenticate(header: str | None, url: str, clients: Clients, keys: Keys, seen: Seen, now: datetime) -> Client:
    """The client whose token an Authorization header carries, for a call of `url` (under the public base URL) at `now`.

    Raises Unauthenticated (401) and Forbidden (403). A token counts as used only where nothing else is wrong with it.
    """
    token = compact.read(header)
    client = _claimed(token.claims.get("iss"), clients)
    with _of(client, signed=False):
        _verify(token, _kid(token.header, client), client, keys)
    with _of(client, signed=True):
        until = claims.check(token.claims, url, client.max_token_seconds, now)
        _allow(token.claims.get("tenant"), client)
        if not seen.first(client.issuer, token.claims["jti"], until):
            raise Unauthenticated("replayed")
    return client


def permit(client: Client, fhir_server: str) -> None:
    """Raises Forbidden where a call of this client names a FHIR server that is not the client's; "" is none."""
    if fhir_server and not client.may_name(fhir_server):
        raise Forbidden("fhir-server", client.id)


@contextmanager
def _of(client: Client, *, signed: bool) -> Iterator[None]:
    """Says in a refusal whose token it was."""
    try:
        yield
    except Unauthenticated as refusal:
        raise Unauthenticated(refusal.kind, client.id, signed=signed) from None


def _claimed(issuer: Any, clients: Clients) -> Client:
    client = clients.by_issuer.get(issuer) if isinstance(issuer, str) else None
    if client is None:
        raise Unauthenticated("issuer")
    return client


def _kid(header: Mapping[str, Any], client: Client) -> str:
    """The `kid` of a header in which everything else is as it has to be."""
    if header.get("alg") not in client.algorithms:
        raise Unauthenticated("algorithm")
    kid = header.get("kid")
    if header.get("typ") != "JWT" or not claims.is_text(kid) or _REFUSED & header.keys():
        raise Unauthenticated("header")
    if "jku" in header and header["jku"] != (client.jku or None):
        raise Unauthenticated("jku")
    return str(kid)


def _verify(token: compact.Token, kid: str, client: Client, keys: Keys) -> None:
    algorithm = token.header["alg"]
    key = keys.find(client, kid)
    if algorithm not in key.algorithms:
        raise Unauthenticated("key-type")
    try:
        _JWS.decode_complete(token.text, key.public, algorithms=[algorithm])
    except (PyJWTError, TypeError, ValueError):  # TypeError: what the library makes of a key of another type
        raise Unauthenticated("signature") from None


def _allow(tenant: Any, client: Client) -> None:
    if client.mode == "off":
        raise Forbidden("off", client.id)
    if client.tenants and not (isinstance(tenant, str) and tenant in client.tenants):
        raise Forbidden("tenant", client.id)
