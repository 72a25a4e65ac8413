"""A JWK set becomes keys that may verify: public ones, RSA of 2048 bits or more, EC on the curve of its algorithm."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from cds_service.hook import once

MAX_KEYS = 100
_CURVES = {"P-384": "ES384", "P-256": "ES256"}
_RSA = frozenset({"RS384", "RS256"})
_RSA_BITS = range(2048, 8193)  # a larger one would cost the time of many calls
_RSA_EXPONENT = 1 << 32
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the algorithms that it may be used with."""

    public: RSAPublicKey | EllipticCurvePublicKey
    algorithms: frozenset[str]


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of a set by `kid`, and a sentence for each of the others."""

    keys: Mapping[str, Key]
    faults: tuple[str, ...]


class NotAKeySet(Exception):
    """What was read is not a JWK set, or has no key that can be used; a sentence says why."""


class _Unusable(Exception):
    """Why a key is left out."""


def parse(body: bytes) -> KeySet:
    """The keys of a JWK set (RFC 7517). Raises NotAKeySet."""
    keys: dict[str, Key] = {}
    faults: list[str] = []
    entries = list(_entries(body))
    kids = Counter(x.get("kid") for x in entries if isinstance(x.get("kid"), str))
    for number, entry in enumerate(entries, start=1):
        try:
            keys[_kid(entry, kids)] = _key(entry)
        except _Unusable as fault:
            faults.append(f"key {number}: {fault}")
    if not keys:
        raise NotAKeySet("; ".join(["it has no key that can be used", *faults]))
    return KeySet(keys, tuple(faults))


def _entries(body: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        keys = once.members(body).get("keys")
    except ValueError:
        raise NotAKeySet("it is not a JSON object in UTF-8 with each member once") from None
    if not isinstance(keys, list) or not all(isinstance(x, dict) for x in keys):
        raise NotAKeySet("it has no array `keys` of objects")
    if len(keys) > MAX_KEYS:
        raise NotAKeySet(f"it has more than {MAX_KEYS} keys")
    yield from keys


def _kid(entry: Mapping[str, Any], kids: Mapping[Any, int]) -> str:
    kid = entry.get("kid")
    if not isinstance(kid, str) or not kid:
        raise _Unusable("it has no kid, so no token can name it")
    if kids[kid] > 1:
        raise _Unusable("its kid is that of another key too")
    return kid


def _key(entry: Mapping[str, Any]) -> Key:
    if _PRIVATE & entry.keys():
        raise _Unusable("it has a private or symmetric member and must be replaced by its owner")
    operations = entry.get("key_ops", ["verify"])
    if entry.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise _Unusable("it is not for signatures")
    possible = _algorithms(entry)
    algorithms = frozenset(x for x in possible if x == entry.get("alg", x))
    if not algorithms:
        raise _Unusable("its alg is none that its type and curve can be used with here")
    return Key(_public(entry, min(possible)), algorithms)


def _algorithms(entry: Mapping[str, Any]) -> frozenset[str]:
    if entry.get("kty") == "RSA":
        return _RSA
    curve = entry.get("crv")
    if entry.get("kty") == "EC" and isinstance(curve, str) and curve in _CURVES:
        return frozenset({_CURVES[curve]})
    raise _Unusable("its kty and crv are neither RSA nor EC on P-384 or P-256")


def _public(entry: Mapping[str, Any], algorithm: str) -> RSAPublicKey | EllipticCurvePublicKey:
    try:
        key = PyJWK(dict(entry), algorithm=algorithm).key
    except (PyJWTError, TypeError, ValueError, KeyError):
        raise _Unusable("its numbers are no key of its type") from None
    if isinstance(key, RSAPublicKey):
        return _strong(key)
    if isinstance(key, EllipticCurvePublicKey):
        return key
    raise _Unusable("it is not a public key")


def _strong(key: RSAPublicKey) -> RSAPublicKey:
    if key.key_size not in _RSA_BITS or key.public_numbers().e > _RSA_EXPONENT:
        raise _Unusable(f"it has {key.key_size} bits; 2048 to 8192 are taken, with a usual exponent")
    return key
