"""Daily dose: a table for every shape of a dosage, each right one beside its wrong twin."""

from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import Dose, Reason, Unknown
from cds_service.fhir.dosage.phases import Context, text_of
from cds_service.fhir.dosage.reading import Undetermined, decimal
from tests.fhir.orders import (
    GTS,
    ORAL,
    SNOMED,
    UCUM,
    code,
    daily,
    daily_dose,
    dose,
    instruction,
    mg,
    parsed,
    repeat,
    tablets,
)

CONTEXT = Context("MedicationRequest/trofo", ZoneInfo("Europe/Berlin"))
TABLETS_OF_50 = Context("MedicationRequest/trofo", ZoneInfo("Europe/Berlin"), Fraction(50))


def read(*instructions: dict[str, Any], context: Context = CONTEXT) -> Dose | Unknown:
    return daily_dose(parsed({"x": instructions})["x"], context)


def known(value: str) -> Dose:
    return Dose(Decimal(value), Decimal(value))


def seldom(dosing_day: str, mean: str | None = None) -> Dose:
    return Dose(
        Decimal(dosing_day), Decimal(dosing_day), continuous=False, mean=None if mean is None else Decimal(mean)
    )


def spread(low: str, high: str) -> Dose:
    return Dose(Decimal(low), Decimal(high))


def why(found: Dose | Unknown) -> str:
    assert isinstance(found, Unknown), found
    assert (found.what, found.reason, found.source) == ("dose", Reason.UNDETERMINED_DOSE, "MedicationRequest/trofo")
    return found.detail


UNITS = [
    (mg(50), "100"),
    (mg("0.05", "g"), None),  # a string is no number
    (mg(Decimal("0.05"), "g"), "100"),
    (mg(50000, "ug"), "100"),
    (mg(50, "MG"), "100"),
    (mg(25), "50"),
    (mg(Decimal("37.5")), "75"),
    (mg(Decimal("50.00")), "100"),
    ({"value": 50, "unit": "mg"}, "100"),
    ({"value": 50, "unit": " mg "}, "100"),
    ({"value": 50, "unit": "Milligramm"}, "100"),
    ({"value": 50000, "unit": "µg"}, "100"),
    ({"value": 50000, "unit": "μg"}, "100"),
    ({"value": 50, "system": UCUM, "code": "mg"}, "100"),
    ({"value": 50, "code": "mg"}, "100"),
    ({"value": 50, "unit": "milligram", "system": UCUM, "code": "mg"}, "100"),
    ({"value": 50}, None),
    ({"value": 50, "unit": ""}, None),
    ({"unit": "mg"}, None),
    ({"value": 0, "unit": "mg"}, None),
    ({"value": -50, "unit": "mg"}, None),
    ({"value": True, "unit": "mg"}, None),
    ({"value": 50, "unit": "mg", "comparator": "<="}, None),
    ({"value": Decimal("1e-999999999"), "unit": "mg"}, None),
    ({"value": 10**40, "unit": "mg"}, None),
    (mg(50, "mg/m2"), None),
    ({"value": 50, "unit": "mg/m2", "system": UCUM, "code": "mg"}, None),
    ({"value": 50, "unit": "tablet", "system": UCUM, "code": "mg"}, None),
    ({"value": 50, "unit": "mg", "system": "urn:oid:1.2.3", "code": "77"}, None),
    (mg(5, "mL"), None),
    (mg(50, "[IU]"), None),
    (mg(50, "G"), None),  # gauss, or a gram written wrong
    (mg(50, "mcg"), None),
]


@pytest.mark.hazard("H16", "H17")
@pytest.mark.parametrize(("quantity", "expected"), UNITS)
def test_units_of_the_dose(quantity: dict[str, Any], expected: str | None) -> None:
    found = read(instruction(daily(2), dose(quantity)))
    assert (found == known(expected)) if expected else why(found)


