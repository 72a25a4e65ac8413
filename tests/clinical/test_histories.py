"""Histories in which one item changes what another one means; each was found among generated records."""

from cds_service.clinical.course import fell, running
from cds_service.clinical.facts import SEGMENTED
from tests.clinical.builders import NOW, P, ago, counts, decided, dose, draft, order, result, unusable

OLDER = order(100, ago(days=60), source="MedicationRequest/mr-1")
NEWER = order(100, ago(days=40), source="MedicationRequest/mr-2", replaces=["MedicationRequest/mr-1"])


def test_a_draft_of_a_replaced_order_does_not_replace_the_one_that_followed_it() -> None:
    again = draft(100, source="MedicationRequest/mr-1")
    decision = decided(counts(), [OLDER, NEWER], [again])
    assert decision.topic == "duplicate-order"
    assert [x.source for x in decision.clashing] == ["MedicationRequest/mr-2"]


def test_segmented_neutrophils_alone_close_no_episode_whatever_the_baseline() -> None:
    before = counts(ago(days=70), neutrophils="0.8")
    worse = counts(ago(days=20), neutrophils="0.4")
    later = [x for x in counts() if x.analyte != "neutrophils"]
    alone = result("neutrophils", ">=0.5", derived=SEGMENTED)
    assert decided([*before, *worse, *later, alone], [order(150, ago(days=60))]).conclusion == "keep-interrupted"


def test_a_toxicity_that_is_too_old_to_act_is_no_start_of_an_interruption() -> None:
    stopped = order(150, ago(days=120), None, "stopped")
    severe = [*counts(ago(days=50), neutrophils="0.7"), *counts()]
    old = result("ast", "400", ago(days=100))
    recent = decided([*severe, old], [stopped], [draft(100)])
    assert recent.refer == decided(severe, [stopped], [draft(100)]).refer


def test_a_regimen_that_was_not_continuous_may_have_been_a_higher_dose() -> None:
    orders = [order(dose(50, continuous=False), ago(days=60), ago(days=41), "stopped"), order(100, ago(days=40))]
    course = running(orders, NOW, P)
    assert course is not None
    assert fell(course)


def test_an_unusable_result_breaks_the_row_of_a_lasting_toxicity() -> None:
    lowered = [order(150, ago(days=60), ago(days=10), "stopped"), order(100, ago(days=10))]
    lasting = [*counts(), result("alt", "300", ago(days=12)), result("alt", "300", ago(days=2))]
    assert decided(lasting, lowered).conclusion == "none"
    assert decided([*lasting, unusable("alt", ago(days=8))], lowered).conclusion == "reduce"
