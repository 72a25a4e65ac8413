"""A feedback body becomes items: what clinicians did with cards. Each item is checked before any of them is taken."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from cds_service.errors import CdsError, DuplicateMember, InvalidElement, MissingElement, NotJson, TooDeep
from cds_service.hook import strict

ACCEPTED = "accepted"
OVERRIDDEN = "overridden"

_Value = TypeVar("_Value")
_MEANS = {
    "feedback": "Feedback is an object with an array of that name, one item for each card (CDS Hooks 2.0, Feedback).",
    "card": "It names there the uuid of the card it is about.",
    "outcome": "It says there what became of the card: accepted or overridden.",
    "outcomeTimestamp": "It says there when, such as 2026-11-23T09:00:00Z.",
    "acceptedSuggestions": "An accepted card comes with the uuid of each suggestion accepted: [{id: ...}].",
    "acceptedSuggestions.id": "It is the uuid of a suggestion of the card.",
    "overrideReason.reason.code": "A reason has a code; system and display may be absent.",
}
_LONGEST = 255
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_FAULT = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<where>.*)`)?")
_TYPES = {"str": "a string", "object": "an object", "array": "an array", "int": "a number", "float": "a number"}


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one card. `outcome_at` is in UTC; `reason` has code, and system and display where they were sent.

    `card` and `suggestions` are uuids in lower case, or whatever else was sent; `comment` is what the user wrote.
    """

    card: str
    outcome: str
    outcome_at: datetime
    suggestions: tuple[str, ...] = ()
    reason: Mapping[str, str] | None = None
    comment: str = ""


class _Suggestion(Struct):
    id: str | UnsetType = UNSET


class _Coding(Struct):
    code: str | None = None
    system: str | None = None
    display: str | None = None


class _Reason(Struct):
    reason: _Coding | None = None
    userComment: str | None = None


class _Item(Struct):
    card: str | UnsetType = UNSET
    outcome: str | UnsetType = UNSET
    outcomeTimestamp: str | UnsetType = UNSET
    acceptedSuggestions: list[_Suggestion] | None = None
    overrideReason: _Reason | None = None


class _Body(Struct):
    feedback: list[Raw] | UnsetType = UNSET


_BODIES = msgspec.json.Decoder(_Body)
_ITEMS = msgspec.json.Decoder(_Item)


def read(body: bytes) -> tuple[Item, ...]:
    """The items of a body, in their order; unknown members are ignored.

    Raises the errors of status 400 in `cds_service.errors`, naming the item: one that is bad refuses them all.
    """
    body = strict.text(body)
    try:
        told = _BODIES.decode(body)
        _refuse_repeated(body)
    except msgspec.ValidationError as error:
        raise InvalidElement(_wrong_type(str(error), "", "The body")) from None
    except msgspec.DecodeError as error:
        raise NotJson(f"The body is not JSON: {str(error).removeprefix('JSON is malformed: ')}.") from None
    except RecursionError:
        raise TooDeep("The body is nested too deep.") from None
    return tuple(_item(x, f"feedback[{i}]") for i, x in enumerate(_given(told.feedback, "", "feedback")))


def _item(raw: Raw, where: str) -> Item:
    try:
        item = _ITEMS.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidElement(_wrong_type(str(error), f"{where}.", where)) from None
    outcome = _given(item.outcome, where, "outcome")
    if outcome not in (ACCEPTED, OVERRIDDEN):
        raise InvalidElement(f"{where}.outcome is neither {ACCEPTED} nor {OVERRIDDEN}.")
    reason = item.overrideReason or _Reason()
    return Item(
        card=_identifier(_given(item.card, where, "card"), f"{where}.card"),
        outcome=outcome,
        outcome_at=_instant(_given(item.outcomeTimestamp, where, "outcomeTimestamp"), f"{where}.outcomeTimestamp"),
        suggestions=_suggestions(item.acceptedSuggestions or [], outcome, where),
        reason=_coding(reason.reason, f"{where}.overrideReason.reason") if reason.reason else None,
        comment=reason.userComment or "",
    )


def _suggestions(sent: list[_Suggestion], outcome: str, where: str) -> tuple[str, ...]:
    if outcome == ACCEPTED and not sent:
        raise _missing(where, "acceptedSuggestions")
    name = "acceptedSuggestions.id"
    return tuple(
        _identifier(_given(x.id, place, "id", name), f"{place}.id")
        for x, place in ((y, f"{where}.acceptedSuggestions[{i}]") for i, y in enumerate(sent))
    )


def _coding(coding: _Coding, where: str) -> Mapping[str, str]:
    if not coding.code:
        raise MissingElement(f"{where}.code is missing. {_MEANS['overrideReason.reason.code']}")
    sent = {"code": coding.code, "system": coding.system, "display": coding.display}
    return {x: y for x, y in sent.items() if y}


def _identifier(value: str, where: str) -> str:
    """Not only uuids: cards that somebody else issued may have names of another form."""
    name = value.lower()
    if not 0 < len(name) <= _LONGEST or not name.isprintable():
        raise InvalidElement(f"{where} is not a name of 1 to {_LONGEST} printable characters.")
    return name


def _instant(value: str, where: str) -> datetime:
    """RFC 3339 with any zone and any number of decimals, which are cut after the sixth; a leap second is taken."""
    found = _TIME.fullmatch(value)
    if not found:
        raise InvalidElement(f"{where} is not a time of RFC 3339 with its zone, such as 2026-11-23T09:00:00Z.")
    day, minutes, seconds, fraction, zone = found.groups()
    leap = seconds == "60"
    micro = f"{(fraction or '')[:6]:0<6}"
    text = f"{day}T{minutes}:{'59' if leap else seconds}.{micro}{zone.upper().replace('Z', '+00:00')}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC) + timedelta(seconds=leap)
    except (ValueError, OverflowError):
        raise InvalidElement(f"{where} is a time that does not exist.") from None


def _given(value: _Value | UnsetType, where: str, name: str, means: str = "") -> _Value:
    if isinstance(value, UnsetType):
        raise _missing(where, name, means)
    return value


def _missing(where: str, name: str, means: str = "") -> CdsError:
    return MissingElement(f"{where}{'.' if where else ''}{name} is missing. {_MEANS[means or name]}")


def _wrong_type(said: str, prefix: str, whole: str) -> str:
    """The decoder's complaint, which holds types and a path but no value, in our words."""
    found = _FAULT.fullmatch(said)
    what, where = (found["what"], found["where"]) if found else (said, "")
    words = re.sub("`([^`]*)`", lambda x: " or ".join(_TYPES.get(y, y) for y in x[1].split(" | ")), what)
    return f"{prefix + where if where else whole} has the wrong type: {words[0].lower()}{words[1:]}."


def _refuse_repeated(body: bytes) -> None:
    """Raises DuplicateMember where any object of the body has two members of one name: which one was meant?"""

    def unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in members:
            if name in made:
                raise DuplicateMember(f"{name[:64]} is there twice in one object.")
            made[name] = value
        return made

    json.loads(body, object_pairs_hook=unique, parse_int=str, parse_float=str)
