"""Tokens, good and hostile: each by what it is, with the kind of refusal that it must meet."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cds_service.hook.clients import Client, Clients
from cds_service.hook.fetch import Document, Unfetched
from tests.support import FIXED_NOW, ORDER_SIGN

BASE = "https://cds.example"
URL = BASE + ORDER_SIGN
NOW = int(FIXED_NOW.timestamp())
NONE = object()

NORTH = Client(id="north", issuer="https://north.example", mode="live", jwks_url="https://north.example/jwks")
SOUTH = Client(
    id="south",
    issuer="https://south.example",
    mode="live",
    jwks_url="https://south.example/jwks",
    jku="https://south.example/jwks",
    algorithms=("ES384", "RS384", "ES256", "RS256"),
    tenants=frozenset({"ward-1", "ward-2"}),
)
OFF = Client(id="off", issuer="https://off.example", mode="off", jwks_url="https://off.example/jwks")
CLIENTS = Clients({x.issuer: x for x in (NORTH, SOUTH, OFF)})


@cache
def private(name: str) -> Any:
    """A private key by its name, such as "north P-384"; the same one all the time."""
    kind = name.rpartition(" ")[2]
    if kind.startswith("P-"):
        return ec.generate_private_key(ec.SECP384R1() if kind == "P-384" else ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind))


def jwk(name: str, kid: str, **more: Any) -> dict[str, Any]:
    """The public key of this name as a JWK."""
    public = private(name).public_key()
    kind: Any = ECAlgorithm if isinstance(public, ec.EllipticCurvePublicKey) else RSAAlgorithm
    return {**kind.to_jwk(public, as_dict=True), "kid": kid, **more}


@cache
def published(url: str) -> bytes:
    """The key set at the address of a client."""
    owner = url.removeprefix("https://").partition(".")[0]
    names = {"ec": "P-384", "small": "P-256", "rsa": "2048"}
    return json.dumps({"keys": [jwk(f"{owner} {kind}", kid) for kid, kind in names.items()]}).encode()


class Servers:
    """Serves the clients' key sets, and notes what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, url: str) -> Document:
        self.asked.append(url)
        if url not in {x.jwks_url for x in CLIENTS}:
            raise Unfetched("nobody has to ask for this")
        return Document(published(url), 3600)


