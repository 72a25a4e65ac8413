"""Orders of trofosfamide among all orders: which they are, whose, how they stand, and what cannot be read of them."""

import copy
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import Dose, Order, Reason, Unknown
from cds_service.fhir.actions import rewrite
from cds_service.fhir.medication import Concern, Found, Scope, concern, drafts, orders, unnamed
from cds_service.fhir.site import Site
from tests.fhir.orders import (
    IFOSFAMIDE,
    SERVER,
    TROFOSFAMIDE,
    WORDING,
    bundle,
    dose,
    instruction,
    medication,
    mg,
    number,
    order,
    plain,
    raw,
    repeat,
    tablets,
    text,
)

SCOPE = Scope("anna", SERVER, ZoneInfo("UTC"))
NO_DRAFTS = bundle()
OF_100 = Dose(number("100"), number("100"))


def record(*resources: dict[str, Any], scope: Scope = SCOPE, **more: Any) -> Found:
    return orders(bundle(*resources, **more), NO_DRAFTS, scope)


def only(found: Found) -> Order:
    (one,) = found.orders
    return one


def named(concept: dict[str, Any]) -> dict[str, Any]:
    return order(medicationCodeableConcept=concept)


def coded(system: str, value: str, **more: Any) -> dict[str, Any]:
    return named({"coding": [{"system": system, "code": value}], **more})


TROFOSFAMIDE_CODES = [
    ("http://snomed.info/sct", "1156222009"),
    ("http://www.whocc.no/atc", "L01AA07"),
    ("http://fhir.de/CodeSystem/bfarm/atc", "L01AA07"),
    ("http://fhir.de/CodeSystem/dimdi/atc", "L01AA07"),
]


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(("system", "value"), TROFOSFAMIDE_CODES)
def test_the_drug_is_known_by_its_codes(system: str, value: str) -> None:
    found = only(record(coded(system, value)))
    assert (found.coded, found.dose) == (True, OF_100)


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    "concept",
    [
        {"text": "Trofosfamid 50 mg"},
        {"text": "Ixoten"},
        {"text": "trophosphamide"},
        {"coding": [{"system": "urn:oid:1.2.3", "code": "7", "display": "TROFOSFAMIDE tablets"}]},
        {"coding": [*TROFOSFAMIDE["coding"], *IFOSFAMIDE["coding"]]},
    ],
)
def test_words_and_contradicting_codes_make_it_possible(concept: dict[str, Any]) -> None:
    found = only(record(named(concept)))
    assert (found.coded, found.dose) == (False, OF_100)


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    "concept",
    [
        IFOSFAMIDE,
        {"coding": [{"system": "http://www.whocc.no/atc", "code": "L01AA01"}], "text": "Cyclophosphamid"},
        {"coding": [{"system": "http://www.whocc.no/atc", "code": "L01AA06", "display": "not trofosfamide"}]},
        {"text": "Ifosfamide"},
        {"text": "glufosfamide"},
        {"text": "Mafosfamid"},
        {"text": "cyclophosphamide 50 mg"},
        {"coding": [{"system": "urn:oid:1.2.3", "code": "L01AA07"}]},
    ],
)
def test_look_alikes_are_another_drug(concept: dict[str, Any]) -> None:
    assert record(named(concept)) == Found()
    assert concern(bundle(named(concept)), SERVER) is Concern.NO


def referring(reference: str | None, **more: Any) -> dict[str, Any]:
    element = {} if reference is None else {"reference": reference}
    display = more.pop("display", None)
    element |= {} if display is None else {"display": display}
    return order(
        instruction(None, dose(tablets(1))), medicationCodeableConcept=None, medicationReference=element, **more
    )


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    "reference",
    ["Medication/m1", "Medication/m1/_history/2", f"{SERVER}/Medication/m1", f"{SERVER}/Medication/m1/_history/2"],
)
def test_a_reference_leads_to_a_medication_of_the_bundle(reference: str) -> None:
    found = only(record(referring(reference), medication(id="m1")))
    assert (found.coded, found.dose) == (True, OF_100)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    "url", ["urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "https://other.example/Medication/m1"]
)
def test_a_reference_leads_to_the_entry_with_that_address(url: str) -> None:
    shelf = raw({"resourceType": "Bundle", "entry": [{"fullUrl": url, "resource": medication()}]})
    found = drafts(bundle(referring(url)), shelf, SCOPE)
    assert only(found).coded
    assert found.tablets == {"MedicationRequest/trofo": 50}


