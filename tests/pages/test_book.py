"""What stands in the files stands on the pages, in both forms."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cds_service.clinical.protocol import Change
from cds_service.pages import cases
from cds_service.pages.book import BEYOND, INDEX, Book, style_hash
from cds_service.pages.sheet import Item, Sheet
from tests.pages.books import BOOK, FIRST_LINE, MAINTENANCE, SHEETS

SHEET = [pytest.param(x, id=x.protocol.id) for x in SHEETS]
DAY = date(2026, 2, 1)
EVIL = "<script>alert(1)</script> | *bold* [a](b) `c`"
_VOID = {"meta"}


class _Outline(HTMLParser):
    """Fails where tags do not close; keeps headings and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def plain(markdown: str) -> str:
    return " ".join(re.sub(r"\\([\\`*<>|\[\]])", r"\1", markdown).split())


def book_with(change: Change) -> Book:
    protocol = replace(MAINTENANCE.protocol, changes=(change,))
    return Book((replace(MAINTENANCE, protocol=protocol),), BOOK.evidence, (), BOOK.dialects)


def items(sheet: Sheet) -> tuple[Item, ...]:
    return (*sheet.parameters, *sheet.rules, *sheet.criteria, *sheet.monitoring)


@pytest.mark.hazard("H23", "H29")
@pytest.mark.parametrize("sheet", SHEET)
def test_a_page_says_everything_that_stands_in_the_file(sheet: Sheet) -> None:
    name = sheet.protocol.id
    for page in (words(BOOK.html(name)), plain(BOOK.markdown(name))):
        protocol = sheet.protocol
        for said in (
            protocol.version,
            protocol.digest,
            protocol.status,
            protocol.url,
            f"CTCAE v{protocol.ctcae.version}",
        ):
            assert said in page
        assert all(
            " ".join(x.split()) in page for x in (*sheet.head.values(), *(x for y in sheet.references for x in y))
        )
        for item in items(sheet):
            assert all(x in page for x in (item.name, item.value, item.since, item.citation, item.says)), item.name
            assert all(y in page for x in item.differs for y in (x.source, x.value, x.why)), item.name


@pytest.mark.parametrize("sheet", SHEET)
def test_every_source_of_the_protocol_is_on_its_sheet(sheet: Sheet) -> None:
    told = {x.name: (x.citation, x.says) for x in items(sheet)}
    assert told.keys() == sheet.protocol.sources.keys()
    for name, source in sheet.protocol.sources.items():
        assert told[name][0].startswith(source.citation)
        assert told[name][1] == source.says
        assert source.reference in told[name][0]
        assert ("by analogy" in told[name][0]) is source.by_analogy


@pytest.mark.parametrize("sheet", SHEET)
def test_every_default_stands_on_the_page_of_what_goes_beyond_the_source(sheet: Sheet) -> None:
    defaults = [x for x in items(sheet) if x.citation.startswith("product default")]
    assert len(defaults) == len(sheet.defaults) > 20
    section = BOOK.markdown(BEYOND).split(f"## {sheet.protocol.title}\n")[1].split("\n## ")[0]
    for item in defaults:
        assert f"| `{item.name}` |" in section
        assert item.value in section
        assert item.says in plain(section)
    assert not any(f"| `{x.name}` |" in section for x in items(sheet) if not x.default and not x.differs)


def test_what_is_read_into_the_grading_criteria_is_listed() -> None:
    page = BOOK.markdown(BEYOND)
    assert "Grading by CTCAE v5.0" in page
    assert "| `creatinine` | the worse of both counts |" in page
    assert "| `alt` | by the baseline where that is above the upper limit" in page
    assert "| Febrile neutropenia | neutrophils |" in page


def test_what_first_line_takes_over_is_marked_on_its_page() -> None:
    first_line, maintenance = (BOOK.markdown(x.protocol.id) for x in (FIRST_LINE, MAINTENANCE))
    assert "| `interrupt` | product default, by analogy (see BenchChem 2025) |" in first_line
    assert "it is taken over from another one" in first_line
    assert "by analogy" not in maintenance


@pytest.mark.parametrize("sheet", SHEET)
def test_what_a_site_may_change_is_listed_with_how_far(sheet: Sheet) -> None:
    page = BOOK.markdown(sheet.protocol.id).split("### What a site may change")[1].split("\n## ")[0]
    assert f"| `maximum_dose` | from 100 to {sheet.protocol.parameters.maximum_dose} mg/day |" in page
    assert ("`escalate_from`" in page) is (sheet is MAINTENANCE)


def test_the_tables_of_the_source_stand_on_the_page_of_the_protocol_that_they_bear_on() -> None:
    first_line, maintenance = (words(BOOK.html(x.protocol.id)) for x in (FIRST_LINE, MAINTENANCE))
    assert "BenchChem 2025, Table 2" in first_line
    assert "BenchChem 2025, Table 1" in maintenance
    assert "BenchChem 2025, Table 3" in maintenance
    assert "11 + 31 + 10 = 52" in maintenance
    assert "The comparator is" in first_line
    assert all("cytochrome P450" in x for x in (first_line, maintenance))


