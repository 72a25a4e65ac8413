"""Words, numbers and dates of a language; a file that cannot say everything is refused."""

import re
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import punctuation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.decision import NONE, Decision
from cds_service.data import data_dir
from cds_service.protocols.strict_yaml import Faulty
from cds_service.render import cards, view
from cds_service.render.cards import Renderer
from cds_service.render.view import grade
from cds_service.render.words import LIMITS, SECTIONS, Words, escape
from tests.clinical.builders import NOW, PROTOCOL, PROTOCOLS, P

Edit = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(data_dir("cards"), tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replaces every match of a pattern in a file of the English words."""

    def replace(name: str, pattern: str, new: str) -> None:
        path = folder / "en" / name
        text, times = re.subn(pattern, new, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert times > 0
        path.write_text(text, encoding="utf-8")

    return replace


def faults(folder: Path) -> list[str]:
    with pytest.raises(Faulty) as caught:
        cards.load(folder, "en", PROTOCOLS, "", demo=False)
    return str(caught.value).splitlines()


CODES = [(x, code) for x, codes in SECTIONS.items() for code in codes]


@pytest.mark.hazard("H29")
@pytest.mark.parametrize(("section", "code"), CODES)
def test_a_code_without_words_stops_the_start(folder: Path, section: str, code: str, renderer: Renderer) -> None:
    said = {x: y for x, y in renderer.words.data.items() if x != "months"}
    said[section] = {x: y for x, y in said[section].items() if x != code}
    lines = [f"{x}: {_dumped(y)}" for x, y in said.items()]
    months = f"months: [{', '.join(renderer.words.data['months'])}]"
    (folder / "en/words.yaml").write_text("\n".join([*lines, months]), encoding="utf-8")
    assert faults(folder) == [f"en/words.yaml: {section}.{code} is missing"]


def _dumped(section: dict[str, object]) -> str:
    def value(said: object) -> str:
        return _dumped(said) if isinstance(said, dict) else "'" + str(said).replace("'", "''") + "'"

    return "{" + ", ".join(f"'{x}': {value(y)}" for x, y in section.items()) + "}"


@pytest.mark.parametrize(
    ("name", "pattern", "new", "said"),
    [
        ("words.yaml", r"^  stale: ", "  stael: ", r"words.yaml: reasons\.stael is not known"),
        ("words.yaml", r"^refer:", "referral:", r"words.yaml: referral is not a section"),
        ("words.yaml", r"\{dose_step\}", "{dose_stpe}", r"words.yaml: refer\.no-lower-level has something in braces"),
        ("words.yaml", r"\{number\}", "{amount}", r"words.yaml: locale\.dose has something in braces"),
        ("words.yaml", r"\{number\}", "{number", r"words.yaml: locale\.dose has something in braces"),
        ("words.yaml", r"Dec\]", "]", "words.yaml: months is missing, or has not the names of twelve"),
        ("words.yaml", r"label: Remove this order, ", "", r"suggestions\.delete-draft\.label is missing"),
        ("words.yaml", r"^  stale: .*", "  stale: x\n  stale: y", "'stale' stands here twice"),
        ("interrupt.md.j2", r"\{\{ lead \}\}", "{{ laed }}", r"interrupt\.md\.j2: laed is not a name"),
        ("interrupt.md.j2", r"\{\{ lead \}\}", "{{ lead ", r"interrupt\.md\.j2, line 4: "),
        ("interrupt.md.j2", r"\{\{ lead \}\}", "{{ lead | loud }}", r"interrupt\.md\.j2, line 2: No filter"),
        ("interrupt.md.j2", r"^---$", "", r"interrupt\.md\.j2: a line with --- has to part the summary"),
        ("_parts.md.j2", r"\{% if demo %\}", "{% if demonstration %}", r"_parts\.md\.j2: demonstration is not a name"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_named(folder: Path, edit: Edit, name: str, pattern: str, new: str, said: str) -> None:
    edit(name, pattern, new)
    found = faults(folder)
    assert any(re.search(said, x) for x in found), found


def test_all_missing_templates_are_named_at_once(folder: Path) -> None:
    for topic in ("interrupt", "reduce"):
        (folder / f"en/{topic}.md.j2").unlink()
    assert [x.split(":")[0] for x in faults(folder)] == ["en/interrupt.md.j2", "en/reduce.md.j2"]


def test_a_language_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "en/words.yaml").unlink()
    assert faults(folder) == ["en/words.yaml: the file cannot be read (No such file or directory); restore it"]


def test_names_of_a_template_are_those_that_a_decision_gives(renderer: Renderer) -> None:
    assert {*view.view(Decision(NONE, NOW), PROTOCOL, renderer.words, "page"), "demo"} == view.NAMES
    assert set(renderer.words.limits) == set(LIMITS)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0.70", "0.7"), ("100", "100"), ("100.0", "100"), ("1E+2", "100"), ("0", "0"), ("0.0", "0"),
        ("1E-7", "0.0000001"),
        ("0.9999999999999999999999999999999999", "0.9999999999..."), ("123456789012345", "123456789012..."),
        ("1E+40", "1E+40"), ("1E-40", "1E-40"),
    ],
)  # fmt: skip
@pytest.mark.hazard("H03")
def test_numbers_are_cut_and_never_rounded(renderer: Renderer, value: str, said: str) -> None:
    assert renderer.words.number(Decimal(value)) == said


def test_numbers_and_dates_follow_the_language(renderer: Renderer) -> None:
    locale = {**renderer.words.data["locale"], "decimal_sign": ",", "date": "{day}. {month} {year}"}
    german = Words("de", {**renderer.words.data, "locale": locale}, {})
    assert german.number(Decimal("0.70")) == "0,7"
    assert german.day(date(2026, 11, 3)) == "3. Nov 2026"
    assert renderer.words.day(date(2026, 11, 3), short=True) == "3 Nov"


def test_the_numbers_of_the_protocol_are_filled_in(renderer: Renderer) -> None:
    words = renderer.words
    assert words.say("missing", "time-at-dose") == f"{P.minimum_time_at_dose.days} days at the current dose"
    assert words.say("missing", "child") == "the patient is, or may be, under 18; the protocol is for adults"
    assert words.dose(None) == ""


@pytest.mark.parametrize(
    ("interval", "said"),
    [((3, 3), "3"), ((0, 1), "0-1"), ((0, 0), "0"), ((3, 4), "≥ 3"), ((0, 4), "?"), ((0, 3), "0-3"), (None, "?")],
)
def test_grades_are_said_as_what_is_known(interval: tuple[int, int] | None, said: str) -> None:
    assert grade(interval) == said


NASTY = st.one_of(
    st.text(max_size=300),
    st.text(alphabet=punctuation + " \n\t\r\u2028\u202e\x00ax1", max_size=300),
    st.sampled_from(
        (
            "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[click](https://evil.example)", "![x](y)",
            "| a | b |", "# head", "- item", "1. item", "```code```", "**bold**", "https://a.example", "www.a.example",
            "a\n\n---\n# b", "&lt;b&gt;", "\\*", "~~x~~", "<https://evil.example>", "$x$", "===", "{{ 7 * 7 }}",
        )
    ),
)  # fmt: skip
MARKUP = re.compile(r"(?<!\\)[`*_{}\[\]()#+\-.!|~]")


@pytest.mark.requirement(66)
@pytest.mark.hazard("H17", "H26")
@given(NASTY)
def test_text_from_outside_is_one_line_without_markup(text: str) -> None:
    said = escape(text)
    assert "\n" not in said
    assert said.isprintable()
    assert "<" not in said
    assert ">" not in said
    assert not re.search(r"(?<!\\)://", said)
    assert re.findall(r"&(?!lt;|gt;|amp;)", said) == []
    plain = re.sub(r"\\\\", "", said)
    assert not MARKUP.search(plain.removesuffix("..."))


@given(st.text(alphabet=st.characters(categories=("L", "N")), max_size=100))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert escape(text) == text


def test_a_long_text_is_cut_and_says_so() -> None:
    assert escape("x" * 300) == "x" * 200 + "\\.\\.\\."
