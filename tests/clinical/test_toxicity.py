"""Recorded toxicities: of the blood they open an episode, others ask for a lower dose, and either may be over."""

from collections.abc import Sequence
from typing import Any

import pytest

from cds_service.clinical.chart import Reading
from cds_service.clinical.course import running
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import Order, Reason, Result, Toxicity, Unknown, When
from cds_service.clinical.toxicity import severe_readings
from tests.clinical.builders import (
    ANAEMIA,
    FEBRILE_NEUTROPENIA,
    NAUSEA,
    NOW,
    PROTOCOL,
    P,
    ago,
    counts,
    decided,
    draft,
    facts,
    order,
    toxicity,
)

RUNNING = order(150, ago(days=60))
BONE_MARROW_HYPOCELLULAR = "10048580"
LYMPHOCYTES = "10025256"
UNLISTED = "10000001"


def on(*recorded: Toxicity, orders: Sequence[Order] = (RUNNING,), **more: Any) -> Decision:
    """The decision on a patient with good counts of two days ago, whose order is renewed."""
    return decided(counts(ago(days=2)), orders, [draft(150, *orders)], toxicities=recorded, **more)


@pytest.mark.parametrize(
    ("grade", "conclusion"), [(0, "none"), (1, "none"), (2, "none"), (3, "reduce"), (4, "reduce"), (5, "reduce")]
)
def test_an_unresolved_toxicity_of_grade_3_asks_for_one_level_less(grade: int, conclusion: str) -> None:
    decision = on(toxicity(NAUSEA, grade, ago(days=10)))
    assert decision.conclusion == conclusion
    assert (decision.doses.proposed is not None) == (conclusion == "reduce")


def test_the_card_names_the_toxicity_with_its_grade_and_day() -> None:
    (finding,) = on(toxicity(NAUSEA, 3, ago(days=10))).findings
    assert (finding.term, finding.grade) == ("Nausea", (3, 3))
    assert finding.toxicity is not None
    assert finding.toxicity.onset == ago(days=10)


@pytest.mark.parametrize("code", [NAUSEA, UNLISTED])
def test_what_the_criteria_do_not_list_is_not_of_the_blood(code: str) -> None:
    assert on(toxicity(code, 3, ago(days=10))).conclusion == "reduce"


def test_a_resolved_toxicity_asks_for_nothing() -> None:
    assert on(toxicity(NAUSEA, 4, ago(days=10), resolved=True)).conclusion == "none"


@pytest.mark.parametrize(
    ("onset", "conclusion"),
    [(ago(days=40), "none"), (ago(days=10), "reduce"), (None, "reduce")],
    ids=["lowered since", "at this dose", "nobody knows when"],
)
def test_a_dose_below_that_at_the_onset_is_low_enough(onset: When | None, conclusion: str) -> None:
    lowered = (order(200, ago(days=60), ago(days=30), "stopped"), order(150, ago(days=30)))
    assert on(toxicity(NAUSEA, 3, onset), orders=lowered).conclusion == conclusion


@pytest.mark.parametrize("code", [ANAEMIA, FEBRILE_NEUTROPENIA, BONE_MARROW_HYPOCELLULAR])
def test_a_toxicity_of_the_blood_opens_an_episode_at_its_onset(code: str) -> None:
    decision = on(toxicity(code, 3, ago(days=1)))
    assert (decision.conclusion, decision.indicator) == ("keep-interrupted", "critical")
    assert decision.findings[0].toxicity is not None


@pytest.mark.parametrize(("grade", "conclusion"), [(2, "none"), (3, "keep-interrupted")], ids=["grade 2", "grade 3"])
def test_only_grade_3_of_the_blood_opens_an_episode(grade: int, conclusion: str) -> None:
    assert on(toxicity(ANAEMIA, grade, ago(days=1))).conclusion == conclusion


