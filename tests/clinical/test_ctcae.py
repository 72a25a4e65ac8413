"""Grades as intervals: all that was sent allows, and nothing else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.ctcae import UNGRADED, Ctcae, Grade, grade, limit_text
from cds_service.clinical.facts import Result
from cds_service.protocols import criteria
from cds_service.protocols.load import HERE
from cds_service.protocols.strict_yaml import read
from tests.clinical.builders import PROTOCOL, ULN, result, unusable

CRITERIA = PROTOCOL.ctcae.criteria
COUNTED = ("haemoglobin", "leukocytes", "neutrophils", "platelets", "lymphocytes")
NUMBERS = st.decimals("0.001", 1000, places=3)
BEYOND = {"<": -1, "<=": -1, ">": 1, ">=": 1}


def graded(measured: Result, baseline: Result | None = None) -> Grade:
    return grade(CRITERIA[measured.analyte], measured, baseline)


def test_what_has_no_number_has_every_grade() -> None:
    assert graded(unusable("neutrophils")) == UNGRADED


@pytest.mark.parametrize(
    ("molar", "wanted"),
    [("4.899", 3), ("4.9", 2), ("4.901", 2), ("6.199", 2), ("6.2", 0), ("6.201", 0)],
)
@pytest.mark.hazard("H03")
def test_haemoglobin_is_held_against_its_limits_in_mmol_by_itself(molar: str, wanted: int) -> None:
    """The number in g/dL is made so high here that it decides nothing."""
    measured = result("haemoglobin", "15", molar=Decimal(molar), low=Decimal(12))
    assert graded(measured) == (wanted, wanted)


def test_a_known_range_tells_grade_0_in_mmol_too() -> None:
    assert graded(result("haemoglobin", "14.5", molar=Decimal(9), low=Decimal(12))) == (0, 0)
    assert graded(result("haemoglobin", "11.3", molar=Decimal(7), low=Decimal(12))) == (1, 1)
    assert graded(result("haemoglobin", "14.5", molar=Decimal(9))) == (0, 1)


@pytest.mark.parametrize(
    ("sent", "molar", "wanted"),
    [(">7.73", "4.8", (0, 3)), (">=7.9", "4.9", (0, 3)), ("<7.73", "4.8", (3, 3)), ("<=9.9", "6.15", (2, 3))],
)
def test_a_comparator_holds_for_haemoglobin_in_mmol_too(sent: str, molar: str, wanted: Grade) -> None:
    assert graded(result("haemoglobin", sent, molar=Decimal(molar), low=Decimal(12))) == wanted


@pytest.mark.parametrize("analyte", COUNTED)
@pytest.mark.parametrize("comparator", BEYOND)
@given(bound=NUMBERS, away=st.decimals(0, 100, places=3), low=st.sampled_from((None, Decimal(2))))
def test_a_comparator_gives_the_grades_of_all_values_that_it_allows(
    analyte: str, comparator: str, bound: Decimal, away: Decimal, low: Decimal | None
) -> None:
    value = bound + BEYOND[comparator] * away
    if value < 0 or (away == 0 and len(comparator) == 1):
        return
    least, greatest = graded(result(analyte, f"{comparator}{bound}", low=low))
    exact = graded(result(analyte, str(value), low=low))
    assert least <= exact[0]
    assert exact[1] <= greatest


@pytest.mark.parametrize("analyte", ULN)
@pytest.mark.parametrize("comparator", BEYOND)
@given(bound=NUMBERS, away=st.decimals(0, 100, places=3), base=st.sampled_from((None, "10", "90", "300")))
def test_a_comparator_of_an_increase_too(
    analyte: str, comparator: str, bound: Decimal, away: Decimal, base: str | None
) -> None:
    value = bound + BEYOND[comparator] * away
    if value < 0 or (away == 0 and len(comparator) == 1):
        return
    baseline = result(analyte, base) if base else None
    least, greatest = graded(result(analyte, f"{comparator}{bound}"), baseline)
    exact = graded(result(analyte, str(value)), baseline)
    assert least <= exact[0] <= exact[1] <= greatest


@pytest.mark.hazard("H02")
def test_an_increase_without_an_upper_limit_has_every_grade() -> None:
    assert graded(result("alt", "1000", high=None)) == UNGRADED
    assert graded(result("alt", "1000", high=None), result("alt", "20")) == UNGRADED


def test_creatinine_without_an_upper_limit_is_at_least_as_bad_as_its_baseline_tells() -> None:
    assert graded(result("creatinine", "301", high=None), result("creatinine", "100")) == (3, 4)
    assert graded(result("creatinine", "100", high=None), result("creatinine", "100")) == (0, 4)


def test_a_baseline_with_a_comparator_is_no_reference() -> None:
    assert graded(result("alt", "260"), result("alt", ">100")) == (3, 3)
    assert graded(result("alt", "260"), result("alt", "100")) == (1, 1)


@pytest.mark.parametrize(
    ("measured", "baseline", "wanted"),
    [
        (result("neutrophils", "0.9"), None, "< 1.0 10*9/L"),
        (result("haemoglobin", "7.9"), None, "< 8.0 g/dL"),
        (result("alt", "300"), None, "> 5.0 x ULN"),
        (result("alt", "600"), result("alt", "100"), "> 5.0 x baseline"),
        (result("creatinine", "310"), result("creatinine", "90"), "> 3.0 x ULN"),
        (result("creatinine", "290"), result("creatinine", "90"), "> 3.0 x baseline"),
        (result("creatinine", "310", high=None), result("creatinine", "90"), "> 3.0 x baseline"),
    ],
)
def test_the_limit_that_is_named_is_the_one_that_was_passed(
    measured: Result, baseline: Result | None, wanted: str
) -> None:
    assert limit_text(CRITERIA[measured.analyte], 3, measured, baseline) == wanted


def test_a_limit_that_the_criterion_does_not_have_is_not_named() -> None:
    assert limit_text(CRITERIA["haemoglobin"], 4, result("haemoglobin", "5"), None) == ""


def version(number: int) -> Ctcae:
    name = f"ctcae-v{number}"
    return criteria.ctcae(read((HERE / f"{name}.yaml").read_text(encoding="utf-8"), name))


VERSIONS = {5: version(5), 6: version(6)}
STEPS = [Decimal("0.001"), Decimal("1E-20")]


def graded_by(number: int, measured: Result, baseline: Result | None = None) -> Grade:
    return grade(VERSIONS[number].criteria[measured.analyte], measured, baseline)


# version, analyte, limit, grade below it, grade from it on up to the next limit
FALLS = [
    (5, "haemoglobin", "8.0", 3, 2), (5, "haemoglobin", "10.0", 2, 1),
    (5, "leukocytes", "1.0", 4, 3), (5, "leukocytes", "2.0", 3, 2), (5, "leukocytes", "3.0", 2, 1),
    (5, "neutrophils", "0.5", 4, 3), (5, "neutrophils", "1.0", 3, 2), (5, "neutrophils", "1.5", 2, 1),
    (5, "platelets", "25.0", 4, 3), (5, "platelets", "50.0", 3, 2), (5, "platelets", "75.0", 2, 1),
    (5, "lymphocytes", "0.2", 4, 3), (5, "lymphocytes", "0.5", 3, 2), (5, "lymphocytes", "0.8", 2, 1),
    (6, "haemoglobin", "8.0", 3, 2), (6, "haemoglobin", "10.0", 2, 1),
    (6, "leukocytes", "1.0", 4, 3), (6, "leukocytes", "2.0", 3, 2), (6, "leukocytes", "3.0", 2, 1),
    (6, "neutrophils", "0.1", 4, 3), (6, "neutrophils", "0.5", 3, 2), (6, "neutrophils", "1.0", 2, 1),
    (6, "platelets", "10.0", 4, 3), (6, "platelets", "50.0", 3, 2), (6, "platelets", "75.0", 2, 1),
    (6, "lymphocytes", "0.2", 4, 3), (6, "lymphocytes", "0.5", 3, 2), (6, "lymphocytes", "0.8", 2, 1),
]  # fmt: skip


@pytest.mark.hazard("H03", "H23")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("number", "analyte", "limit", "below", "beyond"), FALLS)
def test_a_count_on_a_limit_is_of_the_milder_grade(
    number: int, analyte: str, limit: str, below: int, beyond: int, step: Decimal
) -> None:
    """All are below the lower limit of normal, which is set to 1000 here."""
    at = Decimal(limit)
    found = [graded_by(number, result(analyte, f"{x:f}", low=Decimal(1000))) for x in (at - step, at, at + step)]
    assert found == [(below, below), (beyond, beyond), (beyond, beyond)]


@pytest.mark.hazard("H23")
@pytest.mark.parametrize(
    ("value", "low", "by_5", "by_6"),
    [
        ("1.499", "1.8", (2, 2), (1, 1)),
        ("1.5", "1.8", (1, 1), (0, 0)),
        ("1.799", "1.8", (1, 1), (0, 0)),
        ("1.8", "1.8", (0, 0), (0, 0)),
        ("1.5", None, (0, 1), (0, 0)),
        ("1.499", None, (2, 2), (1, 1)),
        ("1.2", "1.1", (2, 2), (1, 1)),
        (">1.4", "1.8", (0, 2), (0, 1)),
        (">=1.5", "1.8", (0, 1), (0, 0)),
        (">=1.8", "1.8", (0, 0), (0, 0)),
        ("<1.5", "1.8", (2, 4), (1, 4)),
        ("<=1.5", "1.8", (1, 4), (0, 4)),
        ("<0.5", "1.8", (4, 4), (3, 4)),
    ],
)
def test_neutrophils_move_by_one_step_and_grade_1_begins_at_a_number(
    value: str, low: str | None, by_5: Grade, by_6: Grade
) -> None:
    measured = result("neutrophils", value, low=low and Decimal(low))
    assert (graded_by(5, measured), graded_by(6, measured)) == (by_5, by_6)


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(("value", "expected"), [("1.0", 2), ("0.999", 3), ("0." + "9" * 60, 3), ("1." + "0" * 60, 2)])
def test_nothing_is_rounded_before_grading(value: str, expected: int) -> None:
    assert graded(result("neutrophils", value)) == (expected, expected)


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(("last", "expected"), [("2", 1), ("3", 1), ("4", 2)])
def test_no_multiple_of_a_baseline_is_rounded_before_grading(last: str, expected: int) -> None:
    long = "00." + "0" * 600
    measured, base = result("alt", f"3{long}{last}"), result("alt", f"1{long}1")
    assert graded(measured, base) == (expected, expected)


@pytest.mark.parametrize("number", VERSIONS)
@pytest.mark.parametrize(
    ("molar", "converted", "expected"),
    [
        ("4.9", "7.89586", 3),
        ("4.965", "8.000601", 2),
        ("4.899", "8.1", 3),
        ("6.2", "9.99068", 2),
        ("6.206", "10.00034", 1),
    ],
)
def test_the_worse_of_both_readings_of_haemoglobin_counts(
    number: int, molar: str, converted: str, expected: int
) -> None:
    measured = result("haemoglobin", converted, molar=Decimal(molar), low=Decimal(12))
    assert graded_by(number, measured) == (expected, expected)


Rise = tuple[int, str, str, int, int]  # version, analyte, multiple, grade above it, grade on it

BY_ULN: list[Rise] = [
    (number, analyte, *limit)
    for number in (5, 6)
    for analyte, limits in {
        "creatinine": [("6.0", 4, 3), ("3.0", 3, 2), ("1.5", 2, 1), ("1", 1, 0)],
        "bilirubin": [("10.0", 4, 3), ("3.0", 3, 2), ("1.5", 2, 1), ("1", 1, 0)],
        "alt": [("20.0", 4, 3), ("5.0", 3, 2), ("3.0", 2, 1), ("1", 1, 0)],
        "ast": [("20.0", 4, 3), ("5.0", 3, 2), ("3.0", 2, 1), ("1", 1, 0)],
    }.items()
    for limit in limits
]
BY_BASELINE: list[Rise] = [
    *((5, x, *y) for x in ("alt", "ast") for y in [("20.0", 4, 3), ("5.0", 3, 2), ("3.0", 2, 1), ("1.5", 1, 0)]),
    *((5, "bilirubin", *y) for y in [("10.0", 4, 3), ("3.0", 3, 2), ("1.5", 2, 1), ("1.0", 1, 0)]),
    *((6, x, *y) for x in ("alt", "ast") for y in [("4.0", 4, 3), ("2.0", 3, 2), ("1.5", 2, 1), ("1.0", 1, 0)]),
    *((6, "bilirubin", *y) for y in [("10.0", 4, 3), ("2.5", 3, 2), ("1.5", 2, 1), ("1.0", 1, 0)]),
]


def around(number: int, analyte: str, limit: Decimal, step: Decimal, baseline: str | None) -> list[Grade]:
    """The grades just below a limit, on it, and just above it."""
    base = result(analyte, baseline) if baseline else None
    return [graded_by(number, result(analyte, f"{limit + x:f}"), base) for x in (-step, Decimal(0), step)]


@pytest.mark.hazard("H03")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("share", [None, "0.5", "1"])
@pytest.mark.parametrize("rise", BY_ULN)
def test_an_increase_on_a_multiple_of_the_upper_limit_is_of_the_milder_grade(
    rise: Rise, share: str | None, step: Decimal
) -> None:
    """Without a baseline; that of the liver below the upper limit of normal, and on it, changes nothing."""
    number, analyte, multiple, above, on = rise
    baseline = str(ULN[analyte] * Decimal(share)) if share and analyte != "creatinine" else None
    found = around(number, analyte, ULN[analyte] * Decimal(multiple), step, baseline)
    assert found == [(on, on), (on, on), (above, above)]


@pytest.mark.hazard("H03")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("baseline", [Decimal("1E-3"), Decimal(100), Decimal(1000)])
@pytest.mark.parametrize("rise", BY_BASELINE)
def test_the_liver_is_graded_by_a_baseline_above_normal(rise: Rise, baseline: Decimal, step: Decimal) -> None:
    number, analyte, multiple, above, on = rise
    base = ULN[analyte] + baseline
    found = around(number, analyte, base * Decimal(multiple), step, f"{base:f}")
    assert found == [(on, on), (on, on), (above, above)]


@pytest.mark.hazard("H12")
@pytest.mark.parametrize("number", VERSIONS)
@pytest.mark.parametrize("analyte", ["bilirubin", "alt", "ast"])
def test_a_baseline_just_above_normal_changes_the_arm_of_the_liver(number: int, analyte: str) -> None:
    """1.4 x ULN is grade 1 by the upper limit, and by a baseline just above it not beyond the first multiples."""
    value = str(ULN[analyte] * Decimal("1.4"))
    normal, above = result(analyte, str(ULN[analyte])), result(analyte, str(ULN[analyte] + Decimal("0.001")))
    assert graded_by(number, result(analyte, value), normal) == (1, 1)
    by_baseline = {(5, "alt"): 0, (5, "ast"): 0}.get((number, analyte), 1)
    assert graded_by(number, result(analyte, value), above) == (by_baseline, by_baseline)


@pytest.mark.hazard("H03")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("multiple", "above", "on"), [("3.0", 3, 2), ("1.5", 2, 0)])
def test_creatinine_on_a_multiple_of_its_baseline_is_of_the_milder_grade(
    multiple: str, above: int, on: int, step: Decimal
) -> None:
    """A baseline of 20 with an upper limit of 100, which these values do not reach."""
    assert around(5, "creatinine", 20 * Decimal(multiple), step, "20") == [(on, on), (on, on), (above, above)]


@pytest.mark.parametrize("number", VERSIONS)
@pytest.mark.parametrize(
    ("value", "baseline", "expected"),
    [("310", "90", 3), ("601", "100", 4), ("160", "200", 2), ("90", "25", 3), ("75.001", "25", 3), ("75", "25", 2)],
)
def test_the_worse_of_both_arms_of_creatinine_counts(number: int, value: str, baseline: str, expected: int) -> None:
    """In v6.0 only with a baseline below the lower limit of normal, which is 1000 here."""
    measured = result("creatinine", value, low=Decimal(1000))
    assert graded_by(number, measured, result("creatinine", baseline)) == (expected, expected)


@pytest.mark.hazard("H23")
@pytest.mark.parametrize(
    ("baseline", "by_5", "by_6"),
    [
        ("29.999", (3, 3), (3, 3)),
        ("30", (3, 3), (0, 0)),
        ("30.001", (3, 3), (0, 0)),
        ("33.333", (3, 3), (0, 0)),
    ],
)
def test_in_v6_the_baseline_of_creatinine_counts_only_below_the_lower_limit(
    baseline: str, by_5: Grade, by_6: Grade
) -> None:
    measured = result("creatinine", "100", low=Decimal(30))
    base = result("creatinine", baseline)
    assert (graded_by(5, measured, base), graded_by(6, measured, base)) == (by_5, by_6)


def test_without_a_lower_limit_v6_cannot_tell_whether_the_baseline_of_creatinine_counts() -> None:
    base = result("creatinine", "30")
    assert graded_by(6, result("creatinine", "100"), base) == (0, 3)
    assert graded_by(6, result("creatinine", "310"), base) == (3, 3)
    assert graded_by(6, result("creatinine", "310")) == (3, 3)
    assert graded_by(6, result("creatinine", "100", high=None), base) == (0, 4)
    assert graded_by(6, result("creatinine", "100", high=None, low=Decimal(31)), base) == (3, 4)


def test_a_liver_far_above_normal_at_baseline_keeps_the_multiples_of_its_baseline_in_v6() -> None:
    base = result("alt", "300")  # 6 x ULN, for which the text of grade 3 says nothing
    assert [graded_by(6, result("alt", x), base) for x in ("600", "600.001", "1200", "1200.001")] == [
        (2, 2), (3, 3), (3, 3), (4, 4),
    ]  # fmt: skip