KBV = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_BMP_DOSIEREINHEIT"
FORM = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"
TABLETS = [
    ({"value": 1, "unit": "tablet", "system": UCUM, "code": "{tbl}"}, "100"),
    ({"value": 1, "system": UCUM, "code": "{pill}"}, "100"),
    ({"value": 1, "unit": "Stück", "system": KBV, "code": "1"}, "100"),
    ({"value": 1, "unit": "Stück", "system": UCUM, "code": "1"}, "100"),
    ({"value": 1, "system": KBV, "code": "1"}, "100"),
    ({"value": 1, "system": SNOMED, "code": "732936001"}, "100"),
    ({"value": 1, "system": SNOMED, "code": "385055001"}, "100"),
    ({"value": 1, "system": FORM, "code": "TAB"}, "100"),
    ({"value": 1, "unit": "Tablette"}, "100"),
    ({"value": 1, "unit": "TAB"}, "100"),
    ({"value": Decimal("0.5"), "unit": "tablet"}, "50"),
    ({"value": Decimal("1.5"), "unit": "tablet"}, "150"),
    ({"value": 1, "system": UCUM, "code": "1"}, None),  # one of what?
    ({"value": 1, "unit": "1", "system": UCUM, "code": "1"}, None),
    ({"value": 1, "unit": "capsule"}, None),
    ({"value": 1, "unit": "mg", "system": UCUM, "code": "{tbl}"}, None),
    ({"value": 1, "system": KBV, "code": "5"}, None),
]


@pytest.mark.parametrize(("quantity", "expected"), TABLETS)
def test_tablets_need_a_known_strength(quantity: dict[str, Any], expected: str | None) -> None:
    one = instruction(daily(2), dose(quantity))
    found = read(one, context=TABLETS_OF_50)
    assert (found == known(expected)) if expected else why(found)
    assert why(read(one))


@pytest.mark.hazard("H16")
@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([dose(mg(50)), dose(mg(50)), dose(mg(50))], known("100")),
        ([dose(mg(50)) | {"type": {"text": "calculated"}}, dose(mg(Decimal("0.05"), "g"))], known("100")),
        ([dose(mg(50)), dose(tablets(1))], known("100")),
        ([dose(mg(50)), dose(tablets(2))], None),
        ([dose(mg(50)), dose(mg(100))], None),
        ([dose(mg(50)), {"doseRange": {"low": mg(50), "high": mg(100)}}], None),
        ([dose(mg(50)), {"type": {"text": "ordered"}}], None),
        ([{"doseRange": {"low": mg(50), "high": mg(100)}}], spread("100", "200")),
        ([{"doseRange": {"low": mg(50), "high": mg(50)}}], known("100")),
        ([{"doseRange": {"high": mg(100)}}], None),
        ([{"doseRange": {"low": mg(50)}}], None),
        ([{"doseRange": {"low": mg(100), "high": mg(50)}}], None),
        ([], None),
    ],
)
def test_several_entries_describe_one_dose(entries: list[dict[str, Any]], expected: Dose | None) -> None:
    found = read({"timing": daily(2), "doseAndRate": entries}, context=TABLETS_OF_50)
    assert (found == expected) if expected else why(found)


def ratio(numerator: Any, denominator: Any) -> dict[str, Any]:
    return {"numerator": numerator, "denominator": denominator}


