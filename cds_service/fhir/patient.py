"""Whose an item is, and when the patient was born."""

from collections.abc import Collection
from enum import Enum
from zoneinfo import ZoneInfo

import msgspec

from cds_service.clinical.facts import Reason, Unknown, When
from cds_service.fhir.times import when


class Whose(Enum):
    """To whom an item belongs by its subject."""

    OWN = "own"
    OTHER = "other"
    NOT_SAID = "not said"


class Subject(msgspec.Struct, gc=False):
    """What is read of a Reference to the patient."""

    reference: str | None = None
    identifier: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Patient(msgspec.Struct):
    resourceType: str
    id: str | None = None
    birthDate: str | None = None


_PATIENT = msgspec.json.Decoder(_Patient | None)


def references(patient: str, server: str) -> frozenset[str]:
    """The references, without a version, that mean the patient with this id under the FHIR server of the call."""
    relative = f"Patient/{patient}"
    return frozenset({relative, f"{server.rstrip('/')}/{relative}"} if server else {relative})


def whose(subject: Subject | None, own: Collection[str]) -> Whose:
    """Whether `subject` is the patient whose `references` are `own`. An identifier alone is somebody else's."""
    if subject is None or not subject.reference:
        identified = subject is not None and subject.identifier is not msgspec.UNSET
        return Whose.OTHER if identified else Whose.NOT_SAID
    reference, versioned, version = subject.reference.partition("/_history/")
    known = reference in own and (not versioned or (version != "" and "/" not in version))
    return Whose.OWN if known else Whose.OTHER


def born(raw: bytes | msgspec.Raw | None, patient: str, zone: ZoneInfo) -> When | Unknown:
    """The span of instants in which the patient was born, or why it is not known. `raw` is None where none was sent."""
    if raw is None:
        return Unknown("age", Reason.NOT_READ)
    try:
        sent = _PATIENT.decode(raw)
        if sent is None:
            return Unknown("age", Reason.ABSENT)
        return _born(sent, patient, zone)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Unknown("age", Reason.UNREADABLE, f"Patient/{patient}")


def _born(sent: _Patient, patient: str, zone: ZoneInfo) -> When | Unknown:
    source = f"Patient/{patient}"
    if sent.resourceType == "OperationOutcome":
        return Unknown("age", Reason.FETCH_FAILED, source)
    if sent.resourceType != "Patient":
        return Unknown("age", Reason.UNREADABLE, source)
    if sent.id != patient:
        return Unknown("age", Reason.OTHER_PATIENT, f"Patient/{sent.id}" if sent.id else "")
    if sent.birthDate is None:
        return Unknown("age", Reason.ABSENT, source)
    if len(sent.birthDate) > len("YYYY-MM-DD"):
        return Unknown("age", Reason.UNREADABLE, source)
    return when(sent.birthDate, zone)