def test_a_contained_medication_comes_first_then_the_drafts_then_the_record() -> None:
    ifosfamide = medication(id="m1", code=IFOSFAMIDE, ingredient=[])
    inside = referring("#m1", contained=[medication(id="m1")])
    assert only(orders(bundle(inside, ifosfamide), bundle(ifosfamide), SCOPE)).coded
    assert only(orders(bundle(referring("Medication/m1"), ifosfamide), bundle(medication(id="m1")), SCOPE)).coded
    assert orders(bundle(referring("Medication/m1"), medication(id="m1")), bundle(ifosfamide), SCOPE).orders == ()


@pytest.mark.parametrize(
    ("reference", "shelved"),
    [
        ("#m2", medication(id="m1")),
        ("#", medication(id="m1")),
        ("Medication/m2", medication(id="m1")),
        ("https://other.example/Medication/m1", medication(id="m1")),
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", medication(id="m1")),
        ("Medication/m1", {"resourceType": "Substance", "id": "m1"}),
        ("Medication/m1", {"resourceType": "Medication", "id": "m1", "code": "trofosfamide"}),
        (None, medication(id="m1")),
    ],
)
def test_a_reference_that_leads_nowhere(reference: str | None, shelved: dict[str, Any]) -> None:
    def look(display: str | None) -> Found:
        one = referring(reference, display=display, contained=[shelved] if reference == "#m2" else None)
        return record(one, shelved)

    assert not only(look("Ixoten 50 mg")).coded
    assert look("Ibuprofen 400 mg") == Found()
    nameless = look(None)
    assert (nameless.orders, len(nameless.unnamed)) == ((), 1)
    read = only(unnamed(nameless.unnamed, SCOPE))
    assert (read.source, read.coded) == ("MedicationRequest/trofo", False)
    assert isinstance(read.dose, Unknown)


@pytest.mark.parametrize(
    ("shelved", "kind"),
    [
        (medication(id="m1", code=None), True),  # the ingredient names it
        (medication(id="m1", code={"text": "Ixoten"}, ingredient=[]), False),
        (medication(id="m1", modifierExtension=[{"url": "https://ehr.example/x", "valueBoolean": True}]), False),
        (medication(id="m1", status="done"), False),
    ],
)
def test_what_a_medication_must_be_to_be_relied_on(shelved: dict[str, Any], kind: bool) -> None:
    found = only(record(referring("Medication/m1"), shelved))
    assert (found.coded, isinstance(found.dose, Dose)) == (kind, kind)


OF_50 = {"numerator": mg(50), "denominator": tablets(1)}
BY_CODE_ALONE = {"coding": [{"system": "http://www.whocc.no/atc", "code": "L01AA06"}]}
A_SUBSTANCE = {"coding": [{"system": "urn:oid:1.2.3", "code": "22089-22-1"}]}


@pytest.mark.parametrize(
    ("shelved", "tablet"),
    [
        (medication(), 50),
        (medication({"value": 1, "unit": "1", "system": "http://unitsofmeasure.org", "code": "1"}), 50),
        (medication({"value": 2, "unit": "tablet"}, mg(100)), 50),
        (medication(strength=mg(number("0.05"), "g")), 50),
        (medication({"value": 1}), None),
        (medication({"value": 1, "unit": "mL"}), None),
        (medication({"value": 1, "unit": "tablet", "comparator": "<"}), None),
        (medication(strength=tablets(1)), None),
        (medication(strength={"value": 50}), None),
        (medication(ingredient=[]), None),
        (medication(ingredient=[{"itemCodeableConcept": IFOSFAMIDE, "strength": OF_50}]), None),
        (medication(ingredient=[{"itemCodeableConcept": BY_CODE_ALONE, "strength": OF_50}]), None),
        (medication(ingredient=[{"itemCodeableConcept": {"text": "lactose"}, "strength": OF_50}]), None),
        (medication(ingredient=[{"itemReference": {"reference": "Substance/1"}, "strength": OF_50}]), 50),
        (medication(ingredient=[{"itemCodeableConcept": A_SUBSTANCE, "strength": OF_50}]), 50),
        (medication(ingredient=[{"itemCodeableConcept": TROFOSFAMIDE}]), None),
        (medication(ingredient=medication()["ingredient"] * 2), None),
        (medication(ingredient=[*medication()["ingredient"], {"itemCodeableConcept": {"text": "lactose"}}]), 50),
        (
            medication(
                ingredient=[*medication()["ingredient"], medication()["ingredient"][0] | {"isActive": False}],
            ),
            50,
        ),
    ],
)
def test_the_strength_of_a_tablet(shelved: dict[str, Any], tablet: int | None) -> None:
    found = record(referring("#m", contained=[shelved | {"id": "m"}]))
    assert found.tablets.get("MedicationRequest/trofo") == tablet
    assert isinstance(only(found).dose, Unknown if tablet is None else Dose)


