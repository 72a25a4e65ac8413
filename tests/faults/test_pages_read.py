"""All pages of a search come as one searchset, from its own server alone; a page that fails is not taken for absent."""

import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from cds_service.clinical.facts import Reason
from cds_service.fhir import bundle
from cds_service.fhir.reading.asks import Ask, Rest
from cds_service.fhir.reading.failures import Failure
from cds_service.fhir.reading.reader import Limits, Reader
from cds_service.hook import strict
from tests.faults import plays
from tests.faults.ehr import TOKEN, FakeEhr, Play
from tests.faults.plays import by_target, encoded, http, observation, searchset, whole

QUERY = "Observation?patient=p&_count=1"
LONG = 60
SHORT = 2
PAGES = Limits(pages=4, bytes=1024 * 1024)


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader(strict.text, PAGES)
    yield reader
    reader.close()


def fetch(reader: Reader, ehr: FakeEhr, ask: Ask = QUERY, seconds: float = LONG) -> Any:
    return reader.fetch(ehr.base, TOKEN, {"results": ask}, time.monotonic() + seconds)["results"]


def ids(value: msgspec.Raw) -> list[str]:
    return [msgspec.json.decode(x)["id"] for x in bundle.read(value).resources]


@pytest.mark.requirement(50, 54)
@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("{base}/Observation?page=2", "Observation?page=2"),
        ("{base}?_getpages=7&_getpagesoffset=1", "?_getpages=7&_getpagesoffset=1"),
        ("{base}/?page=2", "?page=2"),
        ("{base}/Observation/?page=2", "Observation/?page=2"),
        ("{base}/_page/7a", "_page/7a"),
        ("Observation?page=2", "Observation?page=2"),
        ("?page=2", "Observation?page=2"),
        ("/fhir/Observation?page=2", "Observation?page=2"),
        ("{upper}/Observation?code=http://loinc.org%7C751-8", "Observation?code=http://loinc.org%7C751-8"),
    ],
)
def test_a_link_to_the_next_page_is_followed(reader: Reader, link: str, target: str) -> None:
    answers: dict[str, Play] = {target: whole(searchset(observation("b")))}
    with FakeEhr(by_target(answers)) as ehr:
        url = link.format(base=ehr.base, upper=ehr.base.replace("http", "HTTP"))
        answers[QUERY] = whole(searchset(observation("a"), following=url))
        fetched = fetch(reader, ehr)
    assert (ids(fetched.value), fetched.failure) == (["a", "b"], None)
    assert bundle.read(fetched.value).reason() is None


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    "link",
    ["{other}/fhir/Observation?page=2", "http://127.0.0.1:1/fhir/Observation", "https://{host}/fhir/Observation",
     "http://{host}/other/Observation", "http://{host}/fhirother/Observation", "/admin", "../Observation?page=2",
     "http://{host}/fhir/../admin", "http://{host}/fhir/%2e%2e/admin", "http://{host}/fhir/..;/admin",
     "http://a@{host}/fhir/Observation", "http://{host}@other.example/fhir/Observation", "//other.example/fhir/x",
     "http://{host}\\@other.example/fhir/x", "ftp://{host}/fhir/x", "urn:uuid:1", "file:///etc/passwd", "", "?a#b"],
)  # fmt: skip
def test_no_token_goes_where_a_link_leads_elsewhere(reader: Reader, link: str) -> None:
    answers: dict[str, Play] = {}
    with FakeEhr(by_target({})) as other, FakeEhr(by_target(answers)) as ehr:
        url = link.format(host=ehr.host, other=f"http://{other.host}")
        answers[QUERY] = whole(searchset(observation("a"), following=url))
        fetched = fetch(reader, ehr)
        assert (other.connections, len(ehr.asked)) == (0, 1)
    assert (ids(fetched.value), fetched.failure) == (["a"], Failure.FOREIGN_LINK)
    assert bundle.read(fetched.value).reason() is Reason.INCOMPLETE


