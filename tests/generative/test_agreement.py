"""Product and oracle, two readings of one protocol, say the same to every generated record."""

import pytest

from tests.generative.asking import RECORDS, chunks, hold, share
from tests.generative.properties import disagreement, hidden_disagreement


@pytest.mark.hazard("H01", "H02", "H04", "H06", "H08", "H09", "H10", "H11", "H12", "H13", "H14", "H16", "H18", "H20")
@pytest.mark.hazard("H21", "H22", "H28")
@pytest.mark.parametrize("seeds", chunks(RECORDS), ids=str)
def test_product_and_oracle_give_the_same_card(seeds: range) -> None:
    hold(seeds, disagreement)


@pytest.mark.hazard("H25", "H27")
@pytest.mark.parametrize("seeds", share(0.5), ids=str)
def test_product_and_oracle_conclude_the_same_where_nothing_is_said(seeds: range) -> None:
    hold(seeds, hidden_disagreement)