def test_an_order_without_any_medication_is_unnamed_and_a_draft_is_still_being_typed() -> None:
    blank = order(medicationCodeableConcept=None)
    assert len(record(blank).unnamed) == 1
    assert drafts(bundle(blank), None, SCOPE) == Found()
    assert concern(bundle(blank), "") is Concern.NO


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (order(), Concern.YES),
        (named({"text": "Ixoten"}), Concern.YES),
        (referring("Medication/m1", display="Trofosfamid"), Concern.YES),
        (referring("Medication/m1", display="Ibuprofen"), Concern.MAYBE),
        (referring("Medication/m1"), Concern.MAYBE),
        (referring("#m1", contained=[medication(id="m1")]), Concern.YES),
        (referring("#m1", contained=[medication(id="m1", code=IFOSFAMIDE, ingredient=[])]), Concern.NO),
        (named(IFOSFAMIDE), Concern.NO),
        (named({}), Concern.NO),
        ({"resourceType": "ServiceRequest", "status": "draft"}, Concern.NO),
        (order(medicationCodeableConcept={"coding": "L01AA07"}), Concern.YES),  # cannot be read, but mentions it
        (order(medicationCodeableConcept={"coding": "L01AA06"}), Concern.NO),
    ],
)
def test_whether_a_call_has_to_do_with_the_drug(draft: dict[str, Any], expected: Concern) -> None:
    assert concern(bundle(draft), SERVER) is expected
    assert concern(bundle(named(IFOSFAMIDE), draft), SERVER) is expected


def test_drafts_that_are_no_bundle() -> None:
    assert concern(raw({"resourceType": "Bundle", "entry": [{"url": "Ixoten"}]}), "") is Concern.YES
    assert concern(raw({"resourceType": "Bundle", "entry": [{"url": "Ibuprofen"}]}), "") is Concern.NO
    found = drafts(raw({"resourceType": "Bundle", "entry": [{"url": "Ixoten"}]}), None, SCOPE)
    assert found.gaps == (Unknown("orders", Reason.UNREADABLE, "draftOrders"),)


SUBJECTS = [
    ({"reference": "Patient/anna"}, True),
    ({"reference": "Patient/anna/_history/3"}, True),
    ({"reference": f"{SERVER}/Patient/anna"}, True),
    ({"reference": f"{SERVER}/Patient/anna/_history/3"}, True),
    ({"reference": "Patient/anna", "display": "Bert"}, True),
    ({"reference": "Patient/bert"}, False),
    ({"reference": "Patient/anna2"}, False),
    ({"reference": "https://other.example/Patient/anna"}, False),
    ({"reference": "Group/anna"}, False),
    ({"reference": "anna"}, False),
    ({"reference": "h/Patient/anna"}, False),
    ({"reference": "/Patient/anna"}, False),
    ({"reference": f"{SERVER}//Patient/anna"}, False),
    ({"identifier": {"value": "anna"}}, False),
]


@pytest.mark.hazard("H05")
@pytest.mark.parametrize(("subject", "own"), SUBJECTS)
def test_orders_of_another_patient(subject: dict[str, Any], own: bool) -> None:
    for found in (record(order(subject=subject)), drafts(bundle(order(subject=subject)), None, SCOPE)):
        assert len(found.orders) == own
        expected = () if own else (Unknown("orders", Reason.OTHER_PATIENT, "MedicationRequest/trofo"),)
        assert found.foreign == expected


@pytest.mark.hazard("H05")
def test_an_order_without_a_subject_is_foreign_and_such_a_draft_unfinished() -> None:
    assert len(record(order(subject=None)).foreign) == 1
    found = drafts(bundle(order(subject=None)), None, SCOPE)
    assert found.foreign == ()
    assert only(found).fault is not None


