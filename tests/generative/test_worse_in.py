"""Worse in, never bolder out: of two records, the worse one is never answered with the more permissive conclusion."""

from collections import Counter
from random import Random

import pytest

from tests.generative.asking import hold, share
from tests.generative.properties import worsened, wrong_when_worse
from tests.generative.recording import WORSE
from tests.generative.records import record


@pytest.mark.hazard("H02", "H04", "H10", "H11")
@pytest.mark.parametrize("seeds", share(0.5), ids=str)
def test_worse_in_is_never_bolder_out(seeds: range) -> None:
    hold(seeds, wrong_when_worse)


def test_each_change_for_the_worse_meets_some_records() -> None:
    made = Counter(found[0] for seed in range(1000) if (found := worsened(Random(seed), record(seed).request)))
    assert set(made) == set(WORSE)
    assert made.total() > 900
