"""What one prefetched value holds: all, a part, nothing, or something that cannot be read; never an exception."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import Reason
from cds_service.fhir.bundle import outcome_failed, read
from tests.fhir.observations import observation, raw, searchset

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


def outcome(*severities: Any) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": x} for x in severities]}


def entry(resource: Any, mode: str | None = None) -> dict[str, Any]:
    return {"resource": resource, **({"search": {"mode": mode}} if mode else {})}


def with_entries(*entries: Any, **members: Any) -> Any:
    return raw({"resourceType": "Bundle", "type": "searchset", "entry": list(entries), **members})


@pytest.mark.requirement(49, 52)
@pytest.mark.parametrize(
    "value",
    [
        b"null",
        b'{"resourceType":"Bundle"}',
        b'{"resourceType":"Bundle","entry":[]}',
        b'{"resourceType":"Bundle","entry":null}',
    ],
)
def test_null_and_an_empty_bundle_say_that_there_is_nothing(value: bytes) -> None:
    page = read(value)
    assert (page.resources, page.reason()) == ((), None)


def test_resources_come_as_they_were_sent() -> None:
    sent = observation("1.10")
    [resource] = read(searchset(sent)).resources
    assert bytes(resource) == bytes(raw(sent))


def test_a_single_resource_stands_for_a_bundle_of_it() -> None:
    page = read(raw(observation()))
    assert (len(page.resources), page.reason()) == (1, None)


@pytest.mark.requirement(50)
@pytest.mark.hazard("H15", "H25")
@pytest.mark.parametrize(
    "page",
    [
        searchset(observation(), link=[{"relation": "self"}, {"relation": "next", "url": "x"}]),
        searchset(observation(), total=2),
        with_entries(entry(observation()), entry({"resourceType": "Patient"}, "include"), total=2),
    ],
)
def test_a_further_page_is_noticed(page: Any) -> None:
    assert read(page).reason() is Reason.INCOMPLETE
    assert read(page).resources


@pytest.mark.parametrize("members", [{"total": 1}, {"total": 0}, {"link": [{"relation": "previous"}]}, {"link": []}])
def test_a_whole_page_is_no_part_of_one(members: dict[str, Any]) -> None:
    assert read(searchset(observation(), **members)).reason() is None


@pytest.mark.requirement(47)
@pytest.mark.hazard("H25")
@pytest.mark.parametrize("value", [raw(OUTCOME), with_entries(entry(OUTCOME, "outcome"), entry(observation()))])
def test_an_operation_outcome_says_that_the_search_failed(value: Any) -> None:
    assert read(value).reason() is Reason.FETCH_FAILED


def test_a_warning_among_results_is_no_failure_and_no_result() -> None:
    page = read(with_entries(entry(outcome("warning", "information"), "outcome"), entry(observation(), "match")))
    assert (len(page.resources), page.reason()) == (1, None)


@pytest.mark.parametrize(
    ("value", "failed"),
    [
        (outcome("error"), True),
        (outcome("fatal"), True),
        (outcome("warning", "error"), True),
        (outcome("odd"), True),
        (outcome(), True),
        (outcome(3), True),
        ({"resourceType": "OperationOutcome"}, True),
        (outcome("warning"), False),
        (outcome("information"), False),
    ],
)
def test_only_warnings_and_information_are_harmless(value: Any, failed: bool) -> None:
    assert outcome_failed(raw(value)) is failed


@pytest.mark.hazard("H25")
@pytest.mark.parametrize(
    "value",
    [
        b"", b"{", b"{}", b"3", b'"x"', b"[]", b'{"resourceType":null}', b'{"resourceType":"Bundle","entry":{}}',
        b'{"resourceType":"Bundle","entry":[null]}', b'{"resourceType":"Bundle","entry":[{}]}',
        b'{"resourceType":"Bundle","entry":[{"fullUrl":"x"}]}', b'{"resourceType":"Bundle","link":3}',
        b'{"resourceType":"Bundle","total":1e400}', b'{"resourceType":"Bundle","total":"2"}',
        b'{"resourceType":"Unheard"}', b'{"resourceType":"\xff"}', b'{"resourceType":"Bundle","x":' + b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_to_be_unreadable(value: bytes) -> None:
    page = read(value)
    assert (page.resources, page.failed, page.reason()) == ((), True, Reason.UNREADABLE)


@given(st.binary() | st.text().map(str.encode))
def test_nothing_raises(value: bytes) -> None:
    read(value)