@pytest.mark.parametrize(
    ("timing", "entry", "expected"),
    [
        ({}, {"rateRatio": ratio(mg(100), mg(1, "d"))}, "100"),
        ({}, {"rateRatio": ratio(mg(100), mg(24, "h"))}, "100"),
        ({}, {"rateRatio": ratio(mg(100), {"value": 1, "unit": "Tag"})}, "100"),
        ({}, {"rateRatio": ratio(tablets(2), mg(1, "d"))}, "100"),
        ({}, {"rateQuantity": mg(100, "mg/d")}, "100"),
        ({}, {"rateQuantity": {"value": 100, "unit": "mg/day", "system": UCUM, "code": "mg/(24.h)"}}, "100"),
        (daily(2), {"rateQuantity": mg(100, "mg/d")}, "100"),
        (daily(2), dose(mg(50)) | {"rateQuantity": mg(100, "mg/d")}, "100"),
        (daily(3), dose(mg(50)) | {"rateQuantity": mg(100, "mg/d")}, None),
        ({}, {"rateRatio": ratio(mg(100), mg(2, "d"))}, None),
        ({}, {"rateRatio": ratio(mg(100), mg(1, "h"))}, None),
        ({}, {"rateRatio": ratio(mg(100), mg(1, "mo"))}, None),
        ({}, {"rateRatio": ratio(None, mg(1, "d"))}, None),
        ({}, {"rateRatio": {}}, None),
        ({}, {"rateQuantity": mg(100, "mg/h")}, None),
        ({}, {"rateQuantity": mg(100)}, None),
        ({}, {"rateQuantity": {"value": 100, "unit": "mg/h", "system": UCUM, "code": "mg/d"}}, None),
        ({}, {"rateRange": {"low": mg(50, "mg/d"), "high": mg(100, "mg/d")}}, None),
        ({}, dose(mg(50)), None),  # how often is not said
    ],
)
def test_a_rate_a_day_is_the_daily_dose(timing: Any, entry: dict[str, Any], expected: str | None) -> None:
    found = read({"timing": timing, "doseAndRate": [entry]}, context=TABLETS_OF_50)
    assert (found == known(expected)) if expected else why(found)


def often(number: Any, period: Any, unit: str, **more: Any) -> dict[str, Any]:
    return repeat(frequency=number, period=period, periodUnit=unit, **more)


DAILY = [
    (often(1, 1, "d"), "50"),
    (often(3, 1, "d"), "150"),
    (often(3, Decimal("1.0"), "d"), "150"),
    (often(1, 8, "h"), "150"),
    (often(1, 12, "h"), "100"),
    (often(1, 24, "h"), "50"),
    (often(2, 24, "h"), "100"),
    (often(1, Decimal("0.5"), "d"), "100"),
    (often(1, 480, "min"), "150"),
    (often(1, 28800, "s"), "150"),
    (often(1, 5, "h"), None),  # 4.8 a day
    (often(1, 16, "h"), None),
    (often("2", 1, "d"), None),
    (often(True, 1, "d"), None),
    (often(2, 1, "fortnight"), None),
    (repeat(frequency=2), None),
    (repeat(period=1, periodUnit="d"), None),
    (repeat(frequencyMax=2, period=1, periodUnit="d"), None),
    (repeat(), None),
    ({}, None),
    ({"event": ["2026-11-23"]}, None),
    ({"event": ["2026-11-23"], **daily(1)}, None),
    (often(2, 1, "d", count=14), None),
    (often(2, 1, "d", countMax=14), None),
    (often(2, 1, "d", duration=1, durationUnit="h"), None),
    (often(2, 1, "d", durationMax=2), None),
    (often(2, 1, "d", offset=30), None),
    (daily(2) | {"modifierExtension": [{"url": "https://ehr.example/not", "valueBoolean": True}]}, None),
]


@pytest.mark.parametrize(("timing", "expected"), DAILY)
def test_frequency_and_period(timing: dict[str, Any], expected: str | None) -> None:
    found = read(instruction(timing))
    assert (found == known(expected)) if expected else why(found)


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        (often(2, 1, "d", frequencyMax=3), spread("100", "150")),
        (often(1, 6, "h", periodMax=8), spread("150", "200")),
        (often(1, 6, "h", periodMax=10), None),
        (often(3, 1, "d", frequencyMax=2), None),
        (often(1, 12, "h", periodMax=6), None),
        (often(1, 1, "d", periodMax=2), None),
        (often(2, 1, "d", frequencyMax=2), spread("100", "100")),
    ],
)
def test_ranges_of_the_timing(timing: dict[str, Any], expected: Dose | None) -> None:
    found = read(instruction(timing))
    assert (found == expected) if expected else why(found)


