"""The protocols as FHIR R4 definitions, for systems that read such: pure functions, data in and resources out."""
