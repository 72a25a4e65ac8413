"""No escalation with anything unknown, no restart without proof, no offer above a limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from tests.generative.asking import RECORDS, chunks, concluded, conclusion, hold, wanted
from tests.generative.clock import NOW, instant
from tests.generative.codes import ACTING, analyte_of, kind_of, part_of
from tests.generative.properties import too_much_offered, wrongly_recommended
from tests.generative.reading import GRADE_2, Seen, copied, factor, instant_of, moment, observations, resources
from tests.generative.records import record
from tests.generative.support import G_CSF, PLATELETS, RED_CELLS
from tests.generative.unusable import made_unusable
from tests.generative.worsening import STEP, added

Request = dict[str, Any]
Spoil = Callable[[Random, Request, str], Request | None]
WEEK = timedelta(days=7)
# Where an analyte may count as recovered at grade 2 or 3, as it was before the first dose.
DEEP_BASELINES = ("low_before", "jumble")
# At so many records with that conclusion each count is spoiled in each way.
ENOUGH, ASKED = 10, 60


def of(request: Request, analyte: str) -> list[Seen]:
    """The results of that analyte that are at most a week old."""
    found = [x for x in observations(request) if analyte_of(x.element) == analyte]
    return [x for x in found if NOW - (moment(x) or instant_of(x.get("effectiveDateTime") or "9999")) <= WEEK]


def without(rng: Random, request: Request, analyte: str) -> Request:
    for seen in [x for x in observations(request) if analyte_of(x.element) == analyte]:
        seen.take_out()
    return request


def stale(rng: Random, request: Request, analyte: str) -> Request:
    for seen in of(request, analyte):
        seen.take_out()
    return request


def unreadable(rng: Random, request: Request, analyte: str) -> Request:
    for seen in of(request, analyte):
        made_unusable(rng, seen)
    return request


def preliminary(rng: Random, request: Request, analyte: str) -> Request:
    for seen in of(request, analyte):
        (seen.around[0] if seen.around and "status" not in seen.element else seen.element)["status"] = "preliminary"
    return request


def grade_2(rng: Random, request: Request, analyte: str) -> Request:
    for seen in of(request, analyte):
        quantity = seen.element["valueQuantity"]
        scale = factor(quantity, str(kind_of(seen.element))) or 1
        value = (GRADE_2[analyte] - STEP) * scale.denominator / scale.numerator
        quantity["value"] = value.quantize(STEP * STEP)
    return request


def supported(rng: Random, request: Request, analyte: str) -> Request | None:
    """Something that raises this count was given an hour before its newest sample."""
    newest = max((when for x in of(request, analyte) if (when := moment(x))), default=None)
    if newest is None:
        return None
    given, patient = instant(newest - timedelta(hours=1)), {"reference": "Patient/p1"}
    if analyte in ("platelets", "haemoglobin"):
        code = (PLATELETS if analyte == "platelets" else RED_CELLS)[0]
        concept = {"coding": [{"system": "http://snomed.info/sct", "code": code}]}
        procedure = {"resourceType": "Procedure", "id": "given", "status": "completed", "subject": patient}
        return added(request, "transfusions", {**procedure, "code": concept, "performedDateTime": given})
    concept = {"coding": [{"system": "http://www.whocc.no/atc", "code": rng.choice(G_CSF)}]}
    injection = {"resourceType": "MedicationAdministration", "id": "given", "status": "completed", "subject": patient}
    return added(
        request, "administrations", {**injection, "medicationCodeableConcept": concept, "effectiveDateTime": given}
    )


SPOILS: tuple[Spoil, ...] = (without, stale, unreadable, preliminary, grade_2, supported)


@cache
def plain_records(wanted_conclusion: str, statuses: tuple[str, ...]) -> tuple[int, ...]:
    """Unperturbed records with that conclusion, their orders all in these states and their counts all direct."""
    found = (
        seed
        for seed in range(RECORDS)
        if wanted(seed).conclusion == wanted_conclusion
        and not record(seed).tags
        and record(seed).scenario not in DEEP_BASELINES
        and {x["status"] for x in resources(record(seed).request, "medications") if "status" in x} <= set(statuses)
        and not any(part_of(x.element) for x in observations(record(seed).request))
        and concluded(seed) == wanted_conclusion
    )
    return tuple(seed for seed, _ in zip(found, range(ASKED), strict=False))


def still(wanted_conclusion: str, spoil: Spoil) -> Callable[[Random, int], str | None]:
    """A check: with one count spoiled, another one for each record, that conclusion is gone."""

    def check(rng: Random, seed: int) -> str | None:
        analyte = rng.choice(ACTING)
        request = spoil(rng, copied(record(seed).request), analyte)
        if request and conclusion(request) == wanted_conclusion:
            return f"{wanted_conclusion} with {analyte} {spoil.__name__}"
        return None

    return check


@pytest.mark.hazard("H02", "H04", "H06", "H07", "H13")
@pytest.mark.parametrize("spoil", SPOILS, ids=lambda x: x.__name__)
def test_no_escalation_with_a_count_unknown_stale_preliminary_low_or_supported(spoil: Spoil) -> None:
    seeds = plain_records("escalate", ("active",))
    assert len(seeds) >= ENOUGH
    hold(seeds, still("escalate", spoil))


@pytest.mark.hazard("H06", "H11", "H13", "H20")
@pytest.mark.parametrize("spoil", SPOILS, ids=lambda x: x.__name__)
def test_no_restart_without_proof_of_recovery(spoil: Spoil) -> None:
    seeds = plain_records("restart-reduced", ("stopped", "completed", "on-hold"))
    assert len(seeds) >= ENOUGH
    hold(seeds, still("restart-reduced", spoil))


@pytest.mark.hazard("H15", "H20", "H21", "H26")
@pytest.mark.parametrize("seeds", chunks(RECORDS), ids=str)
def test_no_offer_raises_the_dose_above_a_limit(seeds: range) -> None:
    hold(seeds, too_much_offered)


@pytest.mark.hazard("H26")
@pytest.mark.parametrize("seeds", chunks(RECORDS), ids=str)
def test_at_most_one_offer_is_recommended_and_never_an_escalation(seeds: range) -> None:
    hold(seeds, wrongly_recommended)
