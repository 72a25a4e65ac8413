"""The checklist at a start: each criterion in each state that it can have, worked out by hand."""

import pytest

from tests.oracle import oncology_codes as oc
from tests.oracle.asking import ME, ago, ask, bundle, counts, draft, lab, order
from tests.oracle.drug import ATC
from tests.oracle.protocols import FIRST_LINE
from tests.oracle.recorded import CLINICAL, MEDDRA, MII_GRADES, VERIFICATION
from tests.oracle.timing import SCT

MET, NOT_MET, NOT_RECORDED = "met", "not-met", "not-recorded"
ICD = oc.ICD_10[0]
LIMIT = [{"high": {"value": 1.2, "unit": "mg/dL"}}]


def concept(*pairs):
    return {"coding": [{"system": system, "code": code} for system, code in pairs]}


def condition(*pairs, **more):
    return {"resourceType": "Condition", "subject": ME, "code": concept(*pairs)} | more


def seen(code, value=None, days_ago=10, **more):
    found = {
        "resourceType": "Observation", "status": "final", "subject": ME, "code": concept(code),
        "effectiveDateTime": ago(days_ago),
    }  # fmt: skip
    return found | ({"valueCodeableConcept": concept(value)} if value else {}) | more


def state(criterion, *resources, patient=None, results=(), orders=(), first_line=True, blood=None, **more):
    """The state of that criterion where the record holds these Conditions and Observations, and what else is told."""
    declared = {"instantiatesCanonical": [FIRST_LINE.url]} if first_line else {}
    told = {
        "conditions": bundle([one for one in resources if one["resourceType"] == "Condition"]),
        "cancer": bundle([one for one in resources if one["resourceType"] == "Observation"]),
    }
    patient = {"patient": {"resourceType": "Patient", "id": "p1", "birthDate": patient}} if patient else {}
    listed = [*(counts(1) if blood is None else blood), *results]
    return ask([draft(100, None, **declared)], orders, listed, **(told | patient | more))["checklist"][criterion]


def morphology(code, system=oc.ICD_O[0], **more):
    return seen(oc.MORPHOLOGY, (system, code), **more)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("8890/3", MET), ("9581/6", MET), ("9582/3", NOT_MET), ("8140/3", NOT_MET), ("8890/0", NOT_RECORDED),
        ("8850/1", NOT_RECORDED),
    ],
)  # fmt: skip
def test_a_morphology_tells_of_a_sarcoma_or_of_another_tumour(code, expected):
    assert state("histology", morphology(code)) == expected


def test_one_sarcoma_is_enough_and_a_site_alone_is_not():
    assert state("histology", morphology("8140/3"), morphology("8890/3", oc.ICD_O[1])) == MET
    assert state("histology", condition((ICD, "C49.2"))) == NOT_RECORDED
    confirmed = concept((VERIFICATION, "confirmed"), (oc.MII + oc.CONFIRMATION, "7"))
    assert state("histology", condition((ICD, "C49.2"), verificationStatus=confirmed)) == MET
    assert state("histology", morphology("8890/3", status="cancelled")) == NOT_RECORDED


@pytest.mark.parametrize(("criterion", "first_line"), [("advanced-disease", False), ("metastatic", True)])
def test_metastases_are_recorded_or_not(criterion, first_line):
    assert state(criterion, condition((ICD, "C78.0")), first_line=first_line) == MET
    assert state(criterion, seen(oc.DISTANT_METASTASIS), first_line=first_line) == MET
    refuted = condition((ICD, "C78.0"), verificationStatus=concept((VERIFICATION, "refuted")))
    assert state(criterion, refuted, first_line=first_line) == NOT_RECORDED


GOOD, BAD, MIXED = (SCT, "359746009"), (SCT, "271299001"), (oc.MII + "mii-cs-onko-verlauf-gesamtbeurteilung", "D")


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ([(GOOD, 10), (BAD, 40)], MET), ([(GOOD, 40), (BAD, 10)], NOT_MET), ([(GOOD, 10), (BAD, 10)], NOT_MET),
        ([(GOOD, 40), (MIXED, 10)], NOT_RECORDED), ([], NOT_RECORDED),
    ],
)  # fmt: skip
def test_the_newest_response_speaks_and_of_two_the_worse(responses, expected):
    listed = [seen(oc.RESPONSES[0], value, days) for value, days in responses]
    assert state("response-or-no-evidence-of-disease", *listed, first_line=False) == expected


def test_a_response_of_a_later_day_goes_before_one_of_no_day():
    undated = {key: item for key, item in seen(oc.RESPONSES[0], BAD).items() if key != "effectiveDateTime"}
    response = "response-or-no-evidence-of-disease"
    assert state(response, undated, seen(oc.RESPONSES[0], GOOD, 90), first_line=False) == MET
    assert state(response, undated, first_line=False) == NOT_MET


def drug(atc, **more):
    found = {"resourceType": "MedicationStatement", "status": "completed", "subject": ME}
    return {"statements": bundle([found | {"medicationCodeableConcept": concept((ATC[0], atc))} | more])}


