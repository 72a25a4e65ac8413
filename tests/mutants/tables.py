"""Mutants of what modules hold: numbers moved by one step, flags turned, entries of tables left out.

mutmut mutates functions alone; factors of units, codes and bands are values of modules. Each mutant runs in a process
of its own that imports the mutated module anew: `python -m tests.mutants.tables FILE ...`, in a copy of the checkout,
prints one line of JSON for each.
"""

import ast
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest

from tests.mutants.scope import ROOT, scope_of

LONGEST = 180  # seconds; a mutant that takes longer is noticed
_NUMBER = re.compile(r"\d+(\.\d+)?(E-?\d+)?")
_EXACT = ("Decimal", "Fraction")


@dataclass(frozen=True)
class Mutant:
    """A module with one value changed."""

    file: str
    line: int
    name: str
    original: str
    mutant: str
    source: str


@dataclass(frozen=True)
class Change:
    """A change of one node: what stands there before and after, in words; how to make it and to take it back."""

    node: ast.AST
    original: str
    mutant: str
    make: Callable[[], None]
    undo: Callable[[], None]


LEFT_OUT = "nothing"


def mutants(file: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module's values."""
    tree = ast.parse(source)
    for name, statement in _values(tree):
        for change in _changes(statement):
            change.make()
            line = getattr(change.node, "lineno", statement.lineno)
            yield Mutant(file, line, name, change.original, change.mutant, ast.unparse(tree))
            change.undo()


def _values(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """(name, statement) of each value that a module or a class of it has from the start."""
    classes = [x for x in tree.body if isinstance(x, ast.ClassDef)]
    for statement in [*tree.body, *(y for x in classes for y in x.body)]:
        if isinstance(statement, ast.Assign) and not isinstance(statement.value, ast.Subscript):  # that names a type
            yield ast.unparse(statement.targets[0]), statement
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            yield ast.unparse(statement.target), statement


def _changes(statement: ast.stmt) -> Iterator[Change]:
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    assert value is not None
    keys = {id(y) for x in ast.walk(value) if isinstance(x, ast.Dict) for y in (*x.keys, *x.values)}
    for node in ast.walk(value):
        if isinstance(node, ast.Constant):
            yield from _of_constant(node)
        elif isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Dict):
            yield from (_without(node, (node.keys, node.values), n) for n in range(len(node.keys)))
        elif isinstance(node, ast.List | ast.Set | ast.Tuple) and id(node) not in keys:
            yield from (_without(node, (node.elts,), n) for n in range(len(node.elts)))
            keys |= {id(x) for x in node.elts}  # the parts of an entry are no entries


def _of_constant(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield _with(node, not node.value)
    elif isinstance(node.value, int):
        yield _with(node, node.value + 1)


def _of_call(node: ast.Call) -> Iterator[Change]:
    """A decimal that is written as text; the words of a list of spellings."""
    texts = [x for x in node.args if isinstance(x, ast.Constant) and isinstance(x.value, str)]
    if isinstance(node.func, ast.Name) and node.func.id in _EXACT:
        yield from (_with(x, _moved(str(x.value))) for x in texts if _NUMBER.fullmatch(str(x.value)))
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        yield from _fewer(node.func.value)


def _moved(number: str) -> str:
    """A decimal with its last digit one higher."""
    value = Decimal(number)
    return str(value + Decimal(1).scaleb(int(value.as_tuple().exponent)))


def _fewer(node: ast.expr) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        words = node.value.split()
        for n, word in enumerate(words):
            change = _with(node, " ".join(words[:n] + words[n + 1 :]))
            yield replace(change, original=word, mutant=LEFT_OUT)


def _with(node: ast.Constant, value: object) -> Change:
    old = node.value
    make, undo = (partial(setattr, node, "value", x) for x in (value, old))
    return Change(node, repr(old), repr(value), make, undo)


def _without(node: ast.AST, lists: Sequence[list[Any]], number: int) -> Change:
    kept = [x[number] for x in lists]

    def make() -> None:
        for entries in lists:
            del entries[number]

    def undo() -> None:
        for entries, entry in zip(lists, kept, strict=True):
            entries.insert(number, entry)

    said = ": ".join("**" if x is None else ast.unparse(x) for x in kept)
    return Change(kept[-1], said, LEFT_OUT, make, undo)


class _Mutated(MetaPathFinder, Loader):
    """Imports a mutated module in place of the one on disk."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = mutant.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.path = str(ROOT / mutant.file)
        self.code = compile(mutant.source, self.path, "exec")

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def survives(mutant: Mutant) -> bool:
    """True where no test notices; for a process of its own, that has imported nothing of the service."""
    sys.meta_path.insert(0, _Mutated(mutant))
    return _tested(mutant.file, "-x") == pytest.ExitCode.OK


def _tested(file: str, *arguments: str) -> int:
    quiet = ("-p", "no:terminal", "-p", "no:cacheprovider", "--hypothesis-seed=0")
    return pytest.main([*quiet, *arguments, *scope_of(file).tests])


def _warm(file: str) -> None:
    """Imports once what the tests need of others, which takes longer than most tests."""
    _tested(file, "--collect-only")
    for name in [x for x in sys.modules if x.split(".")[0] in ("cds_service", "tests")]:
        if name != "tests" and not name.startswith("tests.mutants"):
            del sys.modules[name]


def _started(mutant: Mutant) -> int:
    """The id of a new process that ends with 0 where its mutant survives; one that takes too long is ended."""
    child = os.fork()
    return child or _end(mutant)


def _end(mutant: Mutant) -> NoReturn:
    signal.alarm(LONGEST)
    try:
        os._exit(0 if survives(mutant) else 1)
    finally:
        os._exit(2)


def _asked(made: Iterable[Mutant]) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant and whether it survives, one for each processor at a time."""
    running: dict[int, Mutant] = {}
    for mutant in made:
        running[_started(mutant)] = mutant
        if len(running) == (os.cpu_count() or 1):
            yield _ended(running)
    while running:
        yield _ended(running)


def _ended(running: dict[int, Mutant]) -> tuple[Mutant, bool]:
    child, status = os.wait()
    return running.pop(child), status == 0


def main(files: Sequence[str]) -> None:
    """Entry point: a line for every mutant, `[file, line, name, original, mutant, survived]`."""
    for file in files:
        _warm(file)
        for mutant, survived in _asked(mutants(file, Path(file).read_text(encoding="utf-8"))):
            told = [mutant.file, mutant.line, mutant.name, mutant.original, mutant.mutant, survived]
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
