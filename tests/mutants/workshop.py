"""A copy of the checkout in which mutants are made, so that the checkout itself is never touched."""

import ast
import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.mutants.scope import ROOT

_PARTS = ("cds_service", "tests", "cards", "fhir_fixtures", "pyproject.toml")
_LITTER = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def furnish(folder: Path) -> None:
    """Copies what tests need into an empty folder."""
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=_LITTER)
        else:
            shutil.copy(source, folder / part)


def open_properties(folder: Path, files: Iterable[str]) -> None:
    """Rewrites `@property` above a function to an assignment below it: mutmut leaves decorated functions alone."""
    for file in files:
        path = folder / file
        path.write_text(_opened(path.read_text(encoding="utf-8")), encoding="utf-8")


def _opened(source: str) -> str:
    """The same number of lines, each statement on the line above its own."""
    lines = source.splitlines(keepends=True)
    functions = [x for x in ast.walk(ast.parse(source)) if isinstance(x, ast.FunctionDef) and _is_property(x)]
    for function in sorted(functions, key=lambda x: x.lineno, reverse=True):
        assert function.end_lineno is not None
        lines.insert(function.end_lineno, f"{' ' * function.col_offset}{function.name} = property({function.name})\n")
        del lines[function.lineno - 2]
    return "".join(lines)


def _is_property(function: ast.FunctionDef) -> bool:
    return [ast.unparse(x) for x in function.decorator_list] == ["property"]
