"""What the discovery tells an EHR."""

import re
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask

from cds_service.fhir.prefetch import TEMPLATES as READ
from cds_service.web import discovery
from cds_service.web.discovery import SERVICES
from tests.support import client


def services() -> list[dict[str, Any]]:
    response = client().get("/cds-services")
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.get_json()["services"]
    return found


TEMPLATES = {x: y for service in SERVICES for x, y in service.prefetch.items()}


@pytest.mark.requirement(11, 12, 22)
def test_the_discovery_is_there_with_and_without_a_slash() -> None:
    assert client().get("/cds-services/").get_json() == {"services": services()}


@pytest.mark.requirement(14, 15, 16, 18, 19, 20, 21)
def test_every_service_says_what_it_is() -> None:
    for service in services():
        assert all(service[x] for x in ("hook", "title", "description", "id", "usageRequirements", "prefetch"))
        assert all(isinstance(y, str) for x, y in service.items() if x != "prefetch")
        assert (service["hookVersion"], service["version"]) == ("1.0", "2.0")


@pytest.mark.requirement(14, 17, 20, 21)
def test_there_are_three_services_each_of_a_hook_of_its_own() -> None:
    assert [(x["id"], x["hook"]) for x in services()] == [
        ("trofosfamide-order-sign", "order-sign"),
        ("trofosfamide-order-select", "order-select"),
        ("trofosfamide-patient-view", "patient-view"),
    ]


def test_each_service_is_described_in_words_of_its_own() -> None:
    for text in ("title", "description"):
        assert len({x[text] for x in services()}) == len(services())


@pytest.mark.requirement(17, 24)
def test_every_id_is_called_by_post_only() -> None:
    for service in services():
        assert re.fullmatch(r"[a-z-]+", service["id"])
        url = f"/cds-services/{service['id']}"
        assert client().get(url).status_code == 405
        assert client().post(url, json={}).status_code == 400


@pytest.mark.requirement(4, 5, 6)
def test_nothing_in_the_discovery_is_null_or_empty() -> None:
    def walk(value: Any) -> None:
        assert value not in (None, "", [], {})
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(inner)

    walk(services())


@pytest.mark.requirement(32, 34, 35, 36, 37, 38)
@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_templates_are_reads_and_searches_with_tokens_of_the_context(template: str) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z]+(/\{\{[^{}]+\}\}|\?[^?{}]*(\{\{[^{}]+\}\}[^?{}]*)*)", template)
    tokens = re.findall(r"\{\{([^{}]*)\}\}", template)
    assert tokens
    assert set(tokens) <= {"context.patientId", "context.userId", "context.encounterId"}


@pytest.mark.requirement(41, 42, 43, 44, 45, 46)
@pytest.mark.parametrize("template", [x for x in TEMPLATES.values() if "?" in x])
def test_searches_keep_to_what_ehrs_support(template: str) -> None:
    parameters = dict(parse_qsl(template.partition("?")[2], strict_parsing=True))
    assert parameters.keys() <= {"patient", "code", "_sort", "_count"}
    assert parameters["patient"] == "{{context.patientId}}"
    assert parameters["_sort"] in ("-date", "-authoredon")
    assert all(
        re.fullmatch(r"http://loinc\.org\|\d+-\d", x) for x in filter(None, parameters.get("code", "").split(","))
    )


@pytest.mark.requirement(32)
def test_every_key_that_is_read_is_declared() -> None:
    assert [x["prefetch"] for x in services()] == [READ] * len(services())
    assert READ.keys() == {"patient", "medications", "results"}


@pytest.mark.requirement(13)
def test_without_services_the_list_is_empty() -> None:
    app = Flask("empty")
    app.register_blueprint(discovery.blueprint(()))
    response = app.test_client().get("/cds-services")
    assert (response.status_code, response.get_json()) == (200, {"services": []})
