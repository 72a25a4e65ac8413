"""The searches for the tumour, its treatment and its course. They are not asked for in advance."""

from cds_service.fhir.oncology.codes import IMAGING_SERVICES, OBSERVED, TREATMENTS_ASKED

_PATIENT = "{{context.patientId}}"
_OBSERVED = ",".join(f"{system}|{code}" for system, code in sorted(OBSERVED))
_TREATMENTS = ",".join(f"{system}|{code}" for system, code in TREATMENTS_ASKED)
_SERVICES = ",".join(IMAGING_SERVICES)

# Conditions and orders come with the other searches.
ON_DEMAND: dict[str, str] = {
    "carePlans": f"CarePlan?patient={_PATIENT}&status=active&_count=200",
    "cancer": f"Observation?patient={_PATIENT}&code={_OBSERVED}&_sort=-date&_count=200",
    "statements": f"MedicationStatement?patient={_PATIENT}&_count=200",
    "treatments": f"Procedure?patient={_PATIENT}&code={_TREATMENTS}&_count=200",
    "imaging": f"ImagingStudy?patient={_PATIENT}&_count=200",
    "imagingReports": f"DiagnosticReport?patient={_PATIENT}&category={_SERVICES}&_count=200",
}
