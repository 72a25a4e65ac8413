"""What the service asks to be sent, and what comes of what was sent."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from msgspec import Raw

from cds_service.clinical.facts import EVIDENCE, Reason, Unknown, When
from cds_service.errors import PrefetchMissing
from cds_service.fhir import prefetch
from cds_service.fhir.codes import CONTEXT_RESULTS, RESULTS
from cds_service.fhir.oncology import ON_DEMAND as TUMOUR
from cds_service.fhir.order import Scope
from cds_service.fhir.prefetch import TEMPLATES, Record
from cds_service.fhir.reading.asks import Ask, Fetched
from cds_service.fhir.site import Site
from cds_service.protocols import load
from tests.fhir import oncology, orders
from tests.fhir.observations import BERLIN, SERVER, observation, raw, searchset

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SUBJECT = {"subject": {"reference": "Patient/p"}}
DRAFT = orders.order(id="draft", status="draft", **SUBJECT)
RUNNING = orders.order(id="running", **SUBJECT)
OTHER = orders.order(id="other", medicationCodeableConcept=orders.IFOSFAMIDE, **SUBJECT)
UNNAMED = orders.order(
    id="unnamed", medicationCodeableConcept=None, medicationReference={"reference": "Medication/x"}, **SUBJECT
)
ELSEWHERE = {**UNNAMED, "medicationReference": {"reference": "Medication/x", "display": "Metformin"}}
MEDICATION = {**orders.medication(), "id": "x"}
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
DECLARED = f"{oncology.DEFINITION}trofosfamide-maintenance"
PATIENT = raw({"resourceType": "Patient", "id": "p", "birthDate": "1958-03-14"})
NOTHING = raw(b"null")


def read(*drafts: Any, **sent: Raw) -> Record | None:
    """What comes of these drafts and of what was sent with them, which is a record without anything by default."""
    came = {"patient": PATIENT, "medications": NOTHING, "results": NOTHING, **sent}
    scope = Scope("p", SERVER, BERLIN)
    return prefetch.read(scope, searchset(*drafts), came, NOW, load.load().parameters)


def known(*drafts: Any, **sent: Raw) -> Record:
    record = read(*drafts, **sent)
    assert record is not None
    return record


@pytest.mark.requirement(34, 35, 36, 37, 38, 41, 42, 43, 44, 46)
@pytest.mark.parametrize(("key", "template"), TEMPLATES.items())
def test_a_template_is_a_read_or_a_search_that_every_ehr_can_do(key: str, template: str) -> None:
    assert re.findall(r"\{\{.*?\}\}", template) == ["{{context.patientId}}"]
    kind, _, query = template.partition("?")
    assert re.fullmatch(r"[A-Z][A-Za-z]+(/\{\{context\.patientId\}\})?", kind)
    assert {name for name, _ in parse_qsl(query)} <= {"patient", "code", "_sort", "_count"}


def test_the_templates_ask_for_patient_orders_and_results() -> None:
    assert TEMPLATES["patient"] == "Patient/{{context.patientId}}"
    assert TEMPLATES["medications"] == "MedicationRequest?patient={{context.patientId}}&_sort=-authoredon&_count=200"
    query = dict(parse_qsl(TEMPLATES["results"].partition("?")[2]))
    assert (query["patient"], query["_sort"], query["_count"]) == ("{{context.patientId}}", "-date", "200")


def test_every_code_is_asked_for_once_with_its_system() -> None:
    asked = dict(parse_qsl(TEMPLATES["results"]))["code"].split(",")
    assert sorted(asked) == sorted(f"http://loinc.org|{code}" for code in {*RESULTS, *CONTEXT_RESULTS})


@pytest.mark.hazard("H15")
def test_orders_are_never_asked_for_by_code() -> None:
    assert "code=" not in TEMPLATES["medications"]


def test_a_record_becomes_facts() -> None:
    record = known(DRAFT, medications=searchset(RUNNING, OTHER), results=searchset(observation()))
    facts = record.facts
    assert [x.source for x in facts.drafts] == ["MedicationRequest/draft"]
    assert [x.source for x in facts.orders] == ["MedicationRequest/running"]
    assert [x.source for x in facts.results["neutrophils"]] == ["Observation/o"]
    assert isinstance(facts.born, When)
    assert (facts.foreign, facts.gaps, facts.absent) == ((), (), ())
    assert set(record.orders) == {"MedicationRequest/draft", "MedicationRequest/running"}


def test_drafts_of_other_drugs_are_answered_without_reading_anything() -> None:
    unread = {"medications": raw(b"odd"), "results": raw(b"odd")}
    assert read(OTHER, **unread) is None
    assert read(**unread) is None
    assert prefetch.read(Scope("p", "", BERLIN), searchset(OTHER), {}, NOW, load.load().parameters) is None


@pytest.mark.requirement(51, 62)
@pytest.mark.parametrize("key", ["medications", "results"])
def test_a_key_that_is_needed_and_was_not_sent_is_named(key: str) -> None:
    came = {"medications": NOTHING, "results": NOTHING}
    del came[key]
    with pytest.raises(PrefetchMissing, match=f"prefetch.{key} is missing"):
        prefetch.read(Scope("p", "", BERLIN), searchset(DRAFT), came, NOW, load.load().parameters)


@pytest.mark.requirement(49, 52)
@pytest.mark.parametrize("nothing", [NOTHING, searchset()])
def test_null_and_an_empty_bundle_are_a_record_without_anything(nothing: Raw) -> None:
    facts = known(DRAFT, medications=nothing, results=nothing, patient=NOTHING).facts
    assert (facts.orders, facts.results, facts.gaps) == ((), {}, ())
    assert facts.born == Unknown("age", Reason.ABSENT)


def test_without_a_patient_the_age_was_not_read() -> None:
    record = prefetch.read(
        Scope("p", "", BERLIN),
        searchset(DRAFT),
        {"medications": NOTHING, "results": NOTHING},
        NOW,
        load.load().parameters,
    )
    assert record is not None
    assert record.facts.born == Unknown("age", Reason.NOT_READ)


@pytest.mark.requirement(47, 50)
@pytest.mark.hazard("H15", "H25")
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (raw(FAILED), Reason.FETCH_FAILED),
        (searchset(link=[{"relation": "next", "url": "x"}]), Reason.INCOMPLETE),
        (raw({"resourceType": "Bundle", "entry": 3}), Reason.UNREADABLE),
    ],
)
def test_what_could_not_be_read_in_whole_is_a_gap(value: Raw, reason: Reason) -> None:
    assert known(DRAFT, results=value).facts.gaps == (Unknown("results", reason),)
    assert [(x.what, x.reason) for x in known(DRAFT, medications=value).facts.gaps] == [("orders", reason)]


@pytest.mark.hazard("H05")
def test_one_foreign_item_of_any_kind_is_noticed() -> None:
    other = {"subject": {"reference": "Patient/q"}}
    assert known(DRAFT, results=searchset(observation(**other))).facts.foreign
    assert known(DRAFT, medications=searchset({**RUNNING, **other})).facts.foreign
    assert known({**DRAFT, **other}).facts.foreign
    somebody = raw({"resourceType": "Patient", "id": "q"})
    assert known(DRAFT, patient=somebody).facts.foreign == (Unknown("age", Reason.OTHER_PATIENT, "Patient/q"),)


def test_unknowns_are_listed_once_in_an_order_of_their_own() -> None:
    absent = [observation(id=x, valueQuantity=None, dataAbsentReason={"text": "x"}) for x in "bacb"]
    found = [known(DRAFT, results=searchset(*each)).facts.absent for each in (absent, absent[::-1])]
    assert found[0] == found[1]
    assert [x.source for x in found[0]] == ["Observation/a", "Observation/b", "Observation/c"]


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(("minutes", "reason"), [(5, None), (6, Reason.FUTURE)])
def test_five_minutes_ahead_are_a_difference_of_clocks(minutes: int, reason: Reason | None) -> None:
    taken = (NOW + timedelta(minutes=minutes)).isoformat()
    [found] = known(DRAFT, results=searchset(observation(effectiveDateTime=taken))).facts.results["neutrophils"]
    assert (found.fault.reason if found.fault else None) == reason


@pytest.mark.hazard("H25")
def test_the_newest_result_is_validated() -> None:
    invalid = observation(performer=[{"reference": 3}])
    [found] = known(DRAFT, results=searchset(invalid)).facts.results["neutrophils"]
    assert found.fault
    assert found.fault.detail == "performer.0.reference is not valid"


@pytest.mark.hazard("H15")
def test_an_order_that_nothing_names_is_read_while_a_course_is_running() -> None:
    sources = [x.source for x in known(DRAFT, medications=searchset(RUNNING, UNNAMED)).facts.orders]
    assert sources == ["MedicationRequest/running", "MedicationRequest/unnamed"]
    assert known(DRAFT, medications=searchset(UNNAMED)).facts.orders == ()


@pytest.mark.hazard("H15", "H25")
def test_a_draft_that_nothing_names_concerns_the_drug_while_a_course_is_running() -> None:
    drafts = known(UNNAMED, medications=searchset(RUNNING)).facts.drafts
    assert [(x.source, x.coded) for x in drafts] == [("MedicationRequest/unnamed", False)]
    assert read(UNNAMED) is None


def test_the_drug_of_a_draft_is_found_among_the_prefetched_medications() -> None:
    assert read(ELSEWHERE, medications=searchset(RUNNING)) is None
    drafts = known(ELSEWHERE, medications=searchset(RUNNING, MEDICATION)).facts.drafts
    assert [(x.source, x.coded) for x in drafts] == [("MedicationRequest/unnamed", True)]


class Server:
    """A FHIR server that has these answers by key; it keeps what it was asked, one set of keys for each time."""

    def __init__(self, **answers: Raw) -> None:
        self.answers = answers
        self.asked: list[set[str]] = []

    def __call__(self, wanted: Mapping[str, Ask]) -> Mapping[str, Fetched]:
        self.asked.append(set(wanted))
        return {key: Fetched(self.answers.get(key.replace("/", "_"), raw(FAILED)), None, 1) for key in wanted}


ENDED = {**RUNNING, "id": "ended", "status": "completed", "authoredOn": "2026-01-05", "dispenseRequest": {
    "validityPeriod": {"start": "2026-01-05", "end": "2026-02-02"}}}  # fmt: skip
EVERYTHING = {
    "patient", "medications", "results", "adverseEvents", "conditions", "gradings", "transfusions", "administrations",
    "reports", "carePlans", "cancer", "statements", "treatments", "imaging", "imagingReports",
}  # fmt: skip


def view(reads: Server | None = None, **sent: Raw) -> Record | None:
    """What comes of a call without drafts."""
    return prefetch.read(Scope("p", SERVER, BERLIN), None, sent, NOW, load.load().parameters, reads)


def select(*drafts: Any, of: Collection[str], reads: Server | None = None, **sent: Raw) -> Record | None:
    """What comes of a call about those of its drafts, by their ids."""
    scope = Scope("p", SERVER, BERLIN, selections=frozenset(f"MedicationRequest/{x}" for x in of))
    return prefetch.read(scope, searchset(*drafts), sent, NOW, load.load().parameters, reads)


@pytest.mark.parametrize("record", [NOTHING, searchset(), searchset(OTHER), searchset(ENDED), searchset(UNNAMED)])
def test_without_drafts_and_without_a_course_nothing_else_is_read(record: Raw) -> None:
    assert view(medications=record) is None
    assert view(medications=record, results=raw(b"odd"), patient=raw(b"odd")) is None
    server = Server(medications=record)
    assert view(server) is None
    assert [x for x in server.asked if x != {"Medication/x"}] == [{"medications"}]


def test_without_drafts_a_running_course_is_read_in_whole() -> None:
    server = Server(medications=searchset(RUNNING), results=searchset(observation()), patient=PATIENT)
    record = view(server)
    assert server.asked == [{"medications"}, EVERYTHING - {"medications"}]
    assert record is not None
    assert (record.facts.drafts, [x.source for x in record.facts.orders]) == ((), ["MedicationRequest/running"])
    assert set(record.facts.results) == {"neutrophils"}


def test_without_drafts_an_order_that_nothing_names_is_read_beside_a_course() -> None:
    record = view(medications=searchset(RUNNING, UNNAMED), results=NOTHING)
    assert record is not None
    assert [x.source for x in record.facts.orders] == ["MedicationRequest/running", "MedicationRequest/unnamed"]


@pytest.mark.requirement(51, 62)
def test_without_drafts_the_orders_are_needed_and_the_results_of_a_course() -> None:
    with pytest.raises(PrefetchMissing, match=r"prefetch.medications is missing"):
        view(results=NOTHING)
    with pytest.raises(PrefetchMissing, match=r"prefetch.results is missing"):
        view(medications=searchset(RUNNING))


@pytest.mark.hazard("H15", "H25")
@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (raw(FAILED), Reason.FETCH_FAILED),
        (raw(b"odd"), Reason.UNREADABLE),
        (searchset(OTHER, link=[{"relation": "next", "url": "x"}]), Reason.INCOMPLETE),
    ],
)
def test_without_drafts_orders_that_were_not_read_in_whole_are_a_gap_and_nothing_more(
    sent: Raw, reason: Reason
) -> None:
    for record in (view(medications=sent), view(medications=sent, results=searchset(observation()))):
        assert record is not None
        assert [(x.what, x.reason) for x in record.facts.gaps] == [("orders", reason)]
        assert record.facts.results == {}


@pytest.mark.hazard("H05")
def test_without_drafts_an_order_of_the_drug_for_somebody_else_is_noticed() -> None:
    record = view(medications=searchset({**RUNNING, "subject": {"reference": "Patient/q"}}))
    assert record is not None
    assert record.facts.foreign


def test_what_is_read_on_demand_is_not_advertised() -> None:
    assert {*TEMPLATES, *prefetch.ON_DEMAND} == EVERYTHING
    assert not TEMPLATES.keys() & prefetch.ON_DEMAND.keys()


def test_the_oncology_record_becomes_facts() -> None:
    facts = known(
        DRAFT,
        medications=searchset(oncology.order(), RUNNING),
        cancer=searchset(oncology.response("271299001"), oncology.ecog(7, id="odd")),
        conditions=searchset(oncology.condition("C78.0")),
        carePlans=searchset(oncology.plan(DECLARED)),
    ).facts
    assert {(x.kind, x.state) for x in facts.evidence} == {
        ("metastasis", "present"),
        ("response", "progression"),
        ("systemic-therapy", "given"),
    }
    assert (facts.declared, facts.foreign, facts.gaps) == ((DECLARED,), (), ())
    unread = [(x.what, x.detail) for x in facts.unseen if x.reason is Reason.NOT_READ]
    assert unread == [
        ("imaging", "imaging"),
        ("imaging", "imagingReports"),
        ("systemic-therapy", "statements"),
        ("systemic-therapy", "treatments"),
    ]
    assert [x.source for x in facts.unseen if x.reason is Reason.UNREADABLE] == ["Observation/odd"]


def test_an_ehr_that_sends_nothing_of_the_tumour_loses_evidence_and_nothing_else() -> None:
    facts = known(DRAFT, medications=searchset(oncology.order(), RUNNING), results=searchset(observation())).facts
    assert ([x.kind for x in facts.evidence], facts.declared) == (["systemic-therapy"], ())
    assert (facts.gaps, facts.foreign) == ((), ())
    assert {x.what for x in facts.unseen} == {*EVIDENCE, "protocol"} - {"anthracycline"}


@pytest.mark.parametrize("value", [raw(FAILED), raw(b"odd")])
def test_a_failure_to_read_of_the_tumour_is_no_gap(value: Raw) -> None:
    facts = known(DRAFT, **dict.fromkeys(TUMOUR, value)).facts
    assert facts.gaps == ()
    assert {x.detail for x in facts.unseen} == {*TUMOUR, "conditions"}


@pytest.mark.hazard("H05")
def test_an_item_of_the_tumour_of_somebody_else_is_noticed() -> None:
    other = {"subject": {"reference": "Patient/q"}}
    assert known(DRAFT, cancer=searchset(oncology.ecog(1, **other))).facts.foreign
    assert known(DRAFT, medications=searchset(oncology.order(**other))).facts.foreign


def test_the_medications_of_statements_are_read() -> None:
    statement = oncology.statement(medicationReference={"reference": "Medication/d"})
    drug = {"resourceType": "Medication", "id": "d", "code": {"coding": [{"system": orders.ATC, "code": "L01DB01"}]}}
    server = Server(Medication_d=raw(drug), statements=searchset(statement))
    record = select(DRAFT, of=["draft"], reads=server, medications=NOTHING, results=NOTHING, patient=PATIENT)
    assert record is not None
    assert [x.source for x in record.facts.evidence] == ["MedicationStatement/x"]
    assert {"Medication/d"} in server.asked


def test_where_the_orders_were_not_read_nothing_of_the_tumour_is() -> None:
    record = view(medications=raw(FAILED), cancer=searchset(oncology.ecog(1)))
    assert record is not None
    assert record.facts.evidence == ()


@pytest.mark.parametrize(
    ("canonical", "protocol"),
    [
        (f"{DECLARED}|2.1.0", DECLARED),
        ("https://hospital.example/plans/7", DECLARED),
        ("https://hospital.example/plans/7|3", DECLARED),
        ("https://hospital.example/plans/8|3", "https://hospital.example/plans/8"),
    ],
)
def test_an_order_names_its_protocol_as_the_site_maps_it(canonical: str, protocol: str) -> None:
    site = Site(protocols={"https://hospital.example/plans/7": DECLARED})
    draft = {**DRAFT, "instantiatesCanonical": [canonical]}
    sent = {"medications": searchset({**RUNNING, "instantiatesCanonical": [canonical]}), "results": NOTHING}
    record = prefetch.read(Scope("p", SERVER, BERLIN, site), searchset(draft), sent, NOW, load.load().parameters)
    assert record is not None
    assert {x.protocols for x in (*record.facts.drafts, *record.facts.orders)} == {(protocol,)}


def test_a_read_that_failed_is_not_tried_again() -> None:
    server = Server(medications=searchset(RUNNING, UNNAMED), results=NOTHING, patient=NOTHING)
    assert prefetch.read(Scope("p", SERVER, BERLIN), searchset(UNNAMED), {}, NOW, load.load().parameters, server)
    keys = [key for asked in server.asked for key in asked]
    assert sorted(keys) == sorted({*EVERYTHING, "Medication/x"})


def test_a_draft_that_is_not_chosen_is_not_judged() -> None:
    second = {**DRAFT, "id": "second"}
    record = select(DRAFT, second, of=["draft"], medications=NOTHING, results=NOTHING)
    assert record is not None
    assert [x.source for x in record.facts.drafts] == ["MedicationRequest/draft"]
    assert [x.source for x in record.facts.beside] == ["MedicationRequest/second"]


@pytest.mark.parametrize("of", [["other"], ["gone"], []])
def test_where_no_draft_of_the_drug_is_chosen_nothing_is_read(of: list[str]) -> None:
    server = Server()
    assert select(DRAFT, OTHER, UNNAMED, of=of) is None
    assert select(DRAFT, OTHER, UNNAMED, of=of, reads=server) is None
    assert server.asked == []


def test_of_a_chosen_draft_the_medication_is_read_first() -> None:
    server = Server(Medication_x=raw({**MEDICATION, "code": {"text": "Metformin"}, "ingredient": []}))
    assert select(DRAFT, UNNAMED, of=["unnamed"], reads=server) is None
    assert server.asked == [{"Medication/x"}]


def test_a_medication_beside_the_orders_is_found_on_either_side() -> None:
    record = select(MEDICATION, DRAFT, UNNAMED, of=["unnamed"], medications=NOTHING, results=NOTHING)
    assert record is not None
    assert [x.source for x in record.facts.drafts] == ["MedicationRequest/unnamed"]
    other = select(MEDICATION, DRAFT, UNNAMED, of=["draft"], medications=NOTHING, results=NOTHING)
    assert other is not None
    assert [x.source for x in other.facts.beside] == ["MedicationRequest/unnamed"]


def test_what_nothing_names_beside_a_chosen_draft_may_be_the_drug_while_a_course_is_running() -> None:
    for orders_, found in ((NOTHING, []), (searchset(RUNNING), ["MedicationRequest/unnamed"])):
        record = select(DRAFT, UNNAMED, of=["draft"], medications=orders_, results=NOTHING)
        assert record is not None
        assert [x.source for x in record.facts.beside] == found


@pytest.mark.hazard("H05")
def test_a_draft_of_somebody_else_beside_the_chosen_one_is_noticed() -> None:
    foreign = {**DRAFT, "id": "second", "subject": {"reference": "Patient/q"}}
    record = select(DRAFT, foreign, of=["draft"], medications=NOTHING, results=NOTHING)
    assert record is not None
    assert record.facts.foreign