def test_counts_that_recovered_since_leave_the_ceiling_of_the_dose_at_onset() -> None:
    decision = on(toxicity(ANAEMIA, 3, ago(days=20), resolved=True))
    assert decision.conclusion == "restart-reduced"
    assert decision.doses.ceiling == 100


def test_a_toxicity_before_the_first_dose_is_not_of_the_course() -> None:
    assert on(toxicity(ANAEMIA, 4, ago(days=61))).conclusion == "none"


def test_lymphopenia_interrupts_nothing() -> None:
    assert on(toxicity(LYMPHOCYTES, 4, ago(days=1))).conclusion == "none"


def test_grade_4_of_the_blood_asks_for_a_specialist() -> None:
    assert "grade-4" in on(toxicity(ANAEMIA, 4, ago(days=1))).refer
    assert "grade-4" not in on(toxicity(ANAEMIA, 3, ago(days=1))).refer


def test_a_lasting_toxicity_of_the_blood_without_a_date_cannot_be_assessed() -> None:
    decision = on(toxicity(ANAEMIA, 3, None, source="AdverseEvent/undated"))
    assert decision.conclusion == "not-assessed"
    assert Unknown("toxicity", Reason.UNREADABLE, "AdverseEvent/undated", "onset") in decision.unknown


@pytest.mark.parametrize(("grade", "resolved"), [(2, False), (3, True)])
def test_a_mild_or_a_past_toxicity_of_the_blood_without_a_date_stands_in_no_way(grade: int, resolved: bool) -> None:
    assert on(toxicity(ANAEMIA, grade, None, resolved=resolved)).conclusion == "none"


AT_100 = order(100, ago(days=30))


@pytest.mark.parametrize(
    ("recorded", "missing"),
    [
        ([toxicity(NAUSEA, 1, ago(days=10))], []),
        ([toxicity(NAUSEA, 2, ago(days=10))], ["recorded-toxicity"]),
        ([toxicity(NAUSEA, 2, None)], ["recorded-toxicity"]),
        ([toxicity(NAUSEA, 2, ago(days=10), resolved=True)], []),
        ([toxicity(ANAEMIA, 2, ago(days=10))], []),
    ],
)
def test_an_unresolved_grade_2_stands_in_the_way_of_an_escalation(recorded: list[Toxicity], missing: list[str]) -> None:
    decision = decided(counts(ago(days=2)), [AT_100], [draft(150, AT_100)], toxicities=tuple(recorded))
    assert list(decision.missing) == missing
    assert decision.topic == ("escalation-not-supported" if missing else "")


@pytest.mark.parametrize(
    ("reason", "missing"),
    [(Reason.UNREADABLE, ["unclear-toxicity"]), (Reason.ABSENT, ["unclear-toxicity"]), (Reason.NOT_READ, [])],
)
def test_a_toxicity_that_nobody_understands_stands_in_the_way_of_an_escalation(
    reason: Reason, missing: list[str]
) -> None:
    unclear = Unknown("toxicity", reason, "AdverseEvent/1")
    decision = decided(counts(ago(days=2)), [AT_100], [draft(150, AT_100)], unclear=(unclear,))
    assert list(decision.missing) == missing
    assert decision.topic == "" or unclear in decision.unknown


def test_several_recorded_toxicities_say_the_same_in_either_order() -> None:
    several = [toxicity(x, 3, ago(days=10)) for x in (NAUSEA, UNLISTED)]
    assert on(*several) == on(*reversed(several))
    assert [x.toxicity for x in on(*several).findings] == sorted(several, key=str)


def test_one_of_the_blood_is_a_reading_of_its_count_at_its_onset() -> None:
    recorded = toxicity(ANAEMIA, 4, ago(days=10))
    course = running((RUNNING,), NOW, P)
    assert course is not None
    (reading,) = severe_readings(facts(toxicities=(recorded,)), course, PROTOCOL.ctcae, P)
    assert reading == Reading(Result("haemoglobin", recorded.source, ago(days=10), final=True), (4, 4), recorded)
