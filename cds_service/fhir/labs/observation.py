"""What is decoded of an Observation, or a DiagnosticReport: the members that a result rests on, and nothing else."""

from collections.abc import Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeGuard, get_type_hints

import msgspec
from msgspec import UNSET, Raw, UnsetType

Unread = Raw | UnsetType
NOTHING = Raw(b"null")
# What decoding may raise; ArithmeticError for numbers whose exponent no Decimal can have.
FAULTS = (msgspec.MsgspecError, UnicodeDecodeError, ArithmeticError)


class Coding(msgspec.Struct, gc=False):
    system: str | None = None
    code: str | None = None


class Concept(msgspec.Struct, gc=False):
    coding: list[Coding] | None = None


class Quantity(msgspec.Struct, gc=False):
    """`value` is an int or an exact Decimal; a string or anything else in its place is seen and refused."""

    value: Any = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None
    comparator: str | None = None


class Observation(msgspec.Struct, gc=False):
    """The usual members first; then those that make an Observation unusable, empty, or read another way.

    What comes in the same words again and again (code, subject, range) stays undecoded here, and is read once a call;
    so do the members that hold or name other results (`result` is that of a DiagnosticReport). What a panel or report
    holds becomes an Observation of this type too, with the type and id of what it is found in, and "#" before its own.
    """

    resourceType: str | None = None
    id: str | None = None
    status: str | None = None
    code: Raw = NOTHING
    subject: Raw = NOTHING
    effectiveDateTime: str | None = None
    valueQuantity: Quantity | None = None
    referenceRange: Raw = NOTHING
    identifier: Raw = NOTHING
    issued: str | None = None
    specimen: Raw = NOTHING
    modifierExtension: Unread = UNSET
    component: Unread = UNSET
    contained: Unread = UNSET
    hasMember: Unread = UNSET
    result: Unread = UNSET
    dataAbsentReason: Unread = UNSET
    effectivePeriod: Unread = UNSET
    effectiveInstant: Unread = UNSET
    effectiveTiming: Unread = UNSET
    valueCodeableConcept: Unread = UNSET
    valueString: Unread = UNSET
    valueBoolean: Unread = UNSET
    valueInteger: Unread = UNSET
    valueRange: Unread = UNSET
    valueRatio: Unread = UNSET
    valueSampledData: Unread = UNSET
    valueTime: Unread = UNSET
    valueDateTime: Unread = UNSET
    valuePeriod: Unread = UNSET

    @property
    def source(self) -> str:
        """The reference to it, or to what it is found in; "" where that has no id."""
        return f"{self.resourceType}/{self.id}" if self.id else ""


_FIELDS = Observation.__struct_fields__
_OTHER_VALUES = tuple(x for x in _FIELDS if x.startswith("value") and x != "valueQuantity")
_TIMES = tuple(x for x in _FIELDS if x.startswith("effective"))
UNUSUAL = attrgetter(*_FIELDS[_FIELDS.index("modifierExtension") :])
NOTHING_UNUSUAL = UNUSUAL(Observation())

# Whatever holds or names other results.
MEMBERS = attrgetter("component", "contained", "hasMember", "result")
NO_MEMBERS = MEMBERS(Observation())

decode = msgspec.json.Decoder(Observation, float_hook=Decimal).decode

_MEMBERS = msgspec.json.Decoder(dict[str, Raw])
_EACH: Mapping[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(Raw if hint == Unread else hint, float_hook=Decimal)
    for name, hint in get_type_hints(Observation).items()
}


def salvage(raw: Raw) -> tuple[Observation, str]:
    """An Observation that `decode` refused, without its members of a wrong form, and the names of those."""
    try:
        sent = _MEMBERS.decode(raw)
    except FAULTS:
        return Observation(), "resource"
    kept: dict[str, Any] = {}
    broken = []
    for name, decoder in _EACH.items():
        if name in sent:
            try:
                kept[name] = decoder.decode(sent[name])
            except FAULTS:
                broken.append(name)
    return Observation(**kept), ", ".join(broken)


def given(member: Unread) -> TypeGuard[Raw]:
    """True where a member was sent with content; null, [], {} and "" are none."""
    return isinstance(member, Raw) and bytes(member).translate(None, b" \t\r\n") not in (b"null", b"[]", b"{}", b'""')


def other_values(sent: Observation) -> list[str]:
    """The names of the values that were sent and are no Quantity."""
    return [name for name in _OTHER_VALUES if given(getattr(sent, name))]


def times(sent: Observation) -> list[str]:
    """The names of the collection times that were sent; one at most is right."""
    return [x for x in _TIMES if isinstance(getattr(sent, x), str) or given(getattr(sent, x))]
