"""The OpenAPI description holds: it names every address and code, and calls made from it get what it promises."""

import json
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cds_service import errors
from cds_service.pages.book import BEYOND
from cds_service.protocols.load import NAMES
from cds_service.web.discovery import SERVICES
from tests.hook.calls import REMOVED, changed
from tests.spec.description import FILE, description
from tests.spec.mutating import originals
from tests.support import CheckedClient, client

HELD = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 40
HOOKS = {x.hook: f"/cds-services/{x.id}" for x in SERVICES}
CONTEXTS = {"order-sign": "OrderSign", "order-select": "OrderSelect", "patient-view": "PatientView"}
QUIET = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


def _schema(mode: str) -> Any:
    """The description, for calls that it allows ("positive") or forbids ("negative")."""
    made = schemathesis.openapi.from_dict(
        description(), config=SchemathesisConfig.from_dict({"generation": {"mode": mode}})
    )
    made.app = client().application
    return made


ALLOWED, FORBIDDEN = _schema("positive"), _schema("negative")


@pytest.mark.requirement(11, 12, 24, 30, 60, 63, 95, 102)
@ALLOWED.parametrize()
@QUIET
def test_calls_that_the_description_allows_get_what_it_promises(case: Any) -> None:
    response = case.call_and_validate(checks=HELD)
    assert response.status_code in (200, 412)


@pytest.mark.requirement(25, 26, 30, 63)
@FORBIDDEN.include(path_regex="/trofosfamide-[a-z-]+$").parametrize()
@QUIET
def test_calls_that_the_description_forbids_are_refused(case: Any) -> None:
    case.call_and_validate(checks=[*HELD, negative_data_rejection])


@pytest.mark.requirement(96, 97, 98)
@FORBIDDEN.include(path_regex="/feedback$").parametrize()
@QUIET
def test_feedback_that_the_description_forbids_is_taken_or_refused_with_a_code(case: Any) -> None:
    case.call_and_validate(checks=HELD)


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({**description(), "$ref": f"#/components/schemas/{name}"})


def test_the_description_names_every_address_of_the_service_and_no_other() -> None:
    rules = client().application.url_map.iter_rules()
    served = {x.rule for x in rules if x.endpoint != "static"}
    templates = {re.sub(r"trofosfamide-[a-z-]+|\{name\}", "<name>", x) for x in description()["paths"]}
    assert templates == served
    named = {x for x in description()["paths"] if "trofosfamide" in x}
    assert named == {y for x in HOOKS.values() for y in (x, f"{x}/feedback")}


def test_the_description_names_every_page_of_a_protocol_and_no_other() -> None:
    (name,) = description()["paths"]["/protocols/{name}"]["get"]["parameters"]
    assert name["schema"]["enum"] == [*NAMES, BEYOND]


def test_the_description_names_every_code_of_an_error_and_no_other() -> None:
    codes = description()["components"]["schemas"]["ErrorCode"]["properties"]["code"]["enum"]
    assert codes == [x.code for x in errors.every() if not issubclass(x, errors.StartError)]


def test_the_description_refers_to_the_very_schemas_of_the_cards() -> None:
    assert FILE.read_text("utf-8").count("../cards/cds-hooks-response.schema.json") == 1
    assert {"cds-hooks-response", "decision"} <= description()["components"]["schemas"].keys()


def test_the_discovery_is_as_described() -> None:
    validator("Discovery").validate(client().get("/cds-services").get_json())


def test_real_requests_and_their_answers_are_as_described() -> None:
    answers = validator("cds-hooks-response")
    cards = 0
    for url, body in originals()[-200:]:
        hook = next((x for x, y in HOOKS.items() if url == y), None)
        validator(CONTEXTS[hook] if hook else "Feedback").validate(json.loads(body))
        response = client().post(url, data=body, content_type="application/json")
        if hook and response.status_code == 200:
            answers.validate(response.get_json())
            cards += len(response.get_json()["cards"])
    assert cards > 20


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("OrderSign", changed("hook", "order-select")),
        ("OrderSign", changed("hookInstance", "1")),
        ("OrderSign", changed("context.draftOrders", REMOVED)),
        ("OrderSign", changed("context.patientId", "a/b")),
        ("OrderSign", changed("fhirAuthorization", {"access_token": "t"})),
        ("OrderSelect", {**changed("hook", "order-select")}),
        ("Feedback", {"feedback": [{}]}),
        ("Feedback", {}),
    ],
    ids=str,
)
def test_the_description_forbids_what_the_service_refuses(unhurried: CheckedClient, name: str, wrong: Any) -> None:
    url = f"{HOOKS['order-sign']}/feedback" if name == "Feedback" else HOOKS[_hook(name)]
    assert not validator(name).is_valid(wrong)
    assert unhurried.post(url, json=wrong).status_code == 400


def _hook(name: str) -> str:
    return next(x for x, y in CONTEXTS.items() if y == name)
