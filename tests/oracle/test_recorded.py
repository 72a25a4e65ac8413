"""Recorded toxicity: cases worked out by hand; without any, the record goes on to an escalation."""

import pytest

from tests.oracle.asking import ME, RUNNING, ago, ask, brief, bundle, counts, draft, order, says
from tests.oracle.recorded import CLINICAL, MEDDRA, MII_GRADES, NCI, OUTCOME, VERIFICATION

NAUSEA, PLATELETS, LYMPHOCYTES, MARROW = "10028813", "10035528", "10025256", "10048580"
SUBJECT = {"subject": ME}


def concept(system, code):
    return {"coding": [{"system": system, "code": code}]}


def event(term, grade, onset=10, **more):
    found = {
        "resourceType": "AdverseEvent", "actuality": "actual", "subject": ME,
        "event": concept(MEDDRA[1], term), "severity": concept(MII_GRADES[0], grade),
    }  # fmt: skip
    return found | ({} if onset is None else {"date": ago(onset)}) | more


def condition(grade, term=NAUSEA, **more):
    found = {
        "resourceType": "Condition", "subject": ME, "code": concept(MEDDRA[0], term), "onsetDateTime": ago(10),
        "extension": [{"url": "https://example.org/ctcae-grade", "valueInteger": grade}],
    }  # fmt: skip
    return found | more


def grading(code, days_ago=10, **more):
    found = {
        "resourceType": "Observation", "status": "final", "subject": ME, "effectiveDateTime": ago(days_ago),
        "code": concept(MEDDRA[2], NAUSEA), "valueCodeableConcept": concept(NCI, code),
    }  # fmt: skip
    return found | more


def events(*listed, **more):
    return says(*counts(1), adverseEvents=bundle(listed), **more)


SEVERE = {"severity": concept("http://terminology.hl7.org/CodeSystem/adverse-event-severity", "severe")}
ODD = [{"url": "urn:x", "valueBoolean": True}]


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (event(NAUSEA, "4"), "reduce"),
        (event(NAUSEA, "3"), "reduce"),
        (event(NAUSEA, "3", severity=concept(MII_GRADES[1], "3")), "reduce"),
        (event(NAUSEA, "3", severity=concept("https://example.org/CodeSystem/ctcae-grade-code-system", "3")), "reduce"),
        (event("10099999", "3"), "reduce"),
        (event(NAUSEA, "3", onset=4000), "reduce"),
        (event(NAUSEA, "3", onset=None), "reduce"),
        (event(NAUSEA, "2"), "none"),
        (event(NAUSEA, "1"), "escalate"),
        (event(NAUSEA, "K"), "escalate"),
        (event(NAUSEA, "U"), "none"),
        (event(NAUSEA, "3") | SEVERE, "none"),
        (event(NAUSEA, "3", actuality="potential"), "escalate"),
        (event(NAUSEA, "3", actuality=None), "none"),
        (event(NAUSEA, "3", outcome=concept(OUTCOME, "resolved")), "escalate"),
        (event(NAUSEA, "3", outcome=concept(OUTCOME, "resolvedWithSequelae")), "escalate"),
        (event(NAUSEA, "3", outcome=concept(OUTCOME, "ongoing")), "reduce"),
        (event(NAUSEA, "3", onset=-1), "none"),
        (event(NAUSEA, "3", modifierExtension=ODD), "none"),
        (event(NAUSEA, "3", date="yesterday"), "none"),
        (event(NAUSEA, "3", event=concept("http://snomed.info/sct", "422587007")), "escalate"),
    ],
)
def test_an_adverse_event(resource, said):
    assert events(resource) == said


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (condition(3), "reduce"),
        (condition(2), "none"),
        (condition(0), "escalate"),
        (condition(0, severity=concept(MII_GRADES[0], "3")), "reduce"),
        (condition(9, severity=concept("http://snomed.info/sct", "24484000")), "none"),
        (condition(3, extension=[{"url": "urn:other", "valueInteger": 3}]), "none"),
        (condition(3, extension=[{"url": "urn:x", "valueCoding": {"system": NCI, "code": "C41340"}}]), "reduce"),
        (condition(3, verificationStatus=concept(VERIFICATION, "refuted")), "escalate"),
        (condition(3, verificationStatus=concept(VERIFICATION, "entered-in-error")), "escalate"),
        (condition(3, verificationStatus=concept(VERIFICATION, "provisional")), "none"),
        (condition(3, verificationStatus=concept(VERIFICATION, "confirmed")), "reduce"),
        (condition(3, clinicalStatus=concept(CLINICAL, "remission")), "escalate"),
        (condition(3, clinicalStatus=concept(CLINICAL, "recurrence")), "reduce"),
        (condition(3, abatementDateTime=ago(1)), "escalate"),
        (condition(3, abatementDateTime=ago(-1)), "reduce"),
        (condition(3, abatementString="gone"), "escalate"),
        (condition(3, abatementPeriod={"start": ago(3), "end": ago(-3)}), "reduce"),
        (condition(3, onsetPeriod={"start": ago(3)}), "none"),
    ],
)
def test_a_condition(resource, said):
    assert says(*counts(1), conditions=bundle([resource])) == said


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ([grading("C41340")], "reduce"),
        ([grading("C41339")], "none"),
        ([grading("C41338")], "escalate"),
        ([grading("C41340"), grading("C75533", 5)], "escalate"),
        ([grading("C75533"), grading("C41340", 5)], "reduce"),
        ([grading("C41340"), grading("C75533", 5, status="preliminary")], "reduce"),
        ([grading("C41340", status="preliminary")], "none"),
        ([grading("C41340", status="cancelled")], "escalate"),
        ([grading("C41340", subject={})], "none"),
        ([grading("C0", component=[{"valueCodeableConcept": concept(NCI, "C41340")}])], "reduce"),
    ],
)
def test_an_observation(resources, said):
    assert says(*counts(1), gradings=bundle(resources)) == said