TIMES = [
    (repeat(when=["MORN"]), "50"),
    (repeat(when=["MORN", "EVE"]), "100"),
    (repeat(when=["CM", "CD", "CV"]), "150"),
    (repeat(when=["MORN.early", "HS"]), "100"),
    (repeat(timeOfDay=["08:00:00", "20:00:00"]), "100"),
    (often(2, 1, "d", when=["MORN", "EVE"]), "100"),
    (often(1, 12, "h", timeOfDay=["08:00:00", "20:00:00"]), "100"),
    (repeat(period=1, periodUnit="d", when=["MORN", "EVE"]), "100"),
    (often(1, 1, "d", when=["MORN", "EVE"]), None),  # never multiplied
    (often(3, 1, "d", when=["MORN", "EVE"]), None),
    (often(1, 8, "h", when=["MORN"]), None),
    (repeat(when=["MORN", "MORN"]), None),
    (repeat(timeOfDay=["08:00:00", "08:00:00"]), None),
    (repeat(when=["MORN"], timeOfDay=["08:00:00"]), None),
    (repeat(when=["IMD"]), None),
    (repeat(when=["morn"]), None),
    (repeat(when=[None]), None),
    (repeat(timeOfDay=[None]), None),
    (repeat(when=["AC"]), None),  # before which meals is not said
    (often(1, 1, "d", when=["AC"]), "50"),
    (often(3, 1, "d", when=["AC"]), None),
]


@pytest.mark.parametrize(("timing", "expected"), TIMES)
def test_times_of_the_day(timing: dict[str, Any], expected: str | None) -> None:
    found = read(instruction(timing))
    assert (found == known(expected)) if expected else why(found)


CODES = [
    (code("QD"), "50"),
    (code("BID"), "100"),
    (code("TID"), "150"),
    (code("QID"), "200"),
    (code("AM"), "50"),
    (code("PM"), "50"),
    (code("QAM"), "50"),
    (code("BED"), "50"),
    (code("Q8H"), "150"),
    (code("Q6H"), "200"),
    (code("Q4H"), "300"),
    (code("229797004", SNOMED), "50"),
    (code("229799001", SNOMED), "100"),
    (code("229798009", SNOMED), "150"),
    (code("307439001", SNOMED), "200"),
    (code("BID") | daily(2), "100"),
    (code("BID") | repeat(when=["MORN", "EVE"]), "100"),
    (code("BID") | repeat(boundsPeriod={"start": "2026-11-01"}), "100"),
    ({"code": {"text": "twice daily"}} | daily(2), "100"),
    ({"code": {"coding": [{"system": GTS, "code": "BID"}, {"system": "urn:oid:1.2.3", "code": "7"}]}}, "100"),
    ({"code": {"coding": [{"system": GTS, "code": "BID"}, {"system": SNOMED, "code": "229799001"}]}}, "100"),
    ({"code": {"coding": [{"system": GTS, "code": "BID"}, {"system": SNOMED, "code": "229798009"}]}}, None),
    ({"code": {"coding": [{"system": GTS, "code": "BID"}, {"system": SNOMED, "code": "1"}]}}, None),
    (code("BID") | daily(3), None),
    (code("QD") | often(1, 2, "d"), None),
    (code("XID"), None),
    (code("XID") | daily(2), None),
    (code("7", "urn:oid:1.2.3") | daily(2), None),
    ({"code": {"coding": [{"code": "BID"}]}}, None),
    ({"code": {"text": "BID"}}, None),
    ({"code": {"coding": [{"display": "BID"}]}}, None),
]


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(("timing", "expected"), CODES)
def test_codes_of_the_timing(timing: dict[str, Any], expected: str | None) -> None:
    found = read(instruction(timing))
    assert (found == known(expected)) if expected else why(found)


WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
SELDOM = [
    (repeat(dayOfWeek=["mon", "wed", "fri"], when=["MORN"]), seldom("50")),
    (often(2, 1, "d", dayOfWeek=WEEK[:5]), seldom("100")),
    (often(3, 1, "wk", dayOfWeek=["mon", "wed", "fri"]), seldom("50")),
    (often(6, 7, "d", dayOfWeek=["mon", "wed", "fri"]), seldom("100")),
    (often(2, 1, "d", dayOfWeek=WEEK), known("100")),
    (often(4, 1, "wk", dayOfWeek=["mon", "wed", "fri"]), None),
    (often(1, 2, "wk", dayOfWeek=["mon"]), None),
    (often(2, 1, "wk", frequencyMax=4, dayOfWeek=["mon", "fri"]), None),
    (repeat(dayOfWeek=["mon"]), None),
    (repeat(dayOfWeek=["day"], when=["MORN"]), None),
    (often(1, 2, "d"), seldom("50", "25")),
    (often(1, 48, "h"), seldom("50", "25")),
    (often(1, 3, "d"), seldom("50")),
    (often(1, 36, "h"), seldom("50")),
    (often(2, 2, "d", when=["MORN", "EVE"]), seldom("100", "50")),
    (often(1, 2, "d", periodMax=3), seldom("50")),
    (often(1, 1, "wk"), seldom("50")),
    (often(3, 1, "wk"), seldom("50")),
    (often(7, 1, "wk"), None),
    (often(14, 1, "wk"), None),
    (often(2, 2, "d"), None),
    (often(1, 2, "wk", frequencyMax=2), None),
    (often(1, 1, "mo"), seldom("50")),
    (often(2, 1, "mo"), None),
    (often(1, 1, "a"), seldom("50")),
    (code("QOD"), seldom("50", "25")),
    (code("WK"), seldom("50")),
    (code("MO"), seldom("50")),
    (code("QOD") | often(1, 2, "d"), seldom("50", "25")),
    (code("QOD") | often(1, 1, "d"), None),
]


@pytest.mark.hazard("H18")
@pytest.mark.parametrize(("timing", "expected"), SELDOM)
def test_a_regimen_with_pauses_is_never_a_level(timing: dict[str, Any], expected: Dose | None) -> None:
    found = read(instruction(timing))
    assert (found == expected) if expected else why(found)


CONDITIONS = [
    ({}, True),
    ({"asNeededBoolean": False}, True),
    ({"asNeededBoolean": True}, False),
    ({"asNeededBoolean": "true"}, False),
    ({"asNeededCodeableConcept": {"text": "pain"}}, False),
    ({"asNeeded": True}, False),
    ({"asNeededFor": [{"text": "pain"}]}, False),
    ({"route": ORAL}, True),
    ({"route": {"coding": [{"system": "http://standardterms.edqm.eu", "code": "20053000"}]}}, True),
    (
        {
            "route": {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", "code": "PO"},
                ]
            }
        },
        True,
    ),
    ({"route": {"coding": [{"system": SNOMED, "code": "47625008"}]}}, False),  # intravenous
    ({"route": {"text": "oral"}}, False),
    ({"site": {"text": "mouth"}, "method": {"text": "swallow"}}, True),
    ({"patientInstruction": "with water", "additionalInstruction": [{"text": "with food"}]}, True),
    ({"maxDosePerPeriod": ratio(mg(100), mg(1, "d"))}, True),
    ({"maxDosePerPeriod": ratio(mg(99), mg(1, "d"))}, False),
    ({"maxDosePerPeriod": ratio(mg(100), mg(24, "h"))}, True),
    ({"maxDosePerPeriod": ratio(mg(700), mg(1, "wk"))}, True),
    ({"maxDosePerPeriod": ratio(mg(699), mg(1, "wk"))}, False),
    ({"maxDosePerPeriod": ratio(mg(49), mg(1, "h"))}, False),
    ({"maxDosePerPeriod": ratio(mg(100, "mg/m2"), mg(1, "d"))}, False),
    ({"maxDosePerPeriod": ratio(mg(3000), mg(1, "mo"))}, False),
    ({"maxDosePerPeriod": ratio(mg(100), None)}, False),
    ({"maxDosePerAdministration": mg(50)}, True),
    ({"maxDosePerAdministration": mg(49)}, False),
    ({"maxDosePerLifetime": mg(5000)}, False),
    ({"modifierExtension": [{"url": "https://ehr.example/not", "valueBoolean": True}]}, False),
    ({"extension": [{"url": "https://ehr.example/note", "valueString": "x"}], "id": "a", "colour": "red"}, True),
]


