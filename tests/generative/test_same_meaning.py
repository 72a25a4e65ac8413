"""Order of resources, duplicate entries, units and time zones do not change the answer; nor does asking again."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tests.generative.asking import answered, hold, share
from tests.generative.comparing import EXTENSION, by_product, quick_answer
from tests.generative.records import record
from tests.generative.transform import SAME
from tests.support import normalise

Response = dict[str, Any]
Change = Callable[[Random, Response], Response]


def known_again(response: Response) -> dict[str, Any]:
    """What must stay when the same is said in other words: the decision, its evidence without spellings, the offers."""
    told = by_product(response).fields()
    for card in response.get("cards", [])[:1]:
        decision = card["extension"][EXTENSION]
        evidence = [(x["rule"], x.get("analyte", ""), x.get("grade", "")) for x in decision.get("findings", [])]
        told["findings"] = sorted(map(str, evidence))
        told["unknown"] = sorted(str((x["what"], x["reason"])) for x in decision.get("unknown", []))
        told["summary of offers"] = [x["label"] for x in card.get("suggestions", [])]
    return told


def changed_by(change: Change) -> Callable[[Random, int], str | None]:
    """A check: the changed record must be answered the same."""

    def check(rng: Random, seed: int) -> str | None:
        before = known_again(answered(seed))
        after = known_again(quick_answer(change(rng, record(seed).request)))
        return "; ".join(
            f"{key}: {before.get(key)} became {after.get(key)}" for key in before if before[key] != after.get(key)
        )

    return check


@pytest.mark.hazard("H01", "H03", "H16", "H22")
@pytest.mark.parametrize("seeds", share(0.04), ids=str)
@pytest.mark.parametrize("change", SAME, ids=lambda x: x.__name__)
def test_the_same_in_other_words_gets_the_same_answer(change: Change, seeds: range) -> None:
    hold(seeds, changed_by(change))


def differs_when_asked_again(_: Random, seed: int) -> str | None:
    again = normalise(quick_answer(record(seed).request))
    return None if again == normalise(answered(seed)) else "another answer to the same request"


@pytest.mark.parametrize("seeds", share(0.06), ids=str)
def test_the_same_request_gets_the_same_answer_ids_aside(seeds: range) -> None:
    hold(seeds, differs_when_asked_again)
