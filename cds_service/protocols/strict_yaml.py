"""YAML without its surprises: no implicit types but exact decimals and true/false, no duplicate keys, no tags."""

import re
from decimal import Decimal
from typing import Any

import yaml

NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"


class Faulty(Exception):
    """A data file that cannot be used: names the file, the place in it, and what to write instead."""


class _Loader(yaml.SafeLoader):
    """Only strings, exact numbers, true and false, lists and mappings."""


def read(text: str, name: str) -> Any:
    """The content of a YAML text: str, Decimal, bool, list and dict alone; raises `Faulty` naming file and line."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506
    except yaml.YAMLError as fault:
        raise Faulty(f"{name}: {' '.join(str(fault).split())}") from fault


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key has to be a word", key_node.start_mark)
        if key_node.value in content:
            problem = f"the key {key_node.value!r} stands here twice; keep one"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        content[key_node.value] = loader.construct_object(value_node, deep=True)
    return content


def _decimal(_loader: _Loader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(node.value)


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("!number", re.compile(NUMBER), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
_Loader.add_constructor("!number", _decimal)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
