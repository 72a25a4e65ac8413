"""What is asked of a FHIR server: only what did not come, or not in whole; and the Medications that orders refer to."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest

from cds_service.clinical.facts import Reason
from cds_service.fhir import bundle, medication
from cds_service.fhir.medication import Concern
from cds_service.fhir.oncology.codes import OBSERVED, TREATMENTS_ASKED
from cds_service.fhir.order import Scope
from cds_service.fhir.prefetch import ON_DEMAND, TEMPLATES
from cds_service.fhir.reading.address import query_of
from cds_service.fhir.reading.asks import Ask, Fetched, Rest, bundled, joined, lacking, medications, queries
from cds_service.fhir.reading.failures import Failure, outcome
from tests.fhir.observations import BERLIN, SERVER, observation, raw, searchset
from tests.fhir.orders import TROFOSFAMIDE, order

Json = dict[str, Any]
QUERY = "Observation?patient=a"
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
NEXT = [{"relation": "next", "url": "x"}]


def asked(sent: msgspec.Raw) -> Ask | None:
    return lacking({"results": sent}, {"results": QUERY}).get("results")


@pytest.mark.requirement(48, 49)
def test_a_key_that_did_not_come_is_asked_for() -> None:
    assert lacking({}, {"results": QUERY}) == {"results": QUERY}


@pytest.mark.requirement(49, 52)
@pytest.mark.parametrize(
    "value",
    [None, {"resourceType": "Bundle", "type": "searchset"}, {"resourceType": "Patient", "id": "a"}, observation()],
)
def test_what_came_in_whole_is_not_asked_for(value: Any) -> None:
    assert asked(raw(value)) is None
    assert asked(searchset(observation(), total=1)) is None


@pytest.mark.requirement(47, 48)
def test_what_came_as_a_failure_is_asked_for() -> None:
    assert asked(raw(FAILED)) == QUERY


@pytest.mark.requirement(47, 48, 50)
@pytest.mark.parametrize(
    "sent",
    [
        searchset(observation(), link=NEXT),
        searchset(observation(), total=2),
        raw({"resourceType": "Bundle", "entry": [{"resource": observation()},
             {"resource": FAILED, "search": {"mode": "outcome"}}]}),
    ],
)  # fmt: skip
def test_what_came_in_part_is_asked_for_and_not_thrown_away(sent: msgspec.Raw) -> None:
    assert asked(sent) == Rest(sent, QUERY)


@pytest.mark.parametrize("sent", [b"{}", b"3", b'{"resourceType":"Practitioner"}'])
def test_what_came_and_cannot_be_read_is_said_to_be_so(sent: bytes) -> None:
    assert asked(msgspec.Raw(sent)) is None


def test_what_was_fetched_takes_the_place_of_what_came() -> None:
    fetched = {"b": Fetched(raw(2), None, 1.0), "c": Fetched(raw(3), Failure.GONE, 1.0)}
    whole = joined({"a": raw(0), "b": raw(1)}, fetched)
    assert {key: bytes(x) for key, x in whole.items()} == {"a": b"0", "b": b"2", "c": b"3"}


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_is_one_that_could_not_be_fetched(failure: Failure) -> None:
    assert bundle.read(outcome(failure)).reason() is Reason.FETCH_FAILED


def test_all_that_is_read_is_asked_for_by_queries_of_the_patient() -> None:
    asked_for = queries({**TEMPLATES, **ON_DEMAND}, "p-1.a")
    assert asked_for.keys() == {*TEMPLATES, *ON_DEMAND}
    for text in asked_for.values():
        assert query_of(text) is not None
        assert "p-1.a" in text
        assert "{" not in text


def drug_by(reference: str | None, display: str | None = None, **more: Any) -> Json:
    sent = {name: x for name, x in {"reference": reference, "display": display}.items() if x is not None}
    made = {**order(), "medicationReference": sent, **more}
    return {name: x for name, x in made.items() if name != "medicationCodeableConcept"}


def bundle_of(*resources: Any) -> msgspec.Raw:
    return raw({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": x} for x in resources]})


MEDICATION = {"resourceType": "Medication", "id": "m", "code": TROFOSFAMIDE}


@pytest.mark.parametrize("reference", ["Medication/m", f"{SERVER}/Medication/m", "Medication/m/_history/2"])
def test_a_reference_that_leads_nowhere_is_a_read(reference: str) -> None:
    drafts = bundle_of(drug_by(reference), drug_by(reference, "Ixoten"))
    assert medications(drafts, [], SERVER) == {"Medication/m": "Medication/m"}


def test_the_drug_of_a_statement_is_read_too() -> None:
    statement = {"resourceType": "MedicationStatement", "medicationReference": {"reference": "Medication/m"}}
    assert medications(bundle_of(statement), [], SERVER) == {"Medication/m": "Medication/m"}


@pytest.mark.parametrize(
    ("key", "query"),
    [
        ("carePlans", "CarePlan?patient=a&status=active&_count=200"),
        ("statements", "MedicationStatement?patient=a&_count=200"),
        ("imaging", "ImagingStudy?patient=a&_count=200"),
        ("imagingReports", "DiagnosticReport?patient=a&category=RAD,CT,NMR&_count=200"),
    ],
)
def test_the_oncology_record_is_asked_for_by_patient(key: str, query: str) -> None:
    assert queries(ON_DEMAND, "a")[key] == query


@pytest.mark.parametrize(
    ("key", "kind", "codes"), [("cancer", "Observation", OBSERVED), ("treatments", "Procedure", TREATMENTS_ASKED)]
)
def test_what_is_coded_is_asked_for_by_every_code_once(key: str, kind: str, codes: tuple[tuple[str, str], ...]) -> None:
    asked_for, _, query = queries(ON_DEMAND, "a")[key].partition("?")
    wanted = dict(parse_qsl(query))["code"].split(",")
    assert (asked_for, sorted(wanted)) == (kind, sorted(f"{system}|{code}" for system, code in codes))


@pytest.mark.parametrize(
    "resource",
    [
        drug_by("Medication/m", contained=[MEDICATION]) | {"medicationReference": {"reference": "#m"}},
        drug_by("#nowhere"),
        drug_by("https://other.example/r4/Medication/m"),
        drug_by("urn:uuid:0f0e1d2c-0000-4000-8000-000000000000"),
        drug_by("Substance/m"),
        {"resourceType": "MedicationAdministration", "medicationReference": {"reference": "Medication/m"}},
        drug_by("Medication/../Patient"),
        drug_by("Medication/m?x=y"),
        drug_by("Medication/a/b"),
        drug_by("Medication/"),
        drug_by(None, "Ixoten"),
        order(),
        {"resourceType": "Observation", "medicationReference": {"reference": "Medication/m"}},
        {"resourceType": "MedicationRequest", "medicationReference": 3},
        3,
    ],
)
def test_nothing_else_is_read(resource: Any) -> None:
    assert medications(bundle_of(resource), [], SERVER) == {}


@pytest.mark.parametrize("along", [[bundle_of(MEDICATION)], [raw(None), bundle_of(MEDICATION)]])
def test_what_came_along_is_not_read(along: list[msgspec.Raw]) -> None:
    assert medications(bundle_of(drug_by("Medication/m")), along, SERVER) == {}
    assert medications(bundle_of(drug_by("Medication/m"), MEDICATION), [], SERVER) == {}


@pytest.mark.parametrize("sent", [b"null", b"{}", b"[", b'{"resourceType":"OperationOutcome"}'])
def test_orders_that_cannot_be_read_ask_for_nothing(sent: bytes) -> None:
    assert medications(msgspec.Raw(sent), [], SERVER) == {}


@pytest.mark.parametrize("failure", [None, Failure.NOT_FOUND])
def test_a_medication_that_was_read_names_the_drug_of_a_draft(failure: Failure | None) -> None:
    drafts = bundle_of(drug_by("Medication/m", "tablets"))
    assert medication.concern(drafts, SERVER) is Concern.MAYBE
    value = outcome(failure) if failure else raw(MEDICATION)
    shelf = bundled({"Medication/m": Fetched(value, failure, 1.0)})
    found = medication.drafts(drafts, shelf, Scope("anna", SERVER, BERLIN))
    assert bool(found.orders) is (failure is None)
