"""The floors: the least that any Flask service does with such a body. They stay as they are; nothing is added."""

from decimal import Decimal

import msgspec
from flask import Flask, request


class Coding(msgspec.Struct):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(msgspec.Struct):
    coding: list[Coding] = []
    text: str | None = None


class Reference(msgspec.Struct):
    reference: str | None = None
    display: str | None = None


class Identifier(msgspec.Struct):
    system: str | None = None
    value: str | None = None


class Quantity(msgspec.Struct):
    value: Decimal | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(msgspec.Struct):
    low: Quantity | None = None
    high: Quantity | None = None


class Repeat(msgspec.Struct):
    frequency: int | None = None
    period: Decimal | None = None
    periodUnit: str | None = None


class Timing(msgspec.Struct):
    repeat: Repeat | None = None
    code: Concept | None = None


class DoseAndRate(msgspec.Struct):
    doseQuantity: Quantity | None = None


class Dosage(msgspec.Struct):
    text: str | None = None
    timing: Timing | None = None
    doseAndRate: list[DoseAndRate] = []


class Resource(msgspec.Struct):
    """The union of what an Observation, a MedicationRequest and a Patient of a call carry."""

    resourceType: str
    id: str | None = None
    status: str | None = None
    intent: str | None = None
    identifier: list[Identifier] = []
    category: list[Concept] = []
    code: Concept | None = None
    medicationCodeableConcept: Concept | None = None
    subject: Reference | None = None
    performer: list[Reference] = []
    effectiveDateTime: str | None = None
    issued: str | None = None
    authoredOn: str | None = None
    birthDate: str | None = None
    valueQuantity: Quantity | None = None
    referenceRange: list[Range] = []
    dosageInstruction: list[Dosage] = []


class Entry(msgspec.Struct):
    resource: Resource
    fullUrl: str | None = None


class Bundle(msgspec.Struct):
    resourceType: str
    entry: list[Entry] = []


class Context(msgspec.Struct):
    userId: str
    patientId: str
    draftOrders: Bundle


class Prefetch(msgspec.Struct):
    patient: Resource
    medications: Bundle
    results: Bundle


class Call(msgspec.Struct):
    hook: str
    hookInstance: str
    context: Context
    prefetch: Prefetch


def create_app() -> Flask:
    """Two views: one reads the body and drops it, one decodes it by type and drops that."""
    app = Flask(__name__)
    decoder = msgspec.json.Decoder(Call)

    @app.post("/read-and-drop")
    def read_and_drop() -> dict[str, list[str]]:
        request.get_data()
        return {"cards": []}

    @app.post("/typed-decode")
    def typed_decode() -> dict[str, list[str]]:
        decoder.decode(request.get_data())
        return {"cards": []}

    return app