@pytest.mark.hazard("H05")
def test_another_drug_of_another_patient_says_nothing() -> None:
    assert record(order(subject={"reference": "Patient/bert"}, medicationCodeableConcept=IFOSFAMIDE)) == Found()


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"status": "done"}, ""),
        ({"status": None}, ""),
        ({"intent": "perhaps"}, "active"),
        ({"intent": None}, "active"),
        ({"authoredOn": "2026-13-01"}, "active"),
        ({"authoredOn": "2026-11-01T08:00:00"}, "active"),
        ({"dosageInstruction": {"text": "x"}}, "active"),
        ({"doNotPerform": "true"}, "active"),
        ({"reportedBoolean": 1}, "active"),
        ({"status": "stopped", "dosageInstruction": [{"timing": {"repeat": {"when": "MORN"}}}]}, "stopped"),
        ({"modifierExtension": [{"url": "https://ehr.example/x", "valueBoolean": True}]}, "active"),
        (
            {"dispenseRequest": {"modifierExtension": [{"url": "https://ehr.example/x", "valueBoolean": True}]}},
            "active",
        ),
        ({"dispenseRequest": {"validityPeriod": {"start": "2026-12-01", "end": "2026-11-01"}}}, "active"),
    ],
)
def test_an_order_that_cannot_be_read_is_kept_with_its_fault(members: dict[str, Any], status: str) -> None:
    found = record(order(**members))
    one = only(found)
    assert one.fault is not None
    assert one.fault == one.dose
    assert (one.fault.what, one.fault.reason, one.fault.source) == (
        "dose",
        Reason.UNREADABLE,
        "MedicationRequest/trofo",
    )
    assert one.fault.detail
    assert (one.status, one.coded, one.names) == (status, True, {"MedicationRequest/trofo"})
    assert found.resources == {}


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("written", "replacement"),
    [
        ('"status":"active"', '"status":"active","status":"stopped"'),
        ('"value":50', '"value":1e999'),
    ],
)
def test_an_order_that_is_no_strict_json(written: str, replacement: str) -> None:
    page = text({"resourceType": "Bundle", "entry": [{"resource": order()}]})
    assert written in page
    found = orders(msgspec.Raw(page.replace(written, replacement).encode()), NO_DRAFTS, SCOPE)
    one = only(found)
    assert (one.status, one.source) == ("", "MedicationRequest/trofo")
    assert one.fault is not None


@pytest.mark.hazard("H15")
def test_what_cannot_tell_its_drug_is_a_gap() -> None:
    found = record(order(), order(medicationCodeableConcept=["x"]), {"id": "no-type"})
    assert found.gaps == (
        Unknown("orders", Reason.UNREADABLE, "MedicationRequest/trofo"),
        Unknown("orders", Reason.UNREADABLE, "medications.entry[2]"),
    )


@pytest.mark.hazard("H15", "H25")
def test_what_was_not_read_in_whole_is_a_gap() -> None:
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    hint = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}
    assert record(order(), link=[{"relation": "next", "url": "x"}]).gaps == (Unknown("orders", Reason.INCOMPLETE),)
    assert orders(raw(failed), NO_DRAFTS, SCOPE).gaps == (Unknown("orders", Reason.FETCH_FAILED),)
    assert record(failed).gaps == (Unknown("orders", Reason.FETCH_FAILED, "medications.entry[0]"),)
    assert record(order(), hint, medication(), {"resourceType": "Patient"}).gaps == ()
    assert orders(raw(None), NO_DRAFTS, SCOPE) == Found()
    assert orders(raw([]), NO_DRAFTS, SCOPE).gaps == (Unknown("orders", Reason.UNREADABLE),)


@pytest.mark.hazard("H14")
def test_an_order_sent_twice_is_one_order_and_must_be_the_same() -> None:
    assert len(record(order(), order()).orders) == 1
    other = record(order(), order(status="stopped"))
    assert other.gaps == (Unknown("orders", Reason.CONFLICTING, "MedicationRequest/trofo"),)
    assert len(other.orders) == 2


