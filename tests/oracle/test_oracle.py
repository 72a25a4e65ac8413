"""The oracle needs evidence too: small cases whose answers were worked out by hand from the protocol page."""

import pytest

from tests.oracle import oracle
from tests.oracle.asking import AFTER_NADIR, NOW, RUNNING, ask, brief, bundle, counts, draft, obs, order


def test_another_drug_is_met_with_silence():
    other = draft(100) | {"medicationCodeableConcept": {"text": "Ifosfamide"}}
    assert ask([other]) == {
        "status": 200, "silent": True, "conclusion": None, "refer": [], "topic": None, "indicator": None,
        "proposed": None, "ceiling": None, "current": None, "draft": None, "protocol": None, "checklist": {},
        "monitoring": None,
    }  # fmt: skip


def test_without_the_counts_key_there_is_nothing_to_decide_on():
    request = {"context": {"patientId": "p1", "draftOrders": bundle([draft(100)])}, "prefetch": {"medications": None}}
    assert oracle(request, NOW)["status"] == 412


def test_a_foreign_count_stops_the_answer():
    foreign = obs("hb", 13, 1, subject={"reference": "Patient/p2"})
    assert brief(ask([draft(100)], RUNNING, [*counts(1, anc=0.2), foreign])) == (
        "not-assessed", "not-assessed", "warning", None,
    )  # fmt: skip


def test_a_start_with_four_good_counts():
    assert brief(ask([draft(100, None)], [], counts(3))) == ("none", "eligibility", "info", None)


def test_a_start_above_the_starting_dose():
    assert brief(ask([draft(150, None)], [], counts(3))) == ("none", "over-starting-dose", "warning", 100)


def test_a_start_above_the_maximum():
    assert brief(ask([draft(250, None)], [], counts(3))) == ("none", "over-maximum", "critical", 100)


def test_a_start_without_counts():
    assert brief(ask([draft(100, None)], [], [])) == ("not-assessed", "not-assessed", "warning", None)


@pytest.mark.parametrize(("anc", "said"), [(0.999, "interrupt"), (1.0, "none")])
def test_the_limit_itself_is_the_milder_grade(anc, said):
    assert ask([draft(100)], RUNNING, counts(1, anc=anc))["conclusion"] == said


def test_grade_4_before_the_first_dose_refers():
    answer = ask([draft(100, None)], [], counts(1, plt=24))
    assert (brief(answer), answer["refer"]) == (("interrupt", "interrupt", "critical", None), ["grade-4"])


def test_a_preliminary_grade_3_interrupts():
    early = obs("anc", 0.9, 0.5, status="preliminary")
    assert ask([draft(100)], RUNNING, [*counts(1), early])["conclusion"] == "interrupt"


def test_a_final_result_supersedes_the_preliminary_one():
    early = obs("anc", 0.9, 1, status="preliminary")
    assert ask([draft(100)], RUNNING, [*counts(1), early])["conclusion"] == "escalate"


def test_an_episode_stays_open_until_every_count_has_recovered():
    answer = ask([draft(50)], RUNNING, [*AFTER_NADIR, *counts(2, plt=70)])
    assert brief(answer) == ("keep-interrupted", "keep-interrupted", "critical", None)
    assert answer["ceiling"] == 50


def test_a_closed_episode_lowers_the_running_dose():
    answer = ask([draft(100)], RUNNING, [*AFTER_NADIR, *counts(2)])
    assert brief(answer) == ("restart-reduced", "restart-reduced", "warning", 50)
    assert answer["refer"] == []


def test_a_draft_at_the_ceiling_agrees():
    assert brief(ask([draft(50)], RUNNING, [*AFTER_NADIR, *counts(2)])) == ("restart-reduced", None, None, None)


def test_a_restart_needs_fresh_proof():
    stopped = [order("o1", 100, 40, 9, "stopped")]
    assert ask([draft(50)], stopped, [*AFTER_NADIR, *counts(8)])["conclusion"] == "keep-interrupted"
    assert ask([draft(50)], stopped, [*AFTER_NADIR, *counts(7)])["conclusion"] == "restart-reduced"


def test_no_level_below_50_refers():
    answer = ask([draft(50)], [order("o1", 50, 40)], [*AFTER_NADIR, *counts(2)])
    assert (answer["conclusion"], answer["refer"]) == ("keep-interrupted", ["no-lower-level"])


def test_an_unknown_dose_at_onset_refers():
    vague = order("o1", 100, 40, dosageInstruction=[{"text": "as told"}])
    answer = ask([draft(50)], [vague], [*AFTER_NADIR, *counts(2)])
    assert (answer["conclusion"], answer["refer"]) == ("keep-interrupted", ["onset-dose-unknown"])


def test_a_second_episode_at_a_lower_dose_refers():
    orders = [order("o1", 150, 80, 50, "stopped"), order("o2", 100, 40)]
    results = [*counts(60, anc=0.8), *counts(45), *counts(1, anc=0.8)]
    answer = ask([draft(100, "o2")], orders, results)
    assert (answer["conclusion"], answer["refer"], answer["ceiling"]) == ("interrupt", ["second-episode"], 50)


def test_a_long_interruption_refers():
    answer = ask([draft(50)], [order("o1", 100, 80, 29, "stopped")], [obs("anc", 0.7, 30), *counts(20)])
    assert (answer["conclusion"], answer["refer"]) == ("keep-interrupted", ["long-interruption"])


