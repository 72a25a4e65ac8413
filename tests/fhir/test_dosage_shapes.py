"""Every shape of a dosage: what it comes to, and to which doses it can be rewritten. The shapes are in dosing/."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical.facts import Dose, Order, Reason, Unknown
from cds_service.fhir.actions import rewrite
from cds_service.fhir.dosage.sequences import DEFINITIONS, Sequence, defined_by
from cds_service.fhir.dosage.why import Why
from cds_service.fhir.medication import Found, Scope, orders
from cds_service.fhir.site import NO_SITE, Site
from cds_service.fhir.site_map import load
from cds_service.protocols.strict_yaml import read
from tests.fhir.orders import SERVER, WORDING, bundle, order, text

FOLDER = Path(__file__).parent / "dosing"
SOURCE = "MedicationRequest/trofo"
EXPECTED = ("daily", "range", "seldom", "phases", "why", "fault")
LEVELS = (50, 100, 150, 200)
ALWAYS = {"name", "dosage"}
OPTIONAL = {"order", "medication", "text", "buttons"}

Json = dict[str, Any]


def shapes() -> dict[str, Json]:
    return {x.stem: read(x.read_text("utf-8"), x.name) for x in sorted(FOLDER.glob("*.yaml"))}


SHAPES = shapes()


CASES = [
    pytest.param(shape, case, id=f"{name}: {case['name']}") for name, shape in SHAPES.items() for case in shape["cases"]
]


@pytest.fixture
def site(shape: Json, tmp_path: Path) -> Site:
    if "site" not in shape:
        return NO_SITE
    path = tmp_path / "site-map.yaml"
    path.write_text(text(shape["site"]), "utf-8")  # JSON is YAML
    return load(path)


def resource(shape: Json, case: Json) -> Json:
    members = {**shape.get("order", {}), **case.get("order", {})}
    medication = case.get("medication", shape.get("medication"))
    if medication:
        members |= {"medicationCodeableConcept": None, "medicationReference": {"reference": "#m"}}
        members["contained"] = [{"resourceType": "Medication", "id": "m", **medication}]
    members = {name: None if value == "null" else value for name, value in members.items()}
    return order(*case["dosage"], **{"dosageInstruction": case["dosage"], **members})


def found(sent: Mapping[str, Any], site: Site) -> Found:
    return orders(bundle(dict(sent)), bundle(), Scope("anna", SERVER, ZoneInfo("UTC"), site))


def dose(expected: Json) -> Dose:
    if "daily" in expected:
        return Dose(expected["daily"], expected["daily"])
    if "range" in expected:
        return Dose(*expected["range"])
    days = expected["seldom"]
    low, high = days.get("low", days.get("day")), days.get("high", days.get("day"))
    return Dose(low, high, continuous=False, mean=days.get("mean"))


def days(one: Order) -> tuple[str | None, str | None]:
    return one.start and f"{one.start.start:%Y-%m-%d}", one.end and f"{one.end.end:%Y-%m-%d}"


@pytest.mark.hazard("H31", "H32")
@pytest.mark.hazard("H14", "H15", "H16", "H17", "H18", "H22")
@pytest.mark.parametrize(("shape", "case"), CASES)
def test_what_a_dosage_comes_to(shape: Json, case: Json, site: Site) -> None:
    read_orders = found(resource(shape, case), site).orders
    expected = case.get("phases", [case])
    assert len(read_orders) == len(expected)
    for one, wanted in zip(read_orders, expected, strict=True):
        holds(one, wanted)
    if "phases" in case:
        assert [days(x) for x in read_orders] == [(x.get("from"), x.get("to")) for x in expected]


def holds(one: Order, case: Json) -> None:
    if "why" in case:
        assert isinstance(one.dose, Unknown), one.dose
        assert (one.dose.what, one.dose.reason, one.dose.source) == ("dose", Reason.UNDETERMINED_DOSE, SOURCE)
        said = Why[case["why"]]
        assert one.dose.detail == said or one.dose.detail.startswith((f"{said} (", f'{said}: "')), one.dose.detail
        assert one.text in one.dose.detail
    elif "fault" in case:
        assert one.fault is not None
        assert case["fault"] in one.fault.detail
    else:
        assert one.dose == dose(case)


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(("shape", "case"), CASES)
def test_the_words_of_a_dosage_are_kept_as_they_are(shape: Json, case: Json, site: Site) -> None:
    for one in found(resource(shape, case), site).orders:
        assert case.get("text", one.text) == one.text
        assert one.text or not any("text" in x or "patientInstruction" in x for x in case["dosage"])


def can_be_written(case: Json) -> list[int]:
    expected = case.get("phases", [case])
    known = len(expected) == 1 and not expected[0].keys().isdisjoint({"daily", "range"})
    return [int(x) for x in case.get("buttons", LEVELS if known else ())]


@pytest.mark.hazard("H30")
@pytest.mark.parametrize(("shape", "case"), CASES)
def test_a_rewritten_order_is_read_as_that_dose_and_nothing_else_changed(shape: Json, case: Json, site: Site) -> None:
    sent = found(resource(shape, case), site)
    before = sent.resources.get(SOURCE)
    if before is None:
        assert can_be_written(case) == []
        return
    written = {x: rewrite(before, Decimal(x), WORDING, sent.tablets.get(SOURCE), site) for x in LEVELS}
    assert [x for x, new in written.items() if new] == can_be_written(case)
    (was, *_) = sent.orders
    for level, new in written.items():
        if new is not None:
            (now,) = found(new, site).orders
            assert now.dose == Dose(Decimal(level), Decimal(level))
            assert replace(now, dose=was.dose, text=was.text) == was
            assert text({**new, "dosageInstruction": []}) == text({**before, "dosageInstruction": []})


@pytest.mark.parametrize("name", SHAPES)
def test_a_right_case_stands_beside_its_wrong_twin(name: str) -> None:
    shape = SHAPES[name]
    assert shape["shape"]
    assert shape["says"]
    told = [set(x) - ALWAYS - OPTIONAL for x in shape["cases"]]
    assert all(len(x) == 1 and x <= set(EXPECTED) for x in told)
    kinds = set().union(*told)
    assert kinds & {"daily", "range", "phases"}
    assert kinds & {"why", "fault", "seldom"}
    assert len({x["name"] for x in shape["cases"]}) == len(shape["cases"])


def test_every_reason_has_a_case() -> None:
    assert {Why[x["why"]] for shape in SHAPES.values() for x in shape["cases"] if "why" in x} == set(Why)


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_what_a_profile_defines_is_cited(definition: Any) -> None:
    assert definition.source
    assert definition.meaning is not Sequence.UNDEFINED
    assert defined_by([f"{definition.prefix}|1.0", "https://profiles.example/other"]) is definition.meaning
    assert defined_by([definition.prefix.replace("://", "://x.")]) is Sequence.UNDEFINED
