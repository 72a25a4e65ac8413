"""The built-in FHIR server: no more than a client of prefetch needs, and that as FHIR R4 has it."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.demo.fixtures import ehr, fixtures, request_for
from cds_service.demo.server import Server
from cds_service.settings import Settings
from tests.support import FIXED_NOW

RESOURCES = {
    "Patient/a": {"resourceType": "Patient", "id": "a"},
    **{
        f"Observation/o{day}": {
            "resourceType": "Observation",
            "id": f"o{day}",
            "code": {"coding": [{"system": "http://loinc.org", "code": "718-7" if day % 2 else "777-3"}]},
            "subject": {"reference": "Patient/a" if day < 8 else "Patient/b"},
            "effectiveDateTime": f"2026-11-0{day}T08:00:00Z",
        }
        for day in range(1, 10)
    },
    "MedicationRequest/m": {
        "resourceType": "MedicationRequest",
        "id": "m",
        "medicationReference": {"reference": "Medication/x"},
        "subject": {"reference": "Patient/a"},
    },
}
SERVER = Server("https://fhir.example", RESOURCES)


def search(kind: str, **parameters: str) -> dict[str, Any]:
    status, bundle = SERVER.get(kind, tuple({x.removeprefix("p_"): y for x, y in parameters.items()}.items()))
    assert status == 200
    return dict(bundle)


def ids(bundle: dict[str, Any]) -> list[str]:
    return [x["resource"]["id"] for x in bundle.get("entry", ())]


def test_a_resource_is_read_and_one_that_is_not_there_is_404() -> None:
    assert SERVER.get("Patient/a") == (200, RESOURCES["Patient/a"])
    status, outcome = SERVER.get("Patient/b")
    assert (status, outcome["resourceType"], outcome["issue"][0]["code"]) == (404, "OperationOutcome", "not-found")
    assert SERVER.get("Practitioner/../Patient/a")[0] == 404


def test_a_search_finds_by_patient_and_code_and_sorts() -> None:
    assert ids(search("Observation", patient="a", code="http://loinc.org|718-7", _sort="-date")) == [
        "o7",
        "o5",
        "o3",
        "o1",
    ]
    assert ids(search("Observation", patient="Patient/b", _sort="date")) == ["o8", "o9"]
    assert search("Observation", patient="a", code="http://loinc.org|718-7,777-3")["total"] == 7
    assert ids(search("MedicationRequest", patient="a")) == ["m"]
    assert ids(search("Observation", _id="o1,o2")) == ["o1", "o2"]


def test_a_search_without_matches_has_no_entry() -> None:
    bundle = search("Observation", patient="nobody")
    assert (bundle["total"], "entry" in bundle) == (0, False)


def test_pages_lead_to_all_matches() -> None:
    found: list[str] = []
    url = "Observation?patient=a&_sort=-date&_count=3"
    while url:
        path, _, query = url.partition("?")
        _, bundle = SERVER.get(path, [(x.partition("=")[0], x.partition("=")[2]) for x in query.split("&")])
        found += ids(dict(bundle))
        following = [x["url"] for x in bundle["link"] if x["relation"] == "next"]
        url = urlsplit(following[0])._replace(scheme="", netloc="").geturl().lstrip("/") if following else ""
    assert found == ["o7", "o6", "o5", "o4", "o3", "o2", "o1"]


@pytest.mark.parametrize("parameters", [{"status": "final"}, {"_sort": "value"}, {"_count": "many"}, {"_count": "-1"}])
def test_a_search_that_is_not_understood_is_refused_and_not_guessed(parameters: dict[str, str]) -> None:
    status, outcome = SERVER.get("Observation", tuple(parameters.items()))
    assert (status, outcome["resourceType"]) == (400, "OperationOutcome")
    assert next(iter(parameters)) in outcome["issue"][0]["diagnostics"]


def test_it_says_what_it_can_do() -> None:
    status, statement = SERVER.get("metadata")
    assert (status, statement["fhirVersion"]) == (200, "4.0.1")
    assert {x["type"] for x in statement["rest"][0]["resource"]} >= {"Patient", "MedicationRequest", "Observation"}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    app = create_app(Settings(data_dir=tmp_path), clock=lambda: FIXED_NOW, ehr=ehr(lambda: FIXED_NOW))
    return app.test_client()


def test_over_http_it_speaks_fhir_to_any_origin(client: FlaskClient) -> None:
    response = client.get("/fhir/Patient?_count=1")
    assert response.content_type == "application/fhir+json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert [x["url"].partition("?")[0] for x in response.get_json()["link"]] == ["http://localhost/fhir/Patient"] * 2
    assert client.get("/fhir/Patient/nobody").status_code == 404
    assert client.post("/fhir/Patient", json={}).status_code == 405


@pytest.mark.requirement(48)
def test_its_answers_are_those_that_the_fixtures_tell(client: FlaskClient) -> None:
    fixture = fixtures(FIXED_NOW)["interrupt-neutrophils-grade-3"]
    service = client.get("/cds-services").get_json()["services"][0]
    expected = request_for(fixture, service["prefetch"])["prefetch"]
    get = ehr(lambda: FIXED_NOW)
    for key, template in service["prefetch"].items():
        path, _, query = template.replace("{{context.patientId}}", fixture.hook["context"]["patientId"]).partition("?")
        _, found = get("x", path, [(x.partition("=")[0], x.partition("=")[2]) for x in query.split("&") if x])
        if query:
            assert [x["resource"] for x in found["entry"]] == [x["resource"] for x in expected[key]["entry"]]
        else:
            assert found == expected[key]


def test_a_service_without_it_has_no_such_address(tmp_path: Path) -> None:
    client = create_app(Settings(data_dir=tmp_path)).test_client()
    assert client.get("/fhir/metadata").status_code == 404
