"""When an item of the oncology record counts: its status, its time, its patient, its form; and what was not read."""

from typing import Any

import pytest

from cds_service.clinical.facts import EVIDENCE, Reason, Unknown
from cds_service.fhir.oncology import KEYS, Oncology
from cds_service.fhir.times import period, when
from tests.fhir.observations import BERLIN, SERVER, Json, observation, raw, searchset
from tests.fhir.oncology import (
    SEEN,
    condition,
    ecog,
    evidence,
    german_ecog,
    is_silent,
    morphology,
    observed,
    order,
    plan,
    procedure,
    read,
    read_pages,
    report,
    response,
    statement,
    study,
    unseen,
    verified,
    with_morphology,
)

DECLARED = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/trofosfamide-maintenance"
OBSERVATIONS = (
    response("271299001"),
    morphology("8890/3"),
    ecog(1),
    observed("385421009", system="http://snomed.info/sct"),
)
CONDITIONS = (condition("C49.2", **with_morphology("8890/3")), condition("C78.0"), condition("I50.1"))
EVERYTHING = (
    *OBSERVATIONS,
    german_ecog("2"),
    *CONDITIONS,
    condition("C49.2", **verified()),
    statement(),
    order(),
    procedure(),
    study("CT"),
    report("RAD"),
)
LATE = "2026-11-23T09:05:01Z"


@pytest.mark.parametrize("sent", OBSERVATIONS)
def test_an_observation_counts_by_its_status(sent: Json) -> None:
    for status in ("final", "amended", "corrected"):
        assert evidence({**sent, "status": status})
    for status in ("cancelled", "entered-in-error", "registered", "unknown"):
        assert is_silent({**sent, "status": status})
    assert unseen({**sent, "status": "preliminary"}).reason is Reason.NOT_FINAL
    assert unseen({**sent, "status": "done"}).reason is Reason.UNREADABLE


@pytest.mark.parametrize("sent", OBSERVATIONS)
def test_an_observation_that_says_that_it_has_no_value_is_absent(sent: Json) -> None:
    empty = {name: x for name, x in sent.items() if not name.startswith("value")}
    assert unseen({**empty, "dataAbsentReason": {"text": "unknown"}}).reason is Reason.ABSENT


def test_an_observation_without_a_value_is_absent_and_one_of_another_kind_is_not_understood() -> None:
    for sent in (observed("97509-4"), observed("59847-4")):
        assert unseen(sent).reason is Reason.ABSENT
        assert unseen({**sent, "valueString": "stable"}).detail == "valueString"


@pytest.mark.parametrize("sent", [*CONDITIONS, condition("C49.2", **verified())])
def test_a_diagnosis_counts_only_where_it_is_sure(sent: Json) -> None:
    for status in ("refuted", "entered-in-error", "unconfirmed", "provisional", "differential"):
        assert is_silent({**sent, **verified(status)})
    for sure in (verified(), verified(None)):
        assert evidence({**sent, **sure} if "extension" not in sent else sent)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"effectiveDateTime": "2026-10"}, when("2026-10", BERLIN)),
        ({"effectiveDateTime": None, "effectiveInstant": SEEN}, when(SEEN, BERLIN)),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-10-01", "end": "2026-10-31"}},
            period("2026-10-01", "2026-10-31", BERLIN),
        ),
        ({"effectiveDateTime": None}, None),
        ({"effectiveDateTime": None, "issued": SEEN}, None),
    ],
)
def test_a_disease_status_has_the_time_of_its_assessment(times: Json, expected: Any) -> None:
    assert evidence(response("271299001", **times)).when == expected


def test_a_diagnosis_has_the_time_of_its_onset_else_of_its_recording() -> None:
    assert evidence(condition("C78.0")).when == when("2026-10-01", BERLIN)
    recorded = condition("C78.0", onsetDateTime=None, recordedDate="2026-10-02")
    assert evidence(recorded).when == when("2026-10-02", BERLIN)
    assert evidence(condition("C78.0", onsetDateTime=None)).when is None


_TIMES = ("effectiveDateTime", "onsetDateTime", "authoredOn", "performedDateTime", "started")


