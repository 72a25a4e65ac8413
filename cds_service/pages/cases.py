"""The case tables beside the protocols: Markdown files of headings, words and tables, as a page prints them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cds_service.protocols.cases.tables import short
from cds_service.protocols.load import HERE

FOLDER = HERE / "cases"
README = "README.md"


@dataclass(frozen=True, slots=True)
class Section:
    """One heading with its words and its table; `level` is 1 at the head of a file, which is called `file`."""

    file: str
    level: int
    heading: str
    words: list[str] = field(default_factory=list)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        return " ".join(self.words)

    @property
    def said_after(self) -> str:
        return " ".join(self.after)

    @property
    def head(self) -> tuple[str, ...]:
        return self.rows[0] if self.rows else ()

    @property
    def body(self) -> list[tuple[str, ...]]:
        return self.rows[1:]

    def names(self, protocol: str) -> bool:
        """True where the file, the heading or a row speaks of a protocol, by the short form of its id."""
        return any(short(protocol) in x for x in (self.file, self.heading, *(y for row in self.rows for y in row)))


def of(found: Sequence[Section], protocol: str, served: Sequence[str]) -> tuple[Section, ...]:
    """The sections about a protocol of those that are served, with the heads of their files and what explains them all.

    What names none is about the first: rows that say nothing of a protocol are of the site's default.
    """
    if protocol == served[0]:
        return tuple(x for x in found if not any(short(y) in x.file for y in served[1:]))
    named = {x.file for x in found if x.names(protocol)}
    return tuple(x for x in found if x.file == README or x.names(protocol) or (x.level == 1 and x.file in named))


def sections(folder: Path = FOLDER) -> tuple[Section, ...]:
    """Every section of every file of a folder, first the one that explains them (README.md); none without a folder."""
    files = sorted(folder.glob("*.md"), key=lambda x: (x.name != README, x.name))
    return tuple(section for file in files for section in _sections(file.name, file.read_text(encoding="utf-8")))


def _sections(file: str, text: str) -> Iterator[Section]:
    section: Section | None = None
    for line in text.splitlines():
        if line.startswith("#"):
            if section:
                yield section
            section = Section(file, len(line) - len(line.lstrip("#")), line.lstrip("# "))
        elif section and line.startswith("|"):
            if not set(line) <= set("|- :"):
                section.rows.append(_cells(line))
        elif section and line:
            (section.after if section.rows else section.words).append(line)
    if section:
        yield section


def _cells(line: str) -> tuple[str, ...]:
    return tuple(x.strip() for x in line.strip().strip("|").split("|"))
