"""Orders whose dose changes with time, and more ways to say a dose: cases worked out by hand."""

import pytest

from tests.oracle.asking import DRUG, RUNNING, ago, ask, counts, draft, obs, order

SCT = "http://snomed.info/sct"
GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"


def phase(mg, since, until=None):
    bounds = {"start": ago(since)} | ({"end": ago(until)} if until is not None else {})
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": bounds}
    return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}]}


def phased(*phases, **more):
    return order("o1", 0, 80, dosageInstruction=list(phases), **more)


def asked(found, results, mg=100):
    answer = ask([draft(mg)], [found], results)
    return answer["conclusion"], answer["current"]


@pytest.mark.parametrize(
    ("phases", "said"),
    [
        ([phase(150, 80, 41), phase(100, 40)], ("none", 100)),
        ([phase(100, 80, 41), phase(150, 40)], ("none", 150)),
        ([phase(100, 40, 10.1), phase(100, 10)], ("escalate", 100)),
        ([phase(50, 40, 10.1), phase(100, 10)], ("none", 100)),
        ([phase(50, 60, 30.1), phase(100, 30)], ("escalate", 100)),
        ([phase(100, 40, 20), phase(100, 10)], ("none", 100)),
        ([phase(100, 40, 2), phase(150, -2)], ("none", 100)),
        ([phase(100, 40, 9), phase(150, 10)], ("not-assessed", None)),
        ([phase(100, 40), phase(150, 10)], ("not-assessed", None)),
        ([phase(100, -1, -5), phase(150, -6)], ("none", None)),
    ],
)
def test_the_phase_of_today_gives_the_dose(phases, said):
    assert asked(phased(*phases), counts(1)) == said


def test_between_phases_nothing_is_given():
    pause = phased(phase(100, 40, 9), phase(100, -5))
    results = [*counts(20), obs("anc", 0.7, 10)]
    assert asked(pause, [*results, *counts(8)], 50) == ("keep-interrupted", 100)
    assert asked(pause, [*results, *counts(7)], 50) == ("restart-reduced", 100)


def test_a_long_gap_between_phases_is_a_long_interruption():
    for until, refer in ((28, []), (28.1, ["long-interruption"])):
        pause = phased(phase(100, 60, until), phase(100, -5))
        answer = ask([draft(50)], [pause], [obs("anc", 0.7, 35), *counts(20)])
        assert (answer["conclusion"], answer["refer"]) == ("keep-interrupted", refer)


def test_the_dose_at_the_onset_is_that_of_the_phase_which_held_then():
    found = phased(phase(150, 80, 41), phase(50, 40))
    for low, said in ((60, ("none", 100)), (20, ("keep-interrupted", None))):
        answer = ask([draft(50)], [found], [obs("anc", 0.7, low), *counts(low - 5), *counts(1)])
        assert (answer["conclusion"], answer["ceiling"]) == said


def test_a_dose_since_a_phase_resumed_counts_as_resumed():
    found = phased(phase(100, 60, 31), phase(50, 25, 3), phase(50, -3))
    assert asked(found, [obs("anc", 0.7, 31), *counts(28), *counts(1)], 50) == ("none", 50)


def daily(code, system, mg):
    return {"timing": {"code": {"coding": [{"system": system, "code": code}]}}, "doseAndRate": [mg]}


@pytest.mark.parametrize(
    ("system", "code", "drafted"),
    [
        (GTS, "QD", 25), (GTS, "BID", 50), (GTS, "TID", 75), (GTS, "QID", 100), (GTS, "Q8H", 75), (GTS, "Q6H", 100),
        (GTS, "Q4H", 150), (GTS, "Q3H", 200), (GTS, "Q2H", 300), (GTS, "Q1H", 600), (GTS, "QOD", None),
        (GTS, "WK", None), (GTS, "MO", None), (GTS, "JB", None), (SCT, "229797004", 25), (SCT, "229799001", 50),
        (SCT, "229798009", 75), (SCT, "307439001", 100), (SCT, "307440004", 125), (SCT, "307441000", 150),
        (SCT, "307442007", 175), (SCT, "307443002", 200), (SCT, "123", None), ("urn:local", "BID", None),
    ],
)  # fmt: skip
def test_codes_of_the_timing(system, code, drafted):
    mg = {"doseQuantity": {"value": 25, "unit": "mg"}}
    assert ask([draft(0, dosageInstruction=[daily(code, system, mg)])], RUNNING, counts(1))["draft"] == drafted


STRENGTH = {"numerator": {"value": 50, "unit": "mg"}, "denominator": {"value": 1, "unit": "tablet"}}
TABLETS = {
    "resourceType": "Medication", "id": "m", "code": DRUG,
    "ingredient": [{"itemCodeableConcept": DRUG, "strength": STRENGTH}],
}  # fmt: skip


@pytest.mark.parametrize(("last", "drafted"), [(2, 100), (1, None)])
def test_three_ways_to_say_one_dose_agree_or_tell_nothing(last, drafted):
    said = [
        {"type": {"text": "calculated"}, "doseQuantity": {"value": 100, "unit": "mg"}},
        {"type": {"text": "admin-amount"}, "doseQuantity": {"value": last, "unit": "tablet"}},
        {"type": {"text": "ordered"}, "doseQuantity": {"value": 100, "unit": "mg"}},
    ]
    instruction = daily("QD", GTS, said[0]) | {"doseAndRate": said}
    found = draft(0, contained=[TABLETS], medicationReference={"reference": "#m"}, dosageInstruction=[instruction])
    del found["medicationCodeableConcept"]
    assert ask([found], RUNNING, counts(1))["draft"] == drafted
