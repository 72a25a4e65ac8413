"""How often a code says that a drug is taken: v3-GTSAbbreviation, and the SNOMED CT daily frequencies."""

from cds_service.fhir.codes import SNOMED

GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"

# Intakes a day, every day.
DAILY: dict[tuple[str, str], int] = {
    **{(GTS, code): 1 for code in ("QD", "AM", "PM", "QAM", "BED")},
    (GTS, "BID"): 2,
    (GTS, "TID"): 3,
    (GTS, "QID"): 4,
    (GTS, "Q8H"): 3,
    (GTS, "Q6H"): 4,
    (GTS, "Q4H"): 6,
    (GTS, "Q3H"): 8,
    (GTS, "Q2H"): 12,
    (GTS, "Q1H"): 24,
    (SNOMED, "229797004"): 1,
    (SNOMED, "229799001"): 2,
    (SNOMED, "229798009"): 3,
    (SNOMED, "307439001"): 4,
}

# Days between the intakes; None for a month, which has no exact number of days.
SELDOM: dict[tuple[str, str], int | None] = {(GTS, "QOD"): 2, (GTS, "WK"): 7, (GTS, "MO"): None}

SYSTEMS = frozenset({GTS, SNOMED})

# The codes that a changed number of intakes is written with, by the number, and their displays.
NEW_CODES: dict[str, dict[int, tuple[str, str]]] = {
    GTS: {1: ("QD", "QD"), 2: ("BID", "BID"), 3: ("TID", "TID"), 4: ("QID", "QID")},
    SNOMED: {
        1: ("229797004", "Once daily"),
        2: ("229799001", "Twice a day"),
        3: ("229798009", "Three times daily"),
        4: ("307439001", "Four times daily"),
    },
}
