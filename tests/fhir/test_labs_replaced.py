"""Which results replace which: a final one a preliminary one, a correction either, and nothing else anything."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fhir.observations import HAEMOGLOBIN, coded, observation, read

LATER = "2026-11-21T07:30:00Z"
NUMBER = [{"system": "https://lab.example", "value": "L1"}]


def kept(*resources: Any) -> list[str]:
    """The ids of the results that count, whatever the order in which they came."""
    found = [sorted(x.source for x in read(*each).results["neutrophils"]) for each in (resources, resources[::-1])]
    assert found[0] == found[1]
    return [source.removeprefix("Observation/") for source in found[0]]


def older(status: str, **members: Any) -> Any:
    return observation("0.5", **{"id": "older", "status": status, **members})


def newer(status: str, **members: Any) -> Any:
    return observation("2.5", **{"id": "newer", "status": status, **members})


NEWER, OLDER, BOTH = ["newer"], ["older"], ["newer", "older"]
PAIRS = [
    ("preliminary", "final", NEWER),
    ("preliminary", "amended", NEWER),
    ("preliminary", "corrected", NEWER),
    ("final", "amended", NEWER),
    ("final", "corrected", NEWER),
    ("final", "preliminary", OLDER),
    ("corrected", "final", OLDER),
    ("final", "final", BOTH),
    ("preliminary", "preliminary", BOTH),
    ("amended", "corrected", BOTH),
    ("corrected", "corrected", BOTH),
]


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(("before", "after", "left"), PAIRS)
@pytest.mark.parametrize(
    "shared",
    [
        {},  # the same code and collection time
        {"code": coded("26499-4"), "identifier": NUMBER},
        {"effectiveDateTime": LATER, "identifier": [{"value": "x"}, *NUMBER]},
    ],
)
def test_what_replaces_what_by_code_and_time_or_by_identifier(
    before: str, after: str, left: list[str], shared: dict[str, Any]
) -> None:
    assert kept(older(before, identifier=NUMBER), newer(after, **shared)) == left


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(("before", "after", "left"), PAIRS)
def test_what_replaces_what_by_id(before: str, after: str, left: list[str]) -> None:
    found = read(older(before, id="same"), newer(after, id="same", effectiveDateTime=LATER)).results["neutrophils"]
    values = {"newer": Decimal("2.5"), "older": Decimal("0.5")}
    assert {x.value for x in found} == {values[name] for name in left}


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(
    "other",
    [
        {"effectiveDateTime": LATER},
        {"code": coded("26499-4")},
        {"code": coded("26499-4"), "identifier": [{"system": "https://other.example", "value": "L1"}]},
        {"code": coded("26499-4"), "identifier": [{"system": "https://lab.example"}]},
        {"effectiveDateTime": None, "issued": LATER},
        {"effectiveDateTime": "2026-11-20"},
    ],
)
def test_another_code_time_or_identifier_replaces_nothing(other: dict[str, Any]) -> None:
    assert kept(older("preliminary", identifier=NUMBER), newer("final", **other)) == ["newer", "older"]


def test_an_identifier_without_a_system_or_not_readable_replaces_nothing() -> None:
    bare = {"identifier": [{"value": "L1"}]}
    odd = {"identifier": "L1"}
    for identifier in (bare, odd):
        resources = older("preliminary", **identifier), newer("final", code=coded("26499-4"), **identifier)
        assert kept(*resources) == ["newer", "older"]


def test_one_time_written_in_two_zones_is_the_same_time() -> None:
    assert kept(older("preliminary"), newer("final", effectiveDateTime="2026-11-20T08:30:00+01:00")) == ["newer"]


def test_times_of_issue_and_unreadable_times_are_no_collection_time() -> None:
    issued = {"effectiveDateTime": None, "issued": LATER}
    assert kept(older("preliminary", **issued), newer("final", **issued)) == ["newer", "older"]
    unread = {"effectiveDateTime": "odd"}
    assert kept(older("preliminary", **unread), newer("final", **unread)) == ["newer", "older"]


def test_an_identifier_shared_by_a_whole_report_replaces_nothing_of_another_analyte() -> None:
    found = read(
        older("preliminary", identifier=NUMBER), observation("9", "g/dL", HAEMOGLOBIN, id="hb", identifier=NUMBER)
    )
    assert {analyte: len(results) for analyte, results in found.results.items()} == {"neutrophils": 1, "haemoglobin": 1}


def test_an_unusable_final_result_still_replaces_what_it_completes() -> None:
    assert kept(older("preliminary"), newer("final", valueQuantity={"value": 2})) == ["newer"]


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("status", [None, "done", "Final"])
@pytest.mark.parametrize("other", ["preliminary", "final", "amended"])
def test_a_result_of_a_status_that_is_not_understood_is_neither_replaced_nor_replaces(
    status: str | None, other: str
) -> None:
    assert kept(older(other, identifier=NUMBER), {**newer("final", identifier=NUMBER), "status": status}) == BOTH


def test_a_result_without_a_value_or_that_was_withdrawn_replaces_nothing() -> None:
    absent = newer("final", valueQuantity=None, dataAbsentReason={"text": "clotted"})
    assert kept(older("preliminary"), absent) == ["older"]
    assert kept(older("preliminary"), newer("entered-in-error")) == ["older"]


def test_a_chain_of_corrections_leaves_the_last() -> None:
    chain = [older("preliminary"), observation("1.0", id="middle"), newer("corrected")]
    assert kept(*chain) == ["newer"]
