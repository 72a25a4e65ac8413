"""One Observation of a used code -> one Result, known exactly or unusable with its reason."""

from decimal import Decimal

import msgspec

from cds_service.clinical.facts import ANY_TIME, Reason, Result, Unknown, When
from cds_service.fhir import units
from cds_service.fhir.codes import Meaning
from cds_service.fhir.labs.assembly import assemble
from cds_service.fhir.labs.observation import Observation, Quantity, given
from cds_service.fhir.labs.scope import Scope, Unusable, unreadable
from cds_service.fhir.times import period, when

_COMPARATORS = frozenset({None, "<", "<=", ">", ">="})


class _Period(msgspec.Struct):
    start: str | None = None
    end: str | None = None


_TEXT = msgspec.json.Decoder(str)
_PERIOD = msgspec.json.Decoder(_Period)


def result(sent: Observation, meaning: Meaning, scope: Scope, fault: Unusable | None = None) -> Result:
    """The result of an Observation of the patient; with `fault`, one that is unusable for a reason known before."""
    text = sent.effectiveDateTime
    taken, untimely = scope.times[text] if text is not None else _unusual_time(sent, scope)
    fault = fault or untimely
    if fault is None:
        measured = _measured(sent, meaning, taken, scope)
        if isinstance(measured, Result):
            return measured
        fault = measured
    unknown = Unknown(meaning.analyte, fault.reason, sent.source, fault.detail)
    return Result(meaning.analyte, sent.source, taken, sent.status != "preliminary", unknown)


def _unusual_time(sent: Observation, scope: Scope) -> tuple[When, Unusable | None]:
    """A time sent otherwise than by effectiveDateTime: that of collection, else that of issue, marked."""
    try:
        if given(sent.effectiveInstant):
            return scope.timely(when(_TEXT.decode(sent.effectiveInstant), scope.zone))
        if given(sent.effectivePeriod):
            span = _PERIOD.decode(sent.effectivePeriod)
            return scope.timely(period(span.start, span.end, scope.zone))
        if sent.issued is not None and not given(sent.effectiveTiming):
            issued = when(sent.issued, scope.zone)
            return scope.timely(When(issued.start, issued.end, issued=True))
    except (ValueError, msgspec.MsgspecError):
        return ANY_TIME, unreadable("time: cannot be read")
    return ANY_TIME, unreadable("time: none that can be used")


def _measured(sent: Observation, meaning: Meaning, taken: When, scope: Scope) -> Result | Unusable:
    quantity = sent.valueQuantity
    if quantity is None:
        return unreadable("no value")
    value = Decimal(quantity.value) if type(quantity.value) is int else quantity.value
    if type(value) is not Decimal or quantity.comparator not in _COMPARATORS:
        return unreadable(_as_sent(quantity))
    scale = scope.scales[meaning, quantity.unit, quantity.code, quantity.system, bytes(sent.referenceRange)]
    if scale is None:
        return Unusable(Reason.WRONG_UNIT, unreadable(_as_sent(quantity)).detail)
    conversion, least, most, low, high = scale
    canonical = units.times(value, conversion.factor)
    if canonical is None or not least <= canonical <= most:
        return unreadable(_as_sent(quantity))
    return assemble(
        meaning.analyte,
        f"{sent.resourceType}/{sent.id}" if sent.id else "",
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


def _as_sent(quantity: Quantity) -> str:
    parts = (quantity.comparator, quantity.value, quantity.unit or quantity.code)
    return " ".join(str(part) for part in parts if part is not None)
