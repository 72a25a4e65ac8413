"""How far a hospital may change a parameter: `bounds.yaml`, which holds for every protocol."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.clinical.protocol import Parameters
from cds_service.protocols.strict_yaml import Fault, Faulty, read, told
from cds_service.protocols.values import SPANS

FILE = Path(__file__).parent / "bounds.yaml"
OWN = "protocol"
Value = Decimal | tuple[Decimal | str, ...]
_KEYS = frozenset({"unit", "lowest", "highest", "allowed", "protocols", "why"})


@dataclass(frozen=True, slots=True)
class Bound:
    """What a parameter may be changed to, in `unit`: from `lowest` to `highest`, None for the protocol's own value, or
    one of `allowed`; in the protocols of these ids, in all where there are none."""

    unit: str
    why: str
    lowest: Decimal | None = None
    highest: Decimal | None = None
    allowed: tuple[Value, ...] = ()
    protocols: frozenset[str] = frozenset()

    def holds(self, value: Value, own: Value) -> bool:
        """True where a site may give this value to a parameter whose value in the protocol is `own`."""
        if self.allowed:
            return value in self.allowed
        if isinstance(value, tuple) or isinstance(own, tuple):
            return False
        return self._edge(self.lowest, own) <= value <= self._edge(self.highest, own)

    def says(self, own: Value) -> str:
        """What a site may write instead."""
        if self.allowed:
            return "one of " + ", ".join(f"[{written(x)}]" for x in self.allowed)
        assert isinstance(own, Decimal)
        return f"from {self._edge(self.lowest, own)} to {self._edge(self.highest, own)}"

    @staticmethod
    def _edge(edge: Decimal | None, own: Decimal) -> Decimal:
        return own if edge is None else edge


@cache
def load(path: Path = FILE) -> Mapping[str, Bound]:
    """The bound of each parameter that may be changed, by its name; raises `Faulty` naming every fault of the file."""
    text = path.read_text(encoding="utf-8")
    data = read(text, path.name)
    faults = told(path.name, text, _faults(data))
    if faults:
        raise Faulty("\n".join(faults))
    return {x: _bound(y) for x, y in data["parameters"].items()}


def own(parameters: Parameters, name: str, unit: str) -> Value:
    """The value of a parameter as a file writes it in this unit."""
    value = getattr(parameters, name)
    if isinstance(value, timedelta):
        return Decimal(value // SPANS[unit])
    return tuple(value) if isinstance(value, tuple) else Decimal(value)


def written(value: Value) -> str:
    """A value as text: "100", "100, 150"."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _bound(data: Mapping[str, Any]) -> Bound:
    edges = {x: None if data[x] == OWN else data[x] for x in ("lowest", "highest") if x in data}
    allowed = tuple(map(tuple, data.get("allowed", ())))
    return Bound(data["unit"], data["why"], allowed=allowed, protocols=frozenset(data.get("protocols", ())), **edges)


def _faults(data: Any) -> Iterator[Fault]:
    if not isinstance(data, dict) or not isinstance(data.get("parameters"), dict):
        yield Fault((), "has to hold `parameters`, a mapping of names to bounds")
        return
    known = {x.name for x in fields(Parameters)}
    for name, bound in data["parameters"].items():
        place = ("parameters", name)
        if name not in known:
            yield Fault(place, "is not a parameter; remove it, or correct its name")
        elif not isinstance(bound, dict):
            yield Fault(place, "has to give unit and why, and lowest and highest or allowed")
        else:
            yield from (Fault((*place, *x.place), x.said) for x in _of_bound(bound))


def _of_bound(bound: Mapping[str, Any]) -> Iterator[Fault]:
    yield from (
        Fault((x,), f"is not known; a bound has {', '.join(sorted(_KEYS))}") for x in sorted(set(bound) - _KEYS)
    )
    yield from (Fault((), f"{x} is missing; write it in a few words") for x in ("unit", "why") if x not in bound)
    if "allowed" in bound:
        if not isinstance(bound["allowed"], list) or not all(isinstance(x, list) for x in bound["allowed"]):
            yield Fault(("allowed",), "has to be a list of lists, each of the values there may be")
        return
    for edge in ("lowest", "highest"):
        if bound.get(edge) != OWN and not isinstance(bound.get(edge), Decimal):
            yield Fault((edge,) if edge in bound else (), f"{edge} has to be a number, or the word {OWN}")
