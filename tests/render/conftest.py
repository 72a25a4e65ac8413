"""The renderer of the product's own cards, and decisions to word."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from cds_service.clinical.decision import Decision
from cds_service.data import data_dir
from cds_service.render.cards import Renderer, load
from tests.clinical.builders import PROTOCOLS


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return load(data_dir("cards"), "en", PROTOCOLS, "https://cds.example.org/", demo=False)


@pytest.fixture
def new_id() -> Callable[[], str]:
    """Ids that are the same in each test."""

    def numbers() -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield f"00000000-0000-4000-8000-{number:012}"

    return numbers().__next__


@pytest.fixture
def card(renderer: Renderer, new_id: Callable[[], str]) -> Callable[[Decision], Mapping[str, Any]]:
    """The one card of a decision."""

    def worded(decision: Decision) -> Mapping[str, Any]:
        (found,) = renderer.cards(decision, (), new_id)
        return found

    return worded
