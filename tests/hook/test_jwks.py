"""Which keys of a key set may verify, and which are left out and why."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cds_service.hook.jwks import MAX_KEYS, NotAKeySet, parse
from tests.hook.hostile_tokens import jwk, private

GOOD = jwk("north P-384", "good")


def keys(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"keys": entries}).encode()


@pytest.mark.parametrize(
    ("entry", "algorithms"),
    [
        (GOOD, {"ES384"}),
        ({**GOOD, "alg": "ES384", "use": "sig", "key_ops": ["verify"]}, {"ES384"}),
        ({**GOOD, "x5c": ["MIIB"], "x5t": "abc", "more": {}}, {"ES384"}),
        (jwk("north P-256", "k"), {"ES256"}),
        (jwk("north 2048", "k"), {"RS384", "RS256"}),
        (jwk("north 2048", "k", alg="RS384"), {"RS384"}),
        (jwk("north 2048", "k", alg="RS256"), {"RS256"}),
    ],
    ids=["EC", "EC in full", "certificate", "P-256", "RSA", "RSA for RS384", "RSA for RS256"],
)
def test_a_key_is_for_the_algorithms_of_its_type(entry: dict[str, Any], algorithms: set[str]) -> None:
    found = parse(keys(entry))
    assert (found.keys[entry["kid"]].algorithms, found.faults) == (algorithms, ())


def _with(kind: Any, key: Any, **more: Any) -> dict[str, Any]:
    return {**kind.to_jwk(key, as_dict=True), "kid": "bad", **more}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (_with(ECAlgorithm, private("north P-384")), "private or symmetric"),
        (_with(RSAAlgorithm, private("north 2048")), "private or symmetric"),
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "bad"}, "private or symmetric"),
        ({"kty": "oct", "kid": "bad"}, "neither RSA nor EC"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "bad"}, "neither RSA nor EC"),
        ({**GOOD, "kid": "bad", "crv": "P-521"}, "neither RSA nor EC"),
        ({**GOOD, "kid": "bad", "crv": ["P-384"]}, "neither RSA nor EC"),
        ({**GOOD, "kid": "bad", "kty": None}, "neither RSA nor EC"),
        (_with(RSAAlgorithm, rsa.generate_private_key(65537, 1024).public_key()), "1024 bits"),
        (jwk("north 2048", "bad", e="AQAAAAAB"), "2048 bits; 2048 to 8192 are taken, with a usual"),
        (jwk("north 2048", "bad", n="AQ" * 3000), "bits"),
        (jwk("north P-256", "bad", crv="P-384"), "no key of its type"),
        ({**GOOD, "kid": "bad", "y": GOOD["x"]}, "no key of its type"),
        ({**GOOD, "kid": "bad", "x": 7}, "no key of its type"),
        ({**GOOD, "kid": "bad", "x": "ä"}, "no key of its type"),
        ({"kty": "EC", "crv": "P-384", "kid": "bad"}, "no key of its type"),
        ({"kty": "RSA", "n": "", "e": "", "kid": "bad"}, "no key of its type"),
        ({**GOOD, "kid": "bad", "use": "enc"}, "not for signatures"),
        ({**GOOD, "kid": "bad", "key_ops": ["encrypt"]}, "not for signatures"),
        ({**GOOD, "kid": "bad", "key_ops": 1}, "not for signatures"),
        ({**GOOD, "kid": "bad", "alg": "ES256"}, "its alg"),
        ({**GOOD, "kid": "bad", "alg": "HS384"}, "its alg"),
        ({**GOOD, "kid": "bad", "alg": ["ES384"]}, "its alg"),
        ({**GOOD, "kid": ""}, "no kid"),
        ({**GOOD, "kid": 7}, "no kid"),
        ({x: y for x, y in GOOD.items() if x != "kid"}, "no kid"),
    ],
    ids=range(26),
)
def test_a_key_that_must_not_be_used_is_left_out_and_the_others_stay(entry: dict[str, Any], why: str) -> None:
    found = parse(keys(entry, GOOD))
    assert found.keys.keys() == {"good"}
    (fault,) = found.faults
    assert fault.startswith("key 1: ")
    assert why in fault


def test_of_two_keys_with_one_kid_neither_is_used() -> None:
    other = _with(ECAlgorithm, ec.generate_private_key(ec.SECP384R1()).public_key())
    found = parse(keys({**other, "kid": "twice"}, {**GOOD, "kid": "twice"}, GOOD))
    assert found.keys.keys() == {"good"}
    assert len(found.faults) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'"keys"',
        b"{}",
        b'{"keys": {}}',
        b'{"keys": []}',
        b'{"keys": [1]}',
        b'{"keys": [], "keys": []}',
        b'{"keys": [{"kid": "a", "kid": "b"}]}',
        b"\xef\xbb\xbf" + keys(GOOD),
        keys(GOOD).decode().encode("utf-16"),
        b'{"keys": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        keys(*[{**GOOD, "kid": str(x)} for x in range(MAX_KEYS + 1)]),
        keys({"kty": "oct", "k": "AA", "kid": "a"}),
    ],
    ids=range(15),
)
def test_what_is_no_key_set_is_refused(body: bytes) -> None:
    with pytest.raises(NotAKeySet, match=r"^it "):
        parse(body)