@pytest.mark.hazard("H22")
@pytest.mark.parametrize("sent", EVERYTHING)
def test_what_lies_ahead_is_no_evidence(sent: Json) -> None:
    [name] = [x for x in _TIMES if x in sent]
    assert evidence({**sent, name: "2026-11-23T09:05:00Z"})
    assert unseen({**sent, name: LATE}).reason is Reason.FUTURE


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("sent", [*EVERYTHING, plan(DECLARED)])
def test_an_item_of_somebody_else_is_foreign(sent: Json) -> None:
    for subject in ({"reference": "Patient/q"}, {"identifier": {"value": "p"}}):
        found = read({**sent, "subject": subject})
        [foreign] = found.foreign
        assert foreign.reason is Reason.OTHER_PATIENT
        assert (found.evidence, found.declared, found.unseen) == ((), (), ())
    own = read({**sent, "subject": {"reference": f"{SERVER}/Patient/p/_history/3"}})
    assert own.evidence or own.declared


@pytest.mark.hazard("H05")
def test_an_observation_of_nobody_is_not_understood_and_all_else_of_nobody_is_foreign() -> None:
    assert unseen(response("271299001", subject=None)).detail == "subject"
    assert read(condition("C78.0", subject=None)).foreign


@pytest.mark.parametrize(
    "sent",
    [
        observed("718-7"),
        condition("C49.2"),
        condition("E11.9"),
        statement("A10BA02"),
        order("L01AA07"),
        procedure("12719002"),
        study("US"),
        report("LAB"),
        plan("https://other.example/PlanDefinition/x"),
    ],
)
def test_what_is_not_used_is_nobodys_business(sent: Json) -> None:
    assert is_silent(sent)
    assert is_silent({**sent, "subject": {"reference": "Patient/q"}, "modifierExtension": [{"url": "urn:x"}]})


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("sent", [*EVERYTHING, plan(DECLARED)])
def test_a_modifier_that_is_not_known_makes_an_item_unreadable(sent: Json) -> None:
    found = unseen({**sent, "modifierExtension": [{"url": "urn:x", "valueBoolean": True}]})
    assert (found.reason, found.detail) == (Reason.UNREADABLE, "modifierExtension")


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("sent", [*EVERYTHING, plan(DECLARED)])
def test_an_item_of_a_wrong_form_is_unreadable_and_never_dropped(sent: Json) -> None:
    times = [{**sent, x: odd} for x in _TIMES if x in sent for odd in ("soon", 3, {})]
    statuses = [{**sent, "status": odd} for odd in (3, {}, [])] if "status" in sent else []
    for odd in (*times, *statuses):
        assert unseen(odd).reason is Reason.UNREADABLE


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("sent", [*(x for x in EVERYTHING if x["resourceType"] != "MedicationRequest"), plan(DECLARED)])
def test_an_item_of_which_not_even_the_head_can_be_read_is_unreadable(sent: Json) -> None:
    assert unseen({**sent, "id": 3}).reason is Reason.UNREADABLE


def test_an_order_that_cannot_be_read_is_said_among_the_orders() -> None:
    assert is_silent(order(id=3))


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("sent", [*EVERYTHING, plan(DECLARED)])
def test_one_item_is_told_once_however_often_it_came(sent: Json) -> None:
    assert read(sent, sent) == read(sent)
    assert read(*EVERYTHING) == read(*EVERYTHING[::-1])


def test_an_item_without_an_id_is_named_by_its_place() -> None:
    assert evidence(response("271299001", id=None)).source == "cancer.entry[0]"


def test_every_kind_of_evidence_has_a_code_that_tells_it() -> None:
    assert {x.kind for x in read(*EVERYTHING).evidence} == set(EVIDENCE)


def test_a_record_that_was_not_read_is_listed_by_its_keys() -> None:
    whole = {Unknown(what, Reason.NOT_READ, detail=key) for key, whats in KEYS.items() for what in whats}
    assert set(read_pages({}).unseen) == whole
    assert {x.what for x in whole} == {"protocol", *EVIDENCE} - {"anthracycline"}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (raw({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}), Reason.FETCH_FAILED),
        (searchset({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}), Reason.FETCH_FAILED),
        (searchset(link=[{"relation": "next", "url": "x"}]), Reason.INCOMPLETE),
        (raw(b"odd"), Reason.UNREADABLE),
        (searchset(b"3"), Reason.UNREADABLE),
    ],
)
def test_a_key_that_was_not_read_in_whole_is_listed(key: str, value: Any, reason: Reason) -> None:
    others = {x: searchset() for x in KEYS if x != key}
    found = read_pages({**others, key: value})
    assert found == Oncology(unseen=tuple(sorted((Unknown(x, reason, detail=key) for x in KEYS[key]), key=repr)))


def test_a_harmless_outcome_and_other_resources_are_no_fault() -> None:
    harmless = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
    assert read_pages({key: searchset(harmless, observation()) for key in KEYS}) == Oncology()
    assert read_pages({key: raw(None) for key in KEYS}) == Oncology()
