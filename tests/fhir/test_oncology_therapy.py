"""Systemic treatment, imaging, and the protocols that care plans declare."""

from typing import Any

import pytest

from cds_service.clinical.facts import Reason, Unknown
from cds_service.fhir.site import Site
from cds_service.fhir.times import when
from tests.fhir.observations import BERLIN, Json, coded
from tests.fhir.oncology import (
    ATC,
    DEFINITION,
    DICOM,
    OPS,
    SEEN,
    SNOMED,
    evidence,
    is_silent,
    order,
    plan,
    procedure,
    read,
    report,
    statement,
    study,
    unseen,
)

GERMAN_ATC = ("http://fhir.de/CodeSystem/bfarm/atc", "http://fhir.de/CodeSystem/dimdi/atc")
MEDICATION = {"resourceType": "Medication", "id": "m", "code": coded("L01DB01", system=ATC)}
REFERENCE = {"medicationReference": {"reference": "Medication/m"}}
MAINTENANCE, FIRST_LINE = f"{DEFINITION}trofosfamide-maintenance", f"{DEFINITION}trofosfamide-first-line-elderly"


@pytest.mark.parametrize("drug", [statement, order])
def test_an_antineoplastic_drug_is_systemic_therapy(drug: Any) -> None:
    for system in (ATC, *GERMAN_ATC):
        found = evidence(drug(medicationCodeableConcept=coded("L01AA06", system=system)))
        assert (found.kind, found.state, found.when) == ("systemic-therapy", "given", when(SEEN, BERLIN))
    assert evidence(drug("L01")).display == "L01"


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("drug", [statement, order])
@pytest.mark.parametrize(
    "concept",
    [
        coded("L01AA07", system=ATC),
        coded("L01DB01", system=SNOMED),
        coded("L03AA02", system=ATC),
        coded("L02BG04", system=ATC),
        {"text": "Doxorubicin"},
        {**coded("L01AA", system=ATC), "text": "Trofosfamid"},
    ],
)
def test_our_own_drug_and_other_drugs_are_none(drug: Any, concept: Json) -> None:
    assert is_silent(drug(medicationCodeableConcept=concept))


def test_a_product_that_the_site_knows_as_ours_is_none() -> None:
    concept = {"coding": [*coded("L01AA", system=ATC)["coding"], *coded("0815", system="urn:p")["coding"]]}
    assert evidence(statement(medicationCodeableConcept=concept))
    assert is_silent(statement(medicationCodeableConcept=concept), site=Site(products={("urn:p", "0815"): None}))


def test_a_drug_was_given_by_the_status_of_its_statement() -> None:
    for status in ("active", "completed", "stopped", "on-hold"):
        assert evidence(statement(status=status))
    for status in ("entered-in-error", "not-taken", "intended", "unknown"):
        assert is_silent(statement(status=status))


def test_a_drug_was_given_by_the_status_and_the_intent_of_its_order() -> None:
    for status in ("active", "completed", "stopped", "on-hold"):
        assert evidence(order(status=status))
    for status in ("draft", "cancelled", "entered-in-error", "unknown"):
        assert is_silent(order(status=status))
    for intent in ("proposal", "plan", "option"):
        assert is_silent(order(intent=intent))
    assert is_silent(order(doNotPerform=True))


@pytest.mark.parametrize("drug", [statement, order])
def test_a_drug_may_be_known_by_reference(drug: Any) -> None:
    assert evidence(drug(**REFERENCE), MEDICATION).display == "L01DB01"
    assert evidence(drug(contained=[MEDICATION], medicationReference={"reference": "#m"}))
    assert is_silent(drug(**REFERENCE), {**MEDICATION, "code": coded("L01AA07", system=ATC)})
    assert (
        unseen(drug(**REFERENCE), {**MEDICATION, "modifierExtension": [{"url": "urn:x"}]}).reason is Reason.UNREADABLE
    )


def test_drugs_whose_medication_did_not_come_are_said_once() -> None:
    found = unseen(statement(**REFERENCE), order(id="y", **REFERENCE))
    assert found == Unknown("systemic-therapy", Reason.NOT_READ, detail="medicationReference")


def test_a_statement_of_a_wrong_form_is_not_understood() -> None:
    concept = {"coding": [{"system": ATC, "code": "L01DB01", "display": 3}]}
    for odd in ({"medicationCodeableConcept": concept}, {"effectiveDateTime": None, "effectivePeriod": "2026"}):
        assert unseen(statement(**odd)).reason is Reason.UNREADABLE


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("367336001", SNOMED),
        ("18629005", SNOMED),
        ("1162745003", SNOMED),
        ("8-54", OPS),
        ("8-542.11", OPS),
        ("8-547.0", "http://fhir.de/CodeSystem/dimdi/ops"),
    ],
)
def test_a_procedure_is_systemic_therapy_by_its_code(code: str, system: str) -> None:
    for status in ("completed", "in-progress", "stopped"):
        assert evidence(procedure(code, system, status=status)).kind == "systemic-therapy"
    for status in ("preparation", "not-done", "on-hold", "entered-in-error", "unknown"):
        assert is_silent(procedure(code, system, status=status))


