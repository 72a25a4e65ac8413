"""The exported definitions on a real FHIR server: it takes them all, and finds each by its canonical URL."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
import requests

from cds_service.cli.authoring import exported
from cds_service.fhir.export.bundle import transaction
from cds_service.protocols.load import load_all
from tests.fhir_server.ehr import Ehr

PROTOCOLS = load_all()
RESOURCES = exported()
OF_A_PROTOCOL = ("PlanDefinition", "ActivityDefinition", "Library")


@pytest.fixture(scope="module")
def server(fhir_base: str) -> Iterator[Ehr]:
    """A server that checks what it is sent, and was sent the whole export twice."""
    with requests.Session() as session:
        ehr = Ehr(fhir_base, session)
        for status in ("201 Created", "200 OK"):
            stored = ehr.store(transaction(RESOURCES))
            assert stored.status_code == 200, stored.text
            assert {x["response"]["status"] for x in stored.json()["entry"]} == {status}
        yield ehr


def got(server: Ehr, address: str) -> Mapping[str, Any]:
    answer = server.session.get(f"{server.base}/{address}", timeout=60)
    assert answer.status_code == 200, answer.text
    content: Mapping[str, Any] = answer.json(parse_float=Decimal)
    return content


def kept(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource without what a server adds to it."""
    return {x: y for x, y in resource.items() if x not in ("meta", "text")}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda x: f"{x['resourceType']}-{x['id']}")
def test_a_definition_comes_back_from_the_server_as_it_was_exported(server: Ehr, resource: dict[str, Any]) -> None:
    assert kept(got(server, f"{resource['resourceType']}/{resource['id']}")) == resource


@pytest.mark.parametrize("kind", OF_A_PROTOCOL)
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_definition_is_found_by_its_canonical_url(server: Ehr, kind: str, name: str) -> None:
    url = PROTOCOLS[name].url.replace("PlanDefinition", kind)
    found = got(server, f"{kind}?url={url}&version={PROTOCOLS[name].version}")
    assert [x["resource"]["id"] for x in found["entry"]] == [name]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_canonical_of_a_protocol_leads_to_a_definition_on_the_server(server: Ehr, name: str) -> None:
    plan = got(server, f"PlanDefinition/{name}")
    named = [*plan["library"], *(x["definitionCanonical"] for x in plan["action"] if "definitionCanonical" in x)]
    assert len(named) == 2
    for canonical in named:
        url, _, version = canonical.partition("|")
        kind = url.split("/")[-2]
        assert got(server, f"{kind}?url={url}&version={version}")["total"] == 1


def test_an_order_of_the_drug_may_name_the_plan_on_that_server(server: Ehr) -> None:
    order = {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Trofosfamide"},
        "subject": {"display": "somebody invented"},
        "instantiatesCanonical": [x.url for x in PROTOCOLS.values()],
    }
    answer = server.session.post(f"{server.base}/MedicationRequest", json=order, timeout=60)
    assert answer.status_code == 201, answer.text
