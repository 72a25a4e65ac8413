"""What a decision tells beside its conclusion: findings, what is missing, numbers of rows, and when it was made."""

from dataclasses import replace

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.decision import Decision
from cds_service.clinical.drafts import UNCLEAR
from cds_service.clinical.facts import COUNTS, Reason, Unknown
from cds_service.clinical.orders import rank
from cds_service.clinical.refer import REASONS
from tests.clinical.builders import NOW, ago, counts, decided, draft, order, result, support

RUNNING = order(100, ago(days=40))
STOPPED = order(150, ago(days=60), ago(days=20), "stopped")
LOWEST = order(50, ago(days=60), ago(days=20), "stopped")
NADIR = result("neutrophils", "0.4", ago(days=21))
OTHER = "https://elsewhere.example/PlanDefinition/other"


def episode_of(decision: Decision) -> list[tuple[str, str]]:
    return [(x.rule, x.result.source) for x in decision.findings if x.result]


def test_the_reasons_to_refer_are_a_closed_list() -> None:
    assert set(REASONS) == {
        "febrile-neutropenia", "grade-4", "second-episode", "long-interruption", "no-lower-level", "onset-dose-unknown",
        "baseline-grade-3",
    }  # fmt: skip


def test_what_may_be_unclear_about_a_draft_is_a_closed_list() -> None:
    assert set(UNCLEAR) == {"malformed", "undetermined", "intermittent", "off-grid", "not-coded", "child"}


@pytest.mark.parametrize(
    ("results", "orders", "missing", "indicator"),
    [
        ([NADIR, *counts(ago(days=22))], [STOPPED], "count-stale:haemoglobin", d.WARNING),
        ([NADIR, *counts()], [LOWEST], "no-lower-level", d.WARNING),
        ([NADIR, *counts()[:3]], [STOPPED], "count-unknown:platelets", d.WARNING),
    ],
)
def test_an_interruption_that_goes_on_names_its_episode_and_what_is_missing(
    results: list[object], orders: list[object], missing: str, indicator: str
) -> None:
    told = decided(results, orders)  # type: ignore[arg-type]
    assert (told.conclusion, told.indicator) == (d.KEEP_INTERRUPTED, indicator)
    assert episode_of(told) == [("episode", NADIR.source)]
    assert missing in told.missing


def test_an_escalation_shows_each_count_against_grade_2() -> None:
    told = decided(counts(), [RUNNING])
    assert told.conclusion == d.ESCALATE
    assert [(x.rule, x.result.analyte) for x in told.findings if x.result] == [("escalate", x) for x in COUNTS]
    limits = {x.result.analyte: x.limit for x in told.findings if x.result}
    assert limits["neutrophils"] == "< 1.5 10*9/L"
    assert limits["platelets"] == "< 75.0 10*9/L"


def test_an_unknown_protocol_is_named() -> None:
    told = decided(counts(), [order(100, ago(days=40), protocols=(OTHER,))], [draft(100)])
    assert Unknown("protocol", Reason.UNKNOWN_PROTOCOL, detail=OTHER) in told.unknown


def test_the_steps_name_the_rows_by_their_numbers() -> None:
    low = [*counts(neutrophils="0.7")]
    assert "draft-row-1:interrupt" in [x.rule for x in decided(low, [RUNNING], [draft(100, RUNNING)]).steps]
    ended = decided([NADIR, *counts()], [STOPPED], [draft(150)])
    assert "draft-row-3:restart-reduced" in [x.rule for x in ended.steps]


def test_a_decision_tells_when_it_was_made_and_what_runs() -> None:
    assert decided(counts(), [RUNNING]).active == (RUNNING,)
    assert decided(counts(), [RUNNING]).evaluated_at == NOW
    foreign = Unknown("results", Reason.OTHER_PATIENT, "Observation/x")
    assert decided(counts(), [RUNNING], foreign=(foreign,)).evaluated_at == NOW


def test_only_what_was_given_in_support_marks_a_count() -> None:
    given = support("red-cells", ago(days=3))
    told = decided(counts(), [RUNNING], supports=(given,))
    assert [x.analyte for x in told.counts if x.supported] == ["haemoglobin"]
    assert not [x for x in decided(counts(), [RUNNING]).counts if x.supported]


def test_orders_of_one_beginning_have_one_order_whatever_else_differs() -> None:
    one = order(100, ago(days=9), ago(days=1), source="MedicationRequest/a", text="x")
    others = [replace(one, end=ago(days=2)), replace(one, dose=STOPPED.dose), replace(one, text="y")]
    assert len({rank(x) for x in (one, *others)}) == 4


def test_two_drafts_overlap_whichever_comes_first() -> None:
    one, two = draft(100, source="MedicationRequest/1"), draft(50, source="MedicationRequest/2")
    for told in (decided(counts(), [], [one, two]), decided(counts(), [], [two, one])):
        assert (told.topic, told.total) == (d.DUPLICATE_ORDER, 150)


def test_an_order_that_ends_this_instant_still_overlaps() -> None:
    ending = order(100, ago(days=30), ago())
    assert decided(counts(), [ending], [draft(100, start=ago(days=1))]).topic == d.DUPLICATE_ORDER