@pytest.mark.parametrize(
    ("members", "intended", "forbids"),
    [
        ({}, True, False),
        *(({"intent": x}, True, False) for x in ("original-order", "reflex-order", "filler-order", "instance-order")),
        *(({"intent": x}, False, False) for x in ("proposal", "plan", "option")),
        ({"doNotPerform": True}, False, True),
        ({"doNotPerform": False}, True, False),
        ({"reportedBoolean": True}, False, False),
        ({"reportedBoolean": False}, True, False),
        ({"reportedReference": {"reference": "Patient/anna"}}, False, False),
    ],
)
def test_what_an_order_is_meant_for(members: dict[str, Any], intended: bool, forbids: bool) -> None:
    one = only(record(order(**members)))
    assert (one.intended, one.forbids) == (intended, forbids)


def bounds(**members: Any) -> dict[str, Any]:
    return instruction(repeat(when=["MORN", "EVE"], **members))


VALID = {"validityPeriod": {"start": "2026-11-05", "end": "2026-11-30"}}
SUPPLY = {"expectedSupplyDuration": {"value": 28, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d"}}
SPANS = [
    ({}, {}, "2026-11-01T08:00", None),
    ({}, {"authoredOn": None}, None, None),
    ({}, {"authoredOn": "2026-11-01"}, "2026-11-01T00:00", None),
    ({"boundsPeriod": {"start": "2026-11-03", "end": "2026-11-20"}}, {}, "2026-11-03T00:00", "2026-11-20T23:59"),
    ({"boundsPeriod": {"start": "2026-11-03", "end": "2026-11-20"}}, VALID, "2026-11-03T00:00", "2026-11-20T23:59"),
    ({"boundsPeriod": {"start": "2026-11-03"}}, VALID, "2026-11-03T00:00", "2026-11-30T23:59"),
    ({"boundsPeriod": {"end": "2026-11-20"}}, VALID, "2026-11-05T00:00", "2026-11-20T23:59"),
    ({"boundsPeriod": {"end": "2026-11-20"}}, {}, "2026-11-01T08:00", "2026-11-20T23:59"),
    ({}, VALID, "2026-11-05T00:00", "2026-11-30T23:59"),
    ({}, SUPPLY, "2026-11-01T08:00", "2026-11-29T08:00"),
    ({}, VALID | SUPPLY, "2026-11-05T00:00", "2026-11-30T23:59"),
    ({}, {"validityPeriod": {"start": "2026-11-05"}} | SUPPLY, "2026-11-05T00:00", "2026-11-29T08:00"),
    ({}, SUPPLY | {"authoredOn": None}, None, None),
    ({"boundsDuration": mg(3, "wk")}, {}, "2026-11-01T08:00", "2026-11-22T08:00"),
    ({"boundsDuration": mg(21, "d")}, VALID, "2026-11-05T00:00", "2026-11-26T23:59"),
    ({"boundsDuration": mg(1, "mo")}, {"authoredOn": "2026-01-31"}, "2026-01-31T00:00", "2026-02-28T23:59"),
    ({"boundsDuration": mg(2, "a")}, {}, "2026-11-01T08:00", "2028-11-01T08:00"),
    ({"boundsDuration": mg(36, "h")}, {}, "2026-11-01T08:00", "2026-11-02T20:00"),
    ({"boundsDuration": mg(number("1.5"), "d")}, {}, "2026-11-01T08:00", "2026-11-02T20:00"),
    ({"boundsDuration": mg(number("1.5"), "mo")}, {}, "2026-11-01T08:00", None),
    ({"boundsDuration": mg(3, "wk") | {"comparator": "<"}}, {}, "2026-11-01T08:00", None),
    ({"boundsDuration": {"value": 3, "unit": "weeks"}}, {}, "2026-11-01T08:00", "2026-11-22T08:00"),
    ({"boundsDuration": {"value": 3, "unit": "Wochen"}}, {}, "2026-11-01T08:00", "2026-11-22T08:00"),
    ({"boundsDuration": {"value": 3, "unit": "cycles"}}, {}, "2026-11-01T08:00", None),
    ({"boundsDuration": {"value": 3}}, {}, "2026-11-01T08:00", None),
    ({"boundsDuration": mg(3, "wk") | {"unit": "days"}}, {}, "2026-11-01T08:00", None),
    ({"boundsDuration": mg(3, "wk") | {"unit": "Wochen"}}, {}, "2026-11-01T08:00", "2026-11-22T08:00"),
    ({"boundsDuration": mg(3, "wk") | {"unit": "viikkoa"}}, {}, "2026-11-01T08:00", "2026-11-22T08:00"),
    ({"boundsDuration": mg(3, "wk") | {"system": "urn:oid:1.2.3"}}, {}, "2026-11-01T08:00", None),
    ({"boundsPeriod": {"start": "2026-12-01"}}, SUPPLY, "2026-12-01T00:00", None),  # the supply ends before
    ({"boundsPeriod": {"start": "2026-11-29"}}, SUPPLY, "2026-11-29T00:00", "2026-11-29T08:00"),
    ({"boundsPeriod": {"start": "2026-12-01"}}, VALID, "2026-12-01T00:00", None),
    ({"boundsPeriod": {"end": "2026-10-01"}}, {}, "2026-11-01T08:00", "2026-10-01T23:59"),  # written afterwards
    ({}, {"validityPeriod": {"start": "2026-12-01"}} | SUPPLY, "2026-12-01T00:00", None),
    ({"boundsDuration": mg(9999, "a")}, {}, "2026-11-01T08:00", None),
    ({"boundsRange": {"high": mg(3, "wk")}}, VALID, "2026-11-05T00:00", None),
]


@pytest.mark.parametrize(("bound", "members", "start", "end"), SPANS)
def test_when_an_order_starts_and_ends(
    bound: dict[str, Any], members: dict[str, Any], start: str | None, end: str | None
) -> None:
    supply = {x: members[x] for x in ("validityPeriod", "expectedSupplyDuration") if x in members}
    rest = {x: y for x, y in members.items() if x not in supply}
    one = only(record(order(bounds(**bound), dispenseRequest=supply or None, **rest)))
    assert one.fault is None
    assert (one.start and f"{one.start.start:%Y-%m-%dT%H:%M}") == start
    assert (one.end and f"{one.end.end:%Y-%m-%dT%H:%M}") == end


def test_days_are_those_of_the_site_also_across_a_change_of_summer_time() -> None:
    berlin = Scope("anna", "", ZoneInfo("Europe/Berlin"))
    one = only(record(order(bounds(boundsDuration=mg(7, "d")), authoredOn="2026-10-20"), scope=berlin))
    assert one.start is not None
    assert one.end is not None
    assert f"{one.start.start:%d %H:%M}" == "19 22:00"  # summer time
    assert f"{one.end.end:%d %H:%M}" == "27 22:59"  # winter time


def test_phases_are_orders_of_their_own_under_one_name() -> None:
    first = bounds(boundsPeriod={"start": "2026-11-01", "end": "2026-11-21"})
    then = bounds(boundsPeriod={"start": "2026-11-22"}) | {"doseAndRate": [dose(mg(75))]}
    found = record(order(then, first)).orders
    assert [x.dose for x in found] == [OF_100, Dose(number("150"), number("150"))]
    assert [(x.start and x.start.start.day, x.end and x.end.end.day) for x in found] == [(1, 21), (22, None)]
    assert found[0].names == found[1].names == {"MedicationRequest/trofo"}


def test_instructions_that_overlap_in_part_have_no_known_dose() -> None:
    first = bounds(boundsPeriod={"start": "2026-11-01", "end": "2026-11-21"})
    one = only(record(order(first, bounds(boundsPeriod={"start": "2026-11-21", "end": "2026-12-24"}))))
    assert isinstance(one.dose, Unknown)
    assert one.start is not None
    assert one.end is not None
    assert (one.start.start.day, one.end.end.day) == (1, 24)


def test_one_phase_may_be_unclear_and_the_other_known() -> None:
    first = bounds(boundsPeriod={"start": "2026-11-01", "end": "2026-11-21"}) | {"doseAndRate": []}
    found = record(order(first, bounds(boundsPeriod={"start": "2026-11-22"}))).orders
    assert [isinstance(x.dose, Dose) for x in found] == [False, True]


def test_what_else_is_read_of_an_order() -> None:
    one = only(
        record(
            order(
                instruction(text="2 x 1"),
                status="stopped",
                identifier=[{"system": "urn:rx", "value": "17"}, {"value": "18"}, {"system": "urn:rx"}],
                priorPrescription={"reference": f"{SERVER}/MedicationRequest/old/_history/1"},
                basedOn=[{"reference": "urn:uuid:7"}, {"identifier": {"system": "urn:rx", "value": "16"}}],
                statusReason={"coding": [{"system": "urn:why", "code": "altchoice"}]},
                instantiatesCanonical=["https://a.example/PlanDefinition/x|1.0", "https://a.example/PlanDefinition/x"],
                instantiatesUri=["https://a.example/other"],
            )
        )
    )
    assert one.names == {"MedicationRequest/trofo", "urn:rx|17", "|18"}
    assert one.replaces == {"MedicationRequest/old", "urn:uuid:7", "urn:rx|16"}
    assert one.protocols == ("https://a.example/PlanDefinition/x",)
    assert (one.status, one.text, one.reason_coded) == ("stopped", "2 x 1", True)
    assert one.authored == one.start


@pytest.mark.hazard("H21")
@pytest.mark.parametrize(
    ("reason", "other"),
    [
        ({"text": "patient's wish"}, False),
        ({"coding": [{"display": "x"}]}, False),
        (
            {
                "coding": [
                    {"system": "https://trofosfamide-cds.example.org/fhir/CodeSystem/hold-reason", "code": "toxicity"}
                ]
            },
            False,
        ),
        (
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason",
                        "code": "sintol",
                    }
                ]
            },
            False,
        ),
        (
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason",
                        "code": "hospadm",
                    }
                ]
            },
            True,
        ),
    ],
)
def test_a_coded_reason_other_than_toxicity(reason: dict[str, Any], other: bool) -> None:
    assert only(record(order(statusReason=reason))).reason_coded is other