@pytest.mark.parametrize(
    ("code", "system"), [("8-522.0", OPS), ("8-548.0", OPS), ("8-542.11", SNOMED), ("367336001", OPS)]
)
def test_radiotherapy_and_antiretroviral_therapy_are_none(code: str, system: str) -> None:
    assert is_silent(procedure(code, system))


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
def test_imaging_is_a_study_by_ct_mr_or_pet(modality: str) -> None:
    series = study(
        modality=None,
        series=[{"modality": {"system": DICOM, "code": "US"}}, {"modality": {"system": DICOM, "code": modality}}],
    )
    for sent in (study("US", modality), series):
        found = evidence(sent)
        assert (found.kind, found.state, found.when, found.display) == ("imaging", "done", when(SEEN, BERLIN), modality)


@pytest.mark.parametrize("sent", [study("US"), study("CR", "DX"), study("CT", system="urn:x"), study()])
def test_other_modalities_are_no_imaging_of_the_tumour(sent: Json) -> None:
    assert is_silent(sent)


def test_a_study_counts_where_it_is_available() -> None:
    assert evidence(study("CT", status=None))
    for status in ("registered", "cancelled", "entered-in-error", "unknown"):
        assert is_silent(study("CT", status=status))
    assert evidence(study("CT", started=None)).when is None


@pytest.mark.parametrize("odd", [{"modality": 3}, {"series": [{"modality": "CT"}]}, {"modality": [{"code": 3}]}])
def test_a_study_of_a_wrong_form_is_not_understood(odd: Json) -> None:
    assert unseen(study("CT", **odd)).reason is Reason.UNREADABLE


@pytest.mark.parametrize("service", ["RAD", "CT", "NMR"])
def test_imaging_is_a_report_of_radiology(service: str) -> None:
    for status in ("final", "amended", "corrected", "appended", "preliminary", "partial"):
        found = evidence(report("LAB", service, status=status))
        assert (found.kind, found.state, found.display) == ("imaging", "done", "CT of the chest")
    for status in ("registered", "cancelled", "entered-in-error", "unknown"):
        assert is_silent(report(service, status=status))
    assert is_silent(report(service, system="urn:x"))
    assert evidence(report(service, code=None)).display == service


@pytest.mark.parametrize("odd", [{"category": 3}, {"category": [{"coding": "CT"}]}, {"effectivePeriod": 3}])
def test_a_report_of_a_wrong_form_is_not_understood(odd: Json) -> None:
    assert unseen(report("CT", **odd)).reason is Reason.UNREADABLE


def test_an_active_plan_declares_the_protocol_that_it_names() -> None:
    assert read(plan(f"{MAINTENANCE}|1.0.0")).declared == (MAINTENANCE,)
    assert read(plan(MAINTENANCE), plan(FIRST_LINE, MAINTENANCE, id="y")).declared == (FIRST_LINE, MAINTENANCE)
    assert read(plan(f"{DEFINITION}other")).declared == (f"{DEFINITION}other",)


def test_a_plan_declares_by_its_status_and_intent() -> None:
    for intent in ("plan", "order", "directive"):
        assert read(plan(MAINTENANCE, intent=intent)).declared
    for intent in ("proposal", "option"):
        assert is_silent(plan(MAINTENANCE, intent=intent))
    for status in ("draft", "on-hold", "revoked", "completed", "entered-in-error", "unknown"):
        assert is_silent(plan(MAINTENANCE, status=status))


@pytest.mark.parametrize("other", ["https://other.example/PlanDefinition/x", f"https://x.example/{MAINTENANCE}", ""])
def test_what_else_a_plan_follows_declares_nothing(other: str) -> None:
    assert is_silent(plan(other))


def test_a_canonical_that_the_site_maps_is_a_protocol() -> None:
    site = Site(protocols={"https://hospital.example/plans/7": FIRST_LINE})
    assert read(plan("https://hospital.example/plans/7|2"), site=site).declared == (FIRST_LINE,)
    assert is_silent(plan("https://hospital.example/plans/8"), site=site)


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("odd", [plan(3), plan(MAINTENANCE, intent=None), plan(MAINTENANCE, instantiatesCanonical="x")])
def test_a_plan_of_a_wrong_form_is_not_understood(odd: Json) -> None:
    assert (unseen(odd).what, unseen(odd).reason) == ("protocol", Reason.UNREADABLE)
