"""AdverseEvent, Condition and Observation of a MedDRA term -> toxicity: which count, since when, and whether over."""

from typing import Any

import pytest

from cds_service.clinical.facts import Reason, Toxicity, Unknown
from cds_service.fhir.times import when
from tests.fhir.events import (
    CLINICAL,
    FATIGUE,
    HL7_GRADES,
    MDRAE,
    MEDDRA,
    NEUTROPENIA,
    ONSET,
    OUTCOME,
    VERIFICATION,
    adverse_event,
    condition,
    grade,
    graded_by,
    grading,
    read,
    toxicity,
    unclear,
)
from tests.fhir.observations import BERLIN, Json, coded

KINDS = [pytest.param(x, id=x.__name__) for x in (adverse_event, condition, grading)]
NAMES = {adverse_event: "AdverseEvent", condition: "Condition", grading: "Observation"}
CODED_IN = {adverse_event: "event", condition: "code", grading: "code"}
NONE = ((), (), (), (), ())


def told(resource: Json) -> tuple[Any, ...]:
    found = read(resource)
    return found.toxicities, found.supports, found.unclear, found.foreign, found.gaps


def status(code: str) -> Json:
    return {"verificationStatus": coded(code, system=VERIFICATION)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_term_with_its_grade_is_a_toxicity(kind: Any) -> None:
    expected = Toxicity(FATIGUE, 3, f"{NAMES[kind]}/x", when(ONSET, BERLIN), assessed=kind is grading)
    assert toxicity(kind()) == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("system", [MDRAE, MEDDRA, "http://terminology.hl7.org/CodeSystem/MDRGER"])
def test_every_name_of_meddra_is_known(kind: Any, system: str) -> None:
    assert toxicity(kind(**{CODED_IN[kind]: coded(NEUTROPENIA, system=system)})).code == NEUTROPENIA


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "concept",
    [
        coded("84229001", system="http://snomed.info/sct"),
        coded(FATIGUE, system="https://www.meddra.org/elsewhere"),
        coded(FATIGUE, system="http://hl7.org/fhir/sid/icd-10"),
        {"text": "Fatigue, CTCAE grade 3"},
        {"coding": [{"code": FATIGUE}]},
    ],
)
def test_what_is_neither_coded_in_meddra_nor_graded_does_not_concern_us(kind: Any, concept: Json) -> None:
    ungraded = {"severity": None, "valueCodeableConcept": None, CODED_IN[kind]: concept}
    assert told(kind(**ungraded)) == NONE
    assert told(kind(**ungraded, subject={"reference": "Patient/other"})) == NONE


@pytest.mark.hazard("H34")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("concept", [coded("84229001", system="http://snomed.info/sct"), {"text": "Fatigue"}])
def test_what_is_graded_and_not_coded_in_meddra_is_listed(kind: Any, concept: Json) -> None:
    resource = kind(**{CODED_IN[kind]: concept})
    source = f"{resource['resourceType']}/{resource['id']}"
    toxicities, _, unclear, *_ = told(resource)
    assert toxicities == ()
    assert [(x.reason, x.source) for x in unclear] == [(Reason.UNREADABLE, source)]


def test_a_term_is_found_among_other_codings_and_called_as_it_was_sent() -> None:
    other = {"system": "http://snomed.info/sct", "code": "84229001", "display": "Fatigue"}
    term = {"system": MEDDRA, "version": "Version 4", "code": FATIGUE, "display": "Ermüdung"}
    assert toxicity(adverse_event(event={"coding": [other, term]})).display == "Ermüdung"
    assert toxicity(adverse_event(event={**coded(FATIGUE, system=MEDDRA), "text": "müde"})).display == "müde"


def test_a_resource_of_two_terms_is_a_toxicity_of_each() -> None:
    found = read(adverse_event(event=coded(FATIGUE, NEUTROPENIA, FATIGUE, system=MEDDRA)))
    assert [x.code for x in found.toxicities] == [FATIGUE, NEUTROPENIA]


