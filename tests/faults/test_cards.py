"""What a read that failed comes to in the end: a card that says that the data could not be had, never silence."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from cds_service.demo.fixtures import request_for
from cds_service.fhir.reading.reader import Reader
from cds_service.hook import strict
from tests.faults import plays
from tests.faults.ehr import TOKEN, FakeEhr, Play
from tests.faults.plays import by_target, whole
from tests.faults.test_faults import FAULTS, LONG, SHORT, SLOW, SMALL, Fault
from tests.journeys.golden import ALL
from tests.support import answer, client, parsed

DECISION = "org.example.trofosfamide-cds.decision"
QUERY = "Observation?patient=p"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader(strict.text, SMALL)
    yield reader
    reader.close()


def card(name: str, reader: Reader, ehr: FakeEhr, seconds: float = LONG) -> Any:
    """The card of an invented patient whose results are read from the EHR, and all else is prefetched."""
    fetched = reader.fetch(ehr.base, TOKEN, {"results": QUERY}, time.monotonic() + seconds)["results"]
    request = asked(name)
    request["prefetch"]["results"] = parsed(bytes(fetched.value))
    [found] = answer(request)["cards"]
    return found


def asked(name: str) -> dict[str, Any]:
    service = client().get("/cds-services").get_json()["services"][0]
    return request_for(ALL[name], service["prefetch"])


def results(name: str) -> list[Any]:
    """The results of an invented patient, the newest first."""
    return [x["resource"] for x in asked(name)["prefetch"]["results"]["entry"]]


def bundle(resources: list[Any], following: str | None = None) -> bytes:
    return plays.searchset(*resources, following=following)


@pytest.mark.requirement(47, 52)
@pytest.mark.hazard("H25")
@pytest.mark.parametrize("fault", [*FAULTS, *SLOW], ids=lambda x: x.name)
def test_results_that_could_not_be_read_are_not_taken_for_good_ones(reader: Reader, fault: Fault) -> None:
    with FakeEhr(fault.play, fault.greet) as ehr:
        found = card("escalate-after-21-days", reader, ehr, SHORT if fault in SLOW else LONG)
    assert found["source"]["topic"]["code"] == "not-assessed"
    assert "fetch-failed" in {x["reason"] for x in found["extension"][DECISION]["unknown"]}


@pytest.mark.requirement(33)
@pytest.mark.parametrize("name", ["escalate-after-21-days", "interrupt-neutrophils-grade-3"])
def test_what_is_read_comes_to_the_same_card_as_what_is_prefetched(reader: Reader, name: str) -> None:
    every = results(name)
    half = len(every) // 2
    pages = {QUERY: whole(bundle(every[:half], "?page=2")), "Observation?page=2": whole(bundle(every[half:]))}
    with FakeEhr(by_target(pages)) as ehr:
        found = card(name, reader, ehr)
    [expected] = answer(asked(name))["cards"]
    assert [found[x] for x in ("summary", "indicator", "detail")] == [
        expected[x] for x in ("summary", "indicator", "detail")
    ]


@pytest.mark.requirement(50)
@pytest.mark.hazard("H15")
@pytest.mark.parametrize("second", [whole(b"", "500 Oh no"), plays.dripping(plays.sized(10**6), b" ")])
def test_low_counts_interrupt_also_where_a_later_page_fails(reader: Reader, second: Play) -> None:
    name = "interrupt-neutrophils-grade-3"
    every = results(name)
    pages = {QUERY: whole(bundle(every[:-1], "?page=2")), "Observation?page=2": second}
    with FakeEhr(by_target(pages)) as ehr:
        found = card(name, reader, ehr, 2)
    assert found["source"]["topic"]["code"] == "interrupt"


@pytest.mark.hazard("H25")
def test_results_of_another_patient_are_not_assessed(reader: Reader) -> None:
    foreign = [x | {"subject": {"reference": "Patient/p-somebody-else"}} for x in results("escalate-after-21-days")]
    with FakeEhr(whole(bundle(foreign))) as ehr:
        found = card("escalate-after-21-days", reader, ehr)
    assert found["source"]["topic"]["code"] == "not-assessed"
    assert "other-patient" in {x["reason"] for x in found["extension"][DECISION]["unknown"]}
