"""The searches for what is not asked for in advance: toxicities, and what was given in support of the counts."""

from cds_service.fhir.codes import SNOMED
from cds_service.fhir.events.codes import MEDDRA, TERMS, TRANSFUSIONS

_PATIENT = "{{context.patientId}}"
_TERMS = ",".join(f"{system}|{code}" for system in MEDDRA for code in TERMS)
_TRANSFUSIONS = ",".join(f"{SNOMED}|{code}" for code in TRANSFUSIONS)

# AdverseEvent has no search by `patient` in R4. What was given may be known by reference alone: not asked for by code.
ON_DEMAND: dict[str, str] = {
    "adverseEvents": f"AdverseEvent?subject=Patient/{_PATIENT}&_count=200",
    "conditions": f"Condition?patient={_PATIENT}&_count=200",
    "gradings": f"Observation?patient={_PATIENT}&code={_TERMS}&_sort=-date&_count=200",
    "transfusions": f"Procedure?patient={_PATIENT}&code={_TRANSFUSIONS}&_sort=-date&_count=200",
    "administrations": f"MedicationAdministration?patient={_PATIENT}&_sort=-effective-time&_count=200",
    "reports": f"DiagnosticReport?patient={_PATIENT}&category=LAB&_sort=-date&_count=200",
}
