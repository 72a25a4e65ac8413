"""Validation of the results that may speak today, and of no others."""

from typing import Any

import pytest

from cds_service.clinical.facts import Reason
from cds_service.fhir import labs
from cds_service.fhir.labs import validate_newest
from tests.fhir.observations import HAEMOGLOBIN, observation, raw, read

INVALID: dict[str, Any] = {"performer": [{"reference": 3}]}
OLD, NEW = "2026-11-10T07:30:00Z", "2026-11-20T07:30:00Z"


def faults(*resources: Any) -> dict[str, str]:
    """What is wrong with each result after validation, by its id; "" where nothing is."""
    found = validate_newest(read(*resources)).results
    return {
        result.source.removeprefix("Observation/"): result.fault.detail if result.fault else ""
        for results in found.values()
        for result in results
    }


def result(name: str, taken: str, **members: Any) -> Any:
    return observation("2.5", **{"id": name, "effectiveDateTime": taken, **members})


@pytest.mark.hazard("H25")
def test_the_newest_result_is_unusable_where_it_is_not_valid() -> None:
    [found] = validate_newest(read(result("new", NEW, **INVALID))).results["neutrophils"]
    assert (found.value, found.when.start.isoformat(), found.final) == (None, "2026-11-20T07:30:00+00:00", True)
    assert found.fault
    assert (found.fault.reason, found.fault.detail) == (Reason.UNREADABLE, "performer.0.reference is not valid")


def test_an_older_result_is_not_validated() -> None:
    assert faults(result("new", NEW), result("old", OLD, **INVALID)) == {"new": "", "old": ""}


def test_every_result_that_no_other_is_later_than_is_validated() -> None:
    day = result("day", "2026-11-20", **INVALID)
    assert faults(result("new", NEW), day) == {"new": "", "day": "performer.0.reference is not valid"}


def test_the_newest_of_each_analyte_is_validated() -> None:
    haemoglobin = observation("9", "g/dL", HAEMOGLOBIN, id="hb", effectiveDateTime=OLD, **INVALID)
    assert faults(result("new", NEW), haemoglobin) == {"new": "", "hb": "performer.0.reference is not valid"}


def test_the_newest_final_result_is_validated_beside_a_later_preliminary_one() -> None:
    resources = result("old", OLD, **INVALID), result("new", NEW, status="preliminary", **INVALID)
    assert set(faults(*resources).values()) == {"performer.0.reference is not valid"}


def test_behind_an_invalid_preliminary_result_the_next_one_is_validated() -> None:
    resources = [
        result("final", "2026-11-01T07:30:00Z"),
        result("before", OLD, status="preliminary", **INVALID),
        result("new", NEW, status="preliminary", **INVALID),
    ]
    assert faults(*resources) == {
        "final": "",
        "before": "performer.0.reference is not valid",
        "new": "performer.0.reference is not valid",
    }


def test_a_result_that_is_unusable_already_keeps_its_fault() -> None:
    assert faults(result("new", NEW, valueQuantity={"value": 2}, **INVALID)) == {"new": "2"}


@pytest.mark.hazard("H25")
def test_a_member_sent_twice_makes_the_newest_result_unusable() -> None:
    sent = bytes(raw(result("new", NEW)))[:-1] + b',"status":"final"}'
    assert faults(sent) == {"new": "a member is sent twice"}


def test_nothing_is_asked_where_nothing_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labs, "fault_of", None)
    assert validate_newest(read()).results == {}
