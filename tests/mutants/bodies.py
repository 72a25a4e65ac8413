"""Mutants of what functions do, by mutmut: comparisons, operators, numbers, texts, arguments, keywords."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.scope import ROOT, Scope
from tests.mutants.survivors import Report, Survivor
from tests.mutants.workshop import furnish, open_properties

NOT_NOTICED = (0, 5, 33)  # every test passed; none was asked
_NAME = re.compile(r".*\.x(?:ǁ\w+ǁ|_)(\w+)__mutmut_\d+")


def mutated(scope: Scope, files: Sequence[str], folder: Path) -> list[Report]:
    """Makes every mutant of some modules in an empty folder, and asks the tests of their scope."""
    if not any(map(_acts, files)):
        return [Report(x, 0, ()) for x in files]
    furnish(folder)
    open_properties(folder, files)
    _configure(folder, scope, files)
    _mutmut(folder, "run", "--max-children", str(os.cpu_count() or 1))
    return [_report(folder, file) for file in files]


def _acts(file: str) -> bool:
    """Whether a module has functions: mutmut fails where it finds nothing to change."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return any(isinstance(x, ast.FunctionDef) for x in ast.walk(tree))


def _configure(folder: Path, scope: Scope, files: Sequence[str]) -> None:
    settings = {
        "source_paths": ["cds_service"],
        "only_mutate": list(files),
        "also_copy": ["cards", "fhir_fixtures"],
        "pytest_add_cli_args": ["--hypothesis-seed=0", "-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": list(scope.tests),
    }
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n[tool.mutmut]\n" + "".join(lines))


def _mutmut(folder: Path, *arguments: str) -> str:
    """What a command of mutmut prints. Raises SystemExit with the end of that where it fails."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"mutmut {' '.join(arguments)}:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def _report(folder: Path, file: str) -> Report:
    met = folder / "mutants" / f"{file}.meta"
    codes = json.loads(met.read_text(encoding="utf-8"))["exit_code_by_key"] if met.exists() else {}
    missed = [name for name, code in codes.items() if code is None]
    if missed:
        raise SystemExit(f"mutmut did not get to {len(missed)} mutants of {file}, {missed[0]} the first")
    left = tuple(_survivor(folder, file, name) for name, code in codes.items() if code in NOT_NOTICED)
    return Report(file, len(codes), left)


def _survivor(folder: Path, file: str, name: str) -> Survivor:
    function = _NAME.fullmatch(name)
    assert function is not None, name
    diff = [x for x in _mutmut(folder, "show", name).splitlines() if not x.startswith(("---", "+++"))]
    before, after = ([x[1:].strip() for x in diff if x.startswith(sign)] for sign in "-+")
    line = _line(folder / file, function[1], before[0])
    return Survivor(file, line, function[1], " ".join(before), " ".join(after))


def _line(path: Path, function: str, text: str) -> int:
    """The first line of a function that says this."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    spans = [
        range(x.lineno, (x.end_lineno or x.lineno) + 1)
        for x in ast.walk(ast.parse(source))
        if isinstance(x, ast.FunctionDef) and x.name == function
    ]
    return next((n for span in spans for n in span if lines[n - 1].strip() == text), spans[0].start)
