"""The protocols as FHIR definitions: valid R4, whole, cited, and read by the service as it writes them."""

import base64
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_service.cli.authoring import exported
from cds_service.clinical.facts import Dose
from cds_service.fhir.export.bundle import transaction
from cds_service.fhir.export.plan import conditions
from cds_service.fhir.medication import Scope, orders
from cds_service.protocols.load import HERE, load_all
from cds_service.render import cards
from tests.fhir.exports import by_place, of_a_site
from tests.fhir.orders import SERVER, bundle, order

RESOURCES = by_place(exported())
PROTOCOLS = load_all()
SCOPE = Scope("anna", SERVER, ZoneInfo("UTC"))
BASE = "https://trofosfamide-cds.example.org/fhir/"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def of(kind: str, protocol: str) -> dict[str, Any]:
    return RESOURCES[f"{kind}/{protocol}"]


def actions(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for action in plan["action"]:
        yield action
        yield from actions(action) if "action" in action else ()


@pytest.mark.parametrize("place", RESOURCES)
def test_every_resource_is_valid_r4(place: str) -> None:
    resource = RESOURCES[place]
    get_fhir_model_class(resource["resourceType"]).model_validate_json(_ENCODER.encode(resource))


def test_everything_is_exported_of_every_protocol() -> None:
    kinds = ("Library", "ActivityDefinition", "PlanDefinition")
    systems = ("conclusion", "override-reason", "hold-reason", "error")
    wanted = {f"{kind}/{x}" for kind in kinds for x in PROTOCOLS}
    assert RESOURCES.keys() == wanted | {f"{x}/{y}" for x in ("CodeSystem", "ValueSet") for y in systems}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_url_is_the_one_that_orders_name(protocol: str) -> None:
    assert of("PlanDefinition", protocol)["url"] == PROTOCOLS[protocol].url


@pytest.mark.parametrize("place", RESOURCES)
def test_a_url_ends_in_type_and_id_of_its_resource(place: str) -> None:
    assert RESOURCES[place]["url"] == BASE + place


@pytest.mark.parametrize("place", RESOURCES)
def test_every_canonical_leads_to_what_is_exported_before_it(place: str) -> None:
    text = msgspec.json.encode(RESOURCES[place], enc_hook=str).decode()
    before = list(RESOURCES)[: list(RESOURCES).index(place) + 1]
    versions = {f"{BASE}{x}": RESOURCES[x]["version"] for x in before}
    for url, version in re.findall(rf'"({re.escape(BASE)}(?:Library|ActivityDefinition)/[^|"]+)\|([^"]+)"', text):
        assert versions[url] == version


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_rule_criterion_and_reminder_has_its_condition_and_its_citation(protocol: str) -> None:
    plan, loaded = of("PlanDefinition", protocol), PROTOCOLS[protocol]
    named = {x["id"]: x for x in actions(plan)}
    leaves = {x: y for x, y in named.items() if "action" not in y}
    rules = set(conditions()["dosing"])
    assert leaves.keys() == {"start", *rules, *loaded.monitoring}
    assert len(named["start"]["textEquivalent"].splitlines()) == len(loaded.criteria)
    for action in leaves.values():
        assert action["documentation"]
        assert "{" not in action["textEquivalent"]


def test_a_condition_names_the_values_in_force() -> None:
    named = {x["id"]: x for x in actions(of("PlanDefinition", "trofosfamide-maintenance"))}
    assert "100 mg a day for 21 days" in named["escalate"]["textEquivalent"]
    assert "* Creatinine is below 1.5 x the upper limit of normal." in named["start"]["textEquivalent"].splitlines()


def test_rules_by_analogy_say_so() -> None:
    named = {x["id"]: x for x in actions(of("PlanDefinition", "trofosfamide-first-line-elderly"))}
    assert "by analogy" in named["interrupt"]["description"]


@pytest.mark.parametrize(
    ("protocol", "daily"), [("trofosfamide-maintenance", 100), ("trofosfamide-first-line-elderly", 150)]
)
def test_the_order_of_the_activity_is_read_as_the_starting_dose(protocol: str, daily: int) -> None:
    activity = of("ActivityDefinition", protocol)
    drug = {"medicationCodeableConcept": activity["productCodeableConcept"]}
    (found,) = orders(bundle(order(**drug, dosageInstruction=activity["dosage"])), bundle(), SCOPE).orders
    assert found.dose == Dose(Decimal(daily), Decimal(daily))
    assert found.coded


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_library_holds_the_files_of_the_protocol_whole(protocol: str) -> None:
    content = {x["title"]: base64.b64decode(x["data"]) for x in of("Library", protocol)["content"]}
    assert content.keys() == {f"{protocol}.yaml", "ctcae-v5.yaml", "bounds.yaml"}
    assert all((HERE / name).read_bytes() == data for name, data in content.items())


def test_the_code_systems_are_those_of_cards() -> None:
    assert RESOURCES["CodeSystem/conclusion"]["url"] == f"{cards.SYSTEMS}conclusion"
    assert RESOURCES["CodeSystem/override-reason"]["url"] == f"{cards.SYSTEMS}override-reason"
    codes = {x["code"] for x in RESOURCES["CodeSystem/conclusion"]["concept"]}
    assert {*cards.words.TOPICS, "none"} <= codes


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_action_has_a_code_of_that_system(protocol: str) -> None:
    codes = {x["code"] for x in RESOURCES["CodeSystem/conclusion"]["concept"]}
    coded = [x for x in actions(of("PlanDefinition", protocol)) if "code" in x]
    assert {z["code"] for x in coded for y in x["code"] for z in y["coding"]} <= codes
    assert len(coded) == len(conditions()["dosing"]) + len(PROTOCOLS[protocol].monitoring)


def test_every_display_stands_in_german_too() -> None:
    for name in ("conclusion", "override-reason"):
        concepts = [x for x in RESOURCES[f"CodeSystem/{name}"]["concept"] if x["code"] != "none"]
        assert all([y["language"] for y in x["designation"]] == ["de"] for x in concepts)


def test_a_bundle_puts_each_resource_under_its_own_id() -> None:
    bundle = transaction(RESOURCES.values())
    get_fhir_model_class("Bundle").model_validate_json(_ENCODER.encode(bundle))
    assert [x["request"]["url"] for x in bundle["entry"]] == list(RESOURCES)


def test_what_a_site_changed_is_in_the_export_with_a_version_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    changed = of_a_site(monkeypatch, tmp_path)
    name = "trofosfamide-maintenance"
    plan = changed[f"PlanDefinition/{name}"]
    assert re.fullmatch(rf"{re.escape(PROTOCOLS[name].version)}\+site\.[0-9a-f]{{12}}", plan["version"])
    assert "starting_dose: 50 in place of 100 mg/d" in plan["description"]
    assert changed[f"ActivityDefinition/{name}"]["dosage"][0]["timing"]["repeat"]["frequency"] == 1
    other = "PlanDefinition/trofosfamide-first-line-elderly"
    assert changed[other] == RESOURCES[other]
