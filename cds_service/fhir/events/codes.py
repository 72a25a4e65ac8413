"""Which codes mean a CTCAE term, its grade, a status, and what was given in support of the counts."""

from collections.abc import Mapping

from cds_service.clinical.facts import G_CSF, G_CSF_PEGYLATED, PLATELET_TRANSFUSION, RED_CELLS

# MedDRA, under its names of HL7, of its own, and of HL7 for German.
MEDDRA = (
    "http://terminology.hl7.org/CodeSystem/MDRAE",
    "https://www.meddra.org",
    "http://terminology.hl7.org/CodeSystem/MDRGER",
)
MEDDRA_WORDS = (b"MDRAE", b"www.meddra.org", b"MDRGER")

# The terms that a record is asked for where it can only be asked by code.
TERMS: tuple[str, ...] = (
    *("10001551", "10002272", "10003481", "10005364", "10007839", "10011368", "10014625", "10016256", "10016288"),
    *("10019450", "10024378", "10025256", "10028813", "10029366", "10035528", "10043554", "10047700", "10048580"),
    *("10049182", "10063057", "10064848", "10069339"),
)

_MII = "https://www.medizininformatik-initiative.de/fhir/ext/modul-onko/CodeSystem"
_DIGITS = {str(grade): grade for grade in range(6)}
_NCIT_GRADES = ("C75533", "C41338", "C41339", "C41340", "C41337", "C48275")

# German oncology records: K is "none", U is "unknown", which is no grade.
_GERMAN: Mapping[str, int] = {**_DIGITS, "K": 0}
GRADES: Mapping[str, Mapping[str, int]] = {
    f"{_MII}/mii-cs-onko-nebenwirkung-ctcae-grad": _GERMAN,
    f"{_MII}/mii-vs-onko-nebenwirkung-ctcae-grad": _GERMAN,
    "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl": {code: grade for grade, code in enumerate(_NCIT_GRADES)},
}
# What stands in every resource that carries a grade of one of these systems.
GRADE_WORDS = (b"ctcae-grad", b"EVS/Thesaurus.owl")
GRADE_SYSTEM_ENDING = "ctcae-grade-code-system"
GRADE_EXTENSION_ENDING = "ctcae-grade"

OUTCOME = "http://terminology.hl7.org/CodeSystem/adverse-event-outcome"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

TRANSFUSIONS: Mapping[str, str] = {
    "12719002": PLATELET_TRANSFUSION,
    "116863004": RED_CELLS,
    "71493000": RED_CELLS,
}
GROWTH_FACTORS: Mapping[str, str] = {
    "L03AA02": G_CSF,
    "L03AA10": G_CSF,
    "L03AA13": G_CSF_PEGYLATED,
    "L03AA14": G_CSF_PEGYLATED,
}


def grades_of(system: str) -> Mapping[str, int]:
    """The CTCAE grades by their codes in a code system, whatever its version; none in a system of other things."""
    url = system.partition("|")[0]
    return _DIGITS if url.endswith(GRADE_SYSTEM_ENDING) else GRADES.get(url, {})


def plain_grade(value: object) -> int | None:
    """The grade that an integer or a code is, where its place says that it is one; None where it is none."""
    return _DIGITS.get(str(value))