@pytest.mark.requirement(50)
@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("second", "failure"),
    [
        (whole(b"", "500 Oh no"), Failure.SERVER_ERROR),
        (whole(b"", "401 Unauthorized"), Failure.UNAUTHORIZED),
        (whole(b"", "410 Gone"), Failure.GONE),
        (whole(b"", "302 Found", plays.FHIR, "Location: /fhir/Observation?page=3"), Failure.REDIRECT),
        (whole(searchset(observation("b"))[:-20]), Failure.UNREADABLE),
        (plays.ending(http(searchset(observation("b")))[:-20]), Failure.BROKEN),
        (whole(encoded({"resourceType": "OperationOutcome"})), Failure.OUTCOME),
        (plays.endless(plays.sized(10**9), b" " * 65536), Failure.TOO_LARGE),
        (plays.then_hang(), Failure.DEADLINE),
        (plays.dripping(plays.sized(10**6), b" "), Failure.DEADLINE),
    ],
)
def test_what_came_before_a_page_failed_is_kept_and_marked(reader: Reader, second: Play, failure: Failure) -> None:
    first = whole(searchset(observation("a"), following="?page=1"))
    middle = whole(searchset(observation("b"), following="?page=2"))
    answers = {QUERY: first, "Observation?page=1": middle, "Observation?page=2": second}
    with FakeEhr(by_target(answers)) as ehr:
        fetched = fetch(reader, ehr, seconds=SHORT if failure is Failure.DEADLINE else LONG)
    assert (ids(fetched.value), fetched.failure) == (["a", "b"], failure)
    assert bundle.read(fetched.value).reason() is Reason.INCOMPLETE


@pytest.mark.parametrize("link", ["?patient=p&_count=1", "?page=1"])
def test_pages_that_lead_in_a_circle_end(reader: Reader, link: str) -> None:
    page = whole(searchset(observation("a"), following=link))
    with FakeEhr(by_target({QUERY: page, "Observation?page=1": page})) as ehr:
        fetched = fetch(reader, ehr)
    assert fetched.failure is Failure.PAGES_REPEAT
    assert bundle.read(fetched.value).reason() is Reason.INCOMPLETE


def numbered(pages: int) -> dict[str, Play]:
    """So many pages, each but the last with a link to the next one."""
    targets = [QUERY, *(f"Observation?page={x}" for x in range(1, pages))]
    links = [*(f"?page={x}" for x in range(1, pages)), None]
    bodies = [searchset(observation(str(x)), following=link) for x, link in enumerate(links)]
    return {target: whole(body) for target, body in zip(targets, bodies, strict=True)}


@pytest.mark.parametrize("pages", [PAGES.pages - 1, PAGES.pages, PAGES.pages + 1])
def test_only_so_many_pages_are_read(reader: Reader, pages: int) -> None:
    with FakeEhr(by_target(numbered(pages))) as ehr:
        fetched = fetch(reader, ehr)
    assert fetched.failure is (None if pages <= PAGES.pages else Failure.TOO_MANY_PAGES)
    assert ids(fetched.value) == [str(x) for x in range(min(pages, PAGES.pages))]


def test_resources_come_as_they_were_sent(reader: Reader) -> None:
    exact = b'{"resourceType":"Observation","id":"a","valueQuantity":{"value":1.10,  "code":"10*9/L"},"x":"\\u00b5"}'
    page = searchset("HERE", following="?page=2").replace(b'"HERE"', exact)
    with FakeEhr(by_target({QUERY: whole(page), "Observation?page=2": whole(searchset(observation("b")))})) as ehr:
        fetched = fetch(reader, ehr)
    assert bytes(bundle.read(fetched.value).resources[0]) == exact


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(("total", "reason"), [(1, None), (2, None), (3, Reason.INCOMPLETE), (None, None)])
def test_a_resource_that_comes_on_two_pages_counts_once(reader: Reader, total: int | None, reason: Reason) -> None:
    said = {} if total is None else {"total": total}
    first = searchset(observation("a"), following="?page=2", **said)
    second = searchset(observation("a"), observation("b"))
    with FakeEhr(by_target({QUERY: whole(first), "Observation?page=2": whole(second)})) as ehr:
        fetched = fetch(reader, ehr)
    assert ids(fetched.value) == ["a", "b"]
    assert bundle.read(fetched.value).reason() is reason


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("totals", "reason"), [((2, 2), None), ((2, 3), Reason.INCOMPLETE), ((3, 2), Reason.INCOMPLETE)]
)
def test_the_largest_total_is_believed(reader: Reader, totals: tuple[int, int], reason: Reason | None) -> None:
    first = searchset(observation("a"), following="?page=2", total=totals[0])
    second = searchset(observation("b"), total=totals[1])
    with FakeEhr(by_target({QUERY: whole(first), "Observation?page=2": whole(second)})) as ehr:
        assert bundle.read(fetch(reader, ehr).value).reason() is reason


