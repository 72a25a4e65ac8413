"""Observations as JSON, built from the few words that a case is about, and how they are read."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cds_service.clinical.facts import Result
from cds_service.fhir import bundle, labs
from cds_service.fhir.labs import Labs
from cds_service.fhir.order import Scope
from cds_service.fhir.site import NO_SITE, Site
from cds_service.fhir.strict import strict

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SERVER = "https://fhir.hospital.example/r4"
BERLIN = ZoneInfo("Europe/Berlin")
LATEST = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)
TAKEN = "2026-11-20T07:30:00Z"
NEUTROPHILS, HAEMOGLOBIN, CREATININE, ALT = "751-8", "718-7", "2160-0", "1742-6"
LEUKOCYTES, BLOOD_COUNT, TEMPERATURE = "6690-2", "58410-2", "8310-5"

Json = dict[str, Any]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def number(text: str) -> Any:
    """A number exactly as it is written, which a float would not be."""
    return strict(b'{"number": %b}' % text.encode())["number"]


def quantity(value: Any, unit: str | None = "10*9/L", **more: Any) -> Json:
    """A Quantity with the same text and UCUM code; `value` as a string is the number as it is written."""
    sent = {"value": number(value) if isinstance(value, str) else value}
    return {**sent, **({"unit": unit, "system": UCUM, "code": unit} if unit else {}), **more}


def coded(*codes: str, system: str = LOINC) -> Json:
    return {"coding": [{"system": system, "code": code} for code in codes]}


def observation(value: Any = "1.5", unit: str | None = "10*9/L", loinc: str = NEUTROPHILS, **members: Any) -> Json:
    """A final result of the patient p; a member given as None is left out."""
    sent = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": coded(loinc),
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": TAKEN,
        "valueQuantity": quantity(value, unit),
        **members,
    }
    return {name: member for name, member in sent.items() if member is not None}


def component(value: Any = "1.5", unit: str | None = "10*9/L", loinc: str = NEUTROPHILS, **members: Any) -> Json:
    """A component of a panel; a member given as None is left out."""
    sent = {"code": coded(loinc), "valueQuantity": quantity(value, unit), **members}
    return {name: member for name, member in sent.items() if member is not None}


def panel(*components: Any, **members: Any) -> Json:
    """A panel of the patient p with these components."""
    return observation(
        **{"loinc": BLOOD_COUNT, "id": "panel", "valueQuantity": None, "component": components, **members}
    )


def contained(value: Any = "1.5", unit: str | None = "10*9/L", loinc: str = NEUTROPHILS, **members: Any) -> Json:
    """An Observation that leaves everything but its code and value to the resource that contains it."""
    return observation(
        value, unit, loinc, **{"id": "c", "status": None, "subject": None, "effectiveDateTime": None, **members}
    )


def report(*inside: Any, **members: Any) -> Json:
    """A laboratory report of the patient p that contains these Observations."""
    sent = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": coded(BLOOD_COUNT),
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": TAKEN,
        "contained": inside,
        **members,
    }
    return {name: member for name, member in sent.items() if member is not None}


def limits(low: Any = None, high: Any = None, unit: str | None = "10*9/L", **more: Any) -> Json:
    """A reference range."""
    given = {"low": low, "high": high}
    return {**{name: quantity(value, unit) for name, value in given.items() if value is not None}, **more}


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(value if isinstance(value, bytes) else _ENCODER.encode(value))


def searchset(*resources: Any, **members: Any) -> msgspec.Raw:
    """A Bundle of resources; one given as bytes stands in it as it is."""
    entries = ",".join(f'{{"resource":{bytes(raw(x)).decode()}}}' for x in resources)
    more = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in members.items())
    return raw(f'{{"resourceType":"Bundle","type":"searchset","entry":[{entries}]{more}}}'.encode())


def read(*resources: Any, zone: ZoneInfo = BERLIN, server: str = SERVER, site: Site = NO_SITE) -> Labs:
    """What comes of these resources for the patient p."""
    return labs.read([bundle.read(searchset(*resources))], Scope("p", server, zone, site), LATEST)


def only(*resources: Any, **more: Any) -> Result:
    """The one result that comes of these resources."""
    [[result]] = read(*resources, **more).results.values()
    return result
