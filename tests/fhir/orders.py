"""Orders and dosages as JSON, built from the few words that a case is about."""

import json
from decimal import Decimal
from typing import Any

import msgspec

from cds_service.clinical.facts import Dose, Unknown
from cds_service.data import data_dir
from cds_service.fhir.dosage.phases import Context, phases
from cds_service.fhir.strict import strict
from cds_service.protocols.strict_yaml import read

UCUM = "http://unitsofmeasure.org"
GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
ORAL = {"coding": [{"system": SNOMED, "code": "26643006"}]}
TROFOSFAMIDE = {"coding": [{"system": ATC, "code": "L01AA07", "display": "trofosfamide"}]}
IFOSFAMIDE = {"coding": [{"system": ATC, "code": "L01AA06", "display": "ifosfamide"}], "text": "Ifosfamid"}
SERVER = "https://fhir.hospital.example/r4"
WORDING = read((data_dir("cards") / "en" / "words.yaml").read_text("utf-8"), "words.yaml")["dosage"]

Json = dict[str, Any]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def mg(value: Any, code: str = "mg", **more: Any) -> Json:
    return {"value": value, "unit": code, "system": UCUM, "code": code, **more}


def tablets(value: Any) -> Json:
    return {"value": value, "unit": "tablet", "system": UCUM, "code": "{tbl}"}


def dose(quantity: Json) -> Json:
    return {"doseQuantity": quantity}


def daily(times: int) -> Json:
    return {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}}


def repeat(**members: Any) -> Json:
    return {"repeat": members}


def code(value: str, system: str = GTS) -> Json:
    return {"code": {"coding": [{"system": system, "code": value}]}}


def instruction(timing: Json | None = None, *doses: Json, **more: Any) -> Json:
    """50 mg twice a day, but for what is given."""
    timing = daily(2) if timing is None else timing
    return {"timing": timing, "doseAndRate": list(doses) or [dose(mg(50))], **more}


def medication(per: Json | None = None, strength: Json | None = None, **more: Any) -> Json:
    """Trofosfamide tablets of 50 mg."""
    denominator = {"value": 1, "unit": "tablet", "system": UCUM, "code": "{tbl}"} if per is None else per
    ratio = {"numerator": mg(50) if strength is None else strength, "denominator": denominator}
    return {
        "resourceType": "Medication",
        "code": TROFOSFAMIDE,
        "ingredient": [{"itemCodeableConcept": TROFOSFAMIDE, "strength": ratio}],
        **more,
    }


def order(*instructions: Json, **members: Any) -> Json:
    """An active order of 50 mg twice a day, but for what is given; a member given as None is left out."""
    resource = {
        "resourceType": "MedicationRequest",
        "id": "trofo",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": TROFOSFAMIDE,
        "subject": {"reference": "Patient/anna"},
        "authoredOn": "2026-11-01T08:00:00Z",
        "dosageInstruction": list(instructions) or [instruction()],
    } | members
    return {name: value for name, value in resource.items() if value is not None}


def bundle(*resources: Json, **more: Any) -> msgspec.Raw:
    entries = [{"resource": x} for x in resources]
    return raw({"resourceType": "Bundle", "type": "searchset", "entry": entries, **more})


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(text(value).encode())


def text(value: Any) -> str:
    """JSON as a client writes it, decimals with the digits that they have."""
    return _ENCODER.encode(value).decode()


def parsed(value: Any) -> Any:
    """The same as it comes out of the strict decode."""
    return strict(text(value).encode())


def number(digits: str) -> Decimal:
    return Decimal(digits)


def plain(value: Any) -> Any:
    """The same as json.loads has it, numbers as they compare."""
    return json.loads(text(value), parse_float=Decimal)


def daily_dose(instructions: list[Json], context: Context) -> Dose | Unknown:
    """The dose of an order that gives one all the time it holds."""
    (phase,) = phases(instructions, context)
    return phase.dose
