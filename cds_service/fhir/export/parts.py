"""The ActivityDefinition and the Library of a protocol: the order at the start, and the protocol's own files."""

import base64
import hashlib

from cds_service.clinical.protocol import Parameters
from cds_service.fhir.codes import SNOMED
from cds_service.fhir.export.definition import Definition, Json, canonical, head, published

_UCUM = "http://unitsofmeasure.org"
_ATC = "http://www.whocc.no/atc"
_LOGIC = "http://terminology.hl7.org/CodeSystem/library-type"
_YAML = "application/yaml"
_WORDS = {1: "once a day", 2: "twice a day", 3: "three times a day", 4: "four times a day"}


def activity_definition(definition: Definition) -> Json:
    """The order of the drug at the starting dose: tablets of one dose step, so often a day."""
    return {
        **head("ActivityDefinition", definition),
        "relatedArtifact": published(definition),
        "library": [canonical("Library", definition)],
        "kind": "MedicationRequest",
        "intent": "order",
        "productCodeableConcept": {
            "coding": [
                {"system": SNOMED, "code": "1156222009", "display": "Trofosfamide"},
                {"system": _ATC, "code": "L01AA07", "display": "trofosfamide"},
            ],
            "text": "Trofosfamide, tablet",
        },
        "dosage": [_dosage(definition.protocol.parameters)],
    }


def _dosage(p: Parameters) -> Json:
    """`starting_dose` mg per day in intakes of `dose_step` mg, which is the strength of a tablet."""
    intakes = int(p.starting_dose / p.dose_step)
    mg = {"value": p.dose_step, "unit": "mg", "system": _UCUM, "code": "mg"}
    return {
        "text": f"{p.dose_step} mg by mouth {_WORDS[intakes]}",
        "timing": {"repeat": {"frequency": intakes, "period": 1, "periodUnit": "d"}},
        "route": {"coding": [{"system": SNOMED, "code": "26643006", "display": "Oral route"}]},
        "doseAndRate": [{"doseQuantity": mg}],
    }


def library(definition: Definition) -> Json:
    """The logic: what it rests on in words, and every file of it, whole."""
    return {
        **head("Library", definition),
        "type": {"coding": [{"system": _LOGIC, "code": "logic-library", "display": "Logic Library"}]},
        "relatedArtifact": published(definition),
        "content": [_attached(name, text) for name, text in definition.files.items()],
    }


def _attached(name: str, text: str) -> Json:
    data = text.encode()
    return {
        "contentType": _YAML,
        "data": base64.b64encode(data).decode(),
        "size": len(data),
        "hash": base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode(),  # FHIR asks for SHA-1
        "title": name,
    }