def test_an_observation_ends_with_its_period():
    over = grading("C41340") | {"effectivePeriod": {"start": ago(10), "end": ago(2)}}
    del over["effectiveDateTime"]
    assert says(*counts(1), gradings=bundle([over])) == "escalate"


@pytest.mark.parametrize("subject", [{"reference": "Patient/p2"}, {}])
def test_a_foreign_one_stops_the_answer(subject):
    for key, resource in (("adverseEvents", event(NAUSEA, "1")), ("conditions", condition(1))):
        answer = ask([draft(100)], RUNNING, counts(1), **{key: bundle([resource | {"subject": subject}])})
        assert (answer["conclusion"], answer["current"]) == ("not-assessed", None)


def test_the_card_of_line_4():
    answer = ask([draft(100)], RUNNING, counts(1), adverseEvents=bundle([event(NAUSEA, "3")]))
    assert brief(answer) == ("reduce", "reduce", "warning", 50)
    answer = ask([draft(100, None)], [], counts(1), adverseEvents=bundle([event(NAUSEA, "3")]))
    assert brief(answer) == ("reduce", "reduce", "warning", None)


@pytest.mark.parametrize(("onset", "said"), [(60, "none"), (30, "reduce"), (200, "reduce"), (None, "reduce")])
def test_a_dose_already_below_that_at_the_onset(onset, said):
    orders = [order("o0", 150, 80, 41, "stopped"), order("o1", 100, 40)]
    assert events(event(NAUSEA, "3", onset=onset), orders=orders) == said


@pytest.mark.parametrize(("before", "then"), [(150, 100), (100, 150)])
def test_on_the_day_of_a_start_the_dose_at_the_onset_may_be_either(before, then):
    orders = [order("o0", before, 80, 50, "stopped"), order("o1", then, 40)]
    that_day = event(NAUSEA, "3") | {"date": ago(40)[:10]}
    assert events(that_day, orders=orders) == "reduce"


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (event(PLATELETS, "3"), ("restart-reduced", 50)),
        (event(MARROW, "3"), ("restart-reduced", 50)),
        (event(PLATELETS, "3", onset=0.5), ("keep-interrupted", 50)),
        (event(PLATELETS, "2"), ("escalate", None)),
        (event(PLATELETS, "3", onset=41), ("escalate", None)),
        (event(LYMPHOCYTES, "4"), ("escalate", None)),
        (event(PLATELETS, "3", outcome=concept(OUTCOME, "resolved")), ("restart-reduced", 50)),
        (event(PLATELETS, "3", onset=None), ("not-assessed", None)),
        (event(PLATELETS, "3", onset=None, outcome=concept(OUTCOME, "resolved")), ("escalate", None)),
        (event(PLATELETS, "3", onset=None, recordedDate=ago(10)), ("restart-reduced", 50)),
    ],
)
def test_a_haematological_one_counts_as_a_result_at_its_onset(resource, said):
    answer = ask([draft(100)], RUNNING, counts(1), adverseEvents=bundle([resource]))
    assert (answer["conclusion"], answer["ceiling"]) == said


def test_a_recorded_grade_4_refers():
    for grade, refer in (("3", []), ("4", ["grade-4"]), ("5", ["grade-4"])):
        answer = ask([draft(100)], RUNNING, counts(1), adverseEvents=bundle([event(PLATELETS, grade)]))
        assert answer["refer"] == refer


FAILED = {"resourceType": "OperationOutcome"}


@pytest.mark.parametrize("key", ["adverseEvents", "conditions", "gradings", "reports"])
@pytest.mark.parametrize("value", [FAILED, bundle([FAILED]), bundle([]) | {"link": [{"relation": "next"}]}, "odd"])
def test_what_could_not_be_read_is_a_gap(key, value):
    assert says(*counts(1), **{key: value}) == "not-assessed"
    assert says(*counts(1, anc=0.9), **{key: value}) == "interrupt"


@pytest.mark.parametrize("key", ["adverseEvents", "conditions", "gradings", "reports"])
def test_a_record_that_has_none_is_no_gap(key):
    assert says(*counts(1), **{key: None}) == "escalate"
    assert says(*counts(1), **{key: bundle([])}) == "escalate"
