"""The proofs that a change is none are proofs about lines that stand in the product."""

import ast
from pathlib import Path

import pytest

from tests.mutants.scope import ROOT, SCOPES, scope_of
from tests.mutants.survivors import PROOFS, Report, Survivor, proofs, unproved
from tests.mutants.tables import LEFT_OUT, mutants
from tests.mutants.workshop import open_properties

KNOWN = proofs(PROOFS.read_text(encoding="utf-8"))


def text_of(file: str, place: str) -> str:
    """The source of the functions and values of a module that have this name, blanks left out."""
    source = (ROOT / file).read_text(encoding="utf-8")
    found = [x for x in ast.walk(ast.parse(source)) if place in names(x)]
    assert found, f"{file} has no {place}"
    return squeezed(" ".join(ast.get_source_segment(source, x) or "" for x in found))


def names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [ast.unparse(x) for x in targets]


def squeezed(text: str) -> str:
    return "".join(text.split()).replace("'", '"')


def test_a_proof_is_of_a_line_that_stands_in_the_product_and_says_why() -> None:
    for file, place, original, changed in KNOWN:
        scope_of(file)
        assert squeezed(original) in text_of(file, place)
        assert len(KNOWN[file, place, original, changed].split()) > 4


def test_a_survivor_is_found_by_its_change_wherever_the_line_moves() -> None:
    text = "## a.py\n\n* f: `x < 1` -> `x <= 1`: x is never 1, as g refuses it.\n"
    survivor = Survivor("a.py", 7, "f", "x < 1", "x <= 1")
    other = Survivor("a.py", 7, "f", "x < 1", "x > 1")
    assert unproved([Report("a.py", 9, (survivor, other))], proofs(text)) == [other]


@pytest.mark.parametrize("line", ["* f: x -> y: why", "* f: `x` -> `y`:", "* `x` -> `y`: why"])
def test_a_proof_that_cannot_be_read_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="is no proof"):
        proofs(line)


def test_every_scope_has_modules_and_its_tests_exist() -> None:
    for scope in SCOPES:
        assert scope.files(ROOT)
        assert all((ROOT / x.removeprefix("--ignore=")).exists() for x in scope.tests)
    with pytest.raises(SystemExit):
        scope_of("cds_service/app.py")


TABLE = """
LIMIT = 3
FACTORS = {"mg": Decimal("1.50"), "g": Decimal(1000)}
WORDS = "one two".split()
PAIRS = ((1, "a"), *MORE)

class Row(NamedTuple):
    kept: bool = False

def f(x: int = 5) -> int:
    return 7
"""


def test_values_of_a_module_are_moved_turned_and_left_out() -> None:
    made = [(x.name, x.original, x.mutant) for x in mutants("a.py", TABLE)]
    assert made == [
        ("LIMIT", "3", "4"),
        ("FACTORS", "'mg': Decimal('1.50')", LEFT_OUT),
        ("FACTORS", "'g': Decimal(1000)", LEFT_OUT),
        ("FACTORS", "'1.50'", "'1.51'"),
        ("FACTORS", "1000", "1001"),
        ("WORDS", "one", LEFT_OUT),
        ("WORDS", "two", LEFT_OUT),
        ("PAIRS", "(1, 'a')", LEFT_OUT),
        ("PAIRS", "*MORE", LEFT_OUT),
        ("PAIRS", "1", "2"),
        ("kept", "False", "True"),
    ]
    assert all(ast.dump(ast.parse(x.source)) != ast.dump(ast.parse(TABLE)) for x in mutants("a.py", TABLE))


def test_properties_are_opened_and_do_what_they_did(tmp_path: Path) -> None:
    source = "class A:\n    @property\n    def b(self):\n        return 1\n\n    def c(self):\n        return self.b\n"
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    open_properties(tmp_path, ["a.py"])
    opened = (tmp_path / "a.py").read_text(encoding="utf-8")
    assert "@property" not in opened
    assert len(opened.splitlines()) == len(source.splitlines())
    held: dict[str, type] = {}
    exec(opened, held)
    assert held["A"]().c() == 1
