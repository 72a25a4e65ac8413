"""Which of the drafts of a call were just chosen, by whatever name."""

from typing import Any

import pytest
from msgspec import Raw

from cds_service.fhir import bundle
from cds_service.fhir.selection import NOTHING, parted
from tests.fhir.observations import SERVER, raw

FIRST = {"resourceType": "MedicationRequest", "id": "first"}
SECOND = {"resourceType": "MedicationRequest", "id": "second"}
NAMELESS = {"resourceType": "MedicationRequest"}
ODD = {"resourceType": "MedicationRequest", "id": 7}
SERVICE = {"resourceType": "ServiceRequest", "id": "test"}
MEDICATION = {"resourceType": "Medication", "id": "first"}


def drafts(*resources: Any, url: str = "") -> Raw:
    entries = [{"resource": x} | ({"fullUrl": url} if url else {}) for x in resources]
    return raw({"resourceType": "Bundle", "entry": entries})


def held(part: Raw) -> list[str]:
    """What lies at each place of a part: a resource by its type and id, or "-" where one was left out."""
    heads = [bytes(x).decode() for x in bundle.read(part).resources]
    return [_said(x) for x in heads]


def _said(text: str) -> str:
    known = {"first": FIRST, "second": SECOND, "nameless": NAMELESS, "odd": ODD, "test": SERVICE, "drug": MEDICATION}
    return next((name for name, x in known.items() if bytes(raw(x)).decode() == text), "-")


def both(part: tuple[Raw, Raw]) -> tuple[list[str], list[str]]:
    return held(part[0]), held(part[1])


def test_without_selections_all_are_chosen() -> None:
    every = drafts(FIRST, SECOND)
    assert parted(every, None, SERVER) == (every, NOTHING)


@pytest.mark.parametrize(
    "name",
    [
        "MedicationRequest/first",
        "MedicationRequest/first/_history/2",
        f"{SERVER}/MedicationRequest/first",
        "first",
    ],
)
def test_an_order_is_chosen_by_any_of_its_names(name: str) -> None:
    assert both(parted(drafts(FIRST, SECOND), [name], SERVER)) == (["first", "-"], ["-", "second"])


@pytest.mark.parametrize(
    "name",
    ["MedicationRequest/third", "Medication/first", "https://other.example/MedicationRequest/first", "FIRST", ""],
)
def test_what_names_no_order_of_the_call_chooses_none(name: str) -> None:
    assert both(parted(drafts(FIRST, SECOND), [name], SERVER)) == (["-", "-"], ["first", "second"])


def test_an_order_without_an_id_is_chosen_by_its_full_url() -> None:
    url = "urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    assert held(parted(drafts(NAMELESS, url=url), [url], SERVER)[0]) == ["nameless"]
    assert held(parted(drafts(NAMELESS, url=url), ["MedicationRequest/first"], SERVER)[0]) == ["-"]


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("unnamed", [NAMELESS, ODD])
def test_a_selection_that_leads_nowhere_may_mean_an_order_without_a_name(unnamed: Any) -> None:
    every = drafts(FIRST, unnamed)
    assert held(parted(every, ["MedicationRequest/first", "MedicationRequest/x"], SERVER)[0])[1] != "-"
    assert held(parted(every, ["MedicationRequest/first"], SERVER)[0])[1] == "-"
    assert held(parted(every, [], SERVER)[0]) == ["-", "-"]


def test_a_selection_of_another_kind_leads_somewhere() -> None:
    assert held(parted(drafts(SERVICE, NAMELESS), ["ServiceRequest/test"], SERVER)[0]) == ["test", "-"]


def test_what_is_no_order_stays_on_both_sides() -> None:
    chosen, others = both(parted(drafts(MEDICATION, FIRST, SERVICE), ["first"], SERVER))
    assert (chosen, others) == (["drug", "first", "test"], ["drug", "-", "test"])


@pytest.mark.parametrize("sent", [b"null", b"[]", b'{"resourceType": "Bundle", "entry": 3}', b'{"entry": []}'])
def test_what_is_no_bundle_is_not_parted(sent: bytes) -> None:
    assert parted(Raw(sent), ["MedicationRequest/first"], SERVER) == (Raw(sent), NOTHING)


def test_one_order_in_place_of_the_bundle_is_chosen() -> None:
    assert parted(raw(FIRST), ["MedicationRequest/second"], SERVER) == (raw(FIRST), NOTHING)


def test_a_bundle_without_entries_stays_empty() -> None:
    empty = raw({"resourceType": "Bundle"})
    assert both(parted(empty, ["MedicationRequest/first"], SERVER)) == ([], [])