@pytest.mark.parametrize(("members", "understood"), CONDITIONS)
def test_what_else_stands_in_an_instruction(members: dict[str, Any], understood: bool) -> None:
    found = read(instruction(daily(2), **members))
    assert (found == known("100")) if understood else why(found)


AT = {
    "morning": instruction(repeat(when=["MORN"])),
    "evening": instruction(repeat(when=["EVE"])),
    "evening, 100": instruction(repeat(when=["EVE"]), dose(mg(100))),
    "first": instruction(repeat(when=["MORN"]), sequence=1),
    "second": instruction(repeat(when=["EVE"]), sequence=2),
    "also first": instruction(repeat(when=["EVE"]), sequence=1),
    "words": {"text": "one in the evening"},
    "odd days": instruction(often(1, 2, "d")),
    "to the 10th": instruction(repeat(when=["MORN"], boundsPeriod={"end": "2026-11-10"})),
    "max 100": instruction(repeat(when=["MORN"]), maxDosePerPeriod=ratio(mg(100), mg(1, "d"))),
}


@pytest.mark.hazard("H14", "H16")
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("morning", "evening"), known("100")),
        (("morning", "evening, 100"), known("150")),
        (("morning", "morning"), known("100")),
        (("first", "also first"), known("100")),
        (("first", "second"), None),
        (("first", "evening"), None),
        (("morning", "words"), None),
        (("morning", "odd days"), Dose(Decimal(100), Decimal(100), continuous=False, mean=Decimal(75))),
        (("morning", "to the 10th"), None),
        (("max 100", "evening"), known("100")),
        (("max 100", "evening, 100"), None),
        ((), None),
    ],
)
def test_instructions_of_one_day_are_summed(names: tuple[str, ...], expected: Dose | None) -> None:
    found = read(*(AT[x] for x in names))
    assert (found == expected) if expected else why(found)


@pytest.mark.hazard("H18")
def test_weekdays_are_summed_day_by_day() -> None:
    def on(days: list[str], value: int) -> dict[str, Any]:
        return instruction(repeat(when=["MORN"], dayOfWeek=days), dose(mg(value)))

    assert read(on(WEEK[:3], 50), on(WEEK[3:], 50)) == known("50")
    assert read(on(WEEK[:5], 100), on(WEEK[5:], 30)) == Dose(Decimal(30), Decimal(100), False, Decimal(80))
    assert read(on(["mon"], 50), on(["mon"], 50)) == seldom("100")


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("text", ["100 mg/Tag", "2x1 Tbl. tägl.", "1-0-1-0", "100 mg daily"])
def test_free_text_is_shown_and_never_read(text: str) -> None:
    assert text in why(read({"text": text}))
    assert read(instruction(daily(2), text=text)) == known("100")
    assert read(instruction(daily(2), text="300 mg three times a day")) == known("100")


def test_every_word_of_a_dosage_is_shown_once() -> None:
    one = instruction(text="morning", patientInstruction="with water", additionalInstruction=[{"text": "with food"}])
    assert text_of([one, instruction(text="evening"), one]) == "morning; with food; with water; evening"


def test_a_dose_that_is_no_exact_decimal_is_undetermined() -> None:
    context = Context("MedicationRequest/trofo", ZoneInfo("UTC"), Fraction(100, 3))
    assert "exact" in why(read(instruction(daily(1), dose(tablets(1))), context=context))
    assert "exact" in why(read(instruction(daily(3), dose(tablets(1))), context=context))


@given(st.integers(-(10**12), 10**12), st.integers(0, 12))
def test_decimals_are_exact(digits: int, places: int) -> None:
    found = decimal(Fraction(digits, 10**places))
    assert Fraction(found) == Fraction(digits, 10**places)
    assert "E" not in str(found).upper() or found == 0 or abs(found) < Decimal("1e-6")


@given(st.integers(1, 50), st.integers(1, 50))
def test_a_fraction_is_a_decimal_only_by_twos_and_fives(above: int, below: int) -> None:
    number = Fraction(above, below)
    rest = number.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    if rest == 1:
        assert Fraction(decimal(number)) == number
    else:
        with pytest.raises(Undetermined):
            decimal(number)