def b64(content: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good token of north; NONE takes one away."""
    good = {"iss": NORTH.issuer, "aud": URL, "iat": NOW - 1, "exp": NOW + 120, "jti": "d2c1", **changed}
    return {x: y for x, y in good.items() if y is not NONE}


def header(**changed: Any) -> dict[str, Any]:
    """The header of a good token."""
    return {x: y for x, y in {"alg": "ES384", "typ": "JWT", "kid": "ec", **changed}.items() if y is not NONE}


@dataclass(frozen=True, slots=True)
class Made:
    """A token in the making; each part can be given as it is to be sent."""

    header: Mapping[str, Any] | bytes
    claims: Mapping[str, Any] | bytes
    key: str = "north P-384"
    alg: str = "ES384"

    def input(self) -> str:
        """What is signed."""
        parts = (x if isinstance(x, bytes) else json.dumps(x).encode() for x in (self.header, self.claims))
        return ".".join(map(b64, parts))

    def signature(self) -> bytes:
        """The signature as JWS wants it."""
        algorithm: Any = jwt.get_algorithm_by_name(self.alg)
        made: bytes = algorithm.sign(self.input().encode(), private(self.key))
        return made

    def token(self) -> str:
        """The compact token."""
        return f"{self.input()}.{b64(self.signature())}"


def token(
    *, head: Mapping[str, Any] | bytes | None = None, key: str = "north P-384", alg: str = "", **said: Any
) -> str:
    """A token of north with these claims changed, signed properly with this key."""
    top = header() if head is None else head
    named = alg or (top["alg"] if isinstance(top, Mapping) else "ES384")
    return Made(top, claims(**said), key, named).token()


def bearer(made: str) -> str:
    """The header that carries a token."""
    return f"Bearer {made}"


def raw(claim_text: str | bytes) -> str:
    """A properly signed token with claims of exactly this text."""
    text = claim_text.encode() if isinstance(claim_text, str) else claim_text
    return Made(header(), text).token()


def said(**changed: Any) -> str:
    """Claims as text, for tests that damage it."""
    return json.dumps(claims(**changed))


def south(**changed: Any) -> str:
    """A token of south, whose clients have tenants."""
    return token(iss=SOUTH.issuer, key="south P-384", **changed)


def _confused(alg: str, key: bytes) -> str:
    """Signed with a public key as if it were a shared secret."""
    top = Made(header(alg=alg), claims()).input()
    return f"{top}.{b64(hmac.new(key, top.encode(), getattr(hashlib, f'sha{alg[2:]}')).digest())}"


def _public(name: str) -> bytes:
    made: bytes = private(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made


def _resigned(change: Callable[[bytes], bytes]) -> str:
    made = Made(header(), claims())
    return f"{made.input()}.{b64(change(made.signature()))}"


def _der(signature: bytes) -> bytes:
    half = len(signature) // 2
    return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))


def _loose(made: str) -> str:
    """The same bytes with bits at the end that no reader looks at."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    top, middle, _ = made.split(".")
    padded = next(x for x in (top, middle) if len(x) % 4)
    return made.replace(padded, padded[:-1] + alphabet[alphabet.index(padded[-1]) + 1])


def _unpadded(part: str) -> str:
    top, middle, end = token().split(".")
    spaced = {
        "header": f"{top}=.{middle}.{end}",
        "claims": f"{top}.{middle}==.{end}",
        "signature": f"{top}.{middle}.{end}=",
    }
    return spaced[part]


OTHER = f"{BASE}/cds-services/trofosfamide-patient-view"
Hostile = Mapping[str, tuple[Callable[[], str | None], str]]

# What carries the token, and its spelling.
CARRIED: Hostile = {
    "no header": (lambda: None, "no-token"),
    "empty header": (lambda: "", "not-bearer"),
    "no token": (lambda: "Bearer ", "not-bearer"),
    "other scheme": (lambda: f"Basic {token()}", "not-bearer"),
    "scheme only at the end": (lambda: f"X-Bearer {token()}", "not-bearer"),
    "no scheme": (token, "not-bearer"),
    "two headers, joined by the server": (lambda: f"{bearer(token())},{bearer(token(jti='2'))}", "not-bearer"),
    "two tokens": (lambda: f"Bearer {token()} {token(jti='2')}", "not-bearer"),
    "line break": (lambda: bearer(token()) + "\r\nX: y", "not-bearer"),
    "whitespace within": (lambda: bearer(token().replace(".", ". ")), "not-bearer"),
    "whitespace behind": (lambda: bearer(token()) + " ", "not-bearer"),
    "tab for the space": (lambda: f"Bearer\t{token()}", "not-bearer"),
    "letters beyond ASCII": (lambda: bearer(token()) + "é", "not-bearer"),
    "digits beyond ASCII": (lambda: bearer(token()) + "٣", "not-bearer"),
    "huge": (lambda: bearer(token(more="x" * 9000)), "too-large"),
    "one part": (lambda: bearer("abc"), "not-bearer"),
    "two parts, unsigned": (lambda: bearer(token().rpartition(".")[0]), "not-bearer"),
    "three parts, no signature": (lambda: bearer(token().rpartition(".")[0] + "."), "not-bearer"),
    "four parts": (lambda: bearer(token() + ".YQ"), "not-bearer"),
    "five parts, as an encrypted token": (lambda: bearer(token() + ".YQ.YQ"), "not-bearer"),
    "dots alone": (lambda: bearer(".."), "not-bearer"),
    "padding of the header": (lambda: bearer(_unpadded("header")), "not-bearer"),
    "padding of the claims": (lambda: bearer(_unpadded("claims")), "not-bearer"),
    "padding of the signature": (lambda: bearer(_unpadded("signature")), "not-bearer"),
    "plain base64 in place of base64url": (lambda: bearer(token() + "+/"), "not-bearer"),
    "a length that no base64url has": (lambda: bearer(f"abcde.{token().partition('.')[2]}"), "not-bearer"),
    "bits that nobody reads": (lambda: bearer(_loose(token(more="x"))), "not-bearer"),
}

# JSON that two readers would read differently.
SPELT: Hostile = {
    "header no JSON": (lambda: bearer(token(head=b"{")), "malformed"),
    "header an array": (lambda: bearer(token(head=b"[]")), "malformed"),
    "header with a byte order mark": (
        lambda: bearer(token(head=b"\xef\xbb\xbf" + json.dumps(header()).encode())),
        "malformed",
    ),
    "header in UTF-16": (lambda: bearer(token(head=json.dumps(header()).encode("utf-16"))), "malformed"),
    "alg twice": (lambda: bearer(token(head=b'{"alg":"none",' + json.dumps(header()).encode()[1:])), "malformed"),
    "kid twice": (lambda: bearer(token(head=b'{"kid":"x",' + json.dumps(header()).encode()[1:])), "malformed"),
    "claims no JSON": (lambda: bearer(raw("iss")), "malformed"),
    "claims a string": (lambda: bearer(raw('"iss"')), "malformed"),
    "claims not UTF-8": (lambda: bearer(raw(said(x="y").encode().replace(b'"y"', b'"\xff"'))), "malformed"),
    "a lone surrogate": (lambda: bearer(raw(said().replace("d2c1", "\\ud800"))), "malformed"),
    "iss twice": (lambda: bearer(raw('{"iss": "https://south.example", ' + said()[1:])), "malformed"),
    "exp twice": (lambda: bearer(raw(said()[:-1] + f', "exp": {NOW + 100000}}}')), "malformed"),
    "exp twice, once escaped": (lambda: bearer(raw(said()[:-1] + f', "\\u0065xp": {NOW + 9}}}')), "malformed"),
    "a member twice, deep inside": (lambda: bearer(raw(said()[:-1] + ', "a": [{"b": 1, "b": 2}]}')), "malformed"),
    "exp not a number of JSON": (lambda: bearer(raw(said().replace(str(NOW + 120), "NaN"))), "malformed"),
    "exp infinite": (lambda: bearer(raw(said().replace(str(NOW + 120), "Infinity"))), "malformed"),
    "exp beyond any double": (lambda: bearer(raw(said().replace(str(NOW + 120), "1e999"))), "malformed"),
    "nested deep": (lambda: bearer(raw(said()[:-1] + f', "a": {"[" * 2500}{"]" * 2500}}}')), "malformed"),
}

# The algorithm, the key and the signature.
SIGNED: Hostile = {
    "alg none": (lambda: bearer(f"{Made(header(alg='none'), claims()).input()}.YQ"), "algorithm"),
    "alg None in other letters": (lambda: bearer(f"{Made(header(alg='nOnE'), claims()).input()}.YQ"), "algorithm"),
    "alg missing": (lambda: bearer(token(head=header(alg=NONE), alg="ES384")), "algorithm"),
    "alg a list": (lambda: bearer(token(head=header(alg=["ES384"]), alg="ES384")), "algorithm"),
    "alg in small letters": (lambda: bearer(token(head=header(alg="es384"), alg="ES384")), "algorithm"),
    "HS256 with the public key": (lambda: bearer(_confused("HS256", _public("north P-384"))), "algorithm"),
    "HS384 with the public key": (lambda: bearer(_confused("HS384", _public("north 2048"))), "algorithm"),
    "HS384 with the key set": (lambda: bearer(_confused("HS384", published(NORTH.jwks_url))), "algorithm"),
    "RS256, which is not listed": (
        lambda: bearer(token(head=header(alg="RS256", kid="rsa"), key="north 2048")),
        "algorithm",
    ),
    "ES256, which is not listed": (
        lambda: bearer(token(head=header(alg="ES256", kid="small"), key="north P-256")),
        "algorithm",
    ),
    "PS384": (lambda: bearer(token(head=header(alg="PS384", kid="rsa"), key="north 2048")), "algorithm"),
    "ES384 with an RSA key": (lambda: bearer(token(head=header(kid="rsa"))), "key-type"),
    "RS384 with an EC key": (lambda: bearer(token(head=header(alg="RS384"), key="north 2048")), "key-type"),
    "ES384 on the curve of ES256": (lambda: bearer(token(head=header(kid="small"), key="north P-384")), "key-type"),
    "kid missing": (lambda: bearer(token(head=header(kid=NONE))), "header"),
    "kid empty": (lambda: bearer(token(head=header(kid=""))), "header"),
    "kid a number": (lambda: bearer(token(head=header(kid=1))), "header"),
    "kid too long": (lambda: bearer(token(head=header(kid="e" * 257))), "header"),
    "kid with a NUL": (lambda: bearer(token(head=header(kid="ec\0"))), "header"),
    "kid a path": (lambda: bearer(token(head=header(kid="../../../dev/null"))), "key-unknown"),
    "kid a path to the key": (lambda: bearer(token(head=header(kid="./ec"))), "key-unknown"),
    "kid a URL": (lambda: bearer(token(head=header(kid="https://evil.example/key"))), "key-unknown"),
    "kid a query": (lambda: bearer(token(head=header(kid="x' OR '1'='1"))), "key-unknown"),
    "kid in other letters": (lambda: bearer(token(head=header(kid="EC"))), "key-unknown"),
    "kid with a space": (lambda: bearer(token(head=header(kid="ec "))), "key-unknown"),
    "key of its own (jwk)": (
        lambda: bearer(token(head=header(jwk=jwk("evil P-384", "ec")), key="evil P-384")),
        "header",
    ),
    "key of its own (x5u)": (
        lambda: bearer(token(head=header(x5u="https://evil.example/c"), key="evil P-384")),
        "header",
    ),
    "key of its own (x5c)": (lambda: bearer(token(head=header(x5c=["MIIB"]), key="evil P-384")), "header"),
    "key of its own (jku)": (lambda: bearer(token(head=header(jku="https://evil.example/jwks"))), "jku"),
    "jku of another client": (lambda: bearer(token(head=header(jku=SOUTH.jwks_url))), "jku"),
    "jku inside": (lambda: bearer(token(head=header(jku="http://169.254.169.254/latest"))), "jku"),
    "jku with something behind": (
        lambda: bearer(south(head=header(jku=f"{SOUTH.jku}?x=1"), tenant="ward-1")),
        "jku",
    ),
    "jku empty": (lambda: bearer(token(head=header(jku=""))), "jku"),
    "jku null": (lambda: bearer(south(head=header(jku=None), tenant="ward-1")), "jku"),
    "something critical": (lambda: bearer(token(head=header(crit=["exp"]))), "header"),
    "payload not encoded": (lambda: bearer(token(head=header(b64=False, crit=["b64"]))), "header"),
    "typ missing": (lambda: bearer(token(head=header(typ=NONE))), "header"),
    "typ of an access token": (lambda: bearer(token(head=header(typ="at+jwt"))), "header"),
    "signed by nobody we know": (lambda: bearer(token(key="evil P-384")), "signature"),
    "signature of other claims": (
        lambda: bearer(f"{Made(header(), claims(jti='2')).input()}.{token().rpartition('.')[2]}"),
        "signature",
    ),
    "signature truncated": (lambda: bearer(_resigned(lambda x: x[:-1])), "signature"),
    "signature of one byte": (lambda: bearer(_resigned(lambda x: x[:1])), "signature"),
    "signature lengthened": (lambda: bearer(_resigned(lambda x: x + b"\0")), "signature"),
    "signature of zeroes": (lambda: bearer(_resigned(lambda x: bytes(len(x)))), "signature"),
    "signature in DER": (lambda: bearer(_resigned(_der)), "signature"),
}

# What it says: for whom, from whom, when.
CLAIMED: Hostile = {
    "iss missing": (lambda: bearer(token(iss=NONE)), "issuer"),
    "iss unknown": (lambda: bearer(token(iss="https://evil.example")), "issuer"),
    "iss with a trailing slash": (lambda: bearer(token(iss=f"{NORTH.issuer}/")), "issuer"),
    "iss a list": (lambda: bearer(token(iss=[NORTH.issuer])), "issuer"),
    "iss of another, signed by its own key": (lambda: bearer(token(iss=SOUTH.issuer, tenant="ward-1")), "signature"),
    "aud missing": (lambda: bearer(token(aud=NONE)), "claim"),
    "aud a number": (lambda: bearer(token(aud=1)), "claim"),
    "aud an array with something else": (lambda: bearer(token(aud=[URL, 1])), "claim"),
    "aud an empty array": (lambda: bearer(token(aud=[])), "audience"),
    "aud an array without ours": (lambda: bearer(token(aud=[OTHER, "https://ehr.example"])), "audience"),
    "aud of another service": (lambda: bearer(token(aud=OTHER)), "audience"),
    "aud of the discovery": (lambda: bearer(token(aud=f"{BASE}/cds-services")), "audience"),
    "aud of the feedback": (lambda: bearer(token(aud=f"{URL}/feedback")), "audience"),
    "aud the base alone": (lambda: bearer(token(aud=BASE)), "audience"),
    "aud of another host": (lambda: bearer(token(aud=URL.replace("cds.", "evil."))), "audience"),
    "aud with other letters": (lambda: bearer(token(aud=URL.replace("cds.example", "CDS.example"))), "audience"),
    "aud with a trailing slash": (lambda: bearer(token(aud=f"{URL}/")), "audience"),
    "aud with another scheme": (lambda: bearer(token(aud=URL.replace("https", "http"))), "audience"),
    "aud with a port": (lambda: bearer(token(aud=URL.replace("example", "example:443"))), "audience"),
    "aud with a query": (lambda: bearer(token(aud=f"{URL}?x=1")), "audience"),
    "exp missing": (lambda: bearer(token(exp=NONE)), "claim"),
    "exp a string": (lambda: bearer(token(exp=str(NOW + 120))), "claim"),
    "exp true": (lambda: bearer(token(exp=True)), "claim"),
    "exp null": (lambda: bearer(token(exp=None)), "claim"),
    "exp of 400 digits": (lambda: bearer(raw(said().replace(str(NOW + 120), "9" * 400))), "claim"),
    "exp of 5000 digits": (lambda: bearer(raw(said().replace(str(NOW + 120), "9" * 5000))), "malformed"),
    "exp in milliseconds": (lambda: bearer(token(exp=(NOW + 120) * 1000)), "claim"),
    "exp long ago": (lambda: bearer(token(iat=NOW - 7200, exp=NOW - 7000)), "expired"),
    "exp just beyond the leeway": (lambda: bearer(token(iat=NOW - 200, exp=NOW - 60)), "expired"),
    "exp before iat": (lambda: bearer(token(iat=NOW, exp=NOW - 1)), "lifetime"),
    "exp at iat": (lambda: bearer(token(iat=NOW, exp=NOW)), "lifetime"),
    "exp too long after iat": (lambda: bearer(token(iat=NOW, exp=NOW + 301)), "lifetime"),
    "exp in a thousand years": (lambda: bearer(token(exp=NOW + 31_557_600_000)), "lifetime"),
    "iat missing": (lambda: bearer(token(iat=NONE)), "claim"),
    "iat a string": (lambda: bearer(token(iat=str(NOW))), "claim"),
    "iat negative": (lambda: bearer(token(iat=-1)), "claim"),
    "iat long ago": (lambda: bearer(token(iat=NOW - 86_400)), "lifetime"),
    "iat in the future": (lambda: bearer(token(iat=NOW + 61, exp=NOW + 120)), "not-yet"),
    "nbf in the future": (lambda: bearer(token(nbf=NOW + 61)), "not-yet"),
    "nbf a string": (lambda: bearer(token(nbf=str(NOW))), "claim"),
    "nbf null": (lambda: bearer(token(nbf=None)), "claim"),
    "jti missing": (lambda: bearer(token(jti=NONE)), "claim"),
    "jti empty": (lambda: bearer(token(jti="")), "claim"),
    "jti huge": (lambda: bearer(token(jti="a" * 257)), "claim"),
    "jti a number": (lambda: bearer(token(jti=1)), "claim"),
    "jti a list": (lambda: bearer(token(jti=["a"])), "claim"),
    "jti with a NUL": (lambda: bearer(token(jti="a\0")), "claim"),
    "jti with a line break": (lambda: bearer(token(jti="a\nb")), "claim"),
}

UNKNOWN: Hostile = {**CARRIED, **SPELT, **SIGNED, **CLAIMED}

# Tokens of a client that is known by its signature.
FORBIDDEN: Hostile = {
    "another tenant": (lambda: bearer(south(tenant="ward-3")), "tenant"),
    "no tenant": (lambda: bearer(south()), "tenant"),
    "a tenant in other letters": (lambda: bearer(south(tenant="Ward-1")), "tenant"),
    "a list of tenants": (lambda: bearer(south(tenant=["ward-1"])), "tenant"),
    "a client that is off": (lambda: bearer(token(iss=OFF.issuer, key="off P-384")), "off"),
}

# Tokens that real clients send: each is taken.
GOOD: Mapping[str, Callable[[], str]] = {
    "ES384": lambda: bearer(token()),
    "RS384": lambda: bearer(token(head=header(alg="RS384", kid="rsa"), key="north 2048")),
    "ES256 where it is listed": lambda: bearer(
        token(head=header(alg="ES256", kid="small"), key="south P-256", iss=SOUTH.issuer, tenant="ward-1")
    ),
    "RS256 where it is listed": lambda: bearer(
        token(head=header(alg="RS256", kid="rsa"), key="south 2048", iss=SOUTH.issuer, tenant="ward-2")
    ),
    "the scheme in small letters": lambda: f"bearer {token()}",
    "the scheme in capitals": lambda: f"BEARER {token()}",
    "two spaces": lambda: f"Bearer  {token()}",
    "aud an array of one": lambda: bearer(token(aud=[URL])),
    "aud an array with ours": lambda: bearer(token(aud=["https://ehr.example", URL])),
    "times with fractions": lambda: bearer(token(iat=NOW - 0.5, exp=NOW + 100.25)),
    "nbf and sub, as Epic sends them": lambda: bearer(token(nbf=NOW - 1, sub=NORTH.issuer)),
    "claims of its own": lambda: bearer(token(roles=["a"], more={"x": None})),
    "a tenant where none are listed": lambda: bearer(token(tenant="anyone")),
    "a fingerprint in the header": lambda: bearer(token(head=header(x5t="abc"))),
    "the jku of the table": lambda: bearer(south(head=header(jku=SOUTH.jku), tenant="ward-1")),
    "exp within the leeway": lambda: bearer(token(iat=NOW - 200, exp=NOW - 59)),
    "iat and nbf within the leeway": lambda: bearer(token(iat=NOW + 60, nbf=NOW + 60, exp=NOW + 300)),
    "as long as it may last": lambda: bearer(token(iat=NOW, exp=NOW + 300)),
    "a long jti": lambda: bearer(token(jti="a" * 256)),
    "a jti with a letter of anywhere": lambda: bearer(token(jti="Ärzte/漢字 1")),
}
