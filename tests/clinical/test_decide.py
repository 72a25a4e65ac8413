"""The walk through the lines: what comes first, what stops it, and what it leaves behind."""

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.facts import Order, Reason, Unknown
from tests.clinical.builders import PROTOCOL, ago, counts, decided, draft, order, result, unusable

RUNNING = order(100, ago(days=40))
RENEWAL = draft(100, RUNNING)
OTHER = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/trofosfamide-first-line-elderly"


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


def test_a_call_without_a_draft_has_a_conclusion_and_no_card() -> None:
    found = decided(counts(neutrophils="0.9"), [RUNNING])
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
