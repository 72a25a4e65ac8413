"""Codes of the oncology record, restated from the reference table."""

from tests.oracle.drug import ATC
from tests.oracle.limits import LOINC
from tests.oracle.timing import SCT

MII = "https://www.medizininformatik-initiative.de/fhir/ext/modul-onko/CodeSystem/"
ICD_10 = (
    "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/sid/icd-10-cm",
)
ICD_O = ("http://terminology.hl7.org/CodeSystem/icd-o-3", "urn:oid:2.16.840.1.113883.6.43.1")
MORPHOLOGY_URL = "histology-morphology-behavior-icdo3"
CONFIRMATION = "mii-cs-onko-primaertumor-diagnosesicherung"
# Morphologies of sarcomas of soft tissue and vessels, both ends included.
SARCOMAS = (
    (8800, 8936), (8990, 8991), (9020, 9020), (9040, 9044), (9120, 9133), (9137, 9137), (9150, 9150), (9170, 9170),
    (9180, 9180), (9231, 9231), (9240, 9240), (9251, 9252), (9260, 9260), (9364, 9364), (9540, 9581),
)  # fmt: skip

MORPHOLOGY = (LOINC, "59847-4")
DISTANT_METASTASIS = (SCT, "385421009")
RESPONSES = ((LOINC, "97509-4"), (LOINC, "88040-1"), (SCT, "396432002"))
ECOG, ECOG_PANEL, ECOG_COMPONENT = (LOINC, "89247-1"), (SCT, "423690003"), (SCT, "423740007")
ECOG_ANSWERS = {
    **{str(grade): grade for grade in range(5)},
    "LA9622-7": 0, "LA9623-5": 1, "LA9624-3": 2, "LA9625-0": 3, "LA9626-8": 4,
}  # fmt: skip

COMPLETE, PARTIAL, STABLE, NO_EVIDENCE = "complete", "partial", "stable", "no-evidence"
PROGRESSION, MIXED, NOT_ASSESSABLE = "progression", "mixed", "not-assessable"
RESPONSE_OF = {
    (SCT, "550991000124107"): COMPLETE,
    (SCT, "551001000124108"): PARTIAL,
    (SCT, "268910001"): PARTIAL,
    (SCT, "359746009"): STABLE,
    (SCT, "260388006"): STABLE,
    (SCT, "260415000"): NO_EVIDENCE,
    (SCT, "271299001"): PROGRESSION,
    (SCT, "419835002"): PROGRESSION,
    **{
        (MII + "mii-cs-onko-verlauf-gesamtbeurteilung", code): said
        for said, codes in {
            COMPLETE: "V", PARTIAL: "TR", STABLE: "KB", PROGRESSION: "PY", MIXED: "D", NOT_ASSESSABLE: "UX",
        }.items()
        for code in codes
    },
}  # fmt: skip

# A remission with residues: German records give it the wider code of a full remission beside its own.
WITH_RESIDUES, FULL_REMISSION = (MII + "mii-cs-onko-verlauf-gesamtbeurteilung", "R"), (SCT, "550991000124107")

SARCOMA = (SCT, "424413001")
UNFIT_HEART = ((SCT, "84114007"), (SCT, "85898001"))
CHEMOTHERAPY = ((SCT, "367336001"), (SCT, "18629005"), (SCT, "1162745003"))
ANTINEOPLASTIC, OPS_CHEMOTHERAPY = "L01", "8-54"
ATC_SYSTEMS = ATC
DICOM, MODALITIES = "http://dicom.nema.org/resources/ontology/DCM", ("CT", "MR", "PT")
SECTIONS, RADIOLOGY = "http://terminology.hl7.org/CodeSystem/v2-0074", ("RAD", "CT", "NMR")
