"""What holds of every decision, on generated patients."""

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.clinical import decision as d
from cds_service.clinical import drafts, proof, refer, rules
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import COUNTS, WHATS, Dose, Facts, Reason
from tests.clinical.builders import NOW, PROTOCOLS, P
from tests.clinical.strategies import patients

Item = TypeVar("Item")
CONCLUSIONS = {x.name for x in rules.LINES}
TOPICS = {
    d.INTERRUPT, d.KEEP_INTERRUPTED, d.RESTART_REDUCED, d.REDUCE, d.NOT_ASSESSED, d.ESCALATE, d.OVER_MAXIMUM,
    d.OVER_STARTING_DOSE, d.ESCALATION_NOT_SUPPORTED, d.DOSE_UNCLEAR, d.DUPLICATE_ORDER, d.ELIGIBILITY,
}  # fmt: skip
MISSING = {*rules.KEPT_FOR, *proof.ESCALATION_LACKS, *drafts.UNCLEAR, *drafts.TOO_HIGH}


def asked(facts: Facts) -> Decision:
    return decide(PROTOCOLS, facts, NOW)


@settings(max_examples=150, deadline=None)
@given(patients())
def test_only_codes_of_the_closed_lists_are_said(facts: Facts) -> None:
    decision = asked(facts)
    assert decision.conclusion in CONCLUSIONS
    assert decision.topic in TOPICS | {""}
    assert set(decision.also) <= TOPICS - {decision.topic}
    assert set(decision.refer) <= set(refer.REASONS)
    assert {x.partition(":")[0] for x in decision.missing} <= MISSING
    assert {x.what for x in decision.unknown} <= set(WHATS)
    assert {x.reason for x in decision.unknown} <= set(Reason)
    assert bool(decision.topic) == bool(decision.indicator) == bool(decision.draft)


@pytest.mark.hazard("H14", "H22")
@settings(max_examples=120, deadline=None)
@given(patients(), st.randoms(use_true_random=False))
def test_order_and_duplicates_do_not_change_the_answer(facts: Facts, random: Random) -> None:
    def mixed(items: tuple[Item, ...]) -> tuple[Item, ...]:
        doubled = [*items, *items]
        random.shuffle(doubled)
        return tuple(doubled)

    results = {x: mixed(y) for x, y in reversed(facts.results.items())}
    shuffled = replace(facts, results=results, orders=mixed(facts.orders), drafts=mixed(facts.drafts))
    assert asked(shuffled) == asked(facts)


@pytest.mark.hazard("H20", "H21")
@settings(max_examples=150, deadline=None)
@given(patients())
def test_nothing_is_proposed_above_the_maximum_the_ceiling_or_one_level_more(facts: Facts) -> None:
    decision = asked(facts)
    doses = decision.doses
    if doses.proposed is None:
        return
    p = PROTOCOLS[decision.protocol].parameters
    assert 0 < doses.proposed <= p.maximum_dose
    assert doses.proposed % p.dose_step == 0
    assert doses.ceiling is None or doses.proposed <= doses.ceiling
    assert doses.proposed <= (p.starting_dose if doses.current is None else doses.current + p.dose_step)


@pytest.mark.hazard("H07", "H21")
@settings(max_examples=150, deadline=None)
@given(patients())
def test_an_escalation_is_of_one_level_and_on_four_good_counts(facts: Facts) -> None:
    decision = asked(facts)
    if decision.conclusion != d.ESCALATE:
        return
    assert [x.result.analyte for x in decision.findings if x.result] == list(COUNTS)
    for finding in decision.findings:
        assert finding.result is not None
        assert finding.result.final
        assert NOW - finding.result.when.start <= P.escalate_window
        assert finding.grade is not None
        assert finding.grade[1] <= P.escalation_grade
    assert decision.doses.ceiling is None


@pytest.mark.hazard("H20")
@settings(max_examples=150, deadline=None)
@given(patients())
def test_what_has_to_come_down_comes_down(facts: Facts) -> None:
    decision = asked(facts)
    proposed, drafted = decision.doses.proposed, decision.doses.draft
    if decision.topic in (d.RESTART_REDUCED, d.REDUCE) and proposed is not None and drafted is not None:
        assert proposed < drafted


@pytest.mark.hazard("H25")
@settings(max_examples=150, deadline=None)
@given(patients())
def test_every_card_says_what_it_rests_on(facts: Facts) -> None:
    decision = asked(facts)
    reasons = (*decision.findings, *decision.unknown, *decision.missing, *decision.clashing, *decision.checklist)
    limits = {d.OVER_MAXIMUM, d.OVER_STARTING_DOSE}
    assert not decision.topic or reasons or decision.topic in limits
    assert all(x.citation for x in decision.findings)
    assert all(x.citation for x in decision.steps if not x.rule.startswith("draft-row"))
    assert decision.steps[-1].outcome == "applies"


@settings(max_examples=60, deadline=None)
@given(patients(), st.sampled_from(("1E+40", "1E-40", "0." + "9" * 60, "9" * 60)))
def test_no_number_is_too_long_or_too_large(facts: Facts, number: str) -> None:
    amount = Dose(Decimal(number), Decimal(number))
    orders = tuple(replace(x, dose=amount) for x in facts.orders)
    drafted = tuple(replace(x, dose=amount) for x in facts.drafts)
    assert asked(replace(facts, drafts=drafted)).conclusion in CONCLUSIONS
    assert asked(replace(facts, orders=orders, drafts=drafted)).conclusion in CONCLUSIONS
