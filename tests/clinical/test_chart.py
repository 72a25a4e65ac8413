"""Which result of an analyte speaks, and what is its baseline."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cds_service.clinical.chart import Series, chart, newest
from cds_service.clinical.course import Course, running
from cds_service.clinical.facts import ANY_TIME, CALCULATED, Order, Reason, Result, Unknown, When
from cds_service.clinical.protocol import Parameters
from tests.clinical.builders import NOW, PROTOCOL, P, ago, day, facts, issued, order, result, unusable


def series(analyte: str, *results: Result, orders: tuple[Order, ...] = (), p: Parameters = P) -> Series:
    course: Course | None = running(orders, NOW, p)
    return chart(facts(results), course, PROTOCOL.ctcae, p)[analyte]


def spoken(*results: Result, p: Parameters = P) -> str | None:
    found = series(results[0].analyte, *results, p=p).speaking
    return str(found.result.value) if found else None


@pytest.mark.hazard("H22")
def test_newest_are_all_that_no_other_one_is_surely_later_than() -> None:
    old, noon, all_day = result("alt", "1", ago(days=9)), result("alt", "2", ago(days=1)), result("alt", "3", day(1))
    timeless = unusable("alt", ANY_TIME)
    assert newest((old, noon, all_day)) == (noon, all_day)
    assert newest((old, noon, timeless)) == (noon, timeless)
    assert newest(()) == ()


def test_of_one_time_the_worst_speaks() -> None:
    assert spoken(result("platelets", "200"), result("platelets", "80")) == "80"
    assert spoken(result("alt", "40"), result("alt", "90")) == "90"
    assert spoken(result("platelets", "<=90"), result("platelets", "80")) is None
    assert spoken(result("platelets", "<=90"), result("platelets", "40")) == "40"


@pytest.mark.hazard("H06")
def test_a_final_result_speaks_before_a_preliminary_one_of_the_same_grade() -> None:
    found = series("platelets", result("platelets", "40", final=False), result("platelets", "41"))
    assert found.speaking is not None
    assert found.speaking.result.final


@pytest.mark.hazard("H10")
def test_an_unusable_newest_result_silences_the_analyte() -> None:
    found = series("platelets", result("platelets", "200", ago(days=3)), unusable("platelets", ago(days=2)))
    assert found.speaking is None
    assert found.unknown is not None
    assert found.unknown.reason is Reason.WRONG_UNIT


def test_an_unusable_one_without_a_time_may_always_be_the_newest() -> None:
    assert spoken(result("platelets", "200"), unusable("platelets", ANY_TIME)) is None


def test_only_preliminary_results_speak_of_nothing_and_one_is_named() -> None:
    a, b = (result("platelets", "200", final=False, source=f"Observation/{x}") for x in "ab")
    for found in (series("platelets", a, b), series("platelets", b, a)):
        assert (found.speaking, found.unknown) == (None, Unknown("platelets", Reason.NOT_FINAL, "Observation/a"))
        assert found.beside


@pytest.mark.hazard("H06")
def test_a_severe_result_speaks_whatever_preliminary_one_is_beside_it() -> None:
    severe = result("platelets", "40")
    found = series("platelets", severe, result("platelets", "90", final=False))
    assert (found.speaking and found.speaking.result, found.unknown, found.beside) == (severe, None, False)


@pytest.mark.hazard("H06")
def test_a_preliminary_result_is_beside_unless_it_is_surely_older() -> None:
    final = result("platelets", "200", ago(days=2))
    assert series("platelets", final, result("platelets", "90", ago(days=1), final=False)).beside
    assert series("platelets", final, result("platelets", "90", ago(days=2), final=False)).beside
    assert series("platelets", final, result("platelets", "90", day(2), final=False)).beside
    assert not series("platelets", final, result("platelets", "90", ago(days=3), final=False)).beside
    assert not series("platelets", final, unusable("platelets", ago(days=1), final=False)).beside


def test_the_one_before_is_the_last_usable_final_result_that_is_surely_older() -> None:
    older, old, new = (result("platelets", x, ago(days=y)) for x, y in (("90", 9), ("80", 5), ("70", 2)))
    early, same_day = result("platelets", "1", ago(days=3), final=False), result("platelets", "75", day(2))
    assert series("platelets", older, old, early, new).previous == old
    assert series("platelets", older, same_day, new).previous == older
    assert series("platelets", new).previous is None
    assert series("platelets").previous is None


START = order(100, ago(days=40))


@pytest.mark.hazard("H12")
@pytest.mark.parametrize(
    ("results", "wanted"),
    [
        ([result("haemoglobin", "9", ago(days=41))], "9"),
        ([result("haemoglobin", "9", ago(days=40))], None),
        ([result("haemoglobin", "9", day(40))], None),
        ([result("haemoglobin", "9", ago(days=60)), result("haemoglobin", "11", ago(days=50))], "11"),
        ([result("haemoglobin", "9", day(50)), result("haemoglobin", "11", ago(days=50))], "11"),
        ([result("haemoglobin", "9", ago(days=50)), unusable("haemoglobin", ago(days=45))], "9"),
        ([result("haemoglobin", "9", ago(days=50)), result("haemoglobin", "11", ago(days=45), final=False)], "9"),
        ([result("haemoglobin", "9", issued(ago(days=50)))], None),
        ([result("haemoglobin", "9", ago(days=55)), result("haemoglobin", "11", issued(ago(days=50)))], None),
        ([result("haemoglobin", "9", ago(days=69))], None),
        ([result("haemoglobin", "9", day(68))], None),
    ],
)
def test_the_baseline_is_the_last_value_surely_before_the_first_dose(results: list[Result], wanted: str | None) -> None:
    found = series("haemoglobin", *results, orders=(START,)).baseline
    assert (str(found.result.value) if found else None) == wanted


@pytest.mark.hazard("H12")
def test_every_result_of_the_course_is_graded_by_the_baseline() -> None:
    """A liver at 2 x ULN before the first dose; both results after it are above 5 x ULN."""
    row = [result("alt", "100", ago(days=50)), result("alt", "260", ago(days=20)), result("alt", "510")]
    assert [x.grade for x in series("alt", *row, orders=(START,)).readings] == [(1, 1), (3, 3)]


@pytest.mark.hazard("H12")
def test_without_a_course_or_a_first_day_there_is_no_baseline() -> None:
    measured = result("haemoglobin", "9", ago(days=41))
    assert series("haemoglobin", measured).baseline is None
    assert series("haemoglobin", measured, orders=(order(100, None),)).baseline is None


@pytest.mark.hazard("H09")
@pytest.mark.parametrize(
    ("leukocytes", "wanted"),
    [("0.999", (3, 4)), ("1.0", None), ("<1.0", (3, 4)), ("<=1.0", None), (">0.5", None), ("0.4", (4, 4))],
)
def test_very_low_leukocytes_speak_for_neutrophils(leukocytes: str, wanted: tuple[int, int] | None) -> None:
    found = series("neutrophils", result("leukocytes", leukocytes)).speaking
    assert (found.grade if found else None) == wanted
    assert found is None or found.result.bound_of == "leukocytes"


@pytest.mark.hazard("H09")
def test_of_low_leukocytes_neutrophils_have_the_number_time_and_source_but_not_the_reference_range() -> None:
    total = result("leukocytes", "0.9", low=Decimal(4), high=Decimal(10))
    found = series("neutrophils", total)
    bound = replace(total, analyte="neutrophils", comparator="<=", low=None, high=None, bound_of="leukocytes")
    assert (found.speaking and found.speaking.result, found.unknown) == (bound, None)


@pytest.mark.hazard("H09")
def test_where_leukocytes_speak_for_neutrophils_all_else_that_is_known_of_these_remains() -> None:
    total, start = result("leukocytes", "0.9", ago(days=1)), result("neutrophils", "4", ago(days=41))
    early = result("neutrophils", "3", final=False)
    found = series("neutrophils", start, result("neutrophils", "2", ago(days=9)), early, total, orders=(START,))
    assert found.speaking is not None
    assert found.speaking.result.bound_of == "leukocytes"
    assert (found.analyte, found.beside, [str(x.result.value) for x in found.readings]) == (
        "neutrophils", True, ["2", "3"],
    )  # fmt: skip
    assert found.baseline is not None
    assert found.baseline.result == start


@pytest.mark.hazard("H09")
def test_a_direct_count_that_is_not_older_speaks_for_itself() -> None:
    total = result("leukocytes", "0.9", ago(days=2))
    for when, bound in ((ago(days=2), ""), (ago(days=1), ""), (day(2), ""), (ago(days=3), "leukocytes")):
        found = series("neutrophils", total, result("neutrophils", "0.6", when)).speaking
        assert found is not None
        assert found.result.bound_of == bound


def test_calendars_end() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    start = order(100, When(first, first))
    assert series("haemoglobin", result("haemoglobin", "9"), orders=(start,)).baseline is None


MONTH = When(day(40).start, day(10).end)
TWO_DAYS = When(day(3).start, day(2).end)
EXACTLY_A_DAY = When(ago(days=3).start, ago(days=2).start)


@pytest.mark.hazard("H09")
@pytest.mark.parametrize(
    ("derived", "direct", "wanted"),
    [
        (ago(days=2), ago(days=2), "4"),
        (ago(days=2), day(2), "4"),
        (day(2), ago(days=2), "4"),
        (day(2), day(2), "4"),
        (day(2), ago(days=1), "4"),
        (MONTH, MONTH, "4"),
        (TWO_DAYS, TWO_DAYS, "4"),
        (TWO_DAYS, day(2), "1.2"),
        (EXACTLY_A_DAY, ago(days=2, hours=5), "4"),
    ],
    ids=[
        "one moment", "moment and its day", "day and a moment of it", "one day", "a later one speaks anyway",
        "one month", "two days, the same", "two days, one of them", "exactly a day",
    ],
)  # fmt: skip
def test_a_count_that_was_sent_stands_before_a_calculated_one_of_its_time(
    derived: When, direct: When, wanted: str
) -> None:
    calculated = result("neutrophils", "1.2", derived, derived=CALCULATED)
    assert spoken(calculated, result("neutrophils", "4", direct)) == wanted


@pytest.mark.parametrize("name", ["Observation/0", "Observation/z"])
def test_of_one_time_and_grade_the_worse_number_speaks_whatever_its_name(name: str) -> None:
    assert spoken(result("platelets", "60", source=name), result("platelets", "70")) == "60"
    assert spoken(result("platelets", "70", source=name), result("platelets", "60")) == "60"
    assert spoken(result("alt", "90", source=name), result("alt", "120")) == "120"
    assert spoken(result("alt", "120", source=name), result("alt", "90")) == "120"


def test_none_at_all_is_worse_than_a_few() -> None:
    assert spoken(result("platelets", "0.5"), result("platelets", "0")) == "0"


def test_a_number_that_is_surely_of_a_grade_speaks_before_one_that_may_be() -> None:
    assert spoken(result("platelets", ">=60"), result("platelets", "70")) == "70"


def test_two_results_that_say_the_same_give_the_same_answer_in_either_order() -> None:
    pair = [result("platelets", "60", source=x) for x in ("Observation/a", "Observation/b")]
    assert series("platelets", *pair).speaking == series("platelets", *reversed(pair)).speaking


def test_what_cannot_be_graded_is_named_with_its_source_and_why() -> None:
    open_question = result("platelets", "<60")
    found = series("platelets", open_question)
    detail = "it cannot be graded as it was sent"
    assert found.unknown == Unknown("platelets", Reason.UNREADABLE, open_question.source, detail)


@pytest.mark.parametrize(
    ("sent", "interrupt", "toxicity", "wanted"),
    [
        (">60", 3, 3, "60"),
        (">60", 3, 2, "60"),
        (">60", 2, 3, None),
        (">40", 3, 3, None),
    ],
)
def test_a_count_speaks_where_it_is_surely_on_one_side_of_the_interrupting_grade(
    sent: str, interrupt: int, toxicity: int, wanted: str | None
) -> None:
    """These may be of grade 0 to 2, and to 3; a hospital may stop the treatment at a lower grade."""
    p = replace(P, interrupt_grade=interrupt, toxicity_grade=toxicity)
    assert spoken(result("platelets", sent), p=p) == wanted


@pytest.mark.parametrize(
    ("sent", "interrupt", "toxicity", "wanted"),
    [("<=200", 3, 3, "200"), ("<=200", 2, 3, "200"), ("<=200", 3, 2, None), ("<=300", 3, 3, None)],
)
def test_chemistry_speaks_where_it_is_surely_on_one_side_of_the_toxic_grade(
    sent: str, interrupt: int, toxicity: int, wanted: str | None
) -> None:
    """These may be of grade 0 to 2, and to 3; a hospital may lower the dose at a lower grade."""
    p = replace(P, interrupt_grade=interrupt, toxicity_grade=toxicity)
    assert spoken(result("alt", sent), p=p) == wanted


@pytest.mark.hazard("H10")
@pytest.mark.parametrize(
    ("moderate", "interrupt", "toxicity", "wanted"),
    [
        (result("platelets", "60"), 3, 3, None),
        (result("platelets", "60"), 3, 2, None),
        (result("platelets", "60"), 2, 3, "60"),
        (result("alt", "200"), 3, 3, None),
        (result("alt", "200"), 2, 3, None),
        (result("alt", "200"), 3, 2, "200"),
    ],
)
def test_beside_an_unusable_result_the_grade_speaks_at_which_the_hospital_acts(
    moderate: Result, interrupt: int, toxicity: int, wanted: str | None
) -> None:
    """Counts by the grade that stops the treatment, chemistry by the one that lowers the dose."""
    p = replace(P, interrupt_grade=interrupt, toxicity_grade=toxicity)
    assert spoken(moderate, unusable(moderate.analyte), p=p) == wanted