def test_a_term_without_its_code_is_listed() -> None:
    sent = adverse_event(event={"coding": [{"system": MEDDRA, "display": "Fatigue"}]})
    assert unclear(sent) == Unknown("toxicity", Reason.UNREADABLE, "AdverseEvent/x", "event.coding.code")


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(
    "resource",
    [
        adverse_event(actuality="potential"),
        condition(**status("refuted")),
        condition(**status("entered-in-error")),
        *(grading(status=x) for x in ("cancelled", "entered-in-error", "registered", "unknown")),
    ],
)
def test_what_did_not_happen_is_no_toxicity(resource: Json) -> None:
    assert told(resource) == NONE
    assert told({**resource, "modifierExtension": [{"url": "https://x.example", "valueBoolean": True}]}) == NONE


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(
    "resource",
    [
        *(condition(**status(x)) for x in ("unconfirmed", "provisional", "differential")),
        grading(status="preliminary"),
    ],
)
def test_what_is_not_sure_is_listed_and_is_no_toxicity(resource: Json) -> None:
    assert unclear(resource) == Unknown("toxicity", Reason.NOT_FINAL, f"{resource['resourceType']}/x")


@pytest.mark.parametrize(
    "resource",
    [
        condition(**status("confirmed")),
        condition(verificationStatus=coded("refuted", system="https://site.example")),
        *(grading(status=x) for x in ("final", "amended", "corrected")),
    ],
)
def test_what_is_confirmed_counts(resource: Json) -> None:
    assert toxicity(resource).grade == 3


@pytest.mark.parametrize(
    ("resource", "onset", "marked"),
    [
        (adverse_event(detected="2026-11-12", recordedDate="2026-11-13"), ONSET, False),
        (adverse_event(date=None, detected="2026-11-12", recordedDate="2026-11-13"), "2026-11-12", False),
        (adverse_event(date=None, recordedDate="2026-11-13"), "2026-11-13", True),
        (adverse_event(date=None), None, False),
        (condition(recordedDate="2026-11-13"), ONSET, False),
        (condition(onsetDateTime=None, onsetPeriod={"start": "2026-11-12", "end": "2026-11-14"}), "2026-11-12", False),
        (
            condition(onsetDateTime=None, onsetPeriod={"end": "2026-11-14"}, recordedDate="2026-11-15"),
            "2026-11-15",
            True,
        ),
        (condition(onsetDateTime=None, onsetString="last week", recordedDate="2026-11-15"), "2026-11-15", True),
        (condition(onsetDateTime=None), None, False),
        (grading(effectiveDateTime="2026-11"), "2026-11", False),
        (grading(effectiveDateTime=None, effectiveInstant=ONSET), ONSET, False),
        (grading(effectiveDateTime=None, effectivePeriod={"start": "2026-11-12"}), "2026-11-12", False),
        (grading(effectiveDateTime=None, issued=ONSET, recordedDate=ONSET), None, False),
    ],
)
def test_the_onset_is_the_first_time_that_tells_it(resource: Json, onset: str | None, marked: bool) -> None:
    found = toxicity(resource)
    assert (found.onset, found.marked) == (onset and when(onset, BERLIN), marked)


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    "text", ["2026", "2026-11", "2026-11-10", "2026-11-10T08:00:00Z", "2026-11-10T09:00:00.5+01:00"]
)
@pytest.mark.parametrize(
    ("kind", "member"), [(adverse_event, "date"), (condition, "onsetDateTime"), (grading, "effectiveDateTime")]
)
def test_an_onset_has_the_precision_that_was_sent(kind: Any, member: str, text: str) -> None:
    assert toxicity(kind(**{member: text})).onset == when(text, BERLIN)


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("kind", "member"), [(adverse_event, "date"), (condition, "onsetDateTime"), (grading, "effectiveDateTime")]
)
@pytest.mark.parametrize(
    ("text", "is_future"),
    [
        ("2026-11-23T09:04:59Z", False),
        ("2026-11-23T09:05:00Z", False),
        ("2026-11-23T09:05:01Z", True),
        ("2026-11-23", False),
        ("2026-11-24", True),
        ("2026-12", True),
    ],
)
def test_what_begins_in_the_future_is_listed_and_is_no_toxicity(
    kind: Any, member: str, text: str, is_future: bool
) -> None:
    resource = kind(**{member: text})
    if is_future:
        found = unclear(resource)
        assert (found.reason, found.source) == (Reason.FUTURE, f"{NAMES[kind]}/x")
    else:
        assert toxicity(resource).onset == when(text, BERLIN)


