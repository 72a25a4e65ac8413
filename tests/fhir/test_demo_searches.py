"""Every search of the service finds on the built-in FHIR server what it is for, and nothing else."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from cds_service.demo.server import TYPES, Server
from cds_service.fhir.prefetch import ON_DEMAND, TEMPLATES
from cds_service.fhir.reading.asks import queries
from tests.fhir import events
from tests.fhir.observations import Json
from tests.fhir.oncology import ecog, plan, procedure, report, statement, study

FOUND = {
    "carePlans": plan(),
    "cancer": ecog(1),
    "statements": statement(),
    "treatments": procedure(),
    "imaging": study("CT"),
    "imagingReports": report("RAD"),
    "transfusions": events.procedure(),
}
BESIDE = (
    plan(id="over", status="completed"),
    plan(id="other", subject={"reference": "Patient/q"}),
    report("LAB", id="laboratory"),
    procedure("12719002", id="transfusion"),
)


def ids(key: str, *resources: Json) -> list[str]:
    server = Server("https://ehr.example", {f"{x['resourceType']}/{x['id']}": x for x in resources})
    path, _, query = queries({**TEMPLATES, **ON_DEMAND}, "p")[key].partition("?")
    status, answer = server.get(path, parse_qsl(query))
    assert status == 200
    found: list[Any] = list(answer.get("entry", ()))
    return [x["resource"]["id"] for x in found]


@pytest.mark.parametrize("key", FOUND)
def test_a_search_finds_its_resource_and_not_those_beside_it(key: str) -> None:
    others = [x for x in BESIDE if key != "transfusions" or x["id"] != "transfusion"]
    assert ids(key, FOUND[key], *others) == ["x"]


@pytest.mark.parametrize("key", [*TEMPLATES, *ON_DEMAND])
def test_every_search_is_understood(key: str) -> None:
    patient = {"resourceType": "Patient", "id": "p"}
    assert ids(key, patient) == []


def test_every_type_that_is_asked_for_is_served() -> None:
    assert {x.partition("?")[0].partition("/")[0] for x in (*TEMPLATES.values(), *ON_DEMAND.values())} <= {*TYPES}
