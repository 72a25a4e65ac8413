"""The cards of every language say the same, each in its own words and with its own decimal sign."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from jinja2 import meta

from cds_service.app import create_app
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import Evidence, Reason, Unknown
from cds_service.data import data_dir
from cds_service.errors import SettingsError
from cds_service.fhir.dosage.per_day import _EVENTS
from cds_service.protocols.strict_yaml import read
from cds_service.render.cards import languages, load, shortened
from cds_service.render.words import DOSAGE, TOPICS
from cds_service.settings import Settings
from tests.clinical.builders import PROTOCOLS, ago, counts, decided, draft, order
from tests.journeys.golden import ALL, OTHERS, answered
from tests.render.samples import IMAGE, PROGRESSION, SAMPLES, UNDRAFTED

CARDS = data_dir("cards")
TEMPLATES = sorted(x.name for x in (CARDS / "en").glob("*.j2"))
RENDERERS = {x: load(CARDS, x, PROTOCOLS, "https://cds.example.org", demo=False) for x in languages(CARDS)}
FIRST_LINE = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/trofosfamide-first-line-elderly"


def running(days: int, *evidence: Evidence, **more: Any) -> Decision:
    """What is said where 100 mg/day runs since so many days and is drafted again."""
    runs = order(100, ago(days=days))
    return decided(counts(), [runs], [draft(100, runs)], evidence=evidence, **more)


BESIDE = {
    "eligibility, not recorded": decided(counts(), [], [draft(100)]),
    "eligibility, not met": decided(counts(neutrophils="1.6"), [], [draft(100)], evidence=(PROGRESSION,)),
    "eligibility, elderly": decided(counts(), [], [draft(150)], declared=(FIRST_LINE,)),
    "escalation, elderly": decided(counts(), [order(150, ago(days=40))], [draft(200)], declared=(FIRST_LINE,)),
    "progression": running(40, PROGRESSION),
    "count": decided(counts(ago(days=30)), [order(100, ago(days=90))]),
    "imaging, none": running(120),
    "imaging, old": running(200, Evidence("imaging", "done", "ImagingStudy/1", ago(days=150))),
    "imaging, one key not read": running(120, unseen=(Unknown("imaging", Reason.NOT_READ, detail="imaging"),)),
    "pause": running(800, IMAGE),
}
DECISIONS = {**SAMPLES, **{f"{x}, no draft": y for x, y in UNDRAFTED.items()}, **BESIDE}
EVERY = [pytest.param(x, y, id=f"{x}: {name}") for x in RENDERERS for name, y in DECISIONS.items()]
ENGLISH = re.compile(
    r"\b(the|of|is|not known|grade|counts?|dose|order|Why|Taken|Value|interrupt|neutrophils|platelets|day|default)\b"
)
# Citations keep the words of what they cite, and references to resources are names.
SOURCES = re.compile(r"\(\[BenchChem 2025, [^)]*\)\)|\]\(\S+\)|\[[^\]]*\]|as told")


def worded(language: str, decision: Decision) -> Any:
    """The cards of a decision: one or two, else there is nothing to look at."""
    cards = RENDERERS[language].cards(decision, (), lambda: "")
    assert cards
    return cards


def test_there_are_english_and_german() -> None:
    assert set(RENDERERS) == {"en", "de"}


@pytest.mark.parametrize(("language", "decision"), EVERY)
def test_a_summary_is_short_enough_to_stand_uncut(language: str, decision: Decision) -> None:
    for card in worded(language, decision):
        assert 0 < len(card["summary"]) < 140
        assert not card["summary"].endswith("...")
        assert shortened(card["summary"]) == card["summary"]


@pytest.mark.parametrize(("language", "decision"), EVERY)
def test_numbers_have_the_decimal_sign_of_the_language(language: str, decision: Decision) -> None:
    said = " ".join(f"{x['summary']} {SOURCES.sub('', x['detail'])}" for x in worded(language, decision))
    text = re.sub(r"version [\d.]+|Version [\d.]+|v\d\.\d|RECIST 1\.1", "", said)
    other = {"en": ",", "de": r"\."}[language]
    assert not re.search(rf"\d{other}\d", text)


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_a_german_card_has_no_english_word(decision: Decision) -> None:
    for card in worded("de", decision):
        said = [card["summary"], SOURCES.sub("", card["detail"]), *(x["display"] for x in card["overrideReasons"])]
        assert not ENGLISH.findall(" ".join(said))


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_the_languages_differ_in_words_alone(decision: Decision) -> None:
    english, german = (list(map(wordless, worded(x, decision))) for x in ("en", "de"))
    assert english == german


def wordless(card: Any) -> Any:
    """What of a card is not for reading."""
    codes = [x["code"] for x in card["overrideReasons"]]
    urls = [x["url"] for x in card["links"]]
    return card["indicator"], card["extension"], urls, card["source"]["topic"]["code"], codes


def test_every_topic_is_worded_here() -> None:
    said = {card["source"]["topic"]["code"] for x in DECISIONS.values() for card in worded("de", x)}
    assert said == set(TOPICS)


def test_every_time_of_day_that_a_timing_may_name_has_words() -> None:
    assert set(DOSAGE) >= _EVENTS


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("language", RENDERERS)
def test_every_invented_patient_gets_a_card_that_stands_uncut(name: str, language: str) -> None:
    for card in answered(ALL[name], language)["cards"]:
        assert len(card["summary"]) < 140
        assert not card["summary"].endswith("...")
        assert language == "en" or not ENGLISH.findall(card["summary"])


def test_the_site_chooses_the_language_of_cards_and_rewritten_orders() -> None:
    (english,), (german,) = (answered(ALL["over-maximum"], x)["cards"] for x in ("en", "de"))
    assert "above the maximum" in english["summary"]
    assert "Höchstdosis" in german["summary"]
    assert german["suggestions"][0]["label"].startswith("Diese Verordnung auf ")
    texts = [x["suggestions"][0]["actions"][0]["resource"]["dosageInstruction"][0]["text"] for x in (english, german)]
    assert "a day by mouth" in texts[0]
    assert "täglich oral" in texts[1]


def test_a_language_without_cards_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="There are cards in de, en"):
        create_app(Settings(data_dir=tmp_path, language="fr"))


def said_in(language: str) -> dict[str, str]:
    """Every sentence of a language by its place, such as `missing.count-stale`."""
    return dict(_said("", read((CARDS / language / "words.yaml").read_text("utf-8"), language)))


def _said(place: str, value: Any) -> Iterator[tuple[str, str]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if below is None:
        yield place, str(value)
    else:
        for key, inner in below:
            yield from _said(f"{place}.{key}".lstrip("."), inner)


def places(pattern: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(pattern) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_keys_with_the_same_places_in_braces(language: str) -> None:
    english, other = said_in("en"), said_in(language)
    assert english.keys() == other.keys()
    assert {x: places(y) for x, y in other.items()} == {x: places(y) for x, y in english.items()}


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("language", OTHERS)
def test_every_template_asks_the_same_in_every_language(language: str, name: str) -> None:
    english, other = ((CARDS / x / name).read_text("utf-8") for x in ("en", language))
    assert used(english) == used(other)
    assert branches(english) == branches(other)


def used(template: str) -> set[str]:
    environment = RENDERERS["en"].templates["interrupt"].environment
    return meta.find_undeclared_variables(environment.parse(template))


def branches(template: str) -> list[str]:
    """What a template asks and repeats, in its order."""
    return re.findall(r"\{%-? ((?:if|elif|else|for|endif|endfor)\b[^%]*?) ?-?%\}", template)


@pytest.mark.parametrize("language", OTHERS)
def test_no_template_is_missing_in_a_language(language: str) -> None:
    assert sorted(x.name for x in (CARDS / language).glob("*.j2")) == TEMPLATES


def test_no_word_of_a_language_is_left_in_another() -> None:
    english, german = (read((CARDS / x / "words.yaml").read_text("utf-8"), x) for x in ("en", "de"))
    same = [x for x in english["missing"] if english["missing"][x] == german["missing"][x]]
    assert not same
