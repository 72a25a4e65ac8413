"""Why a caller is turned away: the kinds that are counted and logged. A caller is told none of the first ones."""

from collections.abc import Mapping

NOT_KNOWN: Mapping[str, str] = {
    "no-token": "no Authorization header",
    "not-bearer": "the Authorization header is not one Bearer token of three base64url parts",
    "too-large": "the Authorization header is longer than 8192 characters",
    "malformed": "header or payload is not one strict JSON object: UTF-8, no member twice, no NaN",
    "header": "typ is not JWT, kid is not text, or a parameter names a key of its own (jwk, x5u, x5c) or crit",
    "issuer": "iss is not text, or no client of the table has it",
    "algorithm": "alg is not one that the table allows for the client",
    "jku": "jku is not the address that the table has for the client",
    "keys-unavailable": "the client's key set could not be read for too long, or never",
    "key-unknown": "the client's key set has no usable key of this kid",
    "key-type": "the key of this kid is not one for this algorithm",
    "signature": "the signature is not that of the key",
    "claim": "a claim is missing or has the wrong form: aud, exp, iat, nbf, jti",
    "audience": "aud does not hold the URL that was called",
    "expired": "exp has passed",
    "not-yet": "iat or nbf is in the future",
    "lifetime": "exp is not after iat, or too long after it",
    "replayed": "the jti was used before",
}
NOT_ALLOWED: Mapping[str, str] = {
    "off": "the client is switched off in the table",
    "tenant": "the tenant is missing, or not one that the table has for the client",
    "fhir-server": "the FHIR server is not one that the table allows for the client",
}


class Unauthenticated(Exception):
    """Who calls is not known: status 401. `kind` is for our own eyes, one of NOT_KNOWN.

    `client` is the id of the client whose issuer the token names, "" where there is none. That it was this client is
    certain only where `signed` is true: then the signature was good.
    """

    def __init__(self, kind: str, client: str = "", *, signed: bool = False) -> None:
        super().__init__(NOT_KNOWN[kind])
        self.kind = kind
        self.client = client
        self.signed = signed


class Forbidden(Exception):
    """A known client that may not do this: status 403. `kind` is one of NOT_ALLOWED, `client` the client's id."""

    def __init__(self, kind: str, client: str) -> None:
        super().__init__(NOT_ALLOWED[kind])
        self.kind = kind
        self.client = client
