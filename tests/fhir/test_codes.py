"""Which codes are used, which are not, and which drug codes and words name."""

import csv
from pathlib import Path

import pytest

from cds_service.fhir.codes import (
    ACTIVITY,
    BAND_COUNT,
    BAND_PERCENT,
    BESIDE_RESULTS,
    CONTEXT_RESULTS,
    DEGREES,
    MASS,
    MASS_OR_MOLAR,
    MOLAR,
    NEUTROPHIL_PERCENT,
    NO_RESULT,
    NUMBER,
    PERCENT,
    RESULTS,
    SEGMENTED_COUNT,
    SEGMENTED_PERCENT,
    TEMPERATURE,
    drug_of,
)
from tests.fhir.observations import observation, read

ATC = "http://www.whocc.no/atc"
SNOMED = "http://snomed.info/sct"

USED = {
    ("haemoglobin", MASS): "718-7 20509-6 30350-3 30313-1 30352-9 30351-1 55782-7 14775-1 76769-9 97550-8",
    ("haemoglobin", MOLAR): "59260-0 93846-4 75928-2",
    ("leukocytes", NUMBER): "6690-2 26464-8 804-5 12227-5",
    ("neutrophils", NUMBER): "751-8 26499-4 753-4",
    ("lymphocytes", NUMBER): "731-0 26474-7 732-8",
    ("platelets", NUMBER): "777-3 26515-7 778-1 97995-5",
    ("creatinine", MASS): "2160-0 38483-4 21232-4",
    ("creatinine", MOLAR): "14682-9 59826-8 77140-2 101475-2",
    ("creatinine", MASS_OR_MOLAR): "35203-9",
    ("bilirubin", MASS): "1975-2 42719-5",
    ("bilirubin", MOLAR): "14631-6 77137-8 54363-7",
    ("bilirubin", MASS_OR_MOLAR): "35194-0",
    ("alt", ACTIVITY): "1742-6 1743-4 1744-2 76625-3 77144-4",
    ("ast", ACTIVITY): "1920-8 30239-8 88112-8",
}
NEVER_A_RESULT = (
    "24360-0 4576-5 4548-4 5794-3 49498-9 51383-8 20408-1 30394-1 35003-3 74398-9 30364-4 49497-1 13056-7 26516-5 "
    "74464-9 74775-8 34167-7 48386-7 96354-6 11041-1 11042-9 33914-3 2164-2 34442-4 16325-3 44785-4 "
    "1916-6 48136-6 2951-2 57751-0"
)
ASKED_FOR_AS_WELL = (
    "768-2 30451-9 763-3 26507-4 30229-9 770-8 23761-0 26511-6 769-0 26505-8 764-1 26508-2 35332-6 736-9 26478-8 737-7 "
    "58410-2 57021-8 57023-4 69738-3 69742-5 57022-6 24323-8 24325-3 8310-5"
)


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(("meaning", "codes"), USED.items())
def test_each_code_has_its_analyte_and_property(meaning: tuple[str, str], codes: str) -> None:
    assert {code: RESULTS[code] for code in codes.split()} == dict.fromkeys(codes.split(), meaning)


def test_no_other_code_is_used() -> None:
    assert set(RESULTS) == {code for codes in USED.values() for code in codes.split()}


@pytest.mark.hazard("H08")
@pytest.mark.parametrize("code", f"{NEVER_A_RESULT} {ASKED_FOR_AS_WELL}".split())
def test_estimates_percents_bands_panels_and_other_specimens_are_no_result(code: str) -> None:
    assert code not in RESULTS


def test_percents_bands_panels_and_temperature_are_asked_for_as_well() -> None:
    assert sorted(CONTEXT_RESULTS) == sorted(ASKED_FOR_AS_WELL.split())


