"""The steps by which a dose is read, each alone: numbers, amounts in tablets, and maxima beside a dose."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from cds_service.fhir.dosage.daily import summed
from cds_service.fhir.dosage.limits import ORAL, is_oral, refuse_conditions, refuse_contradictions
from cds_service.fhir.dosage.per_intake import given
from cds_service.fhir.dosage.reading import Local, Span, Undetermined, decimal, exactly, number
from cds_service.fhir.dosage.units import days, milligrams, milligrams_per_day
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
    with pytest.raises(Undetermined) as refused:
        number(0)
    assert why(refused) == (Why.NOT_ABOVE_ZERO, str(Why.NOT_ABOVE_ZERO))


@pytest.mark.parametrize(
    ("exact", "said"),
    [(Fraction(1, 8), "0.125"), (Fraction(100), "100"), (Fraction(-1, 2), "-0.5"), (Fraction(0), "0")],
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


@pytest.mark.parametrize(
    ("quantity", "reason", "said"),
    [
        ({"value": 0, "unit": "mg"}, Why.NOT_ABOVE_ZERO, " (of a quantity)"),
        ({"value": 1, "unit": "capsule"}, Why.UNIT_UNKNOWN, " (capsule)"),
        ({"value": 1, "system": "http://unitsofmeasure.org", "code": "{tablx"}, Why.UNIT_UNKNOWN, " ({tablx)"),
        ({"value": 1, "system": "http://unitsofmeasure.org", "code": "xtabl}"}, Why.UNIT_UNKNOWN, " (xtabl})"),
        ({"value": 1, "system": "urn:oid:1.2.3", "code": "77"}, Why.UNIT_CODE_UNKNOWN, " (77)"),
        ({"value": 1, "unit": "1"}, Why.NO_UNIT, ""),
        ({"value": 1, "unit": "each"}, Why.NO_UNIT, ""),
        ({"value": 1}, Why.NO_UNIT, ""),
    ],
)
def test_why_an_amount_is_not_understood_says_what_was_sent(quantity: dict[str, Any], reason: Why, said: str) -> None:
    with pytest.raises(Undetermined) as refused:
        milligrams(quantity, FIFTY)
    assert why(refused) == (reason, f"{reason}{said}")


@pytest.mark.parametrize("each", ["1", "each"])
def test_each_beside_a_code_of_tablets_says_nothing_more(each: str) -> None:
    sent = {"value": 2, "unit": each, "system": "http://unitsofmeasure.org", "code": "{tbl}"}
    assert milligrams(sent, FIFTY) == 100


UCUM = {"system": "http://unitsofmeasure.org"}


@pytest.mark.parametrize(
    ("quantity", "length"),
    [
        ({"value": 2, "code": "wk"}, 14),
        ({"value": 2, "code": "wk", **UCUM}, 14),
        ({"value": 2, "unit": "Wochen", "code": "wk", **UCUM}, 14),
        ({"value": 2, "unit": "d", "code": "wk", **UCUM}, None),
        ({"value": 2, "unit": "wk", "code": "wk", "system": "urn:oid:1.2.3"}, None),
        ({"value": 2, "unit": "wk", "system": "urn:oid:1.2.3"}, None),
        ({"value": 2, **UCUM}, None),
    ],
)
def test_code_and_word_of_a_stretch_of_time_mean_the_same(quantity: dict[str, Any], length: int | None) -> None:
    if length is not None:
        assert days(quantity) == length
        return
    with pytest.raises(Undetermined) as refused:
        days(quantity)
    assert refused.value.why == Why.PERIOD_UNIT


def test_a_rate_is_per_day_by_its_code_alone_and_by_no_code_of_another_system() -> None:
    assert milligrams_per_day({"value": 100, "code": "mg/d", **UCUM}) == 100
    for sent in ({"unit": "mg/d", "system": "urn:oid:1.2.3"}, {"unit": "mg/d", "code": "mg/h", **UCUM}):
        with pytest.raises(Undetermined) as refused:
            milligrams_per_day({"value": 100, **sent})
        assert refused.value.why == Why.RATE_UNIT


def test_every_code_of_the_way_by_mouth_may_stand_beside_the_others() -> None:
    codes = [{"system": system, "code": code} for system, code in sorted(ORAL)]
    assert is_oral({"route": {"coding": codes}})
    intravenous = {"system": "http://snomed.info/sct", "code": "47625008"}
    assert not is_oral({"route": {"coding": [*codes, intravenous]}})


@pytest.mark.parametrize("element", ["Dosage.asNeeded", "Dosage.asNeededFor"])
def test_as_needed_by_an_element_of_a_later_release(element: str) -> None:
    url = f"http://hl7.org/fhir/5.0/StructureDefinition/extension-{element}"
    with pytest.raises(Undetermined) as refused:
        refuse_conditions({"extension": [{"url": url, "valueBoolean": True}]})
    assert refused.value.why == Why.AS_NEEDED
    refuse_conditions({"extension": [{"url": f"{url}.not", "valueBoolean": True}]})


A_DAY = {"value": 1, "unit": "d"}
MORNING, EVENING = ({"repeat": {"when": [x]}} for x in ("MORN", "EVE"))
EVERY_OTHER_DAY = {"repeat": {"frequency": 1, "period": 2, "periodUnit": "d"}}


@pytest.mark.parametrize(
    ("instructions", "intakes"),
    [
        ([{"timing": MORNING, "doseAndRate": [{"doseQuantity": mg(50)}]}], ["50"]),
        ([{"timing": EVERY_OTHER_DAY, "doseAndRate": [{"doseQuantity": mg(50)}]}], ["50"]),
        ([{"doseAndRate": [{"doseQuantity": mg(50), "rateQuantity": {"value": 100, "unit": "mg/d"}}]}], ["50"]),
        ([{"doseAndRate": [{"rateQuantity": {"value": 100, "unit": "mg/d"}}]}], []),
        ([{"timing": MORNING, "doseAndRate": [{"doseRange": {"low": mg(50), "high": mg(100)}}]}], ["50", "100"]),
        (
            [
                {"timing": MORNING, "doseAndRate": [{"doseQuantity": mg(100)}]},
                {"timing": EVENING, "doseAndRate": [{"doseQuantity": mg(50)}]},
                {"timing": EVERY_OTHER_DAY, "doseAndRate": [{"doseQuantity": mg(50)}]},
            ],
            ["100", "50"],
        ),
    ],
)
def test_what_is_taken_at_a_time_is_told_beside_the_dose(
    instructions: list[dict[str, Any]], intakes: list[str]
) -> None:
    assert [str(x) for x in summed(instructions, Local()).intakes] == intakes


@pytest.mark.parametrize(
    ("maximum", "reason"),
    [
        ({"maxDosePerAdministration": tablets(1)}, Why.ABOVE_MAXIMUM),
        ({"maxDosePerPeriod": {"numerator": tablets(3), "denominator": A_DAY}}, Why.ABOVE_PERIOD_MAXIMUM),
        ({"maxDosePerAdministration": tablets(2)}, None),
        ({"maxDosePerPeriod": {"numerator": tablets(4), "denominator": A_DAY}}, None),
    ],
)
@pytest.mark.parametrize("timing", [{"repeat": {"when": ["MORN", "EVE"]}}, {}])
def test_a_maximum_in_tablets_is_held_against_the_dose(
    maximum: dict[str, Any], reason: Why | None, timing: dict[str, Any]
) -> None:
    doses = [{"doseQuantity": mg(100), "rateQuantity": {"value": 200, "unit": "mg/d"}}]
    sent = [{"timing": timing, "doseAndRate": doses, **maximum}]
    if reason is None:
        assert summed(sent, Local(FIFTY)).high == 200
        return
    with pytest.raises(Undetermined) as refused:
        summed(sent, Local(FIFTY))
    assert refused.value.why == reason
