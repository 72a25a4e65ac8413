"""Order of resources, duplicate entries, units and time zones do not change the answer; nor does asking again."""

import pytest

from tests.generative.asking import hold, share
from tests.generative.properties import otherwise_in_other_words, otherwise_when_asked_again


@pytest.mark.hazard("H01", "H03", "H16", "H22")
@pytest.mark.parametrize("seeds", share(0.25), ids=str)
def test_the_same_in_other_words_gets_the_same_answer(seeds: range) -> None:
    hold(seeds, otherwise_in_other_words)


@pytest.mark.parametrize("seeds", share(0.2), ids=str)
def test_the_same_request_gets_the_same_answer_ids_aside(seeds: range) -> None:
    hold(seeds, otherwise_when_asked_again)
