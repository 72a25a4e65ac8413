"""Which protocol speaks, and what only one of them says: cases worked out by hand."""

import pytest

from tests.oracle.asking import ME, RUNNING, ask, brief, bundle, counts, draft, obs, order
from tests.oracle.protocols import FIRST_LINE, MAINTENANCE

ELSEWHERE = "https://ehr.example.org/PlanDefinition/x"
ONE, OTHER = MAINTENANCE.ident, FIRST_LINE.ident


def naming(*urls):
    return {"instantiatesCanonical": list(urls)}


def plan(*urls, **more):
    found = {"resourceType": "CarePlan", "id": "c1", "status": "active", "intent": "plan", "subject": ME}
    return {"carePlans": bundle([found | naming(*urls) | more])}


def spoken(drafted=(), ordered=(), **prefetch):
    """The protocol that speaks of a draft and a running order that name these URLs."""
    orders = [order("o1", 100, 40, **naming(*ordered))]
    return ask([draft(100, **naming(*drafted))], orders, counts(1), **prefetch)["protocol"]


def test_without_a_declaration_it_is_maintenance():
    assert spoken() == ONE


def test_the_draft_goes_before_the_order_and_the_order_before_the_plan():
    assert spoken([FIRST_LINE.url], [MAINTENANCE.url], **plan(MAINTENANCE.url)) == OTHER
    assert spoken([], [FIRST_LINE.url], **plan(MAINTENANCE.url)) == OTHER
    assert spoken([], [], **plan(FIRST_LINE.url)) == OTHER


def test_an_order_that_another_one_follows_declares_nothing():
    old = order("o1", 100, 60, **naming(MAINTENANCE.url))
    following = {"priorPrescription": {"reference": "MedicationRequest/o1"}}
    new = order("o2", 100, 30, **naming(FIRST_LINE.url))
    assert ask([draft(100, "o2")], [old, new | following], counts(1))["protocol"] == OTHER
    assert ask([draft(100, "o2")], [old, new], counts(1))["protocol"] is None


def test_a_version_behind_the_url_says_nothing():
    assert spoken([f"{FIRST_LINE.url}|0.1.0"]) == OTHER


@pytest.mark.parametrize("more", [{"status": "completed"}, {"intent": "proposal"}, {"intent": "option"}])
def test_a_plan_that_is_not_followed_declares_nothing(more):
    assert spoken(**plan(FIRST_LINE.url, **more)) == ONE


def test_what_else_a_plan_follows_declares_nothing():
    assert spoken(**plan(ELSEWHERE)) == ONE
    assert spoken(**plan(ELSEWHERE, FIRST_LINE.url)) == OTHER


@pytest.mark.parametrize("urls", [[ELSEWHERE], [ELSEWHERE, MAINTENANCE.url], [FIRST_LINE.url, MAINTENANCE.url]])
def test_another_protocol_or_two_at_once_are_not_assessed(urls):
    answer = ask([draft(100, **naming(*urls))], RUNNING, counts(1))
    assert brief(answer) == ("not-assessed", "not-assessed", "warning", None)
    assert (answer["protocol"], answer["checklist"], answer["monitoring"]) == (None, {}, None)


def test_plans_of_both_protocols_are_an_unknown_one():
    assert spoken(**plan(FIRST_LINE.url, MAINTENANCE.url)) is None


def test_interruption_holds_under_any_protocol():
    assert ask([draft(100, **naming(ELSEWHERE))], RUNNING, counts(1, anc=0.9))["conclusion"] == "interrupt"


def test_first_line_starts_at_150_and_maintenance_at_100():
    start = draft(150, None, **naming(FIRST_LINE.url))
    assert brief(ask([start], [], counts(1)))[1:] == ("eligibility", "info", None)
    assert brief(ask([draft(200, None, **naming(FIRST_LINE.url))], [], counts(1)))[1:] == (
        "over-starting-dose", "warning", 150,
    )  # fmt: skip


def test_first_line_never_escalates():
    assert brief(ask([draft(100)], RUNNING, counts(1))) == ("escalate", "escalate", "info", 150)
    assert brief(ask([draft(100, **naming(FIRST_LINE.url))], RUNNING, counts(1))) == ("none", None, None, None)
    raised = ask([draft(150, **naming(FIRST_LINE.url))], RUNNING, counts(1))
    assert brief(raised) == ("none", "escalation-not-supported", "warning", 100)


def test_first_line_has_the_rules_of_toxicity_by_analogy():
    recovered = [*counts(20), obs("anc", 0.7, 10), *counts(1)]
    stopped = [order("o1", 150, 40, 9, "stopped")]
    assert brief(ask([draft(150, **naming(FIRST_LINE.url))], stopped, recovered)) == (
        "restart-reduced", "restart-reduced", "warning", 100,
    )  # fmt: skip
