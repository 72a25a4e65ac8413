"""One Observation of a used code -> one Result, known exactly or unusable with its reason."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Raw

from cds_service.clinical.facts import ANY_TIME, Reason, Result, Unknown, When
from cds_service.fhir import units
from cds_service.fhir.codes import Meaning
from cds_service.fhir.labs.assembly import assemble
from cds_service.fhir.labs.limits import NO_LIMITS
from cds_service.fhir.labs.observation import Observation, Quantity, given
from cds_service.fhir.labs.scope import Scope
from cds_service.fhir.times import period, when

_COMPARATORS = frozenset({None, "", "<", "<=", ">", ">="})
_LONGEST_DETAIL = 200


class _Period(msgspec.Struct):
    start: str | None = None
    end: str | None = None


_TEXT = msgspec.json.Decoder(str)
_PERIOD = msgspec.json.Decoder(_Period)


class Unusable(Exception):
    """Why a result cannot be used; `detail` is what was sent, or the members at fault."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail[:_LONGEST_DETAIL]


def result(sent: Observation, meaning: Meaning, scope: Scope, fault: Unusable | None = None) -> Result:
    """The result of an Observation of the patient; with `fault`, one that is unusable for a reason known before."""
    text = sent.effectiveDateTime
    taken = scope.times[text] if text is not None else _unusual_time(sent, scope.zone)
    try:
        if taken is None:
            raise Unusable(Reason.UNREADABLE, f"time: {text or 'none that can be read'}")
        if fault:
            raise fault
        if taken.start > scope.latest:
            raise Unusable(Reason.FUTURE, taken.start.isoformat())
        return _measured(sent, meaning, taken, scope)
    except Unusable as error:
        unknown = Unknown(meaning.analyte, error.reason, sent.source, error.detail)
        return Result(meaning.analyte, sent.source, taken or ANY_TIME, sent.status != "preliminary", unknown)


def _unusual_time(sent: Observation, zone: ZoneInfo) -> When | None:
    try:
        if isinstance(sent.effectiveInstant, Raw):
            return when(_TEXT.decode(sent.effectiveInstant), zone)
        if isinstance(sent.effectivePeriod, Raw):
            span = _PERIOD.decode(sent.effectivePeriod)
            return period(span.start, span.end, zone)
        if given(sent.effectiveTiming) or sent.issued is None:
            return None
        issued = when(sent.issued, zone)
    except (ValueError, msgspec.MsgspecError):
        return None
    return When(issued.start, issued.end, issued=True)


def _measured(sent: Observation, meaning: Meaning, taken: When, scope: Scope) -> Result:
    quantity = sent.valueQuantity
    value = _number(quantity)
    assert quantity is not None
    conversion = scope.conversions[meaning, quantity.unit, quantity.code, quantity.system]
    if conversion is None:
        raise Unusable(Reason.WRONG_UNIT, _as_sent(quantity))
    canonical = units.times(value, conversion.factor)
    least, most = units.BANDS[meaning.analyte]
    if canonical is None or not least <= canonical <= most:
        raise Unusable(Reason.UNREADABLE, _as_sent(quantity))
    ranges = sent.referenceRange
    low, high = scope.limits[meaning, bytes(ranges)] if isinstance(ranges, Raw) else NO_LIMITS
    return assemble(
        meaning.analyte,
        sent.source,
        taken,
        sent.status != "preliminary",
        None,
        canonical,
        quantity.comparator or "",
        value if conversion.as_sent else canonical,
        conversion.unit,
        value if conversion.molar else None,
        low,
        high,
    )


def _number(quantity: Quantity | None) -> Decimal:
    if quantity is None:
        raise Unusable(Reason.UNREADABLE, "no value")
    value = quantity.value
    if type(value) is int:
        value = Decimal(value)
    if type(value) is not Decimal or quantity.comparator not in _COMPARATORS:
        raise Unusable(Reason.UNREADABLE, _as_sent(quantity))
    return value


def _as_sent(quantity: Quantity) -> str:
    parts = (quantity.comparator, quantity.value, quantity.unit or quantity.code)
    return " ".join(str(part) for part in parts if part is not None)
