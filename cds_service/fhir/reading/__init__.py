"""Reading the FHIR server of an EHR: allowed addresses, one deadline, connections that can be cut, pages, failures."""
