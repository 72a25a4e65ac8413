"""The generated parts of the docs: `python -m tests.docs.generate` writes them between their markers."""

import ast
import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cds_service import errors
from cds_service.clinical.facts import Reason
from cds_service.data import data_dir
from cds_service.fhir.dosage.why import Why
from cds_service.protocols import strict_yaml
from cds_service.settings import Settings, variable
from tests.docs import ctcae

TOP = Path(__file__).parents[2]
TESTS = TOP / "tests"
REQUIREMENTS = TESTS / "spec" / "cds-hooks-requirements.csv"
OPEN = "open"


def settings() -> str:
    """The table of all settings."""
    rows = [
        (f"`{variable(name)}`", field.description or "", _default(name), f"`{(field.examples or [''])[0]}`")
        for name, field in Settings.model_fields.items()
    ]
    return table(("variable", "what it sets", "default", "example"), rows)


def error_codes() -> str:
    """A section for each error code, so that the link of an error leads to it."""
    return "\n\n".join(map(_error, errors.every()))


def reasons() -> str:
    """A section for each reason for which something is unknown, and the table of what a dose may lack."""
    words = strict_yaml.read((data_dir("cards") / "en" / "words.yaml").read_text("utf-8"), "words.yaml")
    said = [f"## {x}\n\nOn the card: *{words['reasons'][x]}*.\n\n{words['fixes'][x]}" for x in Reason]
    lacking = table(("code", "what was not understood of a dose"), [(f"`{x.name.lower()}`", str(x.value)) for x in Why])
    return "\n\n".join([*said, "## What a dose may lack", lacking])


def coverage() -> str:
    """The requirements of CDS Hooks on a service, each with the tests that prove it."""
    proofs = proven()
    rows = [
        (x["no"], x["level"], x["section"], x["requirement"], "<br>".join(proofs.get(x["no"], [OPEN])))
        for x in requirements()
    ]
    return table(("no", "level", "section", "requirement", "proved by"), rows)


def criteria() -> str:
    """The grading criteria as they are encoded, and what the next version changes."""
    return ctcae.page(table)


def requirements() -> list[Mapping[str, str]]:
    """The rows of the project's list of requirements."""
    with REQUIREMENTS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def proven() -> Mapping[str, list[str]]:
    """The tests that prove each requirement, by its number, as their marks say."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for number in _marked(node):
                    found[number].append(
                        f"`{path.relative_to(TESTS)}` {node.name.removeprefix('test_').replace('_', ' ')}"
                    )
    return found


def _said(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(x)} |" for x in lines)


def _marked(function: ast.FunctionDef) -> Iterator[str]:
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.requirement":
            yield from (ast.unparse(x) for x in mark.args)


def _default(name: str) -> str:
    field = Settings.model_fields[name]
    if name == "data_dir":
        return "`$XDG_DATA_HOME/trofosfamide-cds`, else `~/.local/share/trofosfamide-cds`"
    return f"`{field.default}`" if field.default not in ("", ()) else "none"


def _error(kind: type[errors.CdsError]) -> str:
    status = "stops the start" if issubclass(kind, errors.StartError) else f"HTTP {kind.status}"
    return f"## {kind.code}\n\n{status}. {kind.meaning} {kind.remedy}"


PAGES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "settings": ("docs/settings.md", settings),
    "errors": ("docs/errors.md", error_codes),
    "coverage": ("docs/cds-hooks-coverage.md", coverage),
    "ctcae": ("docs/ctcae.md", criteria),
    "reasons": ("docs/reasons.md", reasons),
}


def markers(name: str) -> tuple[str, str]:
    """What stands before and after a generated part."""
    return f"<!-- generated: {name}; python -m tests.docs.generate -->\n", f"\n<!-- end of {name} -->"


def parts(name: str) -> tuple[str, str, str]:
    """A page as it is: before the generated part, the part, and after it."""
    begin, end = markers(name)
    before, _, rest = (TOP / PAGES[name][0]).read_text("utf-8").partition(begin)
    inside, _, after = rest.partition(end)
    return before + begin, inside, end + after


if __name__ == "__main__":
    for page, (file, made) in PAGES.items():
        first, _, last = parts(page)
        (TOP / file).write_text(first + made() + last, "utf-8")
