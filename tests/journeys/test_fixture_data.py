"""The invented patients themselves: complete, valid, never stale, and listed where people look for them."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from pydantic import ValidationError

from cds_service.data import data_dir
from cds_service.demo.fixtures import Fixture, fixtures, materialise, request_for
from tests.journeys.golden import ALL, expectation, expectations, row, table
from tests.support import FIXED_NOW

FOLDER = data_dir("fhir_fixtures")
FILES = ["bundle.json", "expected.json", "hook.json", "why.md"]
CONCLUSIONS = {"interrupt", "keep-interrupted", "restart-reduced", "reduce", "not-assessed", "escalate", "none"}
TOPICS = CONCLUSIONS - {"none"} | {
    *("over-maximum", "over-starting-dose", "escalation-not-supported", "dose-unclear", "duplicate-order"),
    *("eligibility", "progression-recorded", "count-due", "imaging-due", "pause-consider"),
}


def resources(fixture: Fixture) -> list[dict[str, Any]]:
    return [x["resource"] for x in fixture.bundle["entry"]]


def drafts(fixture: Fixture) -> list[dict[str, Any]]:
    return [x["resource"] for x in fixture.hook["context"]["draftOrders"]["entry"]]


def members(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every string and number below a JSON value, with the name of the member it belongs to."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from members(below, key)
    elif isinstance(value, list):
        for below in value:
            yield from members(below, name)
    else:
        yield name, value


def test_each_folder_is_complete() -> None:
    found = {x.name: sorted(y.name for y in x.iterdir()) for x in FOLDER.iterdir() if x.is_dir()}
    assert found == dict.fromkeys(ALL, FILES)


def test_every_conclusion_and_every_topic_has_a_patient() -> None:
    expected = [expectation(x) for x in ALL.values()]
    assert {x["conclusion"] for x in expected if x} == CONCLUSIONS
    assert {x["topic"] for fixture in ALL.values() for x in expectations(fixture)} == TOPICS
    assert {} in expected


def test_no_two_resources_share_an_id() -> None:
    ids = Counter(f"{x['resourceType']}/{x['id']}" for fixture in ALL.values() for x in resources(fixture))
    assert [x for x, n in ids.items() if n > 1] == []
    assert [x for x in ids if x.rpartition("/")[2].isdigit()] == [], "servers refuse numbers as ids"


@pytest.mark.parametrize("fixture", ALL.values(), ids=ALL)
def test_the_bundle_is_a_transaction_of_puts(fixture: Fixture) -> None:
    assert (fixture.bundle["resourceType"], fixture.bundle["type"]) == ("Bundle", "transaction")
    for entry in fixture.bundle["entry"]:
        url = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        assert entry["request"] == {"method": "PUT", "url": url}
        assert entry["fullUrl"].endswith(f"/{url}")


@pytest.mark.parametrize("fixture", ALL.values(), ids=ALL)
def test_each_reference_leads_to_a_resource_of_the_bundle(fixture: Fixture) -> None:
    known = {x["request"]["url"] for x in fixture.bundle["entry"]}
    for resource in resources(fixture) + drafts(fixture):
        here = known | {f"#{x['id']}" for x in resource.get("contained", ())}
        assert {value for name, value in members(resource) if name == "reference"} <= here
    assert f"Patient/{fixture.hook['context']['patientId']}" in known


@pytest.mark.parametrize("name", ALL)
def test_no_date_can_go_stale(name: str) -> None:
    for file in ("bundle.json", "hook.json"):
        text = (FOLDER / name / file).read_text("utf-8")
        fixed = {x for x in members(json.loads(text)) if re.match(r"\d{4}-\d\d-\d\d", str(x[1]))}
        assert {x for x, _ in fixed} <= {"birthDate"}
        assert not re.search(r"\{(now|today)", materialise(text, FIXED_NOW)), "a token that is not understood"


def test_a_token_is_a_time_before_or_after_the_clock() -> None:
    now = datetime(2024, 3, 1, 0, 30, tzinfo=UTC)
    assert materialise("{now} {now-1d-2h}", now) == "2024-03-01T00:30:00Z 2024-02-28T22:30:00Z"
    assert materialise("{now+90m}", now) == "2024-03-01T02:00:00Z"
    assert materialise("{today} {today-1d} {today+7d} {tbl}", now) == "2024-03-01 2024-02-29 2024-03-08 {tbl}"


def test_numbers_stay_as_the_laboratory_wrote_them() -> None:
    values = [x for name, x in members(ALL["neutrophils-on-the-limit"].bundle) if name == "value"]
    assert "1.00" in map(str, values)


@pytest.mark.parametrize("fixture", ALL.values(), ids=ALL)
def test_every_resource_is_valid_r4_or_its_fault_is_named(fixture: Fixture) -> None:
    faults = [fault for x in resources(fixture) + drafts(fixture) for fault in faults_of(x)]
    named = row(fixture, "Refused by fhir.resources")
    assert all(named in x for x in faults) if named else faults == []
    assert bool(faults) == bool(named)


def faults_of(resource: dict[str, Any]) -> list[str]:
    kind = resource["resourceType"]
    model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    try:
        model.model_validate(resource)
    except ValidationError as error:
        return [str(error)]
    return []


@pytest.mark.parametrize("fixture", ALL.values(), ids=ALL)
def test_the_call_is_one_to_sign_a_draft(fixture: Fixture) -> None:
    hook, context = fixture.hook, fixture.hook["context"]
    assert (hook["hook"], context["draftOrders"]["type"]) == ("order-sign", "collection")
    assert "prefetch" not in hook
    assert {x["subject"]["reference"] for x in drafts(fixture)} == {f"Patient/{context['patientId']}"}
    assert {(x["status"], x["intent"]) for x in drafts(fixture)} <= {("draft", "order"), ("stopped", "order")}


def test_the_prefetch_of_a_fixture_is_what_a_server_would_find() -> None:
    templates = {
        "patient": "Patient/{{context.patientId}}",
        "nobody": "Patient/p-nobody",
        "results": "Observation?patient={{context.patientId}}&code=http://loinc.org|751-8,http://loinc.org|8310-5&_sort=-date",
        "orders": "MedicationRequest?patient={{context.patientId}}&_sort=-authoredon&_count=200",
        "fever": "Observation?patient={{context.patientId}}&code=http://loinc.org|8310-5",
    }
    found = request_for(ALL["interrupt-platelets-grade-3"], templates)["prefetch"]
    assert found["patient"]["id"] == "p-plt-49"
    assert found["nobody"] is None
    assert [x["resource"]["id"] for x in found["results"]["entry"]] == [f"o-plt-49-{n}-anc" for n in (5, 4, 3, 2, 1)]
    assert [x["resource"]["id"] for x in found["orders"]["entry"]] == ["mr-plt-49-2", "mr-plt-49-1"]
    assert (found["fever"]["total"], "entry" in found["fever"]) == (0, False)


def test_a_search_that_no_server_was_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match="_include"):
        request_for(ALL["escalate-after-21-days"], {"x": "Observation?_include=Observation:specimen"})


def test_every_title_says_something_of_its_own() -> None:
    titles = Counter(x.title for x in fixtures(FIXED_NOW).values())
    assert [x for x, n in titles.items() if n > 1] == []


def test_the_readme_lists_every_patient() -> None:
    assert table() in (FOLDER / "README.md").read_text("utf-8"), "python -m tests.journeys.golden --write"
