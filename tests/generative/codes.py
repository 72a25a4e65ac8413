"""The LOINC codes that are used, by analyte and kind of quantity, and those of the parts of a differential count."""

from __future__ import annotations

from typing import Any

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ACTING = ("haemoglobin", "leukocytes", "neutrophils", "platelets")
CHEMISTRY = ("creatinine", "bilirubin", "alt", "ast")
# Codes that leave it to the unit whether mass or amount of substance is meant.
UNIT_DECIDES = ("35203-9", "35194-0")

# Analyte -> kind of quantity -> LOINC codes.
CODES: dict[str, dict[str, tuple[str, ...]]] = {
    "haemoglobin": {
        "haemoglobin mass": (
            "718-7", "718-7", "20509-6", "30350-3", "30313-1", "30352-9", "30351-1", "55782-7", "14775-1", "76769-9",
            "97550-8",
        ),
        "haemoglobin mole": ("59260-0", "93846-4", "75928-2"),
    },
    "leukocytes": {"count": ("6690-2", "26464-8", "804-5", "12227-5")},
    "neutrophils": {"count": ("751-8", "26499-4", "753-4")},
    "platelets": {"count": ("777-3", "26515-7", "778-1", "97995-5")},
    "lymphocytes": {"count": ("731-0", "26474-7", "732-8")},
    "creatinine": {
        "creatinine mass": ("2160-0", "38483-4", "21232-4", "35203-9"),
        "creatinine mole": ("14682-9", "59826-8", "77140-2", "101475-2", "35203-9"),
    },
    "bilirubin": {
        "bilirubin mass": ("1975-2", "42719-5", "35194-0"),
        "bilirubin mole": ("14631-6", "77137-8", "54363-7", "35194-0"),
    },
    "alt": {"enzyme": ("1742-6", "1743-4", "1744-2", "76625-3", "77144-4")},
    "ast": {"enzyme": ("1920-8", "30239-8", "88112-8")},
}  # fmt: skip

SEGMENTED, BANDS = "segmented", "bands"
PERCENT, SEGMENTED_PERCENT, BAND_PERCENT = "percent", "segmented percent", "band percent"
# Part of a differential count -> kind of quantity and LOINC codes.
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    SEGMENTED: ("count", ("768-2", "30451-9")),
    BANDS: ("count", ("763-3", "26507-4", "30229-9")),
    PERCENT: ("percent", ("770-8", "23761-0", "26511-6")),
    SEGMENTED_PERCENT: ("percent", ("769-0", "26505-8")),
    BAND_PERCENT: ("percent", ("764-1", "26508-2", "35332-6")),
}
LYMPHOCYTE_PERCENTS = ("736-9", "26478-8", "737-7")
PANELS = ("58410-2", "57021-8", "57023-4", "69738-3", "69742-5", "57022-6")
TEMPERATURE = "8310-5"
ANALYTE_OF = {code: name for name, kinds in CODES.items() for codes in kinds.values() for code in codes}
PART_OF = {code: part for part, (_, codes) in PARTS.items() for code in codes}


def loinc_codes(element: dict[str, Any]) -> list[str]:
    """The LOINC codes of an Observation or component."""
    return [x["code"] for x in element.get("code", {}).get("coding", []) if x.get("system") == LOINC and "code" in x]


def analyte_of(element: dict[str, Any]) -> str | None:
    """Which analyte an Observation or component is of, by its codes."""
    return next((ANALYTE_OF[code] for code in loinc_codes(element) if code in ANALYTE_OF), None)


def part_of(element: dict[str, Any]) -> str | None:
    """Which part of a differential count it is, by its codes."""
    return next((PART_OF[code] for code in loinc_codes(element) if code in PART_OF), None)


def kind_of(element: dict[str, Any]) -> str | None:
    """The kind of quantity that its code measures; None where there is none, or the unit decides."""
    codes = {code for code in loinc_codes(element) if code not in UNIT_DECIDES}
    kinds = [*(x for analyte in CODES.values() for x in analyte.items()), *PARTS.values()]
    return next((kind for kind, members in kinds if codes & set(members)), None)
