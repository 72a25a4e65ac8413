"""The walk through the lines: what comes first, what stops it, and what it leaves behind."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from cds_service.clinical import decision as d
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import Facts, Order, Reason, Result, Unknown
from tests.clinical.builders import (
    NAUSEA,
    NOW,
    PROTOCOL,
    PROTOCOLS,
    P,
    ago,
    counts,
    day,
    decided,
    dose,
    draft,
    order,
    result,
    toxicity,
    undetermined,
    unusable,
)
from tests.clinical.strategies import patients

RUNNING = order(100, ago(days=40))
RENEWAL = draft(100, RUNNING)
OTHER = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/trofosfamide-of-another-house"


@pytest.mark.hazard("H05")
def test_one_foreign_item_stops_the_answer_before_every_line() -> None:
    foreign = tuple(Unknown(x, Reason.OTHER_PATIENT, f"Observation/{x}") for x in ("platelets", "alt"))
    for drafts in ([RENEWAL], [draft(100, RUNNING, status="stopped")]):
        found = decided(counts(neutrophils="0.1"), [RUNNING], drafts, foreign=foreign)
        assert (found.conclusion, found.topic, found.indicator) == (d.NOT_ASSESSED, d.NOT_ASSESSED, d.WARNING)
        assert found.unknown == tuple(reversed(foreign))
        assert (found.counts, found.active, found.steps) == ((), (), ())


def declared(order: Order, *protocols: str) -> Order:
    return Order(**{x: getattr(order, x) for x in order.__slots__} | {"protocols": protocols})


@pytest.mark.parametrize(
    ("drafted", "running", "unknown"),
    [
        ((), (), ""),
        ((PROTOCOL.url,), (), ""),
        ((OTHER,), (), OTHER),
        ((), (OTHER,), OTHER),
        ((PROTOCOL.url,), (OTHER,), ""),
        ((PROTOCOL.url, OTHER), (), OTHER),
    ],
)
def test_the_draft_declares_the_protocol_else_the_running_order(
    drafted: tuple[str, ...], running: tuple[str, ...], unknown: str
) -> None:
    active = declared(RUNNING, *running)
    found = decided(counts(), [active], [declared(draft(250, active), *drafted)])
    assert found.declared == unknown
    assert found.topic == (d.NOT_ASSESSED if unknown else d.OVER_MAXIMUM)
    assert (Reason.UNKNOWN_PROTOCOL in {x.reason for x in found.unknown}) is bool(unknown)


def test_lines_1_and_2_hold_under_any_protocol() -> None:
    foreign = declared(draft(250, RUNNING), OTHER)
    interrupted = decided(counts(neutrophils="0.9"), [RUNNING], [foreign])
    assert (interrupted.conclusion, interrupted.topic) == (d.INTERRUPT, d.INTERRUPT)
    assert interrupted.also == (d.NOT_ASSESSED,)
    old = result("neutrophils", "0.9", ago(days=20))
    assert decided([old], [RUNNING], [foreign]).conclusion == d.KEEP_INTERRUPTED
    assert [x.rule for x in decided(counts(), [RUNNING], [foreign]).steps][:3] == [
        "interrupt", "keep-interrupted", "not-assessed",
    ]  # fmt: skip


def test_the_steps_are_the_lines_up_to_the_one_that_applies_and_the_rows() -> None:
    found = decided(counts(), [RUNNING], [RENEWAL])
    assert [(x.rule, x.outcome) for x in found.steps] == [
        ("interrupt", "does-not-apply"),
        ("keep-interrupted", "does-not-apply"),
        ("restart-reduced", "does-not-apply"),
        ("reduce", "does-not-apply"),
        ("not-assessed", "does-not-apply"),
        ("escalate", "applies"),
        ("draft-row-10:escalate", "applies"),
    ]


@pytest.mark.hazard("H25")
def test_a_rule_over_something_unknown_cannot_tell() -> None:
    found = decided([*counts()[:3], unusable("platelets")], [RUNNING], [RENEWAL])
    assert (found.steps[0].rule, found.steps[0].outcome) == ("interrupt", "cannot-tell")
    assert found.conclusion == d.NOT_ASSESSED


def test_nothing_at_all_is_not_assessed() -> None:
    found = decided(drafts=[RENEWAL])
    assert found.conclusion == d.NOT_ASSESSED
    assert [x.what for x in found.unknown] == ["haemoglobin", "leukocytes", "neutrophils", "platelets"]


def test_a_draft_that_only_stops_the_drug_has_no_card() -> None:
    found = decided(counts(neutrophils="0.9"), [RUNNING], [draft(100, RUNNING, status="stopped")])
    assert (found.conclusion, found.topic, found.draft) == (d.INTERRUPT, "", None)


@pytest.mark.hazard("H15", "H25")
@pytest.mark.parametrize("what", ["results", "orders"])
def test_a_gap_in_the_record_is_named_and_silences_nothing_worse(what: str) -> None:
    gap = Unknown(what, Reason.INCOMPLETE)
    assert decided(counts(), [RUNNING], [RENEWAL], gaps=(gap,)).unknown[0] == gap
    assert decided(counts(), [RUNNING], [RENEWAL], gaps=(gap,)).topic == d.NOT_ASSESSED
    assert decided(counts(platelets="10"), [RUNNING], [RENEWAL], gaps=(gap,)).conclusion == d.INTERRUPT


def test_chemistry_that_could_not_be_graded_is_listed() -> None:
    ungraded = result("alt", "40", high=None)
    found = decided([*counts(), ungraded], [RUNNING], [RENEWAL])
    assert found.conclusion == d.NONE
    assert [(x.what, x.reason, x.source) for x in found.unknown] == [("alt", Reason.UNREADABLE, ungraded.source)]


def test_what_came_without_a_value_is_listed() -> None:
    absent = Unknown("platelets", Reason.ABSENT, "Observation/x")
    assert decided(counts(), [RUNNING], [RENEWAL], absent=(absent,)).unknown == (absent,)


@pytest.mark.hazard("H08", "H10")
def test_each_count_has_its_value_the_one_before_and_the_baseline() -> None:
    samples = [*counts(ago(days=50)), *counts(ago(days=9)), *counts(ago(days=2), platelets="90")]
    platelets = next(x for x in decided(samples, [RUNNING], [RENEWAL]).counts if x.analyte == "platelets")
    known = [x for x in (platelets.result, platelets.previous, platelets.baseline) if x]
    assert [(str(x.value), x.when) for x in known] == [("90", ago(days=2)), ("250", ago(days=9)), ("250", ago(days=50))]


def test_findings_name_what_was_observed_the_limit_and_the_place_that_it_comes_from() -> None:
    (finding,) = decided(counts(neutrophils="0.7"), [RUNNING], [RENEWAL]).findings
    assert (finding.rule, finding.limit, finding.grade) == ("interrupt", "< 1.0 10*9/L", (3, 3))
    assert finding.citation == "BenchChem 2025, Protocol 1, 4, item 1"
    assert finding.result is not None
    assert str(finding.result.shown) == "0.7"


STOPPED = order(150, ago(days=60), ago(days=20), "stopped")
LOWERED = order(50, ago(days=20), ago(days=10), "stopped")
LOWEST = order(50, ago(days=40))
LOW = result("neutrophils", "0.4", ago(days=21))
ALT_3 = result("alt", "300")


@pytest.mark.parametrize(
    ("results", "orders", "topic", "indicator", "proposed"),
    [
        (counts(neutrophils="0.9"), [RUNNING], d.INTERRUPT, d.CRITICAL, None),
        (counts(neutrophils="0.9"), [STOPPED], d.INTERRUPT, d.CRITICAL, None),
        ([LOW], [RUNNING], d.KEEP_INTERRUPTED, d.CRITICAL, None),
        ([LOW], [STOPPED], d.KEEP_INTERRUPTED, d.WARNING, None),
        ([LOW, *counts()], [RUNNING], d.RESTART_REDUCED, d.WARNING, 50),
        ([LOW, *counts()], [STOPPED], d.RESTART_REDUCED, d.INFO, 100),
        ([*counts(), ALT_3], [RUNNING], d.REDUCE, d.WARNING, 50),
        ([*counts(), ALT_3], [LOWEST], d.REDUCE, d.WARNING, None),
        ([*counts(), ALT_3], [order(undetermined(), ago(days=40))], d.REDUCE, d.WARNING, None),
        (counts()[1:], [RUNNING], d.NOT_ASSESSED, d.WARNING, None),
        (counts(), [RUNNING], d.ESCALATE, d.INFO, 150),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_without_a_draft_the_conclusion_is_the_card(
    results: Sequence[Result], orders: Sequence[Order], topic: str, indicator: str, proposed: int | None
) -> None:
    found = decided(results, orders)
    assert (found.conclusion, found.topic, found.indicator) == (topic, topic, indicator)
    assert (found.doses.proposed, found.doses.draft, found.draft) == (proposed, None, None)


@pytest.mark.hazard("H27")
@pytest.mark.parametrize(
    ("results", "orders", "conclusion"),
    [
        (counts(), [order(100, ago(days=10))], d.NONE),
        (counts(neutrophils="0.1"), [], d.NONE),
        ([], [], d.NONE),
        (counts(neutrophils="0.1"), [order(100, ago(days=200), ago(days=91), "completed")], d.NONE),
        ([], [order(100, ago(days=10), status="cancelled")], d.NONE),
    ],
    ids=range(5),
)
def test_without_a_draft_nothing_is_said_where_nothing_has_to_be(
    results: Sequence[Result], orders: Sequence[Order], conclusion: str
) -> None:
    found = decided(results, orders)
    assert (found.conclusion, found.topic, found.indicator) == (conclusion, "", "")


def test_the_90_days_after_the_last_dose_are_of_the_course() -> None:
    found = decided(counts(neutrophils="0.1"), [order(100, ago(days=200), ago(days=90), "completed")])
    assert found.topic == d.INTERRUPT


@pytest.mark.hazard("H15", "H25")
@pytest.mark.parametrize("reason", [Reason.FETCH_FAILED, Reason.INCOMPLETE, Reason.UNREADABLE])
def test_without_a_draft_unread_orders_are_named_and_no_count_is_judged(reason: Reason) -> None:
    gap, other = Unknown("orders", reason), Unknown("results", Reason.INCOMPLETE)
    found = decided(counts(neutrophils="0.1"), gaps=(other, gap))
    assert (found.conclusion, found.topic, found.indicator) == (d.NOT_ASSESSED, d.NOT_ASSESSED, d.WARNING)
    assert (found.unknown, found.counts) == ((gap,), ())
    assert decided(counts(), gaps=(other,)).topic == ""
    assert decided(counts(neutrophils="0.1"), [RUNNING], gaps=(gap,)).topic == d.INTERRUPT


@pytest.mark.hazard("H05")
def test_without_a_draft_one_foreign_item_stops_the_answer_too() -> None:
    foreign = (Unknown("orders", Reason.OTHER_PATIENT, "MedicationRequest/x"),)
    assert decided(foreign=foreign).topic == d.NOT_ASSESSED


def test_without_a_draft_whatever_else_applies_is_said() -> None:
    assert decided([LOW, *counts(), ALT_3], [STOPPED]).also == (d.REDUCE,)
    assert decided(counts(neutrophils="0.9")[1:], [RUNNING]).also == (d.NOT_ASSESSED,)
    assert decided(counts(neutrophils="0.9"), [RUNNING]).also == ()
    assert decided(counts()[1:], [RUNNING]).also == ()


@pytest.mark.hazard("H20", "H21")
@pytest.mark.parametrize(
    ("orders", "more", "proposed"),
    [
        ([STOPPED], {}, 100),
        ([STOPPED, LOWERED], {}, 50),
        ([STOPPED], {"toxicities": (toxicity(NAUSEA, 3, ago(days=21)),)}, 100),
        ([STOPPED, LOWERED], {"toxicities": (toxicity(NAUSEA, 3, ago(days=15)),)}, None),
    ],
    ids=range(4),
)
def test_a_restart_is_at_the_lowest_level_of_all_lines(
    orders: Sequence[Order], more: dict[str, object], proposed: int | None
) -> None:
    """The last: nausea at 50 mg/day leaves no level, although the counts alone leave 100."""
    first = result("neutrophils", "0.4", ago(days=21))
    found = decided([first, *counts()], orders, **more)
    assert (found.topic, found.doses.ceiling, found.doses.proposed) == (d.RESTART_REDUCED, 100, proposed)


@pytest.mark.parametrize(("born", "topic"), [(day(17 * 365), ""), (day(19 * 365), d.ESCALATE)])
def test_no_card_offers_more_of_the_drug_to_a_child(born: object, topic: str) -> None:
    found = decided(counts(), [RUNNING], born=born)
    assert (found.conclusion, found.topic) == (d.ESCALATE, topic)
    assert decided(counts(neutrophils="0.9"), [RUNNING], born=born).topic == d.INTERRUPT


def test_without_a_draft_the_running_order_declares_the_protocol() -> None:
    assert decided(counts(), [declared(RUNNING, OTHER)]).topic == d.NOT_ASSESSED
    assert decided(counts(neutrophils="0.9"), [declared(RUNNING, OTHER)]).topic == d.INTERRUPT


def without_drafts(facts: Facts) -> Decision:
    return decide(PROTOCOLS, Facts(**{x: getattr(facts, x) for x in facts.__slots__} | {"drafts": ()}), NOW)


@pytest.mark.hazard("H20", "H21", "H25")
@settings(max_examples=150, deadline=None)
@given(patients())
def test_of_any_patient_the_card_is_the_conclusion_and_offers_too_much_to_nobody(facts: Facts) -> None:
    found = without_drafts(facts)
    doses = found.doses
    assert found.topic in (found.conclusion, "")
    assert bool(found.topic) == bool(found.indicator)
    assert found.topic or found.conclusion in (d.NONE, d.ESCALATE)
    assert found.topic not in found.also
    if doses.proposed is not None:
        assert 0 < doses.proposed <= P.maximum_dose
        assert doses.ceiling is None or doses.proposed <= doses.ceiling
        assert doses.current is None or doses.proposed <= doses.current + P.dose_step
        assert doses.current is None or doses.proposed <= doses.current or found.topic == d.ESCALATE


BESIDE = draft(150, source="MedicationRequest/beside")


@pytest.mark.hazard("H14")
def test_a_draft_beside_the_chosen_ones_is_overlapped_and_not_judged() -> None:
    found = decided(counts(), [order(100, ago(days=10))], [draft(50, order(100, ago(days=10)))], beside=(BESIDE,))
    assert (found.topic, found.indicator, found.total) == (d.DUPLICATE_ORDER, d.WARNING, 200)
    assert (found.draft and found.draft.source, found.clashing) == ("MedicationRequest/draft", (BESIDE,))
    assert found.also == ()


@pytest.mark.hazard("H14")
def test_the_sum_with_a_draft_beside_may_be_above_the_maximum() -> None:
    found = decided(counts(), [RUNNING], [RENEWAL], beside=(BESIDE,))
    assert (found.topic, found.indicator, found.total) == (d.DUPLICATE_ORDER, d.CRITICAL, 250)


@pytest.mark.parametrize(
    "beside",
    [
        draft(250, RENEWAL, source="MedicationRequest/beside"),
        draft(250, source="MedicationRequest/beside", status="stopped"),
        draft(dose(250), source="MedicationRequest/beside", start=ago(days=20), end=ago(days=10)),
    ],
    ids=["replaces", "stops", "is over"],
)
def test_a_draft_beside_that_does_not_overlap_says_nothing(beside: Order) -> None:
    assert decided(counts(), [RUNNING], [RENEWAL], beside=(beside,)).topic == d.ESCALATE


def test_without_a_chosen_draft_one_beside_is_not_looked_at() -> None:
    assert decided(counts(), [order(100, ago(days=10))], beside=(BESIDE,)).topic == ""