TABLE = list(csv.DictReader((Path(__file__).parent / "loinc_codes.csv").read_text(encoding="utf-8").splitlines()))
PROPERTIES = {"MCnc": (MASS, "g/dL"), "SCnc": (MOLAR, "umol/L"), "NCnc": (NUMBER, "10*9/L"), "CCnc": (ACTIVITY, "U/L")}
PARTS = {
    "use only + bands (else lower bound)": (SEGMENTED_COUNT, NUMBER),
    "add to segmented": (BAND_COUNT, NUMBER),
    "only x WBC same specimen": (NEUTROPHIL_PERCENT, PERCENT),
    "(seg+band)% x WBC": (SEGMENTED_PERCENT, PERCENT),
    "add to segmented %": (BAND_PERCENT, PERCENT),
}


def wanted(row: dict[str, str]) -> tuple[str, str] | None:
    """What the table of codes says that a code means; None where it is not to be used."""
    analyte, use = row["analyte"].split()[0].lower(), row["use"]
    if use == "use only with explicit unit":
        return analyte, MASS_OR_MOLAR
    if use == "use" or use.startswith(("use (", "use if present")):
        return analyte, PROPERTIES[row["property"]][0]
    return PARTS.get(use) if analyte == "neutrophils" else None


@pytest.mark.hazard("H08")
@pytest.mark.parametrize("row", [pytest.param(x, id=f"{x['loinc']}-{x['analyte']}") for x in TABLE])
def test_every_code_of_the_table_is_used_as_the_table_says(row: dict[str, str]) -> None:
    assert {**RESULTS, **BESIDE_RESULTS}.get(row["loinc"]) == wanted(row)
    found = read(observation("5", PROPERTIES.get(row["property"], ("", "%"))[1], row["loinc"]))
    assert bool(found.results) == (wanted(row) is not None and wanted(row) not in BANDS)


BANDS = {(BAND_COUNT, NUMBER), (BAND_PERCENT, PERCENT)}  # by themselves they tell nothing


def test_every_code_that_is_used_is_in_the_table() -> None:
    listed = {row["loinc"] for row in TABLE}
    assert {*RESULTS, *BESIDE_RESULTS, *NO_RESULT} - listed == {"8310-5"}
    assert BESIDE_RESULTS["8310-5"] == (TEMPERATURE, DEGREES)


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    ("codings", "texts", "drug"),
    [
        ([(SNOMED, "1156222009")], [], "trofosfamide"),
        ([(ATC, "L01AA07")], [], "trofosfamide"),
        ([("http://fhir.de/CodeSystem/bfarm/atc", "L01AA07")], [], "trofosfamide"),
        ([("http://fhir.de/CodeSystem/dimdi/atc", "L01AA07")], ["Ifosfamid"], "trofosfamide"),
        ([(ATC, "L01AA07"), ("https://hospital.example/drugs", "4711")], [], "trofosfamide"),
        ([(ATC, "L01AA07"), (ATC, "L01AA06")], [], "possible"),
        ([(ATC, "L01AA01"), (SNOMED, "1156222009")], [], "possible"),
        ([("https://hospital.example/drugs", "L01AA07")], [], "other"),
        ([("", "L01AA07")], [], "other"),
        ([(ATC, "l01aa07")], [], "other"),
        ([(SNOMED, "L01AA07")], [], "other"),
        ([(ATC, "L01AA06")], ["Trofosfamid"], "other"),
        ([(ATC, "L01AA01")], [], "other"),
        ([(ATC, "A02BC01")], [], "other"),
        ([(ATC, "A02BC01")], ["Trofosfamid"], "possible"),
        ([(SNOMED, "1")], ["Ixoten 50 mg"], "possible"),
        ([], ["trofosfamide"], "possible"),
        ([], ["TROFOSFAMID 50 mg Tabletten"], "possible"),
        ([], ["Trofosfamid-Tabletten"], "possible"),
        ([], ["trofosfamid50"], "possible"),
        ([], ["ibuprofen", "Trophosphamide"], "possible"),
        ([], ["Trofosfamidähnlich"], "other"),
        ([], ["xixoten"], "other"),
        ([], ["Ifosfamid"], "other"),
        ([], ["Cyclophosphamid", "Glufosfamid", "Mafosfamide"], "other"),
        ([], [], "other"),
    ],
)
def test_codes_name_the_drug_and_words_only_suggest_it(
    codings: list[tuple[str, str]], texts: list[str], drug: str
) -> None:
    assert drug_of(codings, texts) == drug
