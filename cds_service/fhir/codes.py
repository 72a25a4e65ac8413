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


class Meaning(NamedTuple):
    """What a LOINC code measures: an analyte, and `of` which property (NUMBER, ACTIVITY, MASS or MOLAR)."""

    analyte: str
    of: str


_BY_ANALYTE: dict[tuple[str, str], str] = {
    (HAEMOGLOBIN, MASS): "718-7 20509-6 30350-3 30313-1 30352-9 30351-1 55782-7 14775-1 76769-9 97550-8",
    (HAEMOGLOBIN, MOLAR): "59260-0 93846-4 75928-2",
    (LEUKOCYTES, NUMBER): "6690-2 26464-8 804-5 12227-5",
    (NEUTROPHILS, NUMBER): "751-8 26499-4 753-4",
    (LYMPHOCYTES, NUMBER): "731-0 26474-7 732-8",
    (PLATELETS, NUMBER): "777-3 26515-7 778-1 97995-5",
    (CREATININE, MASS): "2160-0 38483-4 21232-4",
    (CREATININE, MOLAR): "14682-9 59826-8 77140-2 101475-2",
    (BILIRUBIN, MASS): "1975-2 42719-5",
    (BILIRUBIN, MOLAR): "14631-6 77137-8 54363-7",
    (ALT, ACTIVITY): "1742-6 1743-4 1744-2 76625-3 77144-4",
    (AST, ACTIVITY): "1920-8 30239-8 88112-8",
}

# LOINC code -> its meaning. Estimates, surrogates, percents, bands, plasma and cord blood are not among them.
RESULTS: dict[str, Meaning] = {
    code: Meaning(*meaning) for meaning, codes in _BY_ANALYTE.items() for code in codes.split()
}

# Asked for in the prefetch as well: what else tells a count, or a fever, once it is read.
CONTEXT_RESULTS: tuple[str, ...] = (
    *("768-2", "30451-9", "763-3", "26507-4", "30229-9"),  # segmented and band forms
    *("770-8", "23761-0", "26511-6", "769-0", "26505-8", "764-1", "26508-2", "35332-6"),  # percent of leukocytes
    *("736-9", "26478-8", "737-7"),
    *("58410-2", "57021-8", "57023-4", "69738-3", "69742-5", "57022-6", "24323-8", "24325-3"),  # panels
    "8310-5",  # body temperature
)

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
