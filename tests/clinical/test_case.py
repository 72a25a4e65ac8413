"""What follows from the facts before any rule is asked: counts close together, findings, what stands in the way."""

from dataclasses import replace

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.case import Case, build, count_unknowns, dose_unknowns, together, window
from cds_service.clinical.facts import COUNTS, Order, Reason, Result, Unknown, When
from cds_service.clinical.protocol import Source
from tests.clinical.builders import (
    ANAEMIA,
    GOOD,
    NOW,
    PROTOCOL,
    P,
    ago,
    counts,
    decided,
    draft,
    facts,
    order,
    result,
    toxicity,
    undetermined,
)

RUNNING = order(100, ago(days=30))
WEEK = P.restart_window


def case(results: list[Result], *orders: Order, drafts: tuple[Order, ...] = ()) -> Case:
    return build(PROTOCOL, facts(results, orders, drafts), NOW)


def good(analyte: str, *days: float) -> list[Result]:
    return [result(analyte, GOOD[analyte], ago(days=x)) for x in days]


def close(*results: Result) -> bool:
    return together(case(list(results), RUNNING), WEEK)


def test_four_counts_within_the_time_allowed_are_together_whatever_came_later() -> None:
    haemoglobin, leukocytes, neutrophils, platelets = COUNTS
    first = [*good(haemoglobin, 6, 1), *good(leukocytes, 3), *good(neutrophils, 3)]
    assert close(*first, *good(platelets, 6))
    assert not close(*first, *good(platelets, 6.01))


def test_counts_of_exactly_the_oldest_age_are_together() -> None:
    haemoglobin, *others = COUNTS
    assert close(*good(haemoglobin, 7, 1), *(x for y in others for x in good(y, 7)))
    assert not close(*good(haemoglobin, 7.01, 1), *(x for y in others for x in good(y, 7)))


@pytest.mark.parametrize("other", [{"final": False}, {"value": "<200"}])
def test_a_result_that_is_not_final_or_leaves_the_grade_open_brings_no_counts_together(
    other: dict[str, object],
) -> None:
    haemoglobin, leukocytes, neutrophils, platelets = COUNTS
    early = [*good(haemoglobin, 6), *good(leukocytes, 6), *good(neutrophils, 6)]
    between = result(platelets, **{"value": "250", "when": ago(days=5), **other})
    assert not close(*early, between, *good(platelets, 1))
    assert close(*early, result(platelets, "250", ago(days=5)), *good(platelets, 1))


def test_neutrophils_known_from_leukocytes_alone_count_at_the_time_of_these() -> None:
    results = [*good("haemoglobin", 6, 1), *good("platelets", 6, 1), result("leukocytes", "0.9", ago(days=6))]
    assert close(*results)


def test_a_count_that_is_missing_is_together_with_nothing() -> None:
    assert not close(*[x for x in counts() if x.analyte != "platelets"])


def test_each_missing_or_old_count_is_named_before_counts_too_far_apart() -> None:
    apart = [*good("haemoglobin", 1), *(x for y in COUNTS[1:] for x in good(y, 5))]
    assert count_unknowns(case(apart, RUNNING)) == (Unknown("counts", Reason.TOO_FAR_APART),)
    old = [*good("haemoglobin", 20), *(x for y in COUNTS[1:] for x in good(y, 1))]
    assert count_unknowns(case(old, RUNNING)) == (Unknown("haemoglobin", Reason.STALE, old[0].source),)
    preliminary = [*counts(), result("platelets", "40", ago(days=1), final=False)]
    (found,) = count_unknowns(case(preliminary, RUNNING))
    assert found == Unknown("platelets", Reason.NOT_FINAL, preliminary[-1].source)
    assert count_unknowns(case([], RUNNING)) == tuple(Unknown(x, Reason.ABSENT) for x in COUNTS)


def test_how_old_a_count_may_be_depends_on_what_is_asked() -> None:
    assert window(case([])) == P.start_window
    assert window(case([], RUNNING)) == P.count_interval_early + P.count_grace
    assert window(case([], order(100, ago(days=56)))) == P.count_interval_late + P.count_grace
    stopped = order(100, ago(days=60), ago(days=5), "stopped")
    assert window(case([], stopped)) == P.pause_window
    assert window(case(counts(ago(days=9), platelets="40"), stopped)) == P.restart_window
    assert window(case([], order(100, None))) == P.count_interval_early + P.count_grace


def test_after_a_pause_counts_are_due_as_often_as_after_a_start() -> None:
    stopped = order(100, ago(days=100), ago(days=20), "stopped")
    week_old = counts(ago(days=8))
    assert decided(week_old, [order(100, ago(days=100))]).monitoring is None
    found = decided(week_old, [stopped], [draft(100)]).monitoring
    assert found
    assert found.topic == d.COUNT_DUE


def test_what_could_not_be_read_is_named_in_one_order_however_it_came() -> None:
    results, orders = (Unknown(x, Reason.INCOMPLETE, detail="page 2") for x in ("results", "orders"))
    for gaps in ((results, orders), (orders, results)):
        assert decided(counts(), [RUNNING], gaps=gaps).unknown == (orders, results)


def test_a_toxicity_of_the_blood_from_before_any_course_leaves_no_ceiling() -> None:
    found = decided(counts(), [], [draft(100)], toxicities=[toxicity(ANAEMIA, 4, ago(days=5))])
    assert (found.conclusion, found.doses.ceiling) == (d.NONE, None)


def test_the_protocol_is_known_unless_another_one_was_declared() -> None:
    assert not case([]).protocol_unknown
    assert build(PROTOCOL, facts(), NOW, "https://other.example/x").protocol_unknown


def test_the_current_dose_is_unknown_for_a_reason_that_is_named() -> None:
    assert dose_unknowns(case([])) == dose_unknowns(case([], RUNNING)) == ()
    one, other = order(100, ago(days=9)), order(150, ago(days=8))
    assert dose_unknowns(case([], one, other)) == tuple(
        Unknown("orders", Reason.CONFLICTING, x.source) for x in (one, other)
    )
    unclear = undetermined()
    assert dose_unknowns(case([], order(unclear, ago(days=9)))) == (unclear,)


def test_drafts_stand_in_the_order_of_their_names_each_once() -> None:
    one, other = draft(100, source="MedicationRequest/b"), draft(50, source="MedicationRequest/a")
    stopping = draft(100, source="MedicationRequest/c", status="stopped")
    assert case([], drafts=(one, other, one, stopping)).drafts == (other, one)


@pytest.mark.parametrize(
    ("when", "fresh"), [(ago(days=14), True), (ago(days=14, seconds=1), False), (When(ago(days=15).start, NOW), False)]
)
def test_a_count_is_as_old_as_the_first_moment_it_may_be_of(when: When, fresh: bool) -> None:
    found = case([result("platelets", "250", when)], RUNNING).series["platelets"]
    assert found.fresh(NOW, P.interrupt_window) is fresh


def test_what_has_no_section_is_cited_by_its_name() -> None:
    assert Source("a default", "", "because").citation == "a default"
    assert Source("a paper", "2", "so").citation == "a paper, 2"


def test_a_value_that_a_hospital_changed_is_not_of_another_protocol() -> None:
    changed = replace(PROTOCOL, sources={**PROTOCOL.sources, "start_window": Source("the hospital", "", "as signed")})
    assert not changed.by_analogy
