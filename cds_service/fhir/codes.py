"""Which codes mean which analyte and which drug. Displays are never read for laboratory results."""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from cds_service.clinical.facts import (
    ALT,
    AST,
    BILIRUBIN,
    CREATININE,
    HAEMOGLOBIN,
    LEUKOCYTES,
    LYMPHOCYTES,
    NEUTROPHILS,
    PLATELETS,
)

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ATC = frozenset(
    {
        "http://www.whocc.no/atc",
        "http://fhir.de/CodeSystem/bfarm/atc",
        "http://fhir.de/CodeSystem/dimdi/atc",
    }
)

# Properties: "number" and "activity" per volume, "mass" and "molar" concentration. Units of another one are refused.
NUMBER = "number"
ACTIVITY = "activity"
MASS = "mass"
MOLAR = "molar"
MASS_OR_MOLAR = "mass or molar"  # of a code that leaves it to the unit
PERCENT = "percent"
DEGREES = "degrees"


class Meaning(NamedTuple):
    """What a code measures: an analyte, one of `PARTS` or `TEMPERATURE`; and `of` which property (NUMBER, MASS ...)."""

    analyte: str
    of: str


# What is no analyte, but neutrophils are calculated from it.
SEGMENTED_COUNT = "segmented-neutrophils"
BAND_COUNT = "band-neutrophils"
NEUTROPHIL_PERCENT = "neutrophil-percent"
SEGMENTED_PERCENT = "segmented-percent"
BAND_PERCENT = "band-percent"
PARTS = frozenset({SEGMENTED_COUNT, BAND_COUNT, NEUTROPHIL_PERCENT, SEGMENTED_PERCENT, BAND_PERCENT})
TEMPERATURE = "temperature"


_BY_ANALYTE: dict[tuple[str, str], str] = {
    (HAEMOGLOBIN, MASS): "718-7 20509-6 30350-3 30313-1 30352-9 30351-1 55782-7 14775-1 76769-9 97550-8",
    (HAEMOGLOBIN, MOLAR): "59260-0 93846-4 75928-2",
    (LEUKOCYTES, NUMBER): "6690-2 26464-8 804-5 12227-5",
    (NEUTROPHILS, NUMBER): "751-8 26499-4 753-4",
    (LYMPHOCYTES, NUMBER): "731-0 26474-7 732-8",
    (PLATELETS, NUMBER): "777-3 26515-7 778-1 97995-5",
    (CREATININE, MASS): "2160-0 38483-4 21232-4",
    (CREATININE, MOLAR): "14682-9 59826-8 77140-2 101475-2",
    (CREATININE, MASS_OR_MOLAR): "35203-9",
    (BILIRUBIN, MASS): "1975-2 42719-5",
    (BILIRUBIN, MOLAR): "14631-6 77137-8 54363-7",
    (BILIRUBIN, MASS_OR_MOLAR): "35194-0",
    (ALT, ACTIVITY): "1742-6 1743-4 1744-2 76625-3 77144-4",
    (AST, ACTIVITY): "1920-8 30239-8 88112-8",
}

_BESIDES: dict[tuple[str, str], str] = {
    (SEGMENTED_COUNT, NUMBER): "768-2 30451-9",
    (BAND_COUNT, NUMBER): "763-3 26507-4 30229-9",
    (NEUTROPHIL_PERCENT, PERCENT): "770-8 23761-0 26511-6",
    (SEGMENTED_PERCENT, PERCENT): "769-0 26505-8",
    (BAND_PERCENT, PERCENT): "764-1 26508-2 35332-6",
    (TEMPERATURE, DEGREES): "8310-5",
}


def _by_code(listed: dict[tuple[str, str], str]) -> dict[str, Meaning]:
    return {code: Meaning(*meaning) for meaning, codes in listed.items() for code in codes.split()}


# LOINC code -> its meaning. Estimates, surrogates, plasma and cord blood are not among them.
RESULTS: dict[str, Meaning] = _by_code(_BY_ANALYTE)
# The same of what is no result of an analyte by itself, and is read with the results.
BESIDE_RESULTS: dict[str, Meaning] = _by_code(_BESIDES)
# Codes that hold results or mean none of them: beside the code of a result they contradict it.
NO_RESULT: tuple[str, ...] = (
    *("736-9", "26478-8", "737-7"),  # lymphocytes, percent of leukocytes
    *("58410-2", "57021-8", "57023-4", "69738-3", "69742-5", "57022-6", "24323-8", "24325-3"),  # panels
)

# Asked for in the prefetch as well: what else tells a count, or a fever.
CONTEXT_RESULTS: tuple[str, ...] = (*BESIDE_RESULTS, *NO_RESULT)

Drug = Literal["trofosfamide", "possible", "other"]

_TROFOSFAMIDE_SNOMED = "1156222009"
_TROFOSFAMIDE_ATC = "L01AA07"
_LOOK_ALIKE_ATC = frozenset({"L01AA01", "L01AA06"})  # cyclophosphamide, ifosfamide
_WORDS = re.compile(r"(?<![^\W\d_])(?:trofosfamide?|trophosphamide|ixoten)(?![^\W\d_])", re.IGNORECASE)


def drug_of(codings: Iterable[tuple[str, str]], texts: Iterable[str]) -> Drug:
    """Whether (system, code) pairs and words name trofosfamide: surely, possibly, or another drug.

    A look-alike's code (ifosfamide, cyclophosphamide) overrules words, and leaves doubt beside a code of trofosfamide.
    """
    named = [_coded(system, code) for system, code in codings]
    if "trofosfamide" in named:
        return "possible" if "other" in named else "trofosfamide"
    if "other" in named:
        return "other"
    return "possible" if any(_WORDS.search(text) for text in texts) else "other"


def _coded(system: str, code: str) -> Drug | None:
    if system == SNOMED:
        return "trofosfamide" if code == _TROFOSFAMIDE_SNOMED else None
    if system not in ATC:
        return None
    if code == _TROFOSFAMIDE_ATC:
        return "trofosfamide"
    return "other" if code in _LOOK_ALIKE_ATC else None
