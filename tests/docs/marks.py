"""Which tests prove what: the marks `requirement` and `hazard`, read from the source."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

TESTS = Path(__file__).parents[1]


def proven(mark: str) -> Mapping[str, list[str]]:
    """By what `pytest.mark.<mark>(...)` names: the tests that carry it, as file and behaviour, in order."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, behaviour in _marked(ast.parse(path.read_text("utf-8")), f"pytest.mark.{mark}"):
            found[name][f"`{path.relative_to(TESTS)}` {behaviour}"] = None
    return {name: list(tests) for name, tests in found.items()}


def _marked(module: ast.Module, mark: str) -> Iterator[tuple[str, str]]:
    """Each name with the test that carries it; one that stands outside of tests is carried by all of the module."""
    for node in module.body:
        is_test = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        behaviour = _spoken(node.name) if is_test and isinstance(node, ast.FunctionDef) else "all of it"
        yield from ((name, behaviour) for name in _names(node, mark))


def _names(node: ast.AST, mark: str) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == mark:
            yield from (str(ast.literal_eval(x)) for x in call.args)


def _spoken(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")
