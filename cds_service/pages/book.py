"""The book of pages: each from one template in two dialects, Markdown for the docs and HTML for the browser."""

import base64
import hashlib
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cds_service.clinical.ctcae import Ctcae
from cds_service.pages import cases, evidence, rows, workflow
from cds_service.pages.cases import Section
from cds_service.pages.diagram import Diagram
from cds_service.pages.evidence import Evidence
from cds_service.pages.sheet import Sheet

INDEX, BEYOND = "protocols", "beyond-the-source"
HERE = Path(__file__).parent / "templates"
STYLE = (HERE / "style.css").read_text(encoding="utf-8").rstrip("\n")
_ODD = re.compile(r"([\\`*<>|\[\]])")


class _Kept(str):
    """Words that are Markdown already: nothing of them is escaped."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def style_hash() -> str:
    """What a Content-Security-Policy has to allow for the style of the pages, and nothing else."""
    return f"sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}"


@dataclass(frozen=True, slots=True)
class Book:
    """All pages of these protocols; the first is the one that a site uses where none is declared."""

    sheets: tuple[Sheet, ...]
    evidence: Evidence
    cases: tuple[Section, ...]
    dialects: Mapping[str, Environment] = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The index, a page for each protocol, and what goes beyond the source."""
        return (INDEX, *(x.protocol.id for x in self.sheets), BEYOND)

    @property
    def diagrams(self) -> Mapping[str, Diagram]:
        """Every drawing by its id."""
        drawn = (*map(workflow.workflow, self.sheets), workflow.choice(self.sheets, self.sheets[0].protocol.id))
        return {x.id: x for x in drawn}

    @property
    def gradings(self) -> tuple[Ctcae, ...]:
        """The grading criteria that these protocols use, each version once."""
        return tuple({x.protocol.ctcae.version: x.protocol.ctcae for x in self.sheets}.values())

    def markdown(self, name: str) -> str:
        """A page for the docs; drawings are files beside it. `name` is one of `names`."""
        text = self._filled(
            name, "markdown", lambda x: posixpath.relpath(_file(x), posixpath.dirname(_file(name)) or ".")
        )
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    def svg(self, name: str) -> str:
        """A drawing as a file; `name` is one of `diagrams`."""
        return self.dialects["html"].get_template("diagram.svg.j2").render(diagram=self.diagrams[name])

    def html(self, name: str) -> str:
        """A page for a browser, whole: style and drawings stand in it. `name` is one of `names`."""
        return self._filled(name, "html", lambda x: "/protocols" if x == INDEX else f"/protocols/{x}")

    def _filled(self, name: str, dialect: str, place: Callable[[str], str]) -> str:
        template = {INDEX: "index", BEYOND: "beyond"}.get(name, "protocol")
        known: dict[str, Any] = {
            "book": self,
            "sheet": next((x for x in self.sheets if x.protocol.id == name), None),
            "place": place,
            "rows": rows,
            "cases": cases.of(self.cases, name, [x.protocol.id for x in self.sheets]),
        }
        return self.dialects[dialect].get_template(f"{template}.j2").render(known)


def book(sheets: Sequence[Sheet], folder: Path = cases.FOLDER) -> Book:
    """The pages of these sheets, with the case tables of a folder."""
    dialects = {x: _environment(x) for x in ("markdown", "html")}
    return Book(tuple(sheets), evidence.load(), cases.sections(folder), dialects)


def _environment(dialect: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_markdown if dialect == "markdown" else None,
    )
    environment.globals["dialect"] = f"{dialect}.j2"
    coded = _Kept if dialect == "markdown" else _coded
    environment.filters["coded"] = coded
    environment.filters["coded_rows"] = lambda found: [tuple(map(coded, row)) for row in found]
    return environment


def _markdown(value: Any) -> Any:
    """What a template fills in, so that no character of it is Markdown."""
    return value if hasattr(value, "__html__") else _Kept(_ODD.sub(r"\\\1", str(value)))


def _coded(text: str) -> Markup:
    """Words in which backticks are all the Markdown there is."""
    parts = [Markup("<code>{}</code>").format(x) if n % 2 else Markup.escape(x) for n, x in enumerate(text.split("`"))]
    return Markup("").join(parts)


def _file(name: str) -> str:
    """Where a page, or a drawing, lies in the docs."""
    if name == BEYOND:
        return f"{BEYOND}.md"
    return f"protocols/{'README.md' if name == INDEX else name if name.endswith('.svg') else f'{name}.md'}"
