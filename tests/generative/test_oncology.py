"""What the oncology record may change: the checklist and what is due, never what is said of the dose."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tests.generative.asking import bolder, hold, said, share
from tests.generative.comparing import Said, by_product, outspoken, quick_answer
from tests.generative.declarations import ELSEWHERE, FIRST_LINE, MAINTENANCE
from tests.generative.oncology import KEYS, OUTCOME, OWN
from tests.generative.reading import copied, entries
from tests.generative.records import record

Request = dict[str, Any]
# Care plans are left out: they declare the protocol, and with it what may be given.
RECORDED = [key for key in OWN if key != "carePlans"]
NEXT = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
UNKNOWN = ([ELSEWHERE], [ELSEWHERE, MAINTENANCE], [FIRST_LINE, MAINTENANCE])
# What may be said under a protocol that is not known: lines 1 and 2, which hold under any.
OF_ANY_PROTOCOL = ("interrupt", "keep-interrupted", "not-assessed")


def of_the_dose(told: Said) -> tuple[Any, ...] | None:
    """What an answer says of the dose; None where it has no card on it, the checklist of a start aside."""
    if told.topic in (None, "eligibility"):
        return None
    return told.topic, told.indicator, told.conclusion, told.refer, told.doses


def same_dose(request: Request, seed: int) -> str | None:
    """How the changed record is answered otherwise on the dose; a record of two patients is not of this."""
    if "other-patient" in record(seed).tags:
        return None
    before, after = said(seed), by_product(quick_answer(request))
    if of_the_dose(before) == of_the_dose(after) and before.status == after.status:
        return None
    return f"{of_the_dose(before)} became {of_the_dose(after)}"


def without_some(rng: Random, request: Request) -> Request:
    """Without one resource of the oncology record, or some, or all of them."""
    made = copied(request)
    listed = [(key, x) for key in {*KEYS.values()} - {"carePlans"} for x in entries(made, key) if is_recorded(x)]
    taken = rng.sample(listed, rng.randint(min(1, len(listed)), len(listed)))
    for key, gone in taken:
        made["prefetch"][key]["entry"] = [x for x in entries(made, key) if x is not gone]
    return made


def is_recorded(entry: Request) -> bool:
    """Whether it came with the oncology record, not as an order or a toxicity."""
    return str(entry["resource"].get("id")).startswith("onc-")


def unread(rng: Random, request: Request) -> Request:
    """With one key of the oncology record, or all of them, not read or not in whole."""
    made = copied(request)
    for key in RECORDED if rng.random() < 0.3 else [rng.choice(RECORDED)]:
        whole = made["prefetch"].pop(key, None)
        page = {**whole, "link": NEXT} if isinstance(whole, dict) else "none"
        failed = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": OUTCOME}]}
        made["prefetch"] |= rng.choice(({}, *({key: x} for x in (None, OUTCOME, failed, page, "none", 5, []))))
    return made


def declaring(request: Request, canonicals: list[str]) -> Request:
    """With these canonicals on every draft, which goes before orders and care plans."""
    made = copied(request)
    for entry in made["context"]["draftOrders"]["entry"]:
        if entry["resource"]["resourceType"] == "MedicationRequest":
            entry["resource"]["instantiatesCanonical"] = canonicals
    return made


def unmoved_by(change: Callable[[Random, Request], Request]) -> Callable[[Random, int], str | None]:
    return lambda rng, seed: same_dose(change(rng, record(seed).request), seed)


@pytest.mark.hazard("H25", "H26")
@pytest.mark.parametrize("seeds", share(0.03), ids=str)
def test_no_part_of_the_oncology_record_changes_what_is_said_of_the_dose(seeds: range) -> None:
    hold(seeds, unmoved_by(without_some))


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("seeds", share(0.03), ids=str)
def test_an_oncology_record_that_was_not_read_blocks_no_dosing_card(seeds: range) -> None:
    hold(seeds, unmoved_by(unread))


def bolder_under_first_line(_: Random, seed: int) -> str | None:
    request = outspoken(record(seed).request)
    one, other = (conclusion_of(request, url) for url in (MAINTENANCE, FIRST_LINE))
    return f"{one} became {other}" if bolder(other, one) else None


def conclusion_of(request: Request, url: str) -> str | None:
    return by_product(quick_answer(declaring(request, [url]))).conclusion


@pytest.mark.hazard("H20")
@pytest.mark.parametrize("seeds", share(0.03), ids=str)
def test_first_line_is_never_answered_more_boldly_than_maintenance(seeds: range) -> None:
    hold(seeds, bolder_under_first_line)


def answered_with_a_dose(rng: Random, seed: int) -> str | None:
    """What of an answer under a protocol that is not known goes beyond lines 1 and 2."""
    request = declaring(record(seed).request, rng.choice(UNKNOWN))
    answer = quick_answer(request)
    told = by_product(answer)
    offers = [x for card in answer.get("cards", []) for x in card.get("suggestions", [])]
    faults = {
        "topic": told.topic not in (None, *OF_ANY_PROTOCOL),
        "conclusion": told.conclusion not in (None, *OF_ANY_PROTOCOL),
        "proposed dose": told.doses[-1] is not None,
        "beside the dose": told.checklist or told.monitoring,
        "offer": any(gives_the_drug(x) for x in offers),
    }
    return ", ".join(name for name, fault in faults.items() if fault)


def gives_the_drug(offer: Request) -> bool:
    """Whether an offer writes an order that would give the drug."""
    written = [x["resource"] for x in offer.get("actions", []) if x["type"] != "delete"]
    return any(x["resourceType"] == "MedicationRequest" and x["status"] != "on-hold" for x in written)


@pytest.mark.hazard("H20", "H26")
@pytest.mark.parametrize("seeds", share(0.03), ids=str)
def test_a_declared_protocol_that_is_not_known_is_never_answered_with_a_dose(seeds: range) -> None:
    hold(seeds, answered_with_a_dose)
