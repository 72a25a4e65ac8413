"""What every Observation of a call is read against, and what was worked out of the parts that come again and again."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

import msgspec

from cds_service.clinical.facts import ANY_TIME, Reason, When
from cds_service.fhir import units
from cds_service.fhir.codes import BESIDE_RESULTS, LOINC, MASS_OR_MOLAR, NO_RESULT, RESULTS, Meaning
from cds_service.fhir.labs.limits import limits_of
from cds_service.fhir.labs.observation import Concept
from cds_service.fhir.order import Scope as Call
from cds_service.fhir.patient import Subject, Whose, references, whose
from cds_service.fhir.times import when

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")

COUNTING = frozenset({"final", "amended", "corrected", "preliminary"})
_LOINC = {**{code: Meaning("", code) for code in NO_RESULT}, **BESIDE_RESULTS, **RESULTS}
_CODES = {(LOINC, code): meaning for code, meaning in _LOINC.items()}
_CONCEPT = msgspec.json.Decoder(Concept | None)
_SUBJECT = msgspec.json.Decoder(Subject | None)
_LONGEST_DETAIL = 200


class Unusable(NamedTuple):
    """Why a result cannot be used; `detail` is what was sent, or the members at fault."""

    reason: Reason
    detail: str


class Scale(NamedTuple):
    """How to read a number with its unit and range: what it may be, and the limits of normal, in the canonical unit."""

    conversion: units.Conversion
    least: Decimal
    most: Decimal
    low: Decimal | None
    high: Decimal | None


# What codes mean, by system and code.
Codes = Mapping[tuple[str, str], Meaning]
# What a number came with: the meaning of its code; Quantity.unit, code and system; the reference range as sent.
Setting = tuple[Meaning, str | None, str | None, str | None, bytes]
# What makes an Observation one of the usual ones: resourceType, code, subject, and status, as sent.
Kind = tuple[str | None, bytes, bytes, str | None]


class Known(dict[_Key, _Value], Generic[_Key, _Value]):
    """A table that works out what it is asked for the first time."""

    def __init__(self, work: Callable[[_Key], _Value]) -> None:
        super().__init__()
        self.work = work

    def __missing__(self, key: _Key) -> _Value:
        value = self[key] = self.work(key)
        return value


class Scope:
    """The patient, the zone of the site, and the last instant that is not the future; tables by what was sent.

    `codes` are those of LOINC and of the site, which has the last word.
    """

    def __init__(self, call: Call, latest: datetime) -> None:
        self.server = call.server
        self.zone = call.zone
        self.latest = latest
        self.codes: Codes = {**_CODES, **call.site.laboratory} if call.site.laboratory else _CODES
        self.own = references(call.patient, call.server)
        self.meanings = Known[bytes, Sequence[Meaning] | None](self._meanings)
        self.usual = Known[Kind, Meaning | None](self._usual)
        self.times = Known[str, tuple[When, Unusable | None]](self._time)
        self.scales = Known[Setting, Scale | None](_scale)

    def whose(self, subject: bytes) -> Whose:
        """Whose an Observation with this subject is; one that cannot be read says nothing."""
        try:
            return whose(_SUBJECT.decode(subject), self.own)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Whose.NOT_SAID

    def timely(self, taken: When) -> tuple[When, Unusable | None]:
        """The time, and a fault where it is in the future."""
        future = taken.start > self.latest
        return taken, Unusable(Reason.FUTURE, taken.start.isoformat()) if future else None

    def _usual(self, kind: Kind) -> Meaning | None:
        """The meaning of an Observation that has one, is the patient's, and counts; None for every other."""
        resource_type, code, subject, status = kind
        meanings = self.meanings[code]
        if resource_type != "Observation" or not meanings or len(meanings) > 1 or status not in COUNTING:
            return None
        return meanings[0] if self.whose(subject) is Whose.OWN else None

    def _meanings(self, code: bytes) -> Sequence[Meaning] | None:
        return meanings_of(code, self.codes)

    def _time(self, text: str) -> tuple[When, Unusable | None]:
        try:
            return self.timely(when(text, self.zone))
        except ValueError:
            return ANY_TIME, unreadable(f"time: {text}")


def unreadable(detail: str) -> Unusable:
    """Not understood, for a reason that needs no code of its own."""
    return Unusable(Reason.UNREADABLE, detail[:_LONGEST_DETAIL])


def meanings_of(code: bytes, codes: Codes) -> Sequence[Meaning] | None:
    """What the codes of a CodeableConcept mean: () where none is used, None where it cannot be read.

    Several meanings contradict each other; one without an analyte is of a code that is not a result by itself. A code
    that leaves mass or moles to the unit agrees with one that says which.
    """
    try:
        concept = _CONCEPT.decode(code)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if concept is None:
        return None
    pairs = [(x.system or "", x.code or "") for x in concept.coding or []]
    known = list(dict.fromkeys(codes[pair] for pair in pairs if pair in codes))
    if not any(meaning.analyte for meaning in known):
        return ()
    exact = {meaning.analyte for meaning in known if meaning.of != MASS_OR_MOLAR}
    return tuple(x for x in known if x.of != MASS_OR_MOLAR or x.analyte not in exact)


def _scale(setting: Setting) -> Scale | None:
    meaning, *unit, ranges = setting
    conversion = units.factor(*meaning, *unit)
    if conversion is None:
        return None
    return Scale(conversion, *units.band(meaning.analyte, conversion), *limits_of(ranges, meaning))
