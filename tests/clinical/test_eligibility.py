"""The checklist at a start: what each criterion rests on, and what keeps it open."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from cds_service.clinical.decision import Criterion
from cds_service.clinical.eligibility import STATES
from cds_service.clinical.facts import Evidence, Reason, Unknown, When
from tests.clinical.builders import (
    ELIGIBLE,
    NAUSEA,
    PROTOCOLS,
    ago,
    counts,
    decided,
    draft,
    evidence,
    order,
    result,
    toxicity,
    unusable,
    whole,
)

FIRST_LINE = PROTOCOLS["trofosfamide-first-line-elderly"].url
CHEMISTRY = [result("creatinine", "80"), result("bilirubin", "10")]


def asked(name: str, *results: Any, first_line: bool = False, **more: Any) -> Criterion:
    """A criterion of the checklist at a start; results beside four good counts."""
    declared = (FIRST_LINE,) if first_line else ()
    found = decided([*counts(), *results], [], [draft(150 if first_line else 100)], declared=declared, **more)
    (criterion,) = [x for x in found.checklist if x.name == name]
    return criterion


def told(criterion: Criterion) -> tuple[str, list[str]]:
    """Its state, and the sources of what it rests on."""
    return criterion.state, [x.source for x in (*criterion.evidence, *criterion.results, *criterion.toxicities)]


SARCOMA, OTHER = evidence("histology", "sarcoma"), evidence("histology", "other", ago(days=1))


def test_a_criterion_has_one_of_three_states() -> None:
    assert STATES == ("met", "not-met", "not-recorded")


def test_the_criteria_stand_in_the_order_of_the_protocol() -> None:
    for protocol in PROTOCOLS.values():
        found = decided(counts(), [], [draft(protocol.parameters.starting_dose)], declared=(protocol.url,))
        assert tuple(x.name for x in found.checklist) == protocol.criteria
        assert all(x.citation == protocol.sources[x.name].citation for x in found.checklist)


@pytest.mark.parametrize(
    ("items", "state", "sources"),
    [
        ((), "not-recorded", []),
        ((SARCOMA,), "met", [SARCOMA.source]),
        ((SARCOMA, OTHER), "met", [SARCOMA.source]),
        ((OTHER,), "not-met", [OTHER.source]),
    ],
)
def test_a_coded_sarcoma_is_what_is_asked(items: tuple[Any, ...], state: str, sources: list[str]) -> None:
    assert told(asked("histology", evidence=items)) == (state, sources)


OLD_STABLE = evidence("response", "stable", ago(days=60))
PROGRESSION = evidence("response", "progression", ago(days=5))
MIXED = evidence("response", "mixed", ago(days=4))
CLEAR = evidence("response", "no-evidence", ago(days=9))


@pytest.mark.parametrize(
    ("items", "state", "sources"),
    [
        ((OLD_STABLE,), "met", [OLD_STABLE.source]),
        ((OLD_STABLE, PROGRESSION), "not-met", [PROGRESSION.source]),
        ((PROGRESSION, MIXED), "not-recorded", [MIXED.source]),
        ((evidence("response", "complete"), OLD_STABLE, PROGRESSION), "not-met", [PROGRESSION.source]),
        ((evidence("response", "progression"),), "not-met", ["Observation/response-progression-undated"]),
        ((evidence("response", "stable", PROGRESSION.when), PROGRESSION), "not-met", [PROGRESSION.source]),
        (
            (evidence("response", "no-evidence", ago(days=9)),),
            "met",
            ["Observation/response-no-evidence-20261114T090000"],
        ),
    ],
)
def test_the_newest_record_of_the_disease_speaks(items: tuple[Any, ...], state: str, sources: list[str]) -> None:
    assert told(asked("response-or-no-evidence-of-disease", evidence=items)) == (state, sources)


def test_what_was_not_read_stands_beside_what_is_not_recorded() -> None:
    unread = Unknown("metastasis", Reason.NOT_READ, detail="cancer")
    criterion = asked("advanced-disease", evidence=(), unseen=(unread, Unknown("imaging", Reason.NOT_READ)))
    assert (criterion.state, criterion.unknown) == ("not-recorded", (unread,))


@pytest.mark.parametrize(
    ("born", "state", "age"),
    [
        (When(datetime(1965, 11, 23, tzinfo=UTC), datetime(1965, 11, 24, tzinfo=UTC)), "not-recorded", None),
        (whole(date(1965, 11, 24)), "not-met", 60),
        (whole(date(1965, 11, 23)), "met", 61),
        (whole(date(1950, 1, 1)), "met", 76),
        (Unknown("age", Reason.ABSENT), "not-recorded", None),
    ],
)
def test_the_age_is_told_by_both_edges_of_the_birth_date(born: Any, state: str, age: int | None) -> None:
    criterion = asked("age-over-60", first_line=True, born=born)
    assert (criterion.state, criterion.age) == (state, age)


def test_an_earlier_course_of_the_drug_is_a_treatment() -> None:
    earlier = order(100, ago(days=900), ago(days=800), "completed")
    found = decided(counts(), [earlier], [draft(150)], declared=(FIRST_LINE,))
    (criterion,) = [x for x in found.checklist if x.name == "untreated"]
    assert told(criterion) == ("not-met", [earlier.source])


@pytest.mark.parametrize(("grade", "state"), [("0", "met"), ("2", "met"), ("3", "not-met"), ("4", "not-met")])
def test_the_performance_status_is_0_to_2(grade: str, state: str) -> None:
    last = evidence("performance-status", grade, ago(days=3))
    first = evidence("performance-status", "1", ago(days=30))
    assert told(asked("performance-status", first_line=True, evidence=(first, last))) == (state, [last.source])


@pytest.mark.parametrize("name", ["blood-counts", "renal-function", "hepatic-function"])
def test_results_that_hold_are_shown(name: str) -> None:
    criterion = asked(name, *CHEMISTRY)
    assert criterion.state == "met"
    assert len(criterion.results) == (4 if name == "blood-counts" else 1)
    assert criterion.unknown == ()


EARLY = result("creatinine", "400", ago(days=1), final=False)
AGED = result("creatinine", "80", ago(days=15))
UNLIMITED = result("creatinine", "80", high=None)


@pytest.mark.parametrize(
    ("results", "state", "reasons"),
    [
        ([], "not-recorded", [Reason.ABSENT]),
        ([result("creatinine", "80", ago(days=15))], "not-recorded", [Reason.STALE]),
        ([result("creatinine", "80", high=None)], "not-recorded", [Reason.UNREADABLE]),
        ([unusable("creatinine")], "not-recorded", [Reason.WRONG_UNIT]),
        ([result("creatinine", "160"), result("creatinine", "80", ago(days=3))], "not-met", []),
        ([result("creatinine", ">140")], "not-recorded", []),
        ([result("creatinine", ">150")], "not-met", []),
        ([result("creatinine", ">=150")], "not-met", []),
        ([result("creatinine", "120", final=False)], "not-recorded", [Reason.NOT_FINAL]),
        ([result("creatinine", "<150")], "met", []),
        ([result("creatinine", "<=150")], "not-recorded", []),
        ([result("creatinine", "150", ago(days=2)), result("creatinine", "80", ago(days=2))], "not-met", []),
        (
            [result("creatinine", "80"), result("creatinine", "400", ago(days=1), final=False)],
            "not-recorded",
            ["not-final"],
        ),
        ([result("creatinine", "160"), result("creatinine", "400", ago(days=1), final=False)], "not-met", []),
        ([result("creatinine", "80"), result("creatinine", "120", ago(days=1), final=False)], "met", []),
    ],
)
def test_the_newest_final_creatinine_tells_unless_a_preliminary_one_is_bad(
    results: list[Any], state: str, reasons: list[Reason]
) -> None:
    criterion = asked("renal-function", *results)
    assert (criterion.state, [x.reason for x in criterion.unknown]) == (state, reasons)


def test_a_toxicity_that_lasts_is_not_resolved() -> None:
    lasting = toxicity(NAUSEA, 3, ago(days=10))
    assert told(asked("no-unresolved-toxicity", toxicities=(lasting,))) == ("not-met", [lasting.source])


@pytest.mark.parametrize(
    ("unclear", "state"),
    [
        ((), "met"),
        ((Unknown("toxicity", Reason.NOT_READ, detail="gradings"),), "met"),
        ((Unknown("toxicity", Reason.NOT_READ, detail="conditions"),), "not-recorded"),
        ((Unknown("toxicity", Reason.FETCH_FAILED, detail="gradings"),), "not-recorded"),
        ((Unknown("support", Reason.NOT_READ, detail="transfusions"),), "met"),
    ],
)
def test_no_toxicity_is_a_finding_only_where_the_record_was_read(unclear: tuple[Unknown, ...], state: str) -> None:
    assert asked("no-unresolved-toxicity", unclear=unclear).state == state


def test_a_checklist_stands_on_a_start_alone() -> None:
    running = order(100, ago(days=20))
    assert decided(counts(), [running], [draft(100, running)]).checklist == ()
    assert decided(counts(), [running]).checklist == ()
    orders_unread = (Unknown("orders", Reason.FETCH_FAILED),)
    assert decided(counts(), [], [draft(100)], gaps=orders_unread).checklist == ()
    assert decided(counts(), [], [draft(100, protocols=("https://other.example/x",))]).checklist == ()


def test_kinds_that_were_looked_for_and_not_read_are_named() -> None:
    unread = tuple(Unknown(x, Reason.NOT_READ, detail="cancer") for x in ("histology", "imaging", "performance-status"))
    plans = Unknown("protocol", Reason.NOT_READ, detail="carePlans")
    found = decided([*counts(), *CHEMISTRY], [], [draft(100)], evidence=ELIGIBLE, unseen=(*unread, plans))
    assert [x for x in found.unknown if x in (*unread, plans)] == sorted((unread[0], plans), key=str)
    named = draft(100, protocols=(PROTOCOLS["trofosfamide-maintenance"].url,))
    assert plans not in decided(counts(), [], [named], unseen=(plans,)).unknown


KINDS = [
    ("histology", "histology", False),
    ("advanced-disease", "metastasis", False),
    ("response-or-no-evidence-of-disease", "response", False),
    ("metastatic", "metastasis", True),
    ("untreated", "systemic-therapy", True),
    ("anthracycline-unsuitable", "anthracycline", True),
    ("performance-status", "performance-status", True),
]


@pytest.mark.parametrize(("name", "kind", "first_line"), KINDS)
def test_of_a_criterion_without_evidence_only_what_was_not_read_is_said(name: str, kind: str, first_line: bool) -> None:
    unread = tuple(Unknown(x, Reason.NOT_READ, detail="cancer") for _, x, _ in KINDS)
    criterion = asked(name, first_line=first_line, evidence=(), unseen=unread)
    assert (criterion.state, criterion.evidence) == ("not-recorded", ())
    assert set(criterion.unknown) == {Unknown(kind, Reason.NOT_READ, detail="cancer")}
    assert criterion.citation


def test_a_response_that_settles_nothing_is_shown_beside_what_was_not_read() -> None:
    unread = Unknown("response", Reason.FETCH_FAILED, detail="cancer")
    criterion = asked("response-or-no-evidence-of-disease", evidence=(MIXED,), unseen=(unread,))
    assert (criterion.evidence, criterion.unknown) == ((MIXED,), (unread,))


def test_earlier_orders_are_treatments_in_the_order_of_their_start() -> None:
    later = order(100, ago(days=700), ago(days=600), "completed", source="MedicationRequest/a")
    first = replace(order(100, ago(days=900), ago(days=800), "completed"), authored=ago(days=901))
    chemotherapy = evidence("systemic-therapy", "given", ago(days=1000))
    found = decided(counts(), [later, first], [draft(150)], declared=(FIRST_LINE,), evidence=(chemotherapy,))
    (criterion,) = [x for x in found.checklist if x.name == "untreated"]
    given = [Evidence("systemic-therapy", "given", x.source, x.start) for x in (first, later)]
    assert criterion.evidence == (chemotherapy, *given)


def test_a_condition_against_an_anthracycline_is_shown() -> None:
    condition = evidence("anthracycline", "unsuitable", ago(days=500))
    criterion = asked("anthracycline-unsuitable", first_line=True, evidence=(condition,))
    assert told(criterion) == ("met", [condition.source])


def test_an_age_that_is_not_known_says_why() -> None:
    unknown = Unknown("age", Reason.UNREADABLE, "Patient/p", "19??")
    criterion = asked("age-over-60", first_line=True, born=unknown)
    assert (criterion.unknown, criterion.age, bool(criterion.citation)) == ((unknown,), None, True)


def test_a_count_that_is_too_old_misses_nothing() -> None:
    old = result("neutrophils", "1.6", ago(days=20))
    others = [x for x in counts() if x.analyte != "neutrophils"]
    found = decided([*others, old], [], [draft(100)])
    (criterion,) = [x for x in found.checklist if x.name == "blood-counts"]
    assert (criterion.state, criterion.unknown) == (
        "not-recorded",
        (Unknown("neutrophils", Reason.STALE, old.source),),
    )


def test_a_count_of_an_open_grade_neither_holds_nor_misses() -> None:
    found = decided(counts(haemoglobin=">9"), [], [draft(100)])
    (criterion,) = [x for x in found.checklist if x.name == "blood-counts"]
    assert criterion.state == "not-recorded"


@pytest.mark.parametrize(
    ("results", "unknown"),
    [
        ([], [Unknown("creatinine", Reason.ABSENT)]),
        ([EARLY], [Unknown("creatinine", Reason.ABSENT), Unknown("creatinine", Reason.NOT_FINAL, EARLY.source)]),
        ([AGED], [Unknown("creatinine", Reason.STALE, AGED.source)]),
        ([UNLIMITED], [Unknown("creatinine", Reason.UNREADABLE, UNLIMITED.source, "ULN")]),
    ],
)
def test_what_keeps_the_function_of_an_organ_open_is_named(results: list[Any], unknown: list[Unknown]) -> None:
    assert list(asked("renal-function", *results).unknown) == unknown


def test_what_misses_is_shown_with_its_rule() -> None:
    high = result("creatinine", "160")
    criterion = asked("renal-function", high)
    assert (criterion.results, bool(criterion.citation)) == ((high,), True)


def test_a_toxicity_of_the_laboratory_is_shown_as_a_result() -> None:
    high = result("alt", "300")
    criterion = asked("no-unresolved-toxicity", high)
    assert (criterion.state, criterion.results, criterion.toxicities) == ("not-met", (high,), ())
    assert criterion.citation == asked("no-unresolved-toxicity").citation != ""


def test_unread_toxicities_are_named_and_nothing_is_where_all_was_read() -> None:
    unread = Unknown("toxicity", Reason.NOT_READ, detail="conditions")
    assert asked("no-unresolved-toxicity", unclear=(unread,)).unknown == (unread,)
    assert asked("no-unresolved-toxicity").unknown == ()
