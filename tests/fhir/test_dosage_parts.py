"""The steps by which a dose is read, each alone: numbers, amounts in tablets, and maxima beside a dose."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from cds_service.fhir.dosage.limits import refuse_contradictions
from cds_service.fhir.dosage.per_intake import given
from cds_service.fhir.dosage.reading import Span, Undetermined, decimal, exactly, number
from cds_service.fhir.dosage.why import Why

FIFTY = Fraction(50)
LARGEST = 10**20


def tablets(count: Any) -> dict[str, Any]:
    return {"value": count, "unit": "tablet"}


def mg(amount: Any) -> dict[str, Any]:
    return {"value": amount, "unit": "mg"}


def why(refused: pytest.ExceptionInfo[Undetermined]) -> tuple[Why, str]:
    return refused.value.why, str(refused.value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("50", Why.NOT_A_NUMBER),
        (None, Why.NOT_A_NUMBER),
        (True, Why.NOT_A_NUMBER),
        (0, Why.NOT_ABOVE_ZERO),
        (Decimal(-1), Why.NOT_ABOVE_ZERO),
        (Decimal("NaN"), Why.OUT_OF_MEASURE),
        (Decimal("1E-21"), Why.OUT_OF_MEASURE),
        (LARGEST * 10, Why.OUT_OF_MEASURE),
    ],
)
def test_what_is_no_number_of_a_dose_is_refused_by_its_place(value: object, reason: Why) -> None:
    with pytest.raises(Undetermined) as refused:
        number(value, "of a quantity")
    assert why(refused) == (reason, f"{reason} (of a quantity)")


@pytest.mark.parametrize("value", [LARGEST, Decimal("1E-20"), Decimal("0.5"), 1])
def test_numbers_of_up_to_twenty_digits_stay_exact(value: Any) -> None:
    assert number(value, "") == Fraction(value)


def test_a_reason_without_more_says_itself() -> None:
    assert str(Undetermined(Why.NO_UNIT)) == str(Why.NO_UNIT)


@pytest.mark.parametrize(
    ("exact", "said"), [(Fraction(1, 8), "0.125"), (Fraction(100), "100"), (Fraction(-1, 2), "-0.5")]
)
def test_fractions_as_decimals(exact: Fraction, said: str) -> None:
    assert str(decimal(exact)) == said


def test_what_has_no_end_in_decimals_is_refused() -> None:
    assert decimal(Fraction(1, 10**40)) == Decimal("1E-40")
    for endless in (Fraction(1, 3), Fraction(1, 10**41)):
        with pytest.raises(Undetermined):
            decimal(endless)


@pytest.mark.parametrize(
    ("entry", "intake"),
    [
        ({"doseQuantity": tablets(2)}, exactly(Fraction(100))),
        ({"doseRange": {"low": tablets(1), "high": tablets(2)}}, Span(FIFTY, Fraction(100))),
        ({"doseRange": {"low": mg(50), "high": mg(50)}}, exactly(FIFTY)),
    ],
)
def test_amounts_in_tablets_of_known_strength(entry: dict[str, Any], intake: Span) -> None:
    assert given([entry], FIFTY).intake == intake


@pytest.mark.parametrize(
    "entry",
    [
        {"doseQuantity": tablets(2)},
        {"doseRange": {"low": tablets(1), "high": mg(100)}},
        {"doseRange": {"low": mg(50), "high": tablets(2)}},
    ],
)
def test_amounts_in_tablets_of_unknown_strength(entry: dict[str, Any]) -> None:
    with pytest.raises(Undetermined) as refused:
        given([entry], None)
    assert refused.value.why == Why.STRENGTH_UNKNOWN


FORMULATION = {"coding": [{"system": "urn:oid:1.2.392.100495.20.2.22", "code": "1"}]}


@pytest.mark.parametrize(
    "amount",
    [
        {"doseQuantity": mg(50)},
        {"doseRange": {"low": mg(50), "high": tablets(1)}},
        {"doseRange": {"low": tablets(1), "high": mg(50)}},
        {"rateRatio": {"numerator": mg(100), "denominator": {"value": 1, "unit": "d"}}},
        {"rateQuantity": {"value": 100, "unit": "mg/d"}},
    ],
)
def test_an_amount_of_the_formulation_is_no_amount_of_the_drug(amount: dict[str, Any]) -> None:
    with pytest.raises(Undetermined) as refused:
        given([{"type": FORMULATION, **amount}], FIFTY)
    assert refused.value.why == Why.OF_FORMULATION


def test_tablets_of_the_formulation_are_tablets() -> None:
    sent = {"type": FORMULATION, "doseRange": {"low": tablets(1), "high": tablets(2)}}
    assert given([sent], FIFTY).intake == Span(FIFTY, Fraction(100))


def limited(**limits: Any) -> None:
    """Two tablets of 50 mg at a time, twice a day."""
    refuse_contradictions(limits, Fraction(100), Fraction(200), FIFTY)


def test_maxima_in_tablets() -> None:
    a_day = {"value": 1, "unit": "d"}
    limited(maxDosePerAdministration=tablets(2))
    limited(maxDosePerPeriod={"numerator": tablets(4), "denominator": a_day})
    with pytest.raises(Undetermined) as single:
        limited(maxDosePerAdministration=tablets(1))
    with pytest.raises(Undetermined) as period:
        limited(maxDosePerPeriod={"numerator": tablets(3), "denominator": a_day})
    assert (single.value.why, period.value.why) == (Why.ABOVE_MAXIMUM, Why.ABOVE_PERIOD_MAXIMUM)


def test_a_maximum_of_less_than_a_day_is_not_below_one_intake() -> None:
    limited(maxDosePerPeriod={"numerator": mg(100), "denominator": {"value": 12, "unit": "h"}})
    with pytest.raises(Undetermined):
        limited(maxDosePerPeriod={"numerator": mg(99), "denominator": {"value": 1, "unit": "h"}})


def test_where_an_intake_is_not_known_only_the_day_is_held_against_a_maximum() -> None:
    half = Fraction(1, 2)
    period = {"numerator": mg(Decimal("0.5")), "denominator": {"value": 1, "unit": "d"}}
    refuse_contradictions({"maxDosePerAdministration": mg(Decimal("0.5"))}, None, half, None)
    refuse_contradictions({"maxDosePerPeriod": period}, None, half, None)
