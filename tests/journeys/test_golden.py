"""Every invented patient gets the answer that was written down, and it is the one that the protocol wants."""

from typing import Any

import pytest

from cds_service.render.words import TOPICS
from tests.docs import gallery
from tests.journeys.golden import (
    ALL,
    ENGLISH,
    OTHERS,
    WORDED,
    answered,
    chosen,
    expectation,
    expectations,
    kind,
    written,
)

DECISION = "org.example.trofosfamide-cds.decision"
CHOSEN = chosen({name: x.expected for name, x in ALL.items()})
WORDED_IN_OTHERS = [(x, name) for x in OTHERS for name in sorted(set(CHOSEN.values()))]


@pytest.mark.parametrize("name", ALL)
def test_the_answer_is_the_one_written_down(name: str) -> None:
    assert answered(ALL[name]) == ALL[name].expected


@pytest.mark.parametrize("name", ALL)
@pytest.mark.hazard("H03", "H06", "H08", "H09", "H10", "H11", "H12", "H14", "H16", "H17", "H18", "H20", "H21", "H28")
def test_the_answer_is_what_the_protocol_wants(name: str) -> None:
    wanted = expectations(ALL[name])
    cards = answered(ALL[name])["cards"]
    assert [kind(x) for x in cards] == [(x["topic"], x["indicator"]) for x in wanted]
    for card, expected in zip(cards, wanted, strict=True):
        assert said(card, expected) == expected
    if expectation(ALL[name]):
        refer = cards[0]["extension"][DECISION].get("refer", [])
        assert sorted(refer) == sorted(filter(None, wanted[0].get("refer", "").split(",")))


def test_every_topic_has_a_patient() -> None:
    assert {topic for topic, _ in CHOSEN} == set(TOPICS)


@pytest.mark.parametrize(("language", "name"), WORDED_IN_OTHERS)
def test_the_answer_in_another_language_is_the_one_written_down(language: str, name: str) -> None:
    assert answered(ALL[name], language) == written(name, language)


@pytest.mark.parametrize("language", OTHERS)
def test_every_topic_and_indicator_is_written_down_in_every_language(language: str) -> None:
    names = {x.stem for x in (WORDED / language).glob("*.json")}
    assert names == set(CHOSEN.values())
    assert {kind(card) for name in names for card in written(name, language)["cards"]} == set(CHOSEN)


@pytest.mark.parametrize(("language", "name"), WORDED_IN_OTHERS)
def test_what_was_decided_is_the_same_in_every_language(language: str, name: str) -> None:
    cards = [written(name, x)["cards"] for x in (ENGLISH, language)]
    same = [[(kind(x), x["extension"], len(x.get("suggestions", []))) for x in every] for every in cards]
    assert same[0] == same[1]


def test_the_gallery_shows_a_card_of_every_kind_in_every_language() -> None:
    page = gallery.page()
    for (topic, indicator), name in CHOSEN.items():
        section = page.partition(f"## {topic}, {indicator}\n")[2].partition("\n## ")[0]
        cards = [y for x in (ENGLISH, *OTHERS) for y in written(name, x)["cards"] if kind(y) == (topic, indicator)]
        assert all(f"> `{indicator}` **{x['summary']}**" in section for x in cards)
        assert all(y["label"] in section for x in cards for y in x.get("suggestions", []))


def said(card: dict[str, Any], expected: dict[str, str]) -> dict[str, str]:
    """What a card says of the things that are expected, in the words of the expectation."""
    decision = card["extension"][DECISION]
    everything = {
        "topic": card["source"]["topic"]["code"],
        "indicator": card["indicator"],
        "conclusion": decision["conclusion"],
        "refer": ",".join(decision.get("refer", [])),
        **decision.get("dose", {}),
        "unknown": ",".join(x for x in expected.get("unknown", "").split(",") if _is_unknown(decision, x)),
    }
    return {name: everything.get(name, "") for name in expected}


def _is_unknown(decision: dict[str, Any], item: str) -> bool:
    """True where the decision lists `what:reason` as unknown; `*` stands for anything."""
    what, _, reason = item.partition(":")
    return any(x["reason"] == reason and what in ("*", x["what"]) for x in decision.get("unknown", []))
