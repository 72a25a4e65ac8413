"""Reference ranges: the limits of normal that came with a result."""

from decimal import Decimal

import msgspec
from msgspec import UNSET

from cds_service.fhir import units
from cds_service.fhir.codes import Meaning
from cds_service.fhir.labs.observation import FAULTS, Concept, Quantity, Unread, given

Limits = tuple[Decimal | None, Decimal | None]
NO_LIMITS: Limits = (None, None)


class _Range(msgspec.Struct, gc=False):
    low: Quantity | None = None
    high: Quantity | None = None
    type: Concept | None = None
    modifierExtension: Unread = UNSET


_RANGES = msgspec.json.Decoder(list[_Range] | None, float_hook=Decimal)


def limits_of(raw: bytes, meaning: Meaning) -> Limits:
    """Low and high, in the canonical unit, of the one normal range that was sent; None for what is not understood.

    Several normal ranges (by age, by sex) are ambiguous; others (critical, therapeutic) say nothing here.
    """
    try:
        ranges = _RANGES.decode(raw) or []
    except FAULTS:
        return NO_LIMITS
    normal = [x for x in ranges if _is_normal(x.type)]
    if len(normal) != 1 or given(normal[0].modifierExtension):
        return NO_LIMITS
    low, high = _limit(normal[0].low, meaning), _limit(normal[0].high, meaning)
    if low is not None and high is not None and low > high:
        return NO_LIMITS
    return low, high or None


def _is_normal(kind: Concept | None) -> bool:
    return kind is None or (bool(kind.coding) and all(coding.code == "normal" for coding in kind.coding or []))


def _limit(quantity: Quantity | None, meaning: Meaning) -> Decimal | None:
    if quantity is None or quantity.comparator or type(quantity.value) not in (int, Decimal):
        return None
    conversion = units.factor(*meaning, quantity.unit, quantity.code, quantity.system)
    limit = units.times(Decimal(quantity.value), conversion.factor) if conversion else None
    return limit if limit is not None and limit >= 0 else None