def dated(name: str, day: str) -> Json:
    """An event with a date in an extension."""
    url = f"http://hl7.org/fhir/us/ctcae/StructureDefinition/{name}"
    return adverse_event(extension=[{"url": url, "valueDateTime": day}])


@pytest.mark.parametrize(
    ("resource", "resolved"),
    [
        (adverse_event(), False),
        *((adverse_event(outcome=coded(x, system=OUTCOME)), True) for x in ("resolved", "resolvedWithSequelae")),
        *((adverse_event(outcome=coded(x, system=OUTCOME)), False) for x in ("recovering", "ongoing", "fatal")),
        (adverse_event(outcome=coded("resolved", system="https://site.example")), False),
        (adverse_event(outcome={"text": "resolved"}), False),
        (dated("adverse-event-resolved-date", "2026-11-20"), True),
        (dated("adverse-event-resolved-date", "2026-11-24"), False),
        (dated("adverse-event-seen-date", "2026-11-20"), False),
        *((condition(clinicalStatus=coded(x, system=CLINICAL)), True) for x in ("resolved", "inactive", "remission")),
        *((condition(clinicalStatus=coded(x, system=CLINICAL)), False) for x in ("active", "recurrence", "relapse")),
        (condition(abatementDateTime="2026-11-23T09:05:00Z"), True),
        (condition(abatementDateTime="2026-11-23T09:05:01Z"), False),
        (condition(abatementDateTime="2026-11-23"), True),
        (condition(abatementDateTime="2026-11-24"), False),
        (condition(abatementPeriod={"start": "2026-11-12", "end": "2026-11-14"}), True),
        (condition(abatementPeriod={"start": "2026-11-12"}), False),
        (condition(abatementPeriod={"start": "2026-11-12", "end": "2026-11-24"}), False),
        (condition(abatementAge={"value": 61, "unit": "a"}), True),
        (condition(abatementString="since a week"), True),
        (condition(abatementRange={"low": {"value": 60}, "high": {"value": 61}}), True),
        (condition(abatementDateTime="2026-12", clinicalStatus=coded("resolved", system=CLINICAL)), True),
        (grading(effectiveDateTime=None, effectivePeriod={"start": "2026-11-12", "end": "2026-11-23"}), True),
        (grading(effectiveDateTime=None, effectivePeriod={"start": "2026-11-12", "end": "2026-11-24"}), False),
        (grading(effectiveDateTime=None, effectivePeriod={"start": "2026-11-12"}), False),
        (grading(), False),
    ],
)  # fmt: skip
def test_what_is_recorded_as_over_is_resolved(resource: Json, resolved: bool) -> None:
    assert toxicity(resource).resolved is resolved


@pytest.mark.parametrize(
    ("first", "second", "resolved"),
    [
        ("2026-11-10T08:00:00Z", "2026-11-10T08:00:01Z", (True, False)),
        ("2026-11-10T08:00:00Z", "2026-11-10T08:00:00Z", (False, False)),
        ("2026-11-10", "2026-11-11", (True, False)),
        ("2026-11-10", "2026-11-10T12:00:00Z", (False, False)),
        ("2026-11", "2026-11-20", (False, False)),
    ],
)
def test_of_several_assessments_of_a_term_the_newest_speaks(
    first: str, second: str, resolved: tuple[bool, bool]
) -> None:
    found = read(grading(id="a", effectiveDateTime=first), grading(id="b", effectiveDateTime=second))
    assert tuple(x.resolved for x in found.toxicities) == resolved


@pytest.mark.parametrize(
    "later",
    [
        grading(id="b", code=coded(NEUTROPENIA, system=MDRAE), effectiveDateTime="2026-11-20"),
        grading(id="b", status="preliminary", effectiveDateTime="2026-11-20"),
        grading(id="b", valueCodeableConcept=grade("U"), effectiveDateTime="2026-11-20"),
        grading(id="b", effectiveDateTime=None),
        adverse_event(id="b", date="2026-11-20"),
        condition(id="b", onsetDateTime="2026-11-20"),
    ],
)
def test_an_assessment_stands_until_a_usable_one_of_its_term_follows(later: Json) -> None:
    found = read(grading(id="a"), later)
    assert [x.resolved for x in found.toxicities if x.source == "Observation/a"] == [False]


