"""What every Observation of a call is read against, and what was worked out of the parts that come again and again."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from cds_service.clinical.facts import When
from cds_service.fhir import units
from cds_service.fhir.codes import CONTEXT_RESULTS, LOINC, RESULTS, Meaning
from cds_service.fhir.labs.limits import Limits, limits_of
from cds_service.fhir.labs.observation import Concept
from cds_service.fhir.patient import Subject, Whose, references, whose
from cds_service.fhir.times import when

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")

# A meaning with Quantity.unit, code and system.
Spelling = tuple[Meaning, str | None, str | None, str | None]

_BESIDE = {**{code: Meaning("", code) for code in CONTEXT_RESULTS}, **RESULTS}
_CONCEPT = msgspec.json.Decoder(Concept | None)
_SUBJECT = msgspec.json.Decoder(Subject | None)


class Known(dict[_Key, _Value], Generic[_Key, _Value]):
    """A table that works out what it is asked for the first time."""

    def __init__(self, work: Callable[[_Key], _Value]) -> None:
        super().__init__()
        self.work = work

    def __missing__(self, key: _Key) -> _Value:
        value = self[key] = self.work(key)
        return value


class Scope:
    """The patient, the site's time zone, and the last instant that is not the future; tables by what was sent."""

    def __init__(self, patient: str, servers: Iterable[str], zone: ZoneInfo, latest: datetime) -> None:
        own = references(patient, "").union(*(references(patient, server) for server in servers))
        self.zone = zone
        self.latest = latest
        self.meanings = Known[bytes, Sequence[Meaning] | None](meanings_of)
        self.subjects = Known[bytes, Whose](lambda raw: _whose(raw, own))
        self.times = Known[str, When | None](lambda text: _when(text, zone))
        self.conversions = Known[Spelling, units.Conversion | None](lambda key: units.factor(*key[0], *key[1:]))
        self.limits = Known[tuple[Meaning, bytes], Limits](lambda key: limits_of(key[1], key[0]))


def meanings_of(raw: bytes) -> Sequence[Meaning] | None:
    """What the LOINC codes of a CodeableConcept mean: () where none is used, None where it cannot be read.

    Several meanings contradict each other; one without an analyte is of a code that is not a result by itself.
    """
    try:
        concept = _CONCEPT.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if concept is None:
        return None
    known = [x.code for x in concept.coding or [] if x.system == LOINC and x.code in _BESIDE]
    if not any(code in RESULTS for code in known):
        return ()
    return tuple(dict.fromkeys(_BESIDE[code] for code in known if code))


def _whose(raw: bytes, own: frozenset[str]) -> Whose:
    try:
        return whose(_SUBJECT.decode(raw), own)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Whose.NOT_SAID


def _when(text: str, zone: ZoneInfo) -> When | None:
    try:
        return when(text, zone)
    except ValueError:
        return None
