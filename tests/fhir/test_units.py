"""Unit spellings: each with its exact factor, its wrong twin refused, and what text and code say together."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from cds_service.fhir.codes import (
    ACTIVITY,
    BAND_COUNT,
    BAND_PERCENT,
    DEGREES,
    MASS,
    MASS_OR_MOLAR,
    MOLAR,
    NEUTROPHIL_PERCENT,
    NUMBER,
    PARTS,
    PERCENT,
    SEGMENTED_COUNT,
    SEGMENTED_PERCENT,
    TEMPERATURE,
)
from cds_service.fhir.units import BANDS, FAHRENHEIT, UCUM, band, factor, times

COUNTS = ("leukocytes", "neutrophils", "platelets", "lymphocytes")
SPELLINGS = {
    ("neutrophils", NUMBER): {
        "1": (
            "10*9/L 10*3/uL 10^3/uL 10^9/L /nL /nl 10*6/mL 10*3/mm3 10*3/mcL 1000/uL K/uL K/mm3 K/cumm G/L G/l Gpt/L "
            "10*9/l 10^9/l GPt/L GPt/l Tsd/ul Tsd/µl x10^3/ul x10E3/uL X10E3/UL x10*9/L x10^9/L 10E3/uL 10e9/L "
            "Thousand/uL THOU/UL Thou/mcL GI/L 10^3/µL 10^3/μL K/µL"
        ),
        "0.001": ("Mpt/L /uL /ul /µL /µl /μl /mm3 cells/uL {cells}/uL #/uL /cumm 10*6/L 10*3/mL M/L Leu/ul"),
        "1E-9": "/L /l",
    },
    ("haemoglobin", MASS): {"1": "g/dL g/dl gm/dL gm% g% G/DL", "0.1": "g/L g/l"},
    ("haemoglobin", MOLAR): {"1.6114": "mmol/L mmol/l"},
    ("creatinine", MASS): {"88.42": "mg/dL mg/dl"},
    ("creatinine", MOLAR): {"1": "umol/L µmol/L μmol/L µmol/l umol/l", "1000": "mmol/L mmol/l"},
    ("bilirubin", MASS): {"17.104": "mg/dL mg/dl"},
    ("bilirubin", MOLAR): {"1": "umol/L µmol/L μmol/L µmol/l"},
    ("creatinine", MASS_OR_MOLAR): {"88.42": "mg/dL mg/dl", "1": "umol/L µmol/l", "1000": "mmol/L mmol/l"},
    ("bilirubin", MASS_OR_MOLAR): {"17.104": "mg/dL mg/dl", "1": "umol/L µmol/l"},
    ("alt", ACTIVITY): {"1": "U/L U/l IU/L IU/l [IU]/L", "60": "ukat/L µkat/L ukat/l µkat/l"},
    ("ast", ACTIVITY): {"1": "U/L U/l IU/L IU/l [IU]/L", "60": "ukat/L μkat/L ukat/l μkat/l"},
    (SEGMENTED_COUNT, NUMBER): {"1": "10*9/L G/L", "0.001": "/uL"},
    (BAND_COUNT, NUMBER): {"1": "10*9/L G/L", "0.001": "/uL"},
    (NEUTROPHIL_PERCENT, PERCENT): {"1": "%"},
    (SEGMENTED_PERCENT, PERCENT): {"1": "%"},
    (BAND_PERCENT, PERCENT): {"1": "%"},
    (TEMPERATURE, DEGREES): {"1": "Cel °C [degF]"},
}
RIGHT = [
    (meaning, spelling, Decimal(by))
    for meaning, factors in SPELLINGS.items()
    for by, spellings in factors.items()
    for spelling in spellings.split()
]
WRONG = {
    ("neutrophils", NUMBER): (
        "10*9 10*12/L Tpt/L k/uL k/ul K/UL g/l GL g/L mg/dL % {ratio} 10*-3 U/L mmol/L 10*9/L. 1 M/l m/L 10*9/ML"
    ),
    ("haemoglobin", MASS): "G/L G/l mmol/L mmol/l mg/dL mg/dl % g/DL g/mL U/L 10*9/L umol/L /uL {ratio}",
    ("haemoglobin", MOLAR): "g/dL g/L g/l mMol/L umol/L MMOL/L %",
    ("creatinine", MASS): "umol/L mmol/L mmol/l MG/DL mg/L g/dL U/L ng/dL",
    ("creatinine", MOLAR): "mg/dL mg/dl mol/L UMOL/L nmol/L",
    ("bilirubin", MASS): "umol/L mmol/L mg/L MG/DL",
    ("bilirubin", MOLAR): "mg/dL mmol/L nmol/L",
    ("creatinine", MASS_OR_MOLAR): "MG/DL mg/L mol/L g/dL U/L %",
    ("bilirubin", MASS_OR_MOLAR): "mmol/L MG/DL mg/L %",
    ("alt", ACTIVITY): "u/L u/l mU/L kat/L nkat/L iu/L UKAT/L %",
    ("ast", ACTIVITY): "u/L umol/L 10*9/L",
    (SEGMENTED_COUNT, NUMBER): "% g/L {ratio}",
    (BAND_COUNT, NUMBER): "% g/L {ratio}",
    (NEUTROPHIL_PERCENT, PERCENT): "{ratio} 10*-3 10*9/L /uL 1 %% percent {percent} g%",
    (SEGMENTED_PERCENT, PERCENT): "{ratio} 10*-3 10*9/L",
    (BAND_PERCENT, PERCENT): "{ratio} 10*-3 10*9/L",
    (TEMPERATURE, DEGREES): "C F cel degF K °F %",
    ("haemoglobin", NUMBER): "g/dL 10*9/L",  # a pair that no analyte has
    ("potassium", MOLAR): "mmol/L",
}
REFUSED = [(meaning, spelling) for meaning, spellings in WRONG.items() for spelling in spellings.split()]


@pytest.mark.hazard("H01", "H03")
@pytest.mark.parametrize(("meaning", "spelling", "by"), RIGHT)
def test_a_listed_spelling_has_its_exact_factor_as_text_and_as_code(
    meaning: tuple[str, str], spelling: str, by: Decimal
) -> None:
    found = [
        factor(*meaning, spelling, None, None),
        factor(*meaning, None, spelling, UCUM),
        factor(*meaning, None, spelling, None),
        factor(*meaning, f" {spelling}\t", spelling, UCUM),
    ]
    assert [conversion and conversion.factor for conversion in found] == [by] * 4


@pytest.mark.hazard("H01", "H02")
@pytest.mark.parametrize(("meaning", "spelling"), REFUSED)
def test_its_wrong_twin_is_refused(meaning: tuple[str, str], spelling: str) -> None:
    assert factor(*meaning, spelling, None, None) is None
    assert factor(*meaning, None, spelling, UCUM) is None


@pytest.mark.parametrize("analyte", COUNTS)
def test_every_count_is_read_by_the_same_list(analyte: str) -> None:
    per_litre, per_microlitre = (factor(analyte, NUMBER, unit, None, None) for unit in ("10*9/L", "/uL"))
    assert per_litre
    assert per_microlitre
    assert (per_litre.factor, per_microlitre.factor) == (1, Decimal("0.001"))


@pytest.mark.hazard("H02")
@pytest.mark.parametrize("meaning", SPELLINGS)
@pytest.mark.parametrize(
    ("text", "code", "system"), [(None, None, None), ("", "", ""), ("  ", None, UCUM), (None, "10*9/L", "urn:other")]
)
def test_no_unit_is_never_the_usual_one(
    meaning: tuple[str, str], text: str | None, code: str | None, system: str | None
) -> None:
    assert factor(*meaning, text, code, system) is None


@pytest.mark.hazard("H01")
@pytest.mark.parametrize(
    ("text", "code", "system", "by"),
    [
        ("10*9/L", "10*9/L", UCUM, "1"),
        ("G/L", "10*9/L", UCUM, "1"),
        ("Tsd. pro µl", "10*9/L", UCUM, "1"),  # no unit to anybody: the code speaks
        ("", "/uL", UCUM, "0.001"),
        ("/uL", "10*3/uL", UCUM, None),
        ("10*3/uL", "/uL", UCUM, None),
        ("%", "10*9/L", UCUM, None),
        ("g/dL", "10*9/L", UCUM, None),
        ("mmol/L", "10*9/L", None, None),
        ("Tpt/L", "10*9/L", UCUM, None),
        ("{ratio}", "10*9/L", UCUM, None),
        ("10*9/L", "%", UCUM, None),
        ("10*9/L", "10*9/l", UCUM, "1"),
        ("10*9/L", "10*9/ll", UCUM, None),  # a code that is not understood cannot agree
        ("g/l", "10*9/L", UCUM, None),
        ("10*3/uL", "10*3/mL", UCUM, None),
        ("10*3/mL", "10*3/uL", UCUM, None),
        ("10*9/L", "whatever", "", None),
        ("10*9/L", "4711", "https://hospital.example/units", "1"),  # another system's code is no unit code
        ("odd", "10*9/L", "https://hospital.example/units", None),
    ],
)
def test_text_and_code_must_mean_the_same(text: str, code: str, system: str | None, by: str | None) -> None:
    found = factor("neutrophils", NUMBER, text, code, system)
    assert (found.factor if found else None) == (Decimal(by) if by else None)


@pytest.mark.hazard("H01", "H08")
@pytest.mark.parametrize(
    ("of", "text", "code"),
    [(MASS, "g/dL", "mmol/L"), (MASS, "mmol/L", "g/dL"), (MASS, "G/L", "g/L"), (MOLAR, "g/dL", "mmol/L")],
)
def test_haemoglobin_by_mass_and_by_moles_are_never_mixed(of: str, text: str, code: str) -> None:
    assert factor("haemoglobin", of, text, code, UCUM) is None


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(
    ("value", "by", "product"),
    [
        ("999", "0.001", "0.999"),
        ("1000", "0.001", "1.000"),
        ("0.9999999999999999999999999999999999999999", "88.42", "88.419999999999999999999999999999999999991158"),
        ("1." + "1" * 80, "60", "66." + "6" * 79 + "0"),
        ("1." + "1" * 120, "1", "1." + "1" * 120),
        ("1." + "1" * 120, "60", None),
        ("1." + "1" * 99, "0.001", "0.001" + "1" * 99),
        ("1." + "1" * 100, "0.001", None),
        ("1E999999", "60", None),
    ],
)
def test_a_product_is_exact_or_refused(value: str, by: str, product: str | None) -> None:
    exact = factor("neutrophils", NUMBER, "10*9/L", None, None)
    assert exact
    factors = {"1": exact.factor}
    assert times(Decimal(value), factors.get(by, Decimal(by))) == (Decimal(product) if product else None)


@pytest.mark.hazard("H01")
@pytest.mark.parametrize(
    ("analyte", "low", "high"),
    [
        ("haemoglobin", "2", "25"), ("leukocytes", "0", "500"), ("neutrophils", "0", "100"),
        ("lymphocytes", "0", "500"), ("platelets", "0", "3000"), ("creatinine", "8.842", "2652.6"),
        ("bilirubin", "0", "Infinity"),
        ("alt", "0", "Infinity"), ("ast", "0", "Infinity"), ("temperature", "25", "45"),
        *((part, "0", "100") for part in sorted(PARTS)),
    ],
)  # fmt: skip
def test_each_analyte_has_its_band(analyte: str, low: str, high: str) -> None:
    assert BANDS[analyte] == (Decimal(low), Decimal(high))


def test_degrees_fahrenheit_are_plausible_within_the_same_limits() -> None:
    celsius, fahrenheit = (factor(TEMPERATURE, DEGREES, unit, None, None) for unit in ("Cel", FAHRENHEIT))
    assert celsius
    assert fahrenheit
    assert band(TEMPERATURE, celsius) == (25, 45)
    assert [(limit - 32) * 5 / 9 for limit in band(TEMPERATURE, fahrenheit)] == [25, 45]


@pytest.mark.hazard("H01")
@pytest.mark.parametrize(
    ("meaning", "spelling", "unit", "as_sent", "molar"),
    [
        (("haemoglobin", MASS), "g/dL", "g/dL", False, False),
        (("haemoglobin", MASS), "g/L", "g/dL", False, False),
        (("haemoglobin", MOLAR), "mmol/L", "mmol/L", True, True),
        (("creatinine", MASS), "mg/dl", "mg/dL", True, False),
        (("creatinine", MOLAR), "mmol/L", "umol/L", False, False),
        (("bilirubin", MASS), "mg/dl", "mg/dL", True, False),
        (("bilirubin", MOLAR), "umol/L", "umol/L", False, False),
        (("neutrophils", NUMBER), "/uL", "10*9/L", False, False),
        (("alt", ACTIVITY), "ukat/L", "U/L", False, False),
        ((TEMPERATURE, DEGREES), "[degF]", "[degF]", False, False),
    ],
)
def test_readers_see_what_was_sent_or_the_canonical_number(
    meaning: tuple[str, str], spelling: str, unit: str, as_sent: bool, molar: bool
) -> None:
    found = factor(*meaning, spelling, None, None)
    assert found
    assert (found.unit, found.as_sent, found.molar) == (unit, as_sent, molar)


@pytest.mark.hazard("H01", "H02")
@pytest.mark.parametrize(
    "text", ["Tpt/L", "{ratio}", "10*-3", "mg", "MG", "mg/m2", "{tbl}", "{pill}", "tablet", "TAB", "g/dL", "%", "Cel"]
)
def test_a_unit_of_something_else_contradicts_the_code_of_a_count(text: str) -> None:
    assert factor("neutrophils", NUMBER, text, "10*9/L", UCUM) is None


TABLE = list(csv.DictReader((Path(__file__).parent / "unit_spellings.csv").read_text(encoding="utf-8").splitlines()))
# The table has creatinine and bilirubin in mg/dL; here they are in umol/L.
RECKONED = {
    "creatinine": {"1": "88.42", "divide by 88.42": "1", "multiply by 1000, divide by 88.42": "1000"},
    "bilirubin": {"1": "17.104", "divide by 17.104": "1"},
    "temperature": {"1": "1", "subtract 32, multiply by 5, divide by 9": "1"},
    "percent of leukocytes": {"1": "1", "REJECT": None},
    "Hb": {"1": "1", "0.1": "0.1", "1.6114": "1.6114", "REJECT": None},
    "RBC": {"-": None},
}
MEANT = {
    "count": [(x, NUMBER) for x in (*COUNTS, SEGMENTED_COUNT, BAND_COUNT)],
    "count or mass!": [(x, NUMBER) for x in COUNTS],
    "RBC": [(x, NUMBER) for x in COUNTS],
    "Hb": [("haemoglobin", MASS), ("haemoglobin", MOLAR)],
    "creatinine": [("creatinine", MASS), ("creatinine", MOLAR)],
    "bilirubin": [("bilirubin", MASS), ("bilirubin", MOLAR)],
    "enzymes": [("alt", ACTIVITY), ("ast", ACTIVITY)],
    "percent of leukocytes": [(x, PERCENT) for x in (NEUTROPHIL_PERCENT, SEGMENTED_PERCENT, BAND_PERCENT)],
    "temperature": [(TEMPERATURE, DEGREES)],
}


@pytest.mark.hazard("H01", "H02", "H08")
@pytest.mark.parametrize("row", [pytest.param(x, id=f"{x['family']}-{x['spelling']}") for x in TABLE])
def test_every_spelling_of_the_table_has_the_factor_of_the_table(row: dict[str, str]) -> None:
    family, said = row["family"], row["factor_to_canonical"]
    by = RECKONED[family][said] if family in RECKONED else said.split()[0]
    found = [factor(*meaning, row["spelling"], None, None) for meaning in MEANT[family]]
    assert {x.factor for x in found if x} == ({Decimal(by)} if by else set())
    # One property of haemoglobin, creatinine and bilirubin has it, and every analyte of the others.
    one_property = family in ("Hb", "creatinine", "bilirubin")
    assert sum(1 for x in found if x) == (0 if by is None else 1 if one_property else len(found))