@pytest.mark.hazard("H14")
def test_orders_of_one_group_do_not_replace_each_other() -> None:
    group = {"groupIdentifier": {"system": "urn:rx-sheet", "value": "9"}}
    one, other = record(order(**group), order(id="b", **group)).orders
    assert one.names.isdisjoint(other.names)
    assert (one.replaces, other.replaces) == (frozenset(), frozenset())


@pytest.mark.hazard("H19")
def test_a_hold_has_the_times_of_its_order_and_none_of_its_own() -> None:
    """R4 has no element for the day of a status change, and what an extension says of it is not read."""
    changed = {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.statusChanged"}
    active = only(record(order()))
    held = only(record(order(status="on-hold", extension=[changed | {"valueDateTime": "2026-11-20"}])))
    assert (held.status, held.start, held.end, held.authored) == ("on-hold", active.start, None, active.authored)


PRODUCT = ("https://pharmacy.hospital.example/products", "0815")
OF_SITE = Scope("anna", SERVER, ZoneInfo("UTC"), Site(products={PRODUCT: Fraction(50)}))


@pytest.mark.hazard("H15", "H28")
def test_the_site_knows_its_own_products() -> None:
    ordered = coded(*PRODUCT, text="Tabl. 50 mg")
    assert record(ordered) == Found()
    found = record(ordered, scope=OF_SITE)
    assert (only(found).coded, found.tablets) == (True, {"MedicationRequest/trofo": 50})
    assert concern(bundle(ordered), SERVER) is Concern.NO
    assert concern(bundle(ordered), SERVER, OF_SITE.site) is Concern.YES
    assert only(drafts(bundle(ordered), None, OF_SITE)).coded
    other = coded(PRODUCT[0], "0816", text="Tabl. 50 mg")
    assert record(other, scope=OF_SITE) == Found()


@pytest.mark.hazard("H28")
def test_a_product_of_the_site_beside_a_look_alike_is_possible() -> None:
    both = [{"system": PRODUCT[0], "code": PRODUCT[1]}, *IFOSFAMIDE["coding"]]
    assert not only(record(named({"coding": both}), scope=OF_SITE)).coded


@pytest.mark.hazard("H15")
def test_a_product_of_the_site_is_known_by_reference_and_in_what_cannot_be_read() -> None:
    product = medication(id="m1", code={"coding": [{"system": PRODUCT[0], "code": PRODUCT[1]}]}, ingredient=[])
    found = only(record(referring("Medication/m1"), product, scope=OF_SITE))
    assert (found.coded, found.dose) == (True, OF_100)
    broken = order(medicationCodeableConcept={"coding": PRODUCT[1]})
    assert concern(bundle(broken), SERVER) is Concern.NO
    assert concern(bundle(broken), SERVER, OF_SITE.site) is Concern.YES
    assert only(drafts(bundle(broken), None, OF_SITE)).fault is not None
    page = raw({"resourceType": "Bundle", "entry": [{"url": PRODUCT[1]}]})
    assert drafts(page, None, OF_SITE).gaps == (Unknown("orders", Reason.UNREADABLE, "draftOrders"),)
    assert drafts(page, None, SCOPE).gaps == ()


def test_drafts_as_clients_in_use_send_them() -> None:
    draft = order(id=None, status="draft", intent=None, category={"text": "outpatient"})
    found = drafts(bundle(named(IFOSFAMIDE), draft), None, SCOPE)
    one = only(found)
    assert (one.source, one.fault, one.dose, one.intended) == ("draftOrders.entry[1]", None, OF_100, True)
    assert one.names == {"draftOrders.entry[1]"}
    assert plain(found.resources["draftOrders.entry[1]"]) == plain(draft)  # as sent, not as it was mended


def test_drafts_that_cannot_be_read_but_mention_the_drug() -> None:
    found = drafts(bundle(order(medicationCodeableConcept={"coding": "L01AA07"})), None, SCOPE)
    one = only(found)
    assert (one.coded, one.source) == (False, "MedicationRequest/trofo")
    assert one.fault is not None


def test_the_json_of_an_order_keeps_its_digits() -> None:
    found = record(order(instruction(None, dose(mg(number("50.10"))))))
    (resource,) = found.resources.values()
    assert '"value":50.10' in text(resource)


BOUND = {"boundsPeriod": {"start": "2026-11-01", "end": "2026-12-01"}}
FULL = order(
    instruction(
        repeat(when=["MORN", "EVE"], frequency=2, period=1, periodUnit="d", **BOUND)
        | {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "229799001"}], "text": "2 x"}},
        dose(tablets(1)) | {"rateRatio": {"numerator": mg(100), "denominator": mg(1, "d")}},
        text="x",
        route={"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
        sequence=1,
        additionalInstruction=[{"text": "y"}],
        maxDosePerPeriod={"numerator": mg(150), "denominator": mg(1, "d")},
    ),
    instruction(
        repeat(timeOfDay=["08:00:00"], dayOfWeek="mon tue wed thu fri sat sun".split(), **BOUND),
        {"doseRange": {"low": mg(50), "high": mg(50)}},
        sequence=1,
    ),
    medicationCodeableConcept=None,
    medicationReference={"reference": "#m", "display": "Ixoten"},
    contained=[medication(id="m")],
    identifier=[{"system": "urn:rx", "value": "1"}],
    basedOn=[{"reference": "CarePlan/1"}],
    statusReason={"coding": [{"system": "urn:why", "code": "x"}]},
    instantiatesCanonical=["https://a.example/x|1"],
    dispenseRequest={"validityPeriod": {"start": "2026-11-01"}, "expectedSupplyDuration": mg(28, "d")},
)
ODD: list[Any] = [
    *(None, True, False, 0, -1, 2, "", "x", "2", [], {}, [None], [[]], ["x"], [{}], {"x": 1}, {"value": None}),
    *(number("1.5"), number("1e300"), number("1e-400"), 10**50, "2026-02-30", "#m", "Patient/anna", [1, 2]),
]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a JSON value with every key of it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, x) for x in keys] + [place for x in keys for place in places(value[x])]


@pytest.mark.hazard("H15", "H25")
@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(ODD)), min_size=1, max_size=3))
def test_no_order_of_the_drug_vanishes_whatever_is_wrong_with_it(changes: list[tuple[int, Any]]) -> None:
    resource = copy.deepcopy(FULL)
    assert only(record(resource)).dose == Dose(number("150"), number("150"))
    for at, odd in changes:
        every = places(resource)
        container, key = every[at % len(every)]
        container[key] = copy.deepcopy(odd)
    resource |= {x: FULL[x] for x in ("resourceType", "medicationReference", "contained")}
    found = record(resource)
    assert found.orders or found.foreign or found.gaps
    read = drafts(bundle(resource), None, SCOPE)
    assert read.orders or read.foreign
    for one in (*found.orders, *read.orders):
        assert isinstance(one.dose, Dose) or one.dose.detail
        assert one.source in one.names
    for sent in read.resources.values():
        changed = rewrite(sent, number("100"), WORDING)
        assert changed is None or only(drafts(bundle(changed), None, SCOPE)).dose == OF_100
