"""What a server sends is a page, or a failure with a code; never another exception."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.json import encode

from cds_service.clinical.facts import Reason
from cds_service.fhir import bundle
from cds_service.fhir.reading.failures import Failed, Failure, of_exception, of_status
from cds_service.fhir.reading.pages import Page, merged, page, resource

START = b'{"resourceType":"Bundle","type":"searchset"'


@given(st.binary() | st.text().map(str.encode) | st.binary().map(START.__add__))
def test_whatever_comes_is_a_page_or_a_failure(body: bytes) -> None:
    for read in (page, lambda x: resource(x, "Patient")):
        with suppress(Failed):
            assert isinstance(read(body), Page)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    max_leaves=4,
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), _JSON), max_size=4))
def test_pages_of_single_entries_come_to_what_one_page_holds(resources: list[Any]) -> None:
    distinct = list({encode(x): x for x in resources}.values())
    sent = [START + b',"entry":[{"resource":' + encode(x) + b"}]}" for x in distinct]
    whole = START + b',"entry":[' + b",".join(b'{"resource":' + encode(x) + b"}" for x in distinct) + b"]}"
    pages = [page(x) for x in sent] or [page(START + b"}")]
    found, wanted = bundle.read(merged(pages)), bundle.read(Raw(whole))
    assert [bytes(x) for x in found.resources] == [bytes(x) for x in wanted.resources]
    assert found.reason() is wanted.reason() is None


@pytest.mark.parametrize("link", ["null", "[]", '[{"relation":"self","url":"a"}]', '[{"url":"a"}]'])
def test_a_page_without_a_link_to_the_next_is_the_last(link: str) -> None:
    assert page(START + b',"link":%b}' % link.encode()).following is None


@pytest.mark.parametrize(("link", "found"), [('"url":"a"', "a"), ('"url":null', ""), ('"x":1', "")])
def test_a_link_without_a_url_is_still_one(link: str, found: str) -> None:
    sent = page(START + b',"link":[{"relation":"next",%b}]}' % link.encode())
    assert sent.following == found
    assert bundle.read(merged([sent, sent])).reason() is Reason.INCOMPLETE


@pytest.mark.parametrize(
    ("status", "failure"),
    [(200, None), (100, Failure.REFUSED), (201, Failure.REFUSED), (299, Failure.REFUSED), (300, Failure.REDIRECT),
     (304, Failure.REDIRECT), (399, Failure.REDIRECT), (400, Failure.REFUSED), (401, Failure.UNAUTHORIZED),
     (403, Failure.FORBIDDEN), (404, Failure.NOT_FOUND), (410, Failure.GONE), (412, Failure.REFUSED),
     (429, Failure.THROTTLED), (500, Failure.SERVER_ERROR), (599, Failure.SERVER_ERROR), (600, Failure.REFUSED)],
)  # fmt: skip
def test_only_200_is_an_answer(status: int, failure: Failure | None) -> None:
    assert of_status(status) is failure


@pytest.mark.parametrize("error", [ValueError("p-secret"), RecursionError(), MemoryError(), LookupError()])
def test_a_fault_of_ours_is_a_failure_as_well(error: Exception) -> None:
    assert of_exception(error) is Failure.INTERNAL