def test_an_earlier_therapy_or_course_is_against_untreated_and_none_proves_nothing():
    assert state("untreated", **drug("L01DB01")) == NOT_MET
    assert state("untreated", **drug("L01DB01", status="intended")) == NOT_RECORDED
    assert state("untreated", **drug("A04AA01")) == NOT_RECORDED
    assert state("untreated", orders=[order("o1", 100, 300, 200, "completed")]) == NOT_MET
    procedure = {"resourceType": "Procedure", "status": "completed", "subject": ME}
    given = procedure | {"code": concept(("http://fhir.de/CodeSystem/bfarm/ops", "8-542.11"))}
    assert state("untreated", treatments=bundle([given])) == NOT_MET


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("1965-11-23", MET), ("1965-11-24", NOT_MET), ("1965-11", NOT_RECORDED), ("1965", NOT_RECORDED),
        ("1964", MET), ("1966", NOT_MET), (None, NOT_RECORDED),
    ],
)  # fmt: skip
def test_an_age_over_60_holds_by_both_edges_of_the_birth_date(born, expected):
    assert state("age-over-60", patient=born) == expected


def test_a_failing_heart_is_against_anthracyclines_while_it_fails():
    resolved = {"clinicalStatus": concept((CLINICAL, "resolved"))}
    assert state("anthracycline-unsuitable", condition((ICD, "I50.1"))) == MET
    assert state("anthracycline-unsuitable", condition((SCT, "85898001"))) == MET
    assert state("anthracycline-unsuitable", condition((ICD, "I50.1"), **resolved)) == NOT_RECORDED
    assert state("anthracycline-unsuitable", condition((ICD, "I10"))) == NOT_RECORDED


@pytest.mark.parametrize(("grade", "expected"), [(0, MET), (2, MET), (3, NOT_MET), (4, NOT_MET), (5, NOT_RECORDED)])
def test_ecog_up_to_2_is_adequate(grade, expected):
    assert state("performance-status", seen(oc.ECOG, valueInteger=grade)) == expected
    part = {"code": concept(oc.ECOG_COMPONENT), "valueCodeableConcept": concept((oc.MII + "ecog", str(grade)))}
    assert state("performance-status", seen(oc.ECOG_PANEL, component=[part])) == expected


@pytest.mark.parametrize(
    ("blood", "maintenance", "first_line"),
    [
        (counts(1, anc=2.0, plt=100), MET, MET), (counts(1, anc=1.999), NOT_MET, NOT_MET),
        (counts(1, plt=99), NOT_MET, NOT_MET), (counts(1, hb=9), NOT_MET, MET), (counts(1, wbc=2.5), NOT_MET, MET),
        (counts(15), NOT_RECORDED, NOT_RECORDED),
    ],
)  # fmt: skip
def test_counts_are_adequate_on_the_limits_and_maintenance_asks_for_grade_1(blood, maintenance, first_line):
    assert state("blood-counts", blood=blood, first_line=False) == maintenance
    assert state("blood-counts", blood=blood) == first_line


@pytest.mark.parametrize(("criterion", "code"), [("renal-function", "2160-0"), ("hepatic-function", "1975-2")])
@pytest.mark.parametrize(
    ("value", "days_ago", "more", "expected"),
    [
        (1.79, 1, {"referenceRange": LIMIT}, MET), (1.8, 1, {"referenceRange": LIMIT}, NOT_MET),
        (1.0, 15, {"referenceRange": LIMIT}, NOT_RECORDED), (1.0, 1, {}, NOT_RECORDED),
    ],
)  # fmt: skip
def test_organs_work_below_one_and_a_half_times_the_upper_limit(criterion, code, value, days_ago, more, expected):
    assert state(criterion, results=[lab(code, value, "mg/dL", days_ago, **more)]) == expected


def test_no_toxicity_is_known_only_where_the_record_was_read_in_whole():
    event = {
        "resourceType": "AdverseEvent", "actuality": "actual", "subject": ME, "date": ago(10),
        "event": concept((MEDDRA[1], "10028813")), "severity": concept((MII_GRADES[0], "3")),
    }  # fmt: skip
    mild = event | {"severity": concept((MII_GRADES[0], "2"))}
    assert state("no-unresolved-toxicity", adverseEvents=bundle([event])) == NOT_MET
    assert state("no-unresolved-toxicity", adverseEvents=bundle([mild])) == MET
    assert state("no-unresolved-toxicity") == NOT_RECORDED


def test_the_card_warns_where_a_criterion_is_not_met_and_informs_where_one_is_not_recorded():
    answer = ask([draft(100, None)], [], counts(1))
    assert (answer["topic"], answer["indicator"]) == ("eligibility", "info")
    answer = ask([draft(100, None)], [], counts(1, hb=9))
    assert (answer["topic"], answer["indicator"]) == ("eligibility", "warning")
    assert ask([draft(100)], [order("o1", 100, 40)], counts(1))["checklist"] == {}
