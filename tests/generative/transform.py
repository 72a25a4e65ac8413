"""Changes of a request that keep its meaning; each takes a source of randomness and gives a new request."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from tests.generative.chart import MORE
from tests.generative.clock import ZONES, offset, read
from tests.generative.codes import UCUM, kind_of
from tests.generative.oncology import OWN
from tests.generative.reading import copied, entries, factor, observations
from tests.generative.results import plain
from tests.generative.spellings import SPELLINGS, ucum_codes

Resource = dict[str, Any]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
KEYS = ("results", "medications", *MORE, *OWN)
# Parts of a resource that say the same in any order.
UNORDERED = ("component", "contained", "hasMember", "result", "coding", "extension", "dosageInstruction", "identifier")


def drafts(request: Resource) -> list[Resource]:
    """The entries of the drafts, to be changed in place."""
    found: list[Resource] = request["context"]["draftOrders"].get("entry", [])
    return found


def shuffled(rng: Random, request: Resource) -> Resource:
    """The same resources in another order, the keys of the prefetch too."""
    made = copied(request)
    for key in KEYS:
        rng.shuffle(entries(made, key))
    rng.shuffle(drafts(made))
    items = list(made["prefetch"].items())
    made["prefetch"] = dict(rng.sample(items, len(items)))
    return made


def shuffled_within(rng: Random, request: Resource) -> Resource:
    """The parts of each resource in another order: components, contained resources, codings, instructions."""
    made = copied(request)
    for key in KEYS:
        for entry in entries(made, key):
            rearrange(rng, entry["resource"])
    return made


def rearrange(rng: Random, value: Any) -> None:
    """Shuffle each list in there whose order says nothing; of a JSON object the members too."""
    if isinstance(value, list):
        for item in value:
            rearrange(rng, item)
    elif isinstance(value, dict):
        items = list(value.items())
        value.clear()
        value.update(rng.sample(items, len(items)))
        for key, item in items:
            if key in UNORDERED and isinstance(item, list):
                rng.shuffle(item)
            rearrange(rng, item)


def doubled(rng: Random, request: Resource) -> Resource:
    """Some entries twice."""
    made = copied(request)
    for key in KEYS:
        found = entries(made, key)
        found += copied(rng.sample(found, min(len(found), rng.randrange(1, 5))))
    return made


def other_units(rng: Random, request: Resource) -> Resource:
    """Every understood result in another spelling of its unit, the number converted exactly."""
    made = copied(request)
    for seen in observations(made):
        kind, quantity = kind_of(seen.element), seen.element.get("valueQuantity", {})
        scale = factor(quantity, kind) if kind else None
        if kind and scale:
            spelling = rng.choice(exact_spellings(kind, scale))
            bounds = [x.get(y) for x in seen.element.get("referenceRange", []) for y in ("low", "high")]
            for amount in (quantity, *(x for x in bounds if x and factor(x, kind) == scale)):
                respell(rng, amount, kind, spelling, scale)
    return made


def exact_spellings(kind: str, scale: Fraction) -> list[str]:
    """Spellings into which a number converts without rounding."""
    return [name for name, other in SPELLINGS[kind].items() if other == scale or powers_of_ten(scale / other)]


def powers_of_ten(ratio: Fraction) -> bool:
    """Whether multiplying by it only moves the decimal point."""
    return all(str(x).strip("0") == "1" for x in (ratio.numerator, ratio.denominator))


def respell(rng: Random, quantity: Resource, kind: str, spelling: str, scale: Fraction) -> None:
    """Write the quantity in that unit: by its text, with blanks around it, by a code as well, or by the code alone."""
    other = SPELLINGS[kind][spelling]
    for key in ("system", "code", "unit"):
        quantity.pop(key, None)
    style = rng.choice(("text", "blanks", "both", "code"))
    codes = ucum_codes(kind, other)
    if style in ("text", "blanks", "both"):
        quantity["unit"] = f" {spelling} " if style == "blanks" else spelling
    if style in ("both", "code"):
        quantity |= {"system": UCUM, "code": rng.choice(codes)}
    if scale != other:
        ratio = scale / other
        quantity["value"] = plain(Decimal(quantity["value"]) * ratio.numerator / ratio.denominator)


def other_zones(rng: Random, request: Resource) -> Resource:
    """Every instant of the record in another time zone."""
    made = copied(request)
    for key in KEYS:
        for entry in entries(made, key):
            entry["resource"] |= {name: rezoned(rng, value) for name, value in entry["resource"].items()}
    return made


def rezoned(rng: Random, value: Any) -> Any:
    """The same value with its instants moved to other zones."""
    if isinstance(value, dict):
        return {key: rezoned(rng, item) for key, item in value.items()}
    if isinstance(value, list):
        return [rezoned(rng, item) for item in value]
    found = INSTANT.fullmatch(value) if isinstance(value, str) else None
    moment = read(value) if found else None
    if not found or moment is None:
        return value
    zone = rng.choice(ZONES)
    return moment.astimezone(offset(zone)).strftime("%Y-%m-%dT%H:%M:%S") + (found[1] or "") + zone


SAME = (shuffled, shuffled_within, doubled, other_units, other_zones)
