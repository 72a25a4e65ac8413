"""Real input: the invented patients on a real FHIR server, and an EHR that prefetches from it what is asked for."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.demo.fixtures import Fixture, request_for
from cds_service.fhir.prefetch import ON_DEMAND
from cds_service.settings import Settings
from tests.faults.proxy import Proxy, guarded
from tests.fhir_server.ehr import Ehr
from tests.hook.hostile_tokens import BASE, NORTH, published, token
from tests.journeys.golden import ALL, row
from tests.journeys.test_golden import DECISION
from tests.support import FIXED_NOW, CheckedClient, client, normalise

REFUSED = "Refused by a server"
FHIR_TOKEN = "invented-token.3"


@pytest.fixture(scope="module")
def ehr(fhir_base: str) -> Iterator[Ehr]:
    """An EHR over a server that holds every patient, the invalid ones unchecked."""
    with requests.Session() as session:
        ehr = Ehr(fhir_base, session)
        for fixture in ALL.values():
            stored = ehr.store(fixture.bundle, validation=not row(fixture, REFUSED))
            assert stored.status_code == 200, f"{fixture.name}: {stored.text}"
        yield ehr


@pytest.mark.parametrize("fixture", [x for x in ALL.values() if row(x, REFUSED)], ids=lambda x: x.name)
def test_a_server_that_checks_refuses_just_what_the_why_says(ehr: Ehr, fixture: Fixture) -> None:
    refused = ehr.store(fixture.bundle)
    assert refused.status_code == 422
    errors = {x["diagnostics"] for x in refused.json()["issue"] if x["severity"] in ("error", "fatal")}
    assert errors == {row(fixture, REFUSED)}


@pytest.mark.requirement(11, 18, 24, 31, 32, 34)
@pytest.mark.parametrize("fixture", ALL.values(), ids=ALL)
def test_an_ehr_gets_the_expected_cards(ehr: Ehr, fixture: Fixture) -> None:
    assert unversioned(normalise(ehr.sign(client(), fixture.hook))) == unversioned(fixture.expected)


@pytest.mark.parametrize("fixture", ALL.values(), ids=ALL)
def test_the_built_in_record_finds_what_the_server_finds(ehr: Ehr, fixture: Fixture) -> None:
    templates = client().get("/cds-services").get_json()["services"][0]["prefetch"]
    built_in = request_for(fixture, templates)["prefetch"]
    every = {**templates, **ON_DEMAND}
    served = {key: ehr.fetch(template, fixture.hook["context"]) for key, template in every.items()}
    assert {key: ids(x) for key, x in served.items()} == {key: ids(x) for key, x in built_in.items()}


@pytest.mark.requirement(50)
@pytest.mark.hazard("H15")
@pytest.mark.parametrize("name", ["escalate-after-21-days", "interrupt-second-episode", "restart-above-the-ceiling"])
def test_an_ehr_that_reads_in_pages_gets_the_same_cards(ehr: Ehr, name: str) -> None:
    in_pages = replace(ehr, page=7)
    assert unversioned(normalise(in_pages.sign(client(), ALL[name].hook))) == unversioned(ALL[name].expected)


@pytest.mark.requirement(50)
@pytest.mark.hazard("H15")
def test_what_stands_on_a_page_that_was_not_sent_is_not_taken_for_absent(ehr: Ehr) -> None:
    first_page_only = replace(ehr, page=7, follows=False)
    [card] = first_page_only.sign(client(), ALL["escalate-after-21-days"].hook)["cards"]
    assert card["source"]["topic"]["code"] == "not-assessed"
    assert "incomplete" in {x["reason"] for x in card["extension"][DECISION]["unknown"]}


@pytest.mark.hazard("H15")
def test_low_counts_interrupt_also_where_pages_are_missing(ehr: Ehr) -> None:
    first_page_only = replace(ehr, page=7, follows=False)
    [card] = first_page_only.sign(client(), ALL["interrupt-neutrophils-grade-3"].hook)["cards"]
    assert (card["source"]["topic"]["code"], card["indicator"]) == ("interrupt", "critical")


@pytest.mark.requirement(49, 52)
@pytest.mark.hazard("H25")
def test_a_patient_of_whom_the_server_knows_nothing_is_not_assessed(ehr: Ehr) -> None:
    hook = of_patient(ALL["start-at-starting-dose"].hook, "p-nobody")
    assert ehr.fetch("Patient/{{context.patientId}}", hook["context"]) is None
    [card] = ehr.sign(client(), hook)["cards"]
    assert card["source"]["topic"]["code"] == "not-assessed"


@pytest.fixture(scope="module")
def trusted(ehr: Ehr, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlaskClient, Proxy]]:
    """A service that trusts one EHR, whose FHIR server asks for a token."""
    folder = tmp_path_factory.mktemp("trusted")
    (folder / "north.json").write_bytes(published(NORTH.jwks_url))
    with guarded(ehr.base, FHIR_TOKEN) as proxy:
        origin = proxy.base.removesuffix("/fhir")
        (folder / "clients.yaml").write_text(
            f"clients: [{{id: north, issuer: '{NORTH.issuer}', mode: live, jwks_file: north.json, "
            f"fhir_servers: ['{origin}'], time_budget_ms: 30000}}]",
            "utf-8",
        )
        settings = Settings(data_dir=folder, clients=folder / "clients.yaml", public_base_url=BASE, log_level="error")
        app = create_app(settings, clock=lambda: FIXED_NOW)
        app.test_client_class = CheckedClient
        yield app.test_client(), proxy


BY_REFERENCE = "medication-by-reference"


@pytest.mark.requirement(33, 48, 53, 54, 103)
@pytest.mark.parametrize("fixture", [x for x in ALL.values() if x.name != BY_REFERENCE], ids=lambda x: x.name)
def test_a_trusted_ehr_that_prefetches_nothing_gets_the_expected_cards(
    ehr: Ehr, trusted: tuple[FlaskClient, Proxy], fixture: Fixture
) -> None:
    service, proxy = trusted
    caller = token(jti=fixture.name)
    answer = ehr.sign_unread(service, fixture.hook, proxy.base, FHIR_TOKEN, caller)
    assert trusting(unversioned(normalise(answer))) == trusting(unversioned(fixture.expected))
    assert proxy.refused == []


def test_a_drug_that_only_words_name_is_known_once_its_medication_is_read(
    ehr: Ehr, trusted: tuple[FlaskClient, Proxy]
) -> None:
    service, proxy = trusted
    hook = ALL[BY_REFERENCE].hook
    assert ehr.sign_unread(service, hook, proxy.base, FHIR_TOKEN, token(jti=BY_REFERENCE)) == {"cards": []}
    assert ALL[BY_REFERENCE].expected["cards"][0]["source"]["topic"]["code"] == "dose-unclear"


def trusting(answer: Any) -> Any:
    """The same without the sentence that callers are not checked, which only the demo says."""
    if isinstance(answer, dict):
        return {name: trusting(x) for name, x in answer.items()}
    if isinstance(answer, list):
        return [trusting(x) for x in answer]
    said = answer.replace(" Demo mode: callers are not checked.", "") if isinstance(answer, str) else answer
    return said.replace(f"{BASE}/", "http://127.0.0.1:8080/") if isinstance(said, str) else said


def unversioned(value: Any) -> Any:
    """The same without `meta`: a server writes its own version there, and suggestions send an order back as it came."""
    if isinstance(value, dict):
        return {name: unversioned(x) for name, x in value.items() if name != "meta"}
    return [unversioned(x) for x in value] if isinstance(value, list) else value


def of_patient(hook: dict[str, Any], patient: str) -> dict[str, Any]:
    """The same call for another patient."""
    context = hook["context"]
    entries = [
        {"resource": {**x["resource"], "subject": {"reference": f"Patient/{patient}"}}}
        for x in context["draftOrders"]["entry"]
    ]
    return {
        **hook,
        "context": {**context, "patientId": patient, "draftOrders": {**context["draftOrders"], "entry": entries}},
    }


def ids(prefetched: dict[str, Any] | None) -> set[str]:
    """The ids of the resources under a prefetch key."""
    if prefetched is None:
        return set()
    if prefetched["resourceType"] != "Bundle":
        return {prefetched["id"]}
    return {x["resource"]["id"] for x in prefetched.get("entry", ())}
