"""No escalation with anything unknown, no restart without proof, no offer above a limit."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.generative.asking import RECORDS, answered, chunks, concluded, conclusion, each, said, share, wanted
from tests.generative.awkward_results import analyte_of
from tests.generative.awkward_results import moment as written
from tests.generative.clock import NOW
from tests.generative.comparing import as_sent
from tests.generative.reading import GRADE_2, factor, instant_of, kind_of, observations, resources
from tests.generative.records import record
from tests.generative.results import ACTING
from tests.generative.transform import STEP, made_unusable
from tests.oracle import oracle

Request = dict[str, Any]
Spoil = Callable[[Random, Request, str], None]
WEEK = timedelta(days=7)
LEVEL, MAXIMUM = 50, 200


def of(request: Request, analyte: str) -> list[Request]:
    """The results of that analyte that are at most a week old."""
    found = (x for x in observations(request) if analyte_of(x) == analyte)
    return [x for x in found if NOW - instant_of(written(x)) <= WEEK]


def without(rng: Random, request: Request, analyte: str) -> None:
    bundle = request["prefetch"]["results"]
    bundle["entry"] = [x for x in bundle["entry"] if analyte_of(x["resource"]) != analyte]


def stale(rng: Random, request: Request, analyte: str) -> None:
    gone = {id(x) for x in of(request, analyte)}
    bundle = request["prefetch"]["results"]
    bundle["entry"] = [x for x in bundle["entry"] if id(x["resource"]) not in gone]


def unreadable(rng: Random, request: Request, analyte: str) -> None:
    for result in of(request, analyte):
        made_unusable(rng, result)


def preliminary(rng: Random, request: Request, analyte: str) -> None:
    for result in of(request, analyte):
        result["status"] = "preliminary"


def grade_2(rng: Random, request: Request, analyte: str) -> None:
    for result in of(request, analyte):
        quantity = result["valueQuantity"]
        scale = Decimal(factor(quantity, str(kind_of(result))) or 1)
        quantity["value"] = ((GRADE_2[analyte] - STEP) / scale).quantize(STEP * STEP)


SPOILS: tuple[Spoil, ...] = (without, stale, unreadable, preliminary, grade_2)


def plain_records(records: int, wanted_conclusion: str, statuses: tuple[str, ...]) -> list[int]:
    """Unperturbed records with that conclusion whose orders are all in these states."""
    return [
        seed
        for seed in range(records)
        if not record(seed).tags
        and concluded(seed) == wanted_conclusion
        and {x["status"] for x in resources(record(seed).request, "medications") if "status" in x} <= set(statuses)
    ]


def still(wanted_conclusion: str, spoil: Spoil) -> Callable[[Random, int], str | None]:
    """A check: with any one count spoiled, that conclusion is gone."""

    def check(rng: Random, seed: int) -> str | None:
        for analyte in ACTING:
            request = deepcopy(record(seed).request)
            spoil(rng, request, analyte)
            if conclusion(request) == wanted_conclusion:
                return f"{wanted_conclusion} with {analyte} {spoil.__name__}"
        return None

    return check


@pytest.mark.hazard("H02", "H04", "H06", "H07")
@pytest.mark.parametrize("spoil", SPOILS, ids=lambda x: x.__name__)
def test_no_escalation_with_a_count_unknown_stale_preliminary_or_low(spoil: Spoil) -> None:
    seeds = plain_records(RECORDS // 6, "escalate", ("active",))
    assert len(seeds) > 10
    assert each(seeds, still("escalate", spoil)) == []


@pytest.mark.hazard("H06", "H11", "H20")
@pytest.mark.parametrize("spoil", SPOILS, ids=lambda x: x.__name__)
def test_no_restart_without_proof_of_recovery(spoil: Spoil) -> None:
    seeds = plain_records(RECORDS // 6, "restart-reduced", ("stopped", "completed", "on-hold"))
    assert len(seeds) > 10
    assert each(seeds, still("restart-reduced", spoil)) == []


def offers(seed: int) -> list[Request]:
    """The orders that the card offers to write."""
    suggestions = [x for card in answered(seed).get("cards", []) for x in card.get("suggestions", [])]
    actions = [action for x in suggestions for action in x.get("actions", []) if action["type"] != "delete"]
    return [x["resource"] for x in actions if x["resource"]["resourceType"] == "MedicationRequest"]


def dose_of(order: Request, request: Request) -> Decimal | None:
    """mg/day of an order, as the oracle reads it when it is the draft of that call."""
    call = deepcopy(request)
    beside = [x for x in call["context"]["draftOrders"]["entry"] if x["resource"]["resourceType"] == "Medication"]
    call["context"]["draftOrders"]["entry"] = [{"resource": {**order, "status": "draft"}}, *beside]
    found: Decimal | None = oracle(as_sent(call), NOW)["draft"]
    return found


def too_much(_: Random, seed: int) -> str | None:
    """An offer above the maximum, above the ceiling, or more than one level above the current dose."""
    current, _drafted, ceiling, _proposed = wanted(seed).doses
    limits = [Decimal(MAXIMUM), ceiling, current + LEVEL if current else None]
    for order in offers(seed):
        if order["status"] == "on-hold":
            continue
        dose = dose_of(order, record(seed).request)
        if dose is None or any(limit is not None and dose > limit for limit in limits):
            return f"offers {dose} mg/day; maximum, ceiling, one level up: {limits}"
        if said(seed).conclusion in ("interrupt", "keep-interrupted"):
            return f"offers {dose} mg/day under {said(seed).conclusion}"
    return None


@pytest.mark.hazard("H15", "H20", "H21", "H26")
@pytest.mark.parametrize("seeds", chunks(RECORDS), ids=str)
def test_no_offer_raises_the_dose_above_a_limit(seeds: range) -> None:
    assert each(seeds, too_much) == []


@pytest.mark.hazard("H26")
@pytest.mark.parametrize("seeds", share(1), ids=str)
def test_at_most_one_offer_is_recommended_and_never_an_escalation(seeds: range) -> None:
    def wrong(_: Random, seed: int) -> str | None:
        cards = answered(seed).get("cards", [])
        recommended = [x for card in cards for x in card.get("suggestions", []) if x.get("isRecommended")]
        bold = said(seed).topic == "escalate" and recommended
        return f"recommends {[x['label'] for x in recommended]}" if len(recommended) > 1 or bold else None

    assert each(seeds, wrong) == []