def test_an_event_is_not_over_because_another_one_follows() -> None:
    found = read(adverse_event(id="a"), adverse_event(id="b", date="2026-11-20"))
    assert [x.resolved for x in found.toxicities] == [False, False]


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/other"},
        {"reference": "https://elsewhere.example/Patient/p"},
        {"reference": "Practitioner/p"},
        {"identifier": {"system": "urn:x", "value": "p"}},
    ],
)
def test_another_patients_toxicity_is_foreign(kind: Any, subject: Json) -> None:
    foreign = Unknown("toxicity", Reason.OTHER_PATIENT, f"{NAMES[kind]}/x")
    assert told(kind(subject=subject)) == ((), (), (), (foreign,), ())


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("resource", [adverse_event(actuality="potential"), grading(status="cancelled")])
def test_another_patients_toxicity_is_foreign_whatever_its_status(resource: Json) -> None:
    assert read({**resource, "subject": {"reference": "Patient/other"}}).foreign != ()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "reference", ["Patient/p", "Patient/p/_history/3", "https://fhir.hospital.example/r4/Patient/p"]
)
def test_the_patients_own_toxicity_is_known_by_every_spelling(kind: Any, reference: str) -> None:
    assert toxicity(kind(subject={"reference": reference})).grade == 3


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("subject", [None, {}, {"display": "p"}])
def test_a_toxicity_of_nobody_is_foreign_but_an_observation_is_unreadable(subject: Json | None) -> None:
    for kind in (adverse_event, condition):
        assert read(kind(subject=subject)).foreign == (Unknown("toxicity", Reason.OTHER_PATIENT, f"{NAMES[kind]}/x"),)
    assert unclear(grading(subject=subject)) == Unknown("toxicity", Reason.UNREADABLE, "Observation/x", "subject")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("members", "detail"),
    [
        ({"modifierExtension": [{"url": "https://x.example", "valueBoolean": True}]}, "modifierExtension"),
        ({"meta": {"lastUpdated": "soon"}}, "meta.lastUpdated is not valid"),
        ({"extension": [{"valueInteger": 3}]}, "extension.0.url is required"),
    ],
)
def test_a_toxicity_that_cannot_be_relied_on_is_listed_with_its_path(kind: Any, members: Json, detail: str) -> None:
    assert unclear(kind(**members)) == Unknown("toxicity", Reason.UNREADABLE, f"{NAMES[kind]}/x", detail)


@pytest.mark.parametrize(
    ("resource", "detail"),
    [
        (adverse_event(actuality=None), "actuality is required"),
        (adverse_event(actuality="real"), "actuality is not a code of its required value set"),
        (adverse_event(date="2026-11-10T08:00:00"), "date is not valid"),
        (adverse_event(date=20261110), "date"),
        (adverse_event(severity="3"), "severity is not valid"),
        (condition(onsetDateTime=ONSET, onsetAge={"value": 61}), "Condition is not valid"),
        (condition(abatementDateTime=1), "abatementDateTime"),
        (condition(onsetDateTime=None, onsetPeriod={"start": "2026-11-14", "end": "2026-11-12"}), "onsetPeriod"),
        (condition(verificationStatus={"coding": "refuted"}), "verificationStatus.coding is not valid"),
        (grading(status=None), "status is required"),
        (grading(status="done"), "status is not a code of its required value set"),
        (grading(effectivePeriod={"start": "2026"}), "Observation is not valid"),
        (grading(effectiveDateTime=None, effectivePeriod={}), "effectivePeriod"),
        (grading(id=5), "id is not valid"),
        (grading(code="10016256 of www.meddra.org"), "code is not valid"),
    ],
)  # fmt: skip
def test_an_invalid_toxicity_is_listed_with_its_path(resource: Json, detail: str) -> None:
    found = unclear(resource)
    assert (found.what, found.reason, found.detail) == ("toxicity", Reason.UNREADABLE, detail)


def test_a_condition_that_is_invalid_elsewhere_and_coded_elsewhere_costs_nothing() -> None:
    hypertension = coded("I10", system="http://hl7.org/fhir/sid/icd-10")
    assert told(condition(id=5, code=hypertension, severity=None)) == NONE


@pytest.mark.parametrize("extra", [graded_by({"valueInteger": 3}), {"severity": grade("3", HL7_GRADES)}])
def test_a_toxicity_without_an_id_is_named_by_its_place(extra: Json) -> None:
    assert toxicity(condition(id=None, **extra)).source == "conditions.entry[0]"