def test_a_baseline_of_grade_3_refers():
    results = [obs("hb", 7.5, 45), *counts(1, hb=7.4)]
    assert ask([draft(100)], RUNNING, results)["refer"] == ["baseline-grade-3"]


def test_grade_3_chemistry_reduces_by_one_level():
    high = obs("alt", 300, 1, referenceRange=[{"high": {"value": 50, "unit": "U/L"}}])
    answer = ask([draft(150)], [order("o1", 150, 40)], [*counts(1), high])
    assert brief(answer) == ("reduce", "reduce", "warning", 100)


def test_chemistry_on_its_limit_is_grade_2():
    edge = obs("alt", 250, 1, referenceRange=[{"high": {"value": 50, "unit": "U/L"}}])
    assert ask([draft(150)], [order("o1", 150, 40)], [*counts(1), edge])["conclusion"] == "none"


def test_grade_3_chemistry_at_50_mg_holds():
    high = obs("crea", 3.1, 1, referenceRange=[{"high": {"value": 1, "unit": "mg/dL"}}])
    answer = ask([draft(50)], [order("o1", 50, 40)], [*counts(1), high])
    assert (brief(answer), answer["refer"]) == (("reduce", "reduce", "warning", None), ["no-lower-level"])


@pytest.mark.parametrize(("since", "said"), [(21, "escalate"), (20.9, "none")])
def test_escalation_after_three_weeks(since, said):
    answer = ask([draft(100)], [order("o1", 100, since)], counts(1))
    assert answer["conclusion"] == answer["topic"] or answer["topic"] is None
    assert (answer["conclusion"], answer["proposed"]) == (said, 150 if said == "escalate" else None)


def test_an_escalation_that_is_supported_and_one_that_is_too_large():
    assert brief(ask([draft(150)], RUNNING, counts(1))) == ("escalate", None, None, None)
    assert brief(ask([draft(200)], RUNNING, counts(1))) == ("escalate", "escalation-not-supported", "warning", 100)


@pytest.mark.parametrize("platelets", [74, 75])
def test_a_grade_2_count_supports_no_escalation(platelets):
    said = "escalation-not-supported" if platelets == 74 else None
    assert ask([draft(150)], RUNNING, counts(1, plt=platelets))["topic"] == said


def test_an_earlier_reduction_bars_escalation_unless_another_reason_is_coded():
    reason = {"coding": [{"code": "cost"}]}
    fallen, excused = (
        [order("o0", 150, 90, 41, "stopped", **more), *RUNNING] for more in ({}, {"statusReason": reason})
    )
    assert ask([draft(100)], fallen, counts(1))["conclusion"] == "none"
    assert ask([draft(100)], excused, counts(1))["conclusion"] == "escalate"


def test_a_wrong_unit_is_no_grade():
    odd = obs("plt", 30, 0.5, valueQuantity={"value": 30, "unit": "g/dL"})
    assert brief(ask([draft(100)], RUNNING, [*counts(1), odd])) == ("not-assessed", "not-assessed", "warning", None)


def test_counts_more_than_72_hours_apart():
    spread = [one for one in counts(1) if one["code"]["coding"][0]["code"] != "777-3"] + [obs("plt", 200, 4.1)]
    assert ask([draft(100)], RUNNING, spread)["conclusion"] == "not-assessed"


def test_two_orders_that_do_not_replace_each_other():
    answer = ask([draft(100)], [*RUNNING, order("o2", 100, 30)], counts(1))
    assert (answer["conclusion"], answer["current"], answer["topic"]) == ("not-assessed", None, "duplicate-order")


def test_a_draft_beside_the_running_order():
    assert brief(ask([draft(100, None)], RUNNING, counts(1, plt=70))) == ("none", "duplicate-order", "warning", None)
    assert ask([draft(150, None)], [order("o1", 150, 40)], counts(1))["indicator"] == "critical"


@pytest.mark.parametrize(
    "change",
    [
        {"dosageInstruction": [{"text": "2 x 50 mg"}]},
        {"medicationCodeableConcept": {"text": "Trofosfamid 50"}},
    ],
)
def test_an_unclear_draft(change):
    assert brief(ask([draft(100, **change)], RUNNING, counts(1))) == ("escalate", "dose-unclear", "warning", None)


def test_a_child():
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "2008-12"}
    assert ask([draft(100)], RUNNING, counts(1), patient=patient)["topic"] == "dose-unclear"


def test_a_draft_that_stops_the_drug():
    answer = ask([draft(100, status="stopped")], RUNNING, counts(1, anc=0.2))
    assert brief(answer) == ("interrupt", None, None, None)


def test_a_bundle_with_more_pages_is_not_all_of_it():
    pages = bundle(counts(1)) | {"link": [{"relation": "next"}]}
    answer = ask([draft(100)], RUNNING, (), results=pages)
    assert brief(answer) == ("not-assessed", "not-assessed", "warning", None)


def test_another_protocol_is_not_assessed():
    other = draft(300, instantiatesCanonical=["https://example.org/PlanDefinition/other"])
    assert brief(ask([other], RUNNING, counts(1))) == ("not-assessed", "not-assessed", "warning", None)
