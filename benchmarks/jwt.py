"""CPU milliseconds to know a caller, beside the bare verification of a signature: `python -m benchmarks.jwt`."""

import gc
import itertools
import time
from collections.abc import Callable, Iterator

import jwt

from cds_service.hook.caller import authenticate
from cds_service.hook.keys import KeySets
from cds_service.hook.replay import Memory
from tests.hook.hostile_tokens import CLIENTS, URL, Servers, bearer, header, private, token
from tests.support import FIXED_NOW

ROUNDS = 9
CALLS = 200
TARGET = 1.0
_ALGORITHMS = (("ES384", "ec", "P-384"), ("RS384", "rsa", "2048"))


def main() -> None:
    """Measure, and print a table of milliseconds."""
    for algorithm, kid, key in _ALGORITHMS:
        bare = _fastest(_verifier(algorithm, key), algorithm, kid, key)
        whole = _fastest(_checker(), algorithm, kid, key)
        print(f"{algorithm}: signature alone {bare:.3f} ms, whole check {whole:.3f} ms (target {TARGET:g} ms)")


def _fastest(check: Callable[[str], object], algorithm: str, kid: str, key: str) -> float:
    """Milliseconds of CPU per token in the fastest round; every token is another, as a used one is refused."""
    tokens = _tokens(algorithm, kid, key)
    return min(_round(check, list(itertools.islice(tokens, CALLS))) for _ in range(ROUNDS))


def _round(check: Callable[[str], object], sent: list[str]) -> float:
    gc.collect()
    start = time.process_time()
    for each in sent:
        check(each)
    return (time.process_time() - start) / len(sent) * 1000


def _tokens(algorithm: str, kid: str, key: str) -> Iterator[str]:
    for number in itertools.count():
        yield bearer(token(head=header(alg=algorithm, kid=kid), key=f"north {key}", jti=f"{algorithm}-{number}"))


def _verifier(algorithm: str, key: str) -> Callable[[str], object]:
    signatures, public = jwt.PyJWS(algorithms=[algorithm]), private(f"north {key}").public_key()
    return lambda sent: signatures.decode(sent.removeprefix("Bearer "), public, algorithms=[algorithm])


def _checker() -> Callable[[str], object]:
    keys, seen = KeySets(CLIENTS, Servers()), Memory(lambda: FIXED_NOW)
    return lambda sent: authenticate(sent, URL, CLIENTS, keys, seen, FIXED_NOW)


if __name__ == "__main__":
    main()
