"""Grades as intervals: all that was sent allows, and nothing else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.ctcae import UNGRADED, Grade, grade, limit_text
from cds_service.clinical.facts import Result
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
    ],
)
def test_the_limit_that_is_named_is_the_one_that_was_passed(
    measured: Result, baseline: Result | None, wanted: str
) -> None:
    assert limit_text(CRITERIA[measured.analyte], 3, measured, baseline) == wanted


def test_a_limit_that_the_criterion_does_not_have_is_not_named() -> None:
    assert limit_text(CRITERIA["haemoglobin"], 4, result("haemoglobin", "5"), None) == ""
