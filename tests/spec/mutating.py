"""Real requests spoilt in one to three places, each by its seed: bytes, values, names, nesting, numbers, text."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cds_service.demo.fixtures import fixtures, request_for
from cds_service.web.discovery import SERVICES
from tests.hook.calls import INSTANCE, TROFOSFAMIDE, call, selecting, viewing
from tests.support import FIXED_NOW, CheckedClient

_MARK = "\ue000here\ue000"
_FEEDBACK = {
    "feedback": [
        {
            "card": INSTANCE,
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-23T09:00:00.125Z",
            "overrideReason": {"reason": {"system": "https://a.example", "code": "x"}, "userComment": "No."},
        },
        {
            "card": INSTANCE,
            "outcome": "accepted",
            "outcomeTimestamp": "2026-11-23T09:01:00+01:00",
            "acceptedSuggestions": [{"id": INSTANCE}],
        },
    ]
}
# JSON, and what only looks like it, that takes the place of a value.
_VALUES: Sequence[bytes] = (
    *b"null true false 0 -0 -1 1.5 1e400 -1e400 1e-400 1E+3 01 .5 5. +1 NaN Infinity -Infinity undefined".split(),
    *(b"9" * 20, b"9" * 5000, b"0." + b"9" * 400, b"1e999999999", b"0." + b"0" * 400 + b"1"),
    *b'"" [] {} [[]] [null] [{}] {"":null} {"a":{}} "9" "null" "[object Object]"'.split(b" "),
    *(b"[" * deep + b"]" * deep for deep in (90, 101, 2000)),
    *(b'{"a":' * deep + b"1" + b"}" * deep for deep in (90, 101, 2000)),
    *(b"[" * 50, b"}" * 3, b'{"a":1,"a":2}', b'"' + b"x" * 20_000 + b'"', b"[" + b"1," * 5000 + b"1]"),
    *rb'"\ud800" "\udfff\ud800" "\u0000" "\u0085\u2028" "\x" "\u12" "\ud83d\ude00"'.split(b" "),
    *(
        x.encode()
        for x in ('"\u202e\u0635\u200f"', '"\ufeff"', '"e\u0301\U0001f9ec"', '"\uff11\u0661"', '"µg"', '"\t"')
    ),
    *b'"0000-00-00" "2026-02-30" "0001-01-01" "9999-12-31T23:59:59.999Z" "2026-11-23T25:00:00Z"'.split(),
    *b'"2026-11-23T09:00:60Z" "2026-11-23T09:00:00+99:99" "0001-01-01T00:00:00+14:00" "2026-11" "-2026"'.split(),
    *b'"Patient/" "Patient/../p-1" "#" "#x" "urn:uuid:x" "http://[" "https://a:99999/" "http://a:b" "//"'.split(),
    *b'"<script>alert(1)</script>" "|" "](javascript:x)" "`" "{{7*7}}" "%s%n" "../../etc/passwd"'.split(b" "),
    *b'{"resourceType":"OperationOutcome"} {"resourceType":"Bundle"} {"resourceType":1} {"reference":"#"}'.split(),
    *b'{"resourceType":"Bundle","entry":[{"resource":null},{},null]} {"value":1e400} {"coding":[null]}'.split(),
)
_PIECES = (b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\x00", b"\xef\xbb\xbf", b",", b"}", b"]", b'"', b"\\", b"//", b"/*")


@dataclass(frozen=True, slots=True)
class Spoilt:
    """One request: where it goes, and its body."""

    url: str
    body: bytes


def spoilt(seed: int) -> Spoilt:
    """The request of a seed; the same each time."""
    dice = random.Random(seed)
    url, body = dice.choice(originals())
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        way = dice.choice(_OF_VALUES) if dice.random() < 0.75 else None
        tree = _tree(body) if way else None
        body = _with(way, tree, dice) if way and tree else dice.choice(_OF_BYTES)(body, dice)
    return Spoilt(url, body)


@cache
def originals() -> Sequence[tuple[str, bytes]]:
    """Address and body of the requests before they are spoilt: small ones by far more often than whole patients."""
    small = [call(), call(TROFOSFAMIDE), selecting("MedicationRequest/draft-1", medication=TROFOSFAMIDE), viewing()]
    small += [{**call(TROFOSFAMIDE), "prefetch": {"results": None, "medications": None, "patient": None}}]
    large = list(_patients())
    made = [(_url(x["hook"]), CheckedClient.encoded(x)) for x in (*small * (len(large) // len(small)), *large)]
    told = (f"{_url('order-sign')}/feedback", json.dumps(_FEEDBACK).encode())
    return [*made, *[told] * (len(made) // 10)]


def _patients() -> Iterator[dict[str, Any]]:
    """Every invented patient, as each of the hooks sends it."""
    for patient in fixtures(FIXED_NOW).values():
        sent = {**request_for(patient, SERVICES[0].prefetch), "fhirServer": "https://ehr.example/fhir"}
        context = sent["context"]
        chosen = [f"MedicationRequest/{x['resource']['id']}" for x in context["draftOrders"]["entry"]]
        yield sent
        yield {**sent, "hook": "order-select", "context": {**context, "selections": chosen}}
        yield {**sent, "hook": "patient-view", "context": {x: context[x] for x in ("patientId", "userId")}}


def _url(hook: str) -> str:
    return next(f"/cds-services/{x.id}" for x in SERVICES if x.hook == hook)


def _tree(body: bytes) -> Any:
    """The JSON of a body; None where an earlier blow left none that Python reads."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _with(way: Callable[..., bytes], tree: Any, dice: random.Random) -> bytes:
    """The tree spoilt in one way; what the way puts in place of a mark is written as it is."""
    places = list(_places(tree))
    if not places:
        return json.dumps(tree).encode()
    holder, name = dice.choice(places)
    put = way(holder, name, places, dice)
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass").replace(f'"{_MARK}"'.encode(), put)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree, as its holder and its name or number there."""
    stack = [value]
    while stack:
        holder = stack.pop()
        names: Any = holder if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for name in names:
            yield holder, name
            stack.append(holder[name])


