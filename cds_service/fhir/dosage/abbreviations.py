"""How often a code says that a drug is taken: v3-GTSAbbreviation, and the SNOMED CT daily frequencies."""

from fractions import Fraction

from cds_service.fhir.codes import SNOMED

GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"

# Least and most intakes a day, every day.
DAILY: dict[tuple[str, str], tuple[int, int]] = {
    **{(GTS, code): (1, 1) for code in ("QD", "AM", "PM", "QAM", "BED")},
    (GTS, "BID"): (2, 2),
    (GTS, "TID"): (3, 3),
    (GTS, "QID"): (4, 4),
    (GTS, "Q8H"): (3, 3),
    (GTS, "Q6H"): (4, 4),
    (GTS, "Q4H"): (6, 6),
    (GTS, "Q3H"): (8, 8),
    (GTS, "Q2H"): (12, 12),
    (GTS, "Q1H"): (24, 24),
    (SNOMED, "229797004"): (1, 1),  # once daily
    (SNOMED, "229799001"): (2, 2),  # twice a day
    (SNOMED, "229798009"): (3, 3),  # three times daily
    (SNOMED, "307439001"): (4, 4),  # four times daily
    (SNOMED, "307440004"): (5, 5),  # five times daily
    (SNOMED, "307441000"): (6, 6),  # six times daily
    (SNOMED, "307442007"): (7, 7),  # seven times daily
    (SNOMED, "307443002"): (8, 8),  # eight times daily
    (SNOMED, "396125000"): (1, 1),  # every twenty four hours
    (SNOMED, "307470009"): (2, 2),  # every twelve hours
    (SNOMED, "307469008"): (3, 3),  # every eight hours
    (SNOMED, "307468000"): (4, 4),  # every six hours
    (SNOMED, "225756002"): (6, 6),  # every four hours
    (SNOMED, "396107007"): (1, 2),  # one to two times a day
    (SNOMED, "396108002"): (1, 3),  # one to three times a day
    (SNOMED, "396109005"): (1, 4),  # one to four times a day
    (SNOMED, "396111001"): (2, 4),  # two to four times a day
    (SNOMED, "396140003"): (2, 3),  # every eight to twelve hours
    (SNOMED, "396139000"): (3, 4),  # every six to eight hours
}

# Days between the intakes; None for a month, which has no exact number of days.
SELDOM: dict[tuple[str, str], Fraction | None] = {
    (GTS, "QOD"): Fraction(2),
    (GTS, "WK"): Fraction(7),
    (GTS, "MO"): None,
    (SNOMED, "396126004"): Fraction(3, 2),  # every thirty six hours
    (SNOMED, "396131002"): Fraction(2),  # every forty eight hours
    (SNOMED, "396143001"): Fraction(3),  # every seventy two hours
}

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
