"""The properties that hold for every input, whatever the protocol says of it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.generative.asking import RECORDS, answered, bolder, chunks, concluded, conclusion, each, share
from tests.generative.awkward_results import analyte_of, timed
from tests.generative.clock import NOW, ago, instant
from tests.generative.comparing import EXTENSION
from tests.generative.reading import acting_counts, moment, observations
from tests.generative.records import record
from tests.generative.results import ACTING
from tests.generative.transform import SAME, WORSE, spoiled
from tests.support import answer, normalise

Request = dict[str, Any]
Change = Callable[[Random, Request], Request | None]


# 1 ----------------------------------------------------------------------------------------------------------------


def bolder_after(change: Change) -> Callable[[Random, int], str | None]:
    """A check: the changed record must not be answered more boldly."""

    def check(rng: Random, seed: int) -> str | None:
        changed = change(rng, record(seed).request)
        if changed is None:
            return None
        before, after = concluded(seed), conclusion(changed)
        excused = change is spoiled and after == "not-assessed"
        return f"{before} became {after}" if bolder(after, before) and not excused else None

    return check


@pytest.mark.hazard("H02", "H04", "H10", "H11")
@pytest.mark.parametrize("seeds", share(0.25), ids=str)
@pytest.mark.parametrize("change", WORSE, ids=lambda x: x.__name__)
def test_worse_in_is_never_bolder_out(change: Change, seeds: range) -> None:
    assert each(seeds, bolder_after(change)) == []
