"""Product and oracle, two readings of one protocol, say the same to every generated record."""

from collections import Counter
from random import Random

import pytest

from tests.generative.asking import RECORDS, answered, chunks, each, said, share, wanted
from tests.generative.comparing import EXTENSION, differences, outspoken, show
from tests.generative.records import record

# Of section 6 of the protocol, without those that no record can bring about: `internal-error` and `not-read`.
REASONS = (
    "absent", "stale", "unreadable", "wrong-unit", "not-final", "conflicting", "other-patient", "fetch-failed",
    "incomplete", "future", "too-far-apart", "undetermined-dose", "unknown-protocol",
)  # fmt: skip


def in_phases(seed: int) -> bool:
    """True where an order changes its dose by date: it is several orders to the product and one to the oracle."""
    return "phases" in record(seed).tags


def disagreement(_: Random, seed: int) -> str | None:
    """Each field that differs."""
    if in_phases(seed):
        return None
    ours, theirs = said(seed).fields(), wanted(seed).fields()
    found = [f"{x}: product {show(ours[x])}, oracle {show(theirs[x])}" for x in ours if ours[x] != theirs[x]]
    return "; ".join(found)


def hidden_disagreement(_: Random, seed: int) -> str | None:
    """Each field that differs where the record itself yields no card."""
    if in_phases(seed) or wanted(seed).topic is not None or wanted(seed).status != 200:
        return None
    return "; ".join(differences(outspoken(record(seed).request)))


@pytest.mark.hazard("H01", "H02", "H04", "H06", "H10", "H11", "H12", "H14", "H16", "H18", "H20", "H21", "H22", "H28")
@pytest.mark.parametrize("seeds", chunks(RECORDS), ids=str)
def test_product_and_oracle_give_the_same_card(seeds: range) -> None:
    assert each(seeds, disagreement) == []


@pytest.mark.hazard("H25", "H27")
@pytest.mark.parametrize("seeds", share(0.5), ids=str)
def test_product_and_oracle_conclude_the_same_where_nothing_is_said(seeds: range) -> None:
    assert each(seeds, hidden_disagreement) == []


def test_every_reason_for_an_unknown_is_met() -> None:
    met: Counter[str] = Counter()
    for seed in range(RECORDS):
        cards = answered(seed).get("cards", [])
        met.update({x["reason"] for card in cards for x in card["extension"][EXTENSION].get("unknown", [])})
    rare = {reason: met[reason] for reason in REASONS if met[reason] < RECORDS / 200}
    assert rare == {}, met
