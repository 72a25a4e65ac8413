"""Real reads: the reader on a real FHIR server that asks for a bearer token, in pages, by lists of codes."""

import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import requests

from cds_service.fhir import bundle
from cds_service.fhir.prefetch import ON_DEMAND, TEMPLATES
from cds_service.fhir.reading.asks import Fetched, Rest, bundled, lacking, medications, queries
from cds_service.fhir.reading.failures import Failure
from cds_service.fhir.reading.reader import Reader
from cds_service.hook import strict
from tests.faults.proxy import Proxy, guarded
from tests.fhir_server.ehr import Ehr

TOKEN = "invented-token.2"
PATIENT = "p-real-reads"
OTHER = "p-real-reads-other"
_SECONDS = 60
_CODES = ("751-8", "777-3", "718-7")


def _observation(index: int, patient: str = PATIENT) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"{patient}-{index}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": _CODES[index % 3]}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"2026-11-{index + 1:02}T08:00:00Z",
        "valueQuantity": {"value": index + 1, "system": "http://unitsofmeasure.org", "code": "10*9/L"},
    }


def _record() -> Iterator[dict[str, Any]]:
    for patient in (PATIENT, OTHER):
        yield {"resourceType": "Patient", "id": patient, "birthDate": "1950-01-01"}
        yield from (_observation(x, patient) for x in range(7))
        yield {
            "resourceType": "AdverseEvent",
            "id": f"{patient}-event",
            "actuality": "actual",
            "subject": {"reference": f"Patient/{patient}"},
        }
    yield {"resourceType": "Medication", "id": "m-real-reads", "code": {"text": "Ixoten 50 mg"}}


@pytest.fixture(scope="module")
def proxy(fhir_base: str) -> Iterator[Proxy]:
    entries = [
        {"fullUrl": f"{fhir_base}/{x['resourceType']}/{x['id']}", "resource": x,
         "request": {"method": "PUT", "url": f"{x['resourceType']}/{x['id']}"}}
        for x in _record()
    ]  # fmt: skip
    with requests.Session() as session:
        transaction = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        stored = Ehr(fhir_base, session).store(transaction)
        assert stored.status_code == 200, stored.text
    with guarded(fhir_base, TOKEN) as proxy:
        yield proxy


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader(strict.text)
    yield reader
    reader.close()


def fetch(reader: Reader, proxy: Proxy, token: str | None = TOKEN, **asks: Any) -> dict[str, Fetched]:
    return reader.fetch(proxy.base, token, asks, time.monotonic() + _SECONDS)


def ids(fetched: Fetched) -> list[str]:
    assert fetched.failure is None
    page = bundle.read(fetched.value)
    assert page.reason() is None
    return [msgspec.json.decode(x)["id"] for x in page.resources]


def names(*indices: int) -> list[str]:
    return [f"{PATIENT}-{x}" for x in indices]


@pytest.mark.requirement(33, 48, 53, 54)
def test_all_that_is_wanted_can_be_read(reader: Reader, proxy: Proxy) -> None:
    fetched = fetch(reader, proxy, **queries({**TEMPLATES, **ON_DEMAND}, PATIENT))
    assert {key: x.failure for key, x in fetched.items() if x.failure} == {}
    assert ids(fetched["results"]) == names(6, 5, 4, 3, 2, 1, 0)
    assert ids(fetched["medications"]) == []
    assert msgspec.json.decode(fetched["patient"].value)["birthDate"] == "1950-01-01"


@pytest.mark.requirement(50, 54)
def test_pages_are_followed_with_the_token(reader: Reader, proxy: Proxy) -> None:
    before = len(proxy.asked)
    fetched = fetch(reader, proxy, results=f"Observation?patient={PATIENT}&_sort=date&_count=2")
    assert ids(fetched["results"]) == names(0, 1, 2, 3, 4, 5, 6)
    assert len(proxy.asked) == before + 4
    assert proxy.refused == []


@pytest.mark.requirement(43, 44)
def test_lists_of_codes_are_searched(reader: Reader, proxy: Proxy) -> None:
    codes = ",".join(f"http://loinc.org|{x}" for x in _CODES[:2])
    fetched = fetch(reader, proxy, results=f"Observation?patient={PATIENT}&code={codes}&_sort=date&_count=2")
    assert ids(fetched["results"]) == names(0, 1, 3, 4, 6)


def test_adverse_events_are_found_by_their_subject(reader: Reader, proxy: Proxy) -> None:
    fetched = fetch(
        reader, proxy, events=f"AdverseEvent?subject=Patient/{PATIENT}", none="AdverseEvent?subject=Patient/x"
    )
    assert (ids(fetched["events"]), ids(fetched["none"])) == ([f"{PATIENT}-event"], [])


@pytest.mark.requirement(48, 50)
def test_only_the_rest_of_a_prefetched_page_is_read(reader: Reader, proxy: Proxy) -> None:
    query = f"Observation?patient={PATIENT}&_sort=date&_count=5"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    first = msgspec.Raw(requests.get(f"{proxy.base}/{query}", headers=headers, timeout=_SECONDS).content)
    asks = lacking({"results": first}, {"results": query})
    assert isinstance(asks["results"], Rest)
    before = len(proxy.asked)
    assert ids(fetch(reader, proxy, results=asks["results"])["results"]) == names(0, 1, 2, 3, 4, 5, 6)
    assert len(proxy.asked) == before + 1


def test_the_medication_of_a_draft_is_read(reader: Reader, proxy: Proxy) -> None:
    request = {"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/m-real-reads"}}
    drafts = msgspec.Raw(msgspec.json.encode({"resourceType": "Bundle", "entry": [{"resource": request}]}))
    asks = medications(drafts, [], proxy.base)
    assert asks == {"Medication/m-real-reads": "Medication/m-real-reads"}
    shelf = bundled(fetch(reader, proxy, **asks))
    assert medications(drafts, [shelf], proxy.base) == {}


@pytest.mark.requirement(47, 54)
@pytest.mark.hazard("H25")
@pytest.mark.parametrize(
    ("token", "query", "failure"),
    [
        (None, f"Patient/{PATIENT}", Failure.UNAUTHORIZED),
        ("another", f"Patient/{PATIENT}", Failure.UNAUTHORIZED),
        (TOKEN, "Patient/p-nobody-at-all", Failure.NOT_FOUND),
        (TOKEN, "AdverseEvent?patient=x", Failure.REFUSED),  # R4 has no such search
        (TOKEN, "Unheard?patient=x", Failure.NOT_FOUND),
    ],
)
def test_what_a_real_server_refuses_is_a_failure(
    reader: Reader, proxy: Proxy, token: str | None, query: str, failure: Failure
) -> None:
    assert fetch(reader, proxy, token, a=query)["a"].failure is failure
    proxy.refused.clear()
