"""Worse in, never bolder out: of two records, the worse one is never answered with the more permissive conclusion."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tests.generative.asking import bolder, concluded, conclusion, hold, share
from tests.generative.recording import WORSE
from tests.generative.records import record
from tests.generative.worsening import hidden, lowered_part

Request = dict[str, Any]
Change = Callable[[Random, Request], Request | None]
# Two answers for each record and change: not every record can be asked in every way. What few records allow is asked
# of more of them.
PART = {hidden: 0.1, lowered_part: 0.15}


def bolder_after(change: Change) -> Callable[[Random, int], str | None]:
    """A check: the changed record must not be answered more boldly."""

    def check(rng: Random, seed: int) -> str | None:
        changed = change(rng, record(seed).request)
        if changed is None:
            return None
        before, after = concluded(seed), conclusion(changed)
        # Of a count at grade >= 3 that can no longer be read, not-assessed is the most that may be said.
        least = "not-assessed" if change is hidden and bolder("not-assessed", before) else before
        return f"{before} became {after}" if bolder(after, least) else None

    return check


CASES = [pytest.param(x, seeds, id=f"{x.__name__}-{seeds}") for x in WORSE for seeds in share(PART.get(x, 0.03))]


@pytest.mark.hazard("H02", "H04", "H10", "H11")
@pytest.mark.parametrize(("change", "seeds"), CASES)
def test_worse_in_is_never_bolder_out(change: Change, seeds: range) -> None:
    hold(seeds, bolder_after(change))
