"""Whether a resource is valid FHIR R4, by fhir.resources; for resources that a decision rests on, never a whole Bundle.

The models are only asked and thrown away: they print 1.10 as 1.1, so nothing is ever written through them.
"""

import copy
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

from cds_service.fhir.shape import shape_of

_VALID_SHAPES: set[bytes] = set()
_MOST_SHAPES = 4096

# Codes of the required value sets, which the models accept unseen ("done" as a status).
_REQUIRED_CODES: dict[str, dict[str, frozenset[str]]] = {
    "Observation": {
        "status": frozenset(
            "registered preliminary final amended corrected cancelled entered-in-error unknown".split()
        ),
    },
    "MedicationRequest": {
        "status": frozenset("active on-hold cancelled completed entered-in-error stopped draft unknown".split()),
        "intent": frozenset(
            "proposal plan order original-order reflex-order filler-order instance-order option".split()
        ),
        "priority": frozenset("routine urgent asap stat".split()),
    },
    "Medication": {"status": frozenset("active inactive entered-in-error".split())},
    "Patient": {"gender": frozenset("male female other unknown".split())},
    "DiagnosticReport": {
        "status": frozenset(
            "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown".split()
        ),
    },
    "AdverseEvent": {"actuality": frozenset("actual potential".split())},
    "Condition": {},
    "Procedure": {
        "status": frozenset(
            "preparation in-progress not-done on-hold stopped completed entered-in-error unknown".split()
        ),
    },
    "MedicationAdministration": {
        "status": frozenset("in-progress not-done on-hold completed entered-in-error stopped unknown".split()),
    },
}


def preload() -> None:
    """Build the models before the first call, in the process that the workers are forked from.

    They are put together piece by piece when first used, some 10 ms each: so the samples hold what is usual.
    """
    for sample in _SAMPLES:
        fault_of(sample)


def fault_of(resource: dict[str, Any]) -> str:
    """The path and kind of the first fault that makes `resource` invalid R4; "" where it is valid.

    Names elements, never their values. Members that R4 does not know are ignored, as anywhere on the wire.
    """
    resource_type = resource.get("resourceType")
    if not isinstance(resource_type, str) or resource_type not in _REQUIRED_CODES:
        return "resourceType is none that is read here"
    try:
        return _fault_of_codes(resource) or _fault_of_shape(resource)
    except Exception as error:  # noqa: BLE001 - the library raises KeyError and more on what it does not foresee
        return f"{resource_type} cannot be validated ({type(error).__name__})"


def _fault_of_codes(resource: dict[str, Any]) -> str:
    for name, allowed in _REQUIRED_CODES[resource["resourceType"]].items():
        if name in resource and resource[name] not in allowed:
            return f"{name} is not a code of its required value set"
    return ""


def _fault_of_shape(resource: dict[str, Any]) -> str:
    """Ask the model only about what is new: a model takes ten times as long as it takes to know a shape again."""
    shape = shape_of(resource)
    if shape in _VALID_SHAPES:
        return ""
    fault = _fault_of_model(_model(resource["resourceType"]), resource)
    if not fault:
        if len(_VALID_SHAPES) >= _MOST_SHAPES:
            _VALID_SHAPES.clear()
        _VALID_SHAPES.add(shape)
    return fault


def _fault_of_model(model: type[BaseModel], resource: dict[str, Any]) -> str:
    try:
        model.model_validate(resource)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
    else:
        return ""
    unknown = [fault["loc"] for fault in faults if fault["type"] == "extra_forbidden"]
    if unknown:  # they hide the faults that the models look for last
        return _fault_of_model(model, _without(resource, unknown))
    path = ".".join(str(step) for step in faults[0]["loc"] if step != "root")
    return f"{path or model.__name__} {'is required' if 'missing' in faults[0]['type'] else 'is not valid'}"


def _without(resource: dict[str, Any], paths: list[tuple[int | str, ...]]) -> dict[str, Any]:
    """A copy of `resource` without the members at `paths`."""
    rest = copy.deepcopy(resource)
    for *parents, name in paths:
        place: Any = rest
        for step in parents:
            place = place[step]
        del place[name]
    return rest


@cache
def _model(resource_type: str) -> type[BaseModel]:
    module = import_module(f"fhir.resources.R4B.{resource_type.lower()}")
    model: type[BaseModel] = getattr(module, resource_type)
    return model


_CODED = {"coding": [{"system": "http://example.org", "code": "a", "display": "a"}], "text": "a"}
_QUANTITY = {"value": 1, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
_NAMED = {
    "meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"},
    "identifier": [{"system": "http://example.org", "value": "a"}],
    "extension": [{"url": "http://example.org", "valueString": "a"}],
}
_SUBJECT = {"subject": {"reference": "Patient/a"}}
_DOSAGE = {
    "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2026-01-01"}}},
    "route": _CODED,
    "doseAndRate": [{"type": _CODED, "doseQuantity": _QUANTITY}],
}
_SAMPLES: tuple[dict[str, Any], ...] = (
    {
        "resourceType": "Observation",
        "status": "final",
        "category": [_CODED],
        "code": _CODED,
        "effectiveDateTime": "2026-01-01T00:00:00Z",
        "valueQuantity": _QUANTITY,
        "interpretation": [_CODED],
        "referenceRange": [{"low": _QUANTITY, "high": _QUANTITY, "text": "a"}],
        "performer": [{"display": "a"}],
        **_SUBJECT,
        **_NAMED,
    },
    {
        "resourceType": "MedicationRequest",
        "contained": [{"resourceType": "Medication", "id": "a", "code": _CODED}],
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _CODED,
        "dosageInstruction": [_DOSAGE],
        "dispenseRequest": {"validityPeriod": {"start": "2026-01-01"}},
        **_SUBJECT,
        **_NAMED,
    },
    {"resourceType": "Patient", "name": [{"family": "a"}], "birthDate": "2026-01-01", **_NAMED},
    {"resourceType": "AdverseEvent", "actuality": "actual", "event": _CODED, "severity": _CODED, **_SUBJECT},
    {"resourceType": "Condition", "code": _CODED, "clinicalStatus": _CODED, "severity": _CODED, **_SUBJECT},
    {"resourceType": "Procedure", "status": "completed", "code": _CODED, **_SUBJECT},
    {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": _CODED,
        "effectiveDateTime": "2026-01-01T00:00:00Z",
        **_SUBJECT,
    },
)
