"""The marks of tests name hazards that exist, and each hazard has a test."""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
LIST = (Path(__file__).parent / "hazards.csv").read_text(encoding="utf-8")
HAZARDS = {x["id"]: x for x in csv.DictReader(LIST.splitlines())}


def marked(path: Path) -> Iterator[str]:
    """The ids in every `pytest.mark.hazard(...)` of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.hazard":
            yield from (str(ast.literal_eval(x)) for x in node.args)


MARKED = {path: set(marked(path)) for path in sorted(TESTS.rglob("*.py"))}


@pytest.mark.parametrize("path", [pytest.param(x, id=str(x.relative_to(TESTS))) for x, y in MARKED.items() if y])
def test_every_hazard_that_a_mark_names_is_in_the_list(path: Path) -> None:
    assert MARKED[path] <= HAZARDS.keys()


def test_every_hazard_has_its_harm_and_its_control() -> None:
    assert all(x["hazard"] and x["harm"] and x["control"] for x in HAZARDS.values())
    assert list(HAZARDS) == [f"H{n:02}" for n in range(1, len(HAZARDS) + 1)]


def test_each_hazard_has_a_test() -> None:
    assert set(HAZARDS) <= set().union(*MARKED.values())
