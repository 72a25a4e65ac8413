"""YAML without its surprises: no implicit types but exact decimals and true/false, no duplicate keys, no tags.

Every fault can be told with its file and its line: `Fault` names a place by the keys and numbers that lead to it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import yaml

NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
Place = tuple[str | int, ...]
_HEAD = re.compile(r"[^\s:,]+")  # the place at the head of a fault told in words: parameters.starting_dose.unit
_QUOTED = re.compile(r"'([^']+)'")
# libyaml where PyYAML was built with it: eight times as quick as Python, and every start reads these files.
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Faulty(Exception):
    """A data file that cannot be used: names the file, the place in it, and what to write instead."""


class Fault(NamedTuple):
    """What is wrong, and what to write instead, at a place."""

    place: Place
    said: str


class _Loader(_FAST):  # type: ignore[misc]
    """Only strings, exact numbers, true and false, lists and mappings; keys that cannot be used are kept in `odd`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.odd: list[tuple[int, str]] = []


def read(text: str, name: str) -> Any:
    """The content of a YAML text: str, Decimal, bool, list and dict alone; raises `Faulty` naming file and lines."""
    try:
        loader = _Loader(text)
        data = loader.get_single_data()
    except yaml.MarkedYAMLError as fault:
        why = " ".join(x for x in (fault.context, fault.problem) if x)
        raise Faulty(f"{name}, line {_seen(fault, text)}: is no YAML that can be read: {why}") from fault
    except yaml.YAMLError as fault:
        raise Faulty(f"{name}, line 1: is no YAML that can be read: {' '.join(str(fault).split())}") from fault
    if loader.odd:
        raise Faulty("\n".join(f"{name}, line {line}: {said}" for line, said in sorted(loader.odd)))
    return data


def _seen(fault: yaml.MarkedYAMLError, text: str) -> int:
    """The line that a reader has to look at: where something does not end, the one in which it begins."""
    marks = [x.line + 1 for x in (fault.problem_mark, fault.context_mark) if x]
    last = max(1, len(text.splitlines()))
    return next((x for x in marks if x <= last), last)


def told(name: str, text: str, faults: Iterable[Fault]) -> tuple[str, ...]:
    """The faults of a file as sentences, each with the file, the line and the place; `text` could be read."""
    every = list(faults)
    lines = _lines(text) if every else {}
    return _in_order(name, ((_line(x.place, lines), f"{_words(x.place)}: {x.said}") for x in every))


def located(name: str, text: str, faults: Iterable[str]) -> tuple[str, ...]:
    """The same of faults told in words, the place at their head: "parameters.dose_step.unit: has to be mg/d"."""
    every = list(faults)
    lines = _lines(text) if every else {}
    places = {".".join(map(str, x)): x for x in lines}
    return _in_order(name, ((_line(_place(x, places), lines), x) for x in every))


def _in_order(name: str, found: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """From the first line to the last, those of a line as they were found."""
    return tuple(f"{name}, line {line}: {said}" for line, said in sorted(found, key=lambda x: x[0]))


def _place(fault: str, places: Mapping[str, Place]) -> Place:
    """What a fault told in words is about: the keys at its head, and below them one that it quotes."""
    head = _HEAD.match(fault)
    known = head[0] if head else ""
    while known and known not in places:
        known = known.rpartition(".")[0]
    place = places.get(known, ())
    below = [(*place, x) for x in _QUOTED.findall(fault)]
    return next((x for x in below if x in places.values()), place)


def _words(place: Place) -> str:
    return "".join(f"[{x}]" if isinstance(x, int) else f".{x}" for x in place).lstrip(".") or "the file"


def _lines(text: str) -> dict[Place, int]:
    """The line of every key and entry of a YAML text that is known to be readable."""
    node = yaml.compose(text, Loader=_FAST)
    return {} if node is None else dict(_noted(node, ()))


def _noted(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    """The entries of a node, what stands in them among it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*place, key.value), key.start_mark.line + 1
            yield from _noted(value, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*place, index), value.start_mark.line + 1
            yield from _noted(value, (*place, index))


def _line(place: Place, lines: Mapping[Place, int]) -> int:
    """The line of a place, or of what it would stand in."""
    while place not in lines and place:
        place = place[:-1]
    return lines.get(place, 1)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            loader.odd.append((key_node.start_mark.line + 1, "a key has to be a word"))
            continue
        if key_node.value in content:
            line = key_node.start_mark.line + 1
            loader.odd.append((line, f"the key {key_node.value!r} stands here twice; keep one"))
        content[key_node.value] = loader.construct_object(value_node, deep=True)
    return content


def _decimal(_loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(node.value)


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("!number", re.compile(NUMBER), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
_Loader.add_constructor("!number", _decimal)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