def _replace(holder: Any, name: Any, _: Any, dice: random.Random) -> bytes:
    holder[name] = _MARK
    return dice.choice(_VALUES)


def _remove(holder: Any, name: Any, *_: Any) -> bytes:
    del holder[name]
    return b""


def _wrap(holder: Any, name: Any, _: Any, dice: random.Random) -> bytes:
    holder[name] = dice.choice(([holder[name]], {"value": holder[name]}, [holder[name]] * 2))
    return b""


def _swap(holder: Any, name: Any, places: Any, dice: random.Random) -> bytes:
    """Another value of the same request, as text: so no tree ever holds itself."""
    other, its = dice.choice(places)
    put = json.dumps(other[its], ensure_ascii=False).encode("utf-8", "surrogatepass")
    holder[name] = _MARK
    return put


def _rename(holder: Any, name: Any, places: Any, dice: random.Random) -> bytes:
    other = str(dice.choice(places)[1])
    if isinstance(holder, dict):
        holder[other] = holder.pop(name)
    return b""


def _twice(holder: Any, name: Any, _: Any, dice: random.Random) -> bytes:
    """A member of the same name beside it."""
    if not isinstance(holder, dict):
        holder.append(holder[name])
        return b""
    put = json.dumps(holder[name], ensure_ascii=False).encode("utf-8", "surrogatepass")
    holder[name] = _MARK
    return b"%b,%b:%b" % (put, json.dumps(name).encode(), dice.choice(_VALUES))


def _count(holder: Any, name: Any, _: Any, dice: random.Random) -> bytes:
    """Numbers a little and far beside what they were; texts cut, doubled, in other letters."""
    old = holder[name]
    if isinstance(old, str):
        holder[name] = dice.choice((old[1:], old + old, old.upper(), old + " ", f"\u00a0{old}", old[::-1]))
    elif isinstance(old, int | float):
        holder[name] = dice.choice((old * 1000, -old, old + 1, old / 3, old * 10**12, str(old)))
    return b""


_OF_VALUES: Sequence[Callable[..., bytes]] = (
    _replace,
    _replace,
    _replace,
    _remove,
    _wrap,
    _swap,
    _rename,
    _twice,
    _count,
)


def _flip(body: bytes, dice: random.Random) -> bytes:
    spoils = bytearray(body)
    for _ in range(dice.choice((1, 2, 8))):
        if spoils:
            spoils[dice.randrange(len(spoils))] ^= 1 << dice.randrange(8)
    return bytes(spoils)


def _cut(body: bytes, dice: random.Random) -> bytes:
    return body[: dice.randrange(len(body) + 1)]


def _lose(body: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(body) + 1)
    return body[:start] + body[start + dice.choice((1, 2, 40)) :]


def _insert(body: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(body) + 1)
    return body[:start] + dice.choice(_PIECES) + body[start:]


def _recode(body: bytes, dice: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    return text.encode(dice.choice(("utf-16", "utf-32", "utf-8-sig", "cp037", "latin-1")), "replace")


def _append(body: bytes, dice: random.Random) -> bytes:
    return body + dice.choice((body, b"\n", b"{}", b"\x00", b"]" * 200, b"[" * 200))


_OF_BYTES: Sequence[Callable[[bytes, random.Random], bytes]] = (_flip, _flip, _cut, _lose, _insert, _recode, _append)
