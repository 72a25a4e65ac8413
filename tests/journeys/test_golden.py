"""Every invented patient gets the answer that was written down, and it is the one that the protocol wants."""

from typing import Any

import pytest

from tests.journeys.golden import ALL, answered, expectation

DECISION = "org.example.trofosfamide-cds.decision"


@pytest.mark.parametrize("name", ALL)
def test_the_answer_is_the_one_written_down(name: str) -> None:
    assert answered(ALL[name]) == ALL[name].expected


@pytest.mark.parametrize("name", ALL)
@pytest.mark.hazard("H03", "H06", "H08", "H09", "H10", "H11", "H12", "H14", "H16", "H17", "H18", "H20", "H21", "H28")
def test_the_answer_is_what_the_protocol_wants(name: str) -> None:
    expected = expectation(ALL[name])
    cards = answered(ALL[name])["cards"]
    assert len(cards) == bool(expected)
    for card in cards:
        assert said(card, expected) == expected
        decision = card["extension"][DECISION]
        assert sorted(decision.get("refer", [])) == sorted(filter(None, expected.get("refer", "").split(",")))


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
