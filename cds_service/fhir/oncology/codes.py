"""Which codes tell of the tumour, its treatment and its course; those of German oncology records among them."""

import re
from collections.abc import Callable, Mapping

from cds_service.fhir.codes import LOINC, SNOMED

Code = tuple[str, str]  # system, code

ICD_10 = frozenset(
    {
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
    }
)
ICD_O_3 = frozenset({"http://terminology.hl7.org/CodeSystem/icd-o-3", "urn:oid:2.16.840.1.113883.6.43.1"})
MORPHOLOGY_EXTENSION_ENDING = "histology-morphology-behavior-icdo3"
CONFIRMED_BY_ENDING = "mii-cs-onko-primaertumor-diagnosesicherung"
HISTOLOGICAL = "7"  # the primary tumour was examined histologically

# Sarcomas of soft tissue and of vessels, by their morphology in ICD-O-3.
_SARCOMAS = (
    (8800, 8936), (8990, 8991), (9020, 9020), (9040, 9044), (9120, 9133), (9137, 9137), (9150, 9150), (9170, 9170),
    (9180, 9180), (9231, 9231), (9240, 9240), (9251, 9252), (9260, 9260), (9364, 9364), (9540, 9581),
)  # fmt: skip
_MORPHOLOGY = re.compile(r"(\d{4})/(\d)", re.ASCII)
_MALIGNANT = frozenset("36")

HISTOLOGY = frozenset({(LOINC, "59847-4")})
METASTASIS = frozenset({(SNOMED, "385421009")})
RESPONSES = frozenset({(LOINC, "97509-4"), (LOINC, "88040-1"), (SNOMED, "396432002")})
ECOG = (LOINC, "89247-1")
PERFORMANCE = (SNOMED, "423690003")  # of which ECOG is a component
PERFORMANCE_ECOG = (SNOMED, "423740007")
PERFORMANCES = frozenset({ECOG, PERFORMANCE})
OBSERVED = (*HISTOLOGY, *METASTASIS, *RESPONSES, *PERFORMANCES)

COURSE = (
    "https://www.medizininformatik-initiative.de/fhir/ext/modul-onko/CodeSystem/mii-cs-onko-verlauf-gesamtbeurteilung"
)
WITH_RESIDUE = (COURSE, "R")
_STATES = {
    (COURSE, "V"): "complete",
    (COURSE, "T"): "partial",
    (COURSE, "K"): "stable",
    (COURSE, "B"): "stable",
    WITH_RESIDUE: "partial",
    (COURSE, "P"): "progression",
    (COURSE, "Y"): "progression",
    (COURSE, "D"): "mixed",
    (COURSE, "U"): "not-assessable",
    (COURSE, "X"): "not-assessable",
    (SNOMED, "550991000124107"): "complete",
    (SNOMED, "551001000124108"): "partial",
    (SNOMED, "268910001"): "partial",
    (SNOMED, "359746009"): "stable",
    (SNOMED, "260388006"): "stable",
    (SNOMED, "260415000"): "no-evidence",
    (SNOMED, "271299001"): "progression",
    (SNOMED, "419835002"): "progression",
}
STATES: Mapping[Code, str] = _STATES

_ANSWERS = ("LA9622-7", "LA9623-5", "LA9624-3", "LA9625-0", "LA9626-8")
_ECOG_ANSWERS = {code: str(grade) for grade, code in enumerate(_ANSWERS)}
_NO_GRADE = frozenset({"U", "LA4489-6"})  # unknown

SARCOMA = (SNOMED, "424413001")
HEART = frozenset({(SNOMED, "84114007"), (SNOMED, "85898001")})  # heart failure, cardiomyopathy

TREATMENTS = frozenset({(SNOMED, "367336001"), (SNOMED, "18629005"), (SNOMED, "1162745003")})
_OPS = ("http://fhir.de/CodeSystem/bfarm/ops", "http://fhir.de/CodeSystem/dimdi/ops")
_OPS_SYSTEMIC = "8-54"
_OPS_ANTIRETROVIRAL = "8-548"
_OPS_GROUPS = ("8-541", "8-542", "8-543", "8-544", "8-546", "8-547", "8-549")
# What a record is asked for: a server knows no beginnings of codes, so the groups stand for what is coded no finer.
TREATMENTS_ASKED = (*sorted(TREATMENTS), *((system, code) for system in _OPS for code in _OPS_GROUPS))

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
MODALITIES = frozenset({"CT", "MR", "PT"})
DIAGNOSTIC_SERVICE = "http://terminology.hl7.org/CodeSystem/v2-0074"
IMAGING_SERVICES = ("RAD", "CT", "NMR")

Means = Callable[[Code], bool]


def in_icd_10(*categories: str) -> Means:
    """Whether a code is one of these three-character categories of the ICD-10, or stands below one."""
    wanted = frozenset(categories)
    return lambda code: code[0] in ICD_10 and code[1].partition(".")[0] in wanted


def is_treatment(code: Code) -> bool:
    """True for a procedure of systemic treatment of a tumour; the German antiretroviral one beside them is none."""
    system, value = code
    systemic = value.startswith(_OPS_SYSTEMIC) and not value.startswith(_OPS_ANTIRETROVIRAL)
    return code in TREATMENTS or (systemic and system.endswith("ops"))


def of_morphology(code: str) -> str | None:
    """ "sarcoma" or "other" for a malignant morphology, "" for one that is not; None for no morphology of ICD-O-3."""
    found = _MORPHOLOGY.fullmatch(code)
    if found is None:
        return None
    if found[2] not in _MALIGNANT:
        return ""
    return "sarcoma" if any(low <= int(found[1]) <= high for low, high in _SARCOMAS) else "other"


def ecog_of(system: str, code: str) -> str | None:
    """The ECOG grade "0" to "4" of a code, "" for one that says that it is unknown; None for another code.

    Records give the bare digit in code systems of their own, or in none.
    """
    if code in _NO_GRADE:
        return ""
    if system == LOINC:
        return _ECOG_ANSWERS.get(code)
    return code if code in _ECOG_ANSWERS.values() else None