@pytest.mark.hazard("H29")
def test_a_change_of_the_site_is_shown_with_reason_and_who_signed_it() -> None:
    changed = book_with(Change("restart_window", "7", "5", "d", "laboratory in house", "A. Physician", DAY))
    row = "| `restart_window` | 7 days | 5 days | laboratory in house | A. Physician, 2026-02-01 |"
    assert row in changed.markdown(MAINTENANCE.protocol.id)
    assert "with changes of this site" in changed.markdown(INDEX)
    assert "None: every value is that of the protocol file." in BOOK.markdown(MAINTENANCE.protocol.id)


def test_words_of_a_site_never_become_markup() -> None:
    book = book_with(Change("restart_window", "7", "5", "d", EVIL, EVIL, DAY))
    html, markdown = (x(MAINTENANCE.protocol.id) for x in (book.html, book.markdown))
    assert "<script" not in html
    assert words(html).count("<script>alert(1)</script> | *bold* [a](b) `c`") == 2
    assert r"\<script\>alert(1)\</script\> \| \*bold\* \[a\](b) \`c\`" in markdown


@pytest.mark.parametrize("name", BOOK.names)
def test_a_page_is_whole_html(name: str) -> None:
    outline = _Outline()
    outline.feed(BOOK.html(name))
    assert outline.open == []
    assert (
        outline.tags.count("h1")
        == outline.tags.count("main")
        == outline.tags.count("title") - outline.tags.count("svg")
    )
    assert not {"script", "img", "link", "form", "iframe"} & set(outline.tags)
    assert "style=" not in BOOK.html(name)


@pytest.mark.parametrize("name", BOOK.names)
def test_every_row_of_a_markdown_table_has_the_cells_of_its_head(name: str) -> None:
    head = 0
    for line in BOOK.markdown(name).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        head = head or cells
        assert cells in (0, head), line
        head = head if cells else 0


def test_the_style_that_the_policy_allows_is_the_one_of_the_page() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", BOOK.html(INDEX), re.DOTALL)
    assert style_hash() == f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


def test_links_lead_to_pages_that_there_are() -> None:
    places = {"/protocols", *(f"/protocols/{x}" for x in BOOK.names)}
    for name in BOOK.names:
        inside = [x for x in re.findall(r'href="([^"]*)"', BOOK.html(name)) if not x.startswith("https://")]
        assert inside
        assert set(inside) <= places


def test_printing_twice_gives_the_same() -> None:
    assert [BOOK.html(x) for x in BOOK.names] == [BOOK.html(x) for x in BOOK.names]


def test_case_tables_are_printed_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# How to read\n\nA word in `backticks`\nis a name.\n", "utf-8")
    rows = "| orders | card |\n|---|---|\n| `100` since 10 d | - |\n"
    (tmp_path / "a.md").write_text(f"# Some\n\n## `limit`: 3 < 4\n\n{rows}\nThat is all.\n", "utf-8")
    told = Book(SHEETS, BOOK.evidence, cases.sections(tmp_path), BOOK.dialects)
    markdown, html = told.markdown(MAINTENANCE.protocol.id), told.html(MAINTENANCE.protocol.id)
    assert "### How to read\n\nA word in `backticks` is a name." in markdown
    assert (
        "#### `limit`: 3 < 4\n\n| orders | card |\n| --- | --- |\n| `100` since 10 d | - |\n\nThat is all." in markdown
    )
    assert "<h4><code>limit</code>: 3 &lt; 4</h4>" in html
    assert "<td><code>100</code> since 10 d</td><td>-</td>" in html


def test_cases_stand_on_the_page_of_the_protocol_that_they_are_about(tmp_path: Path) -> None:
    row = "\n\n| orders | card |\n|---|---|\n| 100 since 10 d | {} |\n"
    (tmp_path / "README.md").write_text("# How to read\n", "utf-8")
    (tmp_path / "counts.md").write_text(f"# Counts\n\n## Of anybody{row.format('one')}", "utf-8")
    (tmp_path / "drafts.md").write_text(
        f"# Drafts\n\n## In first-line{row.format('two')}\n## Else{row.format('three')}", "utf-8"
    )
    (tmp_path / "first-line.md").write_text(f"# Elderly{row.format('four')}", "utf-8")
    told = Book(SHEETS, BOOK.evidence, cases.sections(tmp_path), BOOK.dialects)
    pages = [told.markdown(x.protocol.id).partition("\n## Cases")[2] for x in (MAINTENANCE, FIRST_LINE)]
    found = [[x for x in ("How to read", "Drafts", "one", "two", "three", "four") if x in page] for page in pages]
    assert found == [["How to read", "Drafts", "one", "two", "three"], ["How to read", "Drafts", "two", "four"]]


def test_without_case_tables_there_is_no_heading_for_them(tmp_path: Path) -> None:
    assert cases.sections(tmp_path / "nowhere") == ()
    assert "## Cases" not in Book(SHEETS, BOOK.evidence, (), BOOK.dialects).markdown(MAINTENANCE.protocol.id)
