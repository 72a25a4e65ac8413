"""The rows of the draft table: their numbers in the explanation, what each proposes, and which draft speaks."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Decision, Step
from cds_service.clinical.facts import Facts, Order, Reason, Unknown, When
from tests.clinical.builders import (
    NOW,
    PROTOCOL,
    PROTOCOLS,
    P,
    ago,
    counts,
    decided,
    dose,
    draft,
    facts,
    order,
    result,
    temperature,
    undetermined,
    whole,
)

AT_100, AT_150 = order(100, ago(days=40)), order(150, ago(days=40))
ALT = result("alt", "400", ago(days=2))
LOW = counts(platelets="40")


def rows(found: Decision) -> list[tuple[str, tuple[str, ...]]]:
    return [(x.rule, x.why) for x in found.steps if x.rule.startswith("draft-row")]


NAME = "MedicationRequest/draft"
EACH = {
    "the drug must not be given": (decided(LOW, [AT_100], [draft(100, AT_100)]), "1:interrupt", ()),
    "above the maximum": (decided(counts(), [AT_150], [draft(250, AT_150)]), "2:over-maximum", ()),
    "above the level of a toxicity": (decided([*counts(), ALT], [AT_150], [draft(150, AT_150)]), "3:reduce", ()),
    "above the starting dose": (decided(counts(), [], [draft(150)]), "4:over-starting-dose", ()),
    "raised too soon": (
        decided(counts(), [order(100, ago(days=9))], [draft(150, order(100, ago(days=9)))]),
        "5:escalation-not-supported",
        ("time-at-dose",),
    ),
    "not clear": (decided(counts(), [AT_150], [draft(undetermined(), AT_150)]), "6:dose-unclear", ("undetermined",)),
    "beside another": (decided(counts(), [AT_150], [draft(50)]), "7:duplicate-order", ()),
    "data missing": (decided([], [AT_150], [draft(150, AT_150)]), "8:not-assessed", ()),
    "more is possible": (decided(counts(), [AT_100], [draft(100, AT_100)]), "10:escalate", ()),
}


@pytest.mark.parametrize(("found", "row", "why"), EACH.values(), ids=EACH)
def test_each_row_is_told_with_its_number_its_draft_and_its_reasons(
    found: Decision, row: str, why: tuple[str, ...]
) -> None:
    assert rows(found)[0] == (f"draft-row-{row}", (NAME, *why))
    assert found.topic == row.partition(":")[2]


def test_the_order_of_the_rows_is_that_of_the_table() -> None:
    """One draft above the maximum, far above the current dose, uncoded, beside another order, without counts."""
    found = decided([], [AT_150], [draft(250, coded=False)])
    names = ["2:over-maximum", "5:escalation-not-supported", "6:dose-unclear", "7:duplicate-order", "8:not-assessed"]
    assert [x for x, _ in rows(found)] == [f"draft-row-{x}" for x in names]
    started = decided([], [], [draft(250, coded=False)])
    names = ["2:over-maximum", "4:over-starting-dose", "6:dose-unclear", "8:not-assessed", "9:eligibility"]
    assert [x for x, _ in rows(started)] == [f"draft-row-{x}" for x in names]


def test_an_escalation_that_is_possible_is_an_information() -> None:
    found = decided(counts(), [AT_100], [draft(100, AT_100)])
    assert (found.topic, found.indicator, found.doses.proposed) == (d.ESCALATE, d.INFO, 150)
    assert (found.clashing, found.total) == ((), None)


def test_what_is_above_the_maximum_comes_down_to_the_level_of_a_toxicity() -> None:
    found = decided([*counts(), ALT], [AT_150], [draft(250, AT_150)])
    assert (found.topic, found.doses.proposed) == (d.OVER_MAXIMUM, 100)


@pytest.mark.hazard("H20")
def test_the_lowest_level_of_several_toxicities_gives_the_card_and_its_findings() -> None:
    """An episode at 200 leaves 150, a toxicity of the liver at 100 leaves 50."""
    orders = [order(200, ago(days=90), ago(days=70)), order(100, ago(days=60))]
    results = [*counts(ago(days=80), platelets="40"), *counts(ago(days=71)), *counts(), ALT]
    found = decided(results, orders, [draft(200, *orders)])
    assert (found.conclusion, found.topic, found.doses.proposed) == (d.RESTART_REDUCED, d.REDUCE, 50)
    assert [x.rule for x in found.findings] == ["reduce"]


def test_of_two_drafts_the_dose_is_that_of_the_one_that_speaks() -> None:
    small = draft(50, AT_150, source="MedicationRequest/a", coded=False)
    found = decided(counts(), [AT_150], [small, draft(150, AT_150, source="MedicationRequest/b")])
    assert (found.topic, found.draft, found.doses.draft) == (d.DOSE_UNCLEAR, small, 50)


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_two_unclear_drafts_the_one_of_a_known_dose_speaks(names: tuple[str, str]) -> None:
    unknown, known = draft(undetermined(), AT_150, source=names[0]), draft("0.5", AT_150, source=names[1])
    assert decided(counts(), [AT_150], [unknown, known]).draft == known


def test_of_two_overlaps_the_one_above_the_maximum_speaks() -> None:
    """Drafts that follow each other: beside the first stands an order of 100 mg, beside the second one of 200 mg."""
    low = order(100, ago(days=40), ago(days=-5), source="MedicationRequest/low", names={"x"})
    high = order(200, ago(days=-5), source="MedicationRequest/high", replaces={"x"})
    first = draft(50, source="MedicationRequest/a", end=ago(days=-4))
    later = draft(50, source="MedicationRequest/b", start=ago(days=-6))
    found = decided(counts(), [low, high], [draft(50, first, source="MedicationRequest/0", end=ago(days=-1)), later])
    assert found.topic == d.DUPLICATE_ORDER
    assert found.indicator == d.CRITICAL


def test_an_unknown_dose_adds_nothing_to_the_sum() -> None:
    other = order(undetermined(), ago(days=40))
    found = decided(counts(), [other], [draft(200)])
    overlap = next(x for x in found.steps if "duplicate-order" in x.rule)
    assert overlap.why == (NAME,)
    assert found.total is None
    unclear = decided(counts(), [AT_150, other], [draft(50)])
    assert unclear.indicator != d.CRITICAL


def test_drafts_beside_the_chosen_one_are_named_in_one_order() -> None:
    beside = [draft(50, source=f"MedicationRequest/{x}") for x in "cab"]
    chosen = draft(150, AT_150)
    found = [decided(counts(), [AT_150], [chosen], beside=tuple(x)) for x in (beside, beside[::-1])]
    assert [x.source[-1] for x in found[0].clashing] == ["a", "b", "c"]
    assert found[0] == found[1]


def test_tablets_of_another_strength_have_another_grid() -> None:
    fine = replace(PROTOCOL, parameters=replace(P, dose_step=Decimal(1)))
    found = decide({fine.id: fine}, facts(counts(), [AT_100], [draft(1, AT_100)]), NOW)
    assert "off-grid" not in found.missing
    assert "off-grid" in decided(counts(), [AT_100], [draft(1, AT_100)]).missing
    assert "off-grid" in decided(counts(), [AT_100], [draft(0, AT_100)]).missing


def test_a_birthday_is_a_day_of_the_site() -> None:
    """Born on 23 November 2008 until midnight UTC; at that hour it is the 24th in Kiritimati, 14 hours ahead."""
    young: Facts = facts(counts(), [AT_150], [draft(150, AT_150)], born=whole(date(2008, 11, 23)))
    assert decide(PROTOCOLS, young, NOW).topic == ""
    there = decide(PROTOCOLS, young, NOW.astimezone(ZoneInfo("Pacific/Kiritimati")))
    assert (there.topic, there.missing) == (d.DOSE_UNCLEAR, ("child",))


UNREAD = Unknown("temperature", Reason.UNREADABLE, "Observation/t")


@pytest.mark.hazard("H24")
def test_a_temperature_that_cannot_be_read_is_listed_beside_few_neutrophils_only() -> None:
    other = Unknown("support", Reason.UNREADABLE, "Procedure/1")
    found = decided(counts(neutrophils="0.9"), [AT_100], [draft(100, AT_100)], unclear=(UNREAD, other))
    assert {UNREAD, other} <= set(found.unknown)
    assert UNREAD not in decided(counts(), [AT_100], [draft(100, AT_100)], unclear=(UNREAD, other)).unknown


def test_beside_an_interruption_no_lower_dose_is_named() -> None:
    found = decided([*LOW, ALT], [AT_150], [draft(150, AT_150)])
    assert (found.conclusion, found.also) == (d.INTERRUPT, ())
    assert decided([*LOW, ALT], [AT_150]).also == ()


def test_an_answer_about_nobody_in_treatment_says_when_it_was_given() -> None:
    unread = (Unknown("orders", Reason.FETCH_FAILED),)
    assert decided([]) == Decision(d.NONE, NOW)
    assert decided([], gaps=unread) == Decision(d.NOT_ASSESSED, NOW, d.NOT_ASSESSED, d.WARNING, unknown=unread)


def step(found: Decision, rule: str) -> Step:
    return next(x for x in found.steps if x.rule == rule)


def test_each_line_is_told_with_its_citation_and_what_it_lacked() -> None:
    asked = decided(counts(platelets="60"), [AT_100], [draft(100, AT_100)])
    assert [x.citation for x in asked.steps if x.citation] == [PROTOCOL.sources[x.rule].citation for x in asked.steps][
        :7
    ]
    assert step(asked, "escalate").why == ("count-grade:platelets",)
    assert {x.why for x in asked.steps if x.rule != "escalate"} == {()}
    unknown = step(decided([], [AT_100], gaps=(Unknown("results", Reason.INCOMPLETE),)), "not-assessed")
    assert (unknown.outcome, unknown.why[0]) == ("applies", "incomplete:results")
    assert unknown.citation == PROTOCOL.sources["not-assessed"].citation
    kept = step(decided(counts(ago(days=20), platelets="40"), [AT_100]), "keep-interrupted")
    assert kept.why[0] == "count-stale:haemoglobin"


def test_a_count_is_told_with_its_grade_or_why_there_is_none() -> None:
    shown = {x.analyte: x for x in decided(LOW, [AT_100]).counts}
    assert (shown["platelets"].grade, shown["platelets"].unknown) == ((3, 3), None)
    assert (shown["lymphocytes"].grade, shown["lymphocytes"].result) == (None, None)
    assert shown["lymphocytes"].unknown == Unknown("lymphocytes", Reason.ABSENT)


def ranged(low: int, high: int) -> Order:
    return draft(dose(low, high), AT_100)


def test_a_range_is_raised_by_its_high_end() -> None:
    assert rows(decided(counts(), [AT_100], [ranged(50, 150)]))[0][1] == (NAME, "dose-range")
    assert rows(decided(counts(), [AT_100], [ranged(150, 200)]))[0][1] == (NAME, "dose-range", "more-than-one-level")
    assert decided(counts(), [AT_100], [draft(150, AT_100)]).topic == ""


def test_a_fever_of_an_unknown_hour_is_no_reason_for_a_card() -> None:
    found = decided(counts(), [AT_150], temperatures=(temperature("40", When(ago(days=3).start, NOW)),))
    assert (found.conclusion, found.topic, found.refer) == (d.NONE, "", ())
