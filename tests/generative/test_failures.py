"""No exception, time-out or refusal becomes an empty list of cards."""

from __future__ import annotations

from functools import cache
from random import Random
from types import FunctionType
from typing import Any

import pytest

from tests.generative.asking import answered, hold
from tests.generative.breaking import broken, faulty, late, name, passed_through
from tests.generative.chart import MORE
from tests.generative.comparing import ENCODER
from tests.generative.reading import copied, resources
from tests.generative.records import OUTCOME, record
from tests.support import ORDER_SIGN, answer, client, parsed

Request = dict[str, Any]
ORDERS = "medications"
NEXT = {"link": [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]}
NO_BUNDLES: tuple[Any, ...] = (
    OUTCOME,
    {"resourceType": "Patient", "id": "p1"},
    {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": OUTCOME}]},
    {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": 5}]},
    {"resourceType": "Bundle", "type": "searchset", "entry": "none"},
    "none",
    5,
    [],
    True,
)
JUNK: tuple[tuple[str, str, Any], ...] = (
    *(("results", "valueQuantity", x) for x in ("0.7", [], {"value": "0.7"}, {"value": True}, {"value": None}, {})),
    *(("results", "effectiveDateTime", x) for x in (17, "yesterday", "2026-13-45", {}, "0000-00-00T00:00:00Z")),
    *(("results", "status", x) for x in (5, "", None, ["final"])),
    *(("results", "modifierExtension", x) for x in (5, "x", [5])),
    *(("medications", "dosageInstruction", x) for x in (5, "2 x 50 mg", [5], [], {})),
    *(("medications", "status", x) for x in (5, "", ["active"])),
)


@cache
def silent_records() -> tuple[int, ...]:
    """Unperturbed records of a running order, whose draft gives the drug and gets no card; each result by itself."""
    found = (
        seed
        for seed in range(1000)
        if not record(seed).tags
        and answered(seed).get("cards") == []
        and any(x.get("status") == "active" for x in resources(record(seed).request, ORDERS))
        and all("valueQuantity" in x for x in resources(record(seed).request, "results"))
        and not resources(record(seed).request, "reports")
    )
    return tuple(seed for seed, _ in zip(found, range(8), strict=False))


def speaks(request: Request) -> str | None:
    """Whether the answer is a card, a refusal or an error; else what it is."""
    response = client().post(ORDER_SIGN, data=ENCODER.encode(request), content_type="application/json")
    if response.status_code >= 400 or (response.status_code == 200 and parsed(response.data)["cards"]):
        return None
    return f"{response.status_code} {response.text[:200]}"


def replaced(key: str, value: Any) -> None:
    """Fails where that prefetch, being that value, is met with silence."""

    def check(_: Random, seed: int) -> str | None:
        request = copied(record(seed).request)
        request["prefetch"][key] = value
        return speaks(request)

    hold(silent_records(), check)


@pytest.mark.hazard("H15", "H25")
@pytest.mark.parametrize("key", ["results", "medications"])
@pytest.mark.parametrize("value", NO_BUNDLES, ids=lambda x: str(x)[-60:])
def test_what_is_no_bundle_is_no_empty_record(key: str, value: Any) -> None:
    replaced(key, value)


@pytest.mark.hazard("H15", "H25")
@pytest.mark.parametrize("key", ["results", "medications"])
def test_a_page_that_was_not_followed_is_said(key: str) -> None:
    def check(_: Random, seed: int) -> str | None:
        request = copied(record(seed).request)
        request["prefetch"][key] |= NEXT
        return speaks(request)

    hold(silent_records(), check)


@pytest.mark.hazard("H25")
@pytest.mark.requirement(62)
@pytest.mark.parametrize("key", ["results", "medications"])
def test_what_was_not_prefetched_is_asked_for(key: str) -> None:
    for seed in silent_records():
        request = copied(record(seed).request)
        del request["prefetch"][key]
        response = client().post(ORDER_SIGN, data=ENCODER.encode(request), content_type="application/json")
        assert response.status_code == 412, seed


def test_an_empty_list_of_results_is_said() -> None:
    replaced("results", None)
    replaced("results", {"resourceType": "Bundle", "type": "searchset"})


@pytest.mark.hazard("H02", "H25")
@pytest.mark.parametrize(("key", "member", "value"), JUNK, ids=str)
def test_what_cannot_be_read_is_said(key: str, member: str, value: Any) -> None:
    def check(_: Random, seed: int) -> str | None:
        request = copied(record(seed).request)
        for entry in request["prefetch"][key]["entry"]:
            if entry["resource"]["resourceType"] in ("Observation", "MedicationRequest"):
                entry["resource"][member] = value
        return speaks(request)

    hold(silent_records(), check)


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("failure", [late, faulty], ids=lambda x: x.__name__)
def test_a_function_that_fails_or_is_too_late_is_never_silence(
    failure: FunctionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = record(silent_records()[0]).request
    assert speaks(request)  # the first call makes the service, by functions that no later call runs through
    functions = passed_through(lambda: speaks(request))
    assert len(functions) > 50
    faults = {}
    for function in functions:
        with monkeypatch.context() as patch:
            broken(patch, function, failure)
            faults[name(function)] = speaks(request)
    assert not {key: fault for key, fault in faults.items() if fault}


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("key", ["adverseEvents", "conditions", "gradings", "reports"])
@pytest.mark.parametrize("value", NO_BUNDLES, ids=lambda x: str(x)[-60:])
def test_toxicities_and_reports_that_cannot_be_read_are_said(key: str, value: Any) -> None:
    replaced(key, value)


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("key", ["transfusions", "administrations"])
def test_support_that_cannot_be_read_blocks_nothing(key: str) -> None:
    for seed in silent_records():
        request = copied(record(seed).request)
        request["prefetch"][key] = OUTCOME
        assert answer(request)["cards"] == [], seed


def test_what_was_not_asked_for_may_be_missing() -> None:
    for seed in silent_records():
        request = copied(record(seed).request)
        empty = all(not request["prefetch"].pop(key, None) for key in MORE)
        assert not empty or answer(request)["cards"] == [], seed