@pytest.mark.requirement(49)
def test_a_search_without_hits_is_an_empty_one(reader: Reader) -> None:
    empty = encoded({"resourceType": "Bundle", "type": "searchset", "total": 0})
    with FakeEhr(whole(empty)) as ehr:
        fetched = fetch(reader, ehr)
    page = bundle.read(fetched.value)
    assert (fetched.failure, page.resources, page.reason()) == (None, (), None)


@pytest.mark.requirement(50)
def test_the_rest_of_a_prefetched_page_is_read(reader: Reader) -> None:
    with FakeEhr(by_target({"Observation?page=2": whole(searchset(observation("b")))})) as ehr:
        first = msgspec.Raw(searchset(observation("a"), following=f"{ehr.base}/Observation?page=2"))
        fetched = fetch(reader, ehr, Rest(first, QUERY))
        assert [x.target for x in ehr.asked] == ["/fhir/Observation?page=2"]
    assert (ids(fetched.value), fetched.failure) == (["a", "b"], None)


@pytest.mark.requirement(50)
@pytest.mark.parametrize("following", [None, "https://other.example/Observation?page=2", ""])
def test_a_prefetched_page_without_a_link_to_follow_is_asked_for_anew(reader: Reader, following: str | None) -> None:
    first = msgspec.Raw(searchset(observation("a"), following=following, total=2))
    answer = whole(searchset(observation("a"), observation("b"), total=2))
    with FakeEhr(by_target({QUERY: answer})) as ehr:
        fetched = fetch(reader, ehr, Rest(first, QUERY))
    assert (ids(fetched.value), fetched.failure) == (["a", "b"], None)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("following", [None, "?page=2"])
def test_a_prefetched_page_is_kept_where_its_rest_cannot_be_read(reader: Reader, following: str | None) -> None:
    first = msgspec.Raw(searchset(observation("a"), following=following, total=2))
    with FakeEhr(whole(b"", "503 Busy")) as ehr:
        fetched = fetch(reader, ehr, Rest(first, QUERY))
    assert (ids(fetched.value), fetched.failure) == (["a"], Failure.SERVER_ERROR)
    assert bundle.read(fetched.value).reason() is Reason.INCOMPLETE


@pytest.mark.parametrize("kind", ["Patient", "Medication"])
def test_a_resource_is_read_as_it_was_sent(reader: Reader, kind: str) -> None:
    body = encoded({"resourceType": kind, "id": "a", "x": 1}).replace(b"1}", b"1.10 }")
    with FakeEhr(by_target({f"{kind}/a": whole(body)})) as ehr:
        fetched = fetch(reader, ehr, f"{kind}/a")
    assert (bytes(fetched.value), fetched.failure) == (body, None)


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b'{"resourceType":"Patient","id":"a","id":"b"}', Failure.UNREADABLE),
        (b'{"resourceType":"Patient","id":"a","x":{"y":1,"y":2}}', Failure.UNREADABLE),
        (b'{"resourceType":"Patient","x":1e400}', Failure.UNREADABLE),
        (b'{"resourceType":"Patient","x":"\\ud800"}', Failure.UNREADABLE),
        (searchset(), Failure.WRONG_RESOURCE),
        (b'{"resourceType":"Practitioner","id":"a"}', Failure.WRONG_RESOURCE),
        (b'{"resourceType":"OperationOutcome"}', Failure.OUTCOME),
        (b'{"id":"a"}', Failure.UNREADABLE),
    ],
)
def test_another_answer_to_a_read_is_a_failure(reader: Reader, body: bytes, failure: Failure) -> None:
    with FakeEhr(whole(body)) as ehr:
        assert fetch(reader, ehr, "Patient/a").failure is failure
