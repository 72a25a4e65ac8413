"""A request body becomes a HookCall: every element of the envelope checked, what it carries left unread."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from cds_service.errors import InvalidElement, MissingElement, NotJson, TooDeep, WrongHook
from cds_service.hook import strict

_Value = TypeVar("_Value")

_MEANS = {
    "hook": "A call names its hook there.",
    "hookInstance": "A call carries a UUID of its own there.",
    "context": "A call says there what the user is doing.",
    "context.patientId": "A call carries the FHIR id of the patient there.",
    "context.userId": "A call names the user there, such as Practitioner/abc.",
    "context.draftOrders": "A call carries a Bundle of the unsigned orders there.",
    "context.selections": "A call names there, in an array of references, the unsigned orders just chosen.",
    "fhirServer": "A call with fhirAuthorization names the FHIR server that the token is for there.",
}
# What a hook has in its context beside patient and user, by its definition; a hook that is not here has nothing more.
_CONTEXTS: Mapping[str, Collection[str]] = {
    "order-sign": ("draftOrders",),
    "order-select": ("draftOrders", "selections"),
}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_USER = re.compile(r"((Practitioner|PractitionerRole|Patient|RelatedPerson)/)?[A-Za-z0-9\-.]{1,64}")
_FORMS = {
    _UUID: "a UUID, such as d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    _ID: "a FHIR id of 1 to 64 letters, digits, hyphens and dots",
    _USER: "Practitioner, PractitionerRole, Patient or RelatedPerson, a slash and a FHIR id",
}
_FAULT = re.compile(r"(?P<what>.*) - at `\$\.(?P<where>.*)`")
_TYPES = {
    "str": "a string",
    "object": "an object",
    "array": "an array",
    "int": "a number",
    "float": "a number",
    "bool": "a boolean",
}


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call of a hook. `draft_orders` and the values of `prefetch` are JSON as it was sent.

    `draft_orders` is None for a hook without drafts; `selections` are the references of those that the call is about,
    None where it is about all of them. A prefetch key that was not sent is not in `prefetch`; one sent as null is there
    as `null`. `encounter_id` and `fhir_server` are "" where they were not sent. `token` is that of fhirAuthorization.
    """

    hook: str
    hook_instance: str
    patient_id: str
    user_id: str
    encounter_id: str
    fhir_server: str
    draft_orders: Raw | None
    prefetch: Mapping[str, Raw]
    token: str | None = field(default=None, repr=False)
    selections: frozenset[str] | None = None


class _Context(Struct):
    patientId: str | UnsetType = UNSET
    userId: str | UnsetType = UNSET
    encounterId: str | None = None
    draftOrders: Raw | UnsetType = UNSET
    selections: Raw | UnsetType = UNSET


class _Authorization(Struct):
    """`expires_in` is declared because it must not overflow."""

    access_token: str | None = None
    token_type: str | None = None
    expires_in: float | str | None = None


class _Envelope(Struct):
    hook: str | UnsetType = UNSET
    hookInstance: str | UnsetType = UNSET
    context: _Context | UnsetType = UNSET
    fhirServer: str | None = None
    fhirAuthorization: _Authorization | None = None
    prefetch: dict[str, Raw] | None = None


_DECODER = msgspec.json.Decoder(_Envelope)
_SELECTIONS = msgspec.json.Decoder(frozenset[str])


def read(body: bytes, *hooks: str) -> HookCall:
    """The call that a body carries, for a service of one of these hooks.

    Unknown members, and those that the context of the hook does not have, are ignored. Raises the errors of status 400
    in `cds_service.errors`, naming the element.
    """
    body = strict.text(body)
    envelope = _decoded(body)
    prefetch = envelope.prefetch or {}
    name = _hook(envelope, hooks)
    context = _given(envelope.context, "context")
    drafts, selections = _of_hook(context, name)
    strict.unique(body, [bytes(x) for x in (drafts, *prefetch.values()) if x is not None])
    return HookCall(
        hook=name,
        hook_instance=_like(_UUID, _given(envelope.hookInstance, "hookInstance"), "hookInstance"),
        patient_id=_like(_ID, _given(context.patientId, "context.patientId"), "context.patientId"),
        user_id=_like(_USER, _given(context.userId, "context.userId"), "context.userId"),
        encounter_id=_like(_ID, context.encounterId, "context.encounterId") if context.encounterId else "",
        fhir_server=_server(envelope),
        draft_orders=drafts,
        prefetch=prefetch,
        token=_token(envelope.fhirAuthorization),
        selections=selections,
    )


def _of_hook(context: _Context, hook: str) -> tuple[Raw | None, frozenset[str] | None]:
    """The drafts and the selections, each None where the hook has none."""
    members = _CONTEXTS.get(hook, ())
    drafts = selections = None
    if "draftOrders" in members:
        drafts = _object(_given(context.draftOrders, "context.draftOrders"), "context.draftOrders")
    if "selections" in members:
        selections = _references(_given(context.selections, "context.selections"), "context.selections")
    return drafts, selections


def _decoded(body: bytes) -> _Envelope:
    try:
        return _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidElement(_wrong_type(str(error))) from None
    except msgspec.DecodeError as error:
        what = str(error).removeprefix("JSON is malformed: ").removeprefix("Input data was ")
        raise NotJson(f"The body is not JSON: {what}.") from None
    except RecursionError:
        raise TooDeep("The body is nested too deep.") from None


def _wrong_type(said: str) -> str:
    """The decoder's complaint, which holds types and a path but no value, in our words."""
    found = _FAULT.fullmatch(said)
    what, where = (found["what"], found["where"]) if found else (said, "The body")
    words = re.sub("`([^`]*)`", lambda x: _type_name(x[1]), what)
    return f"{where} has the wrong type or size: {words[0].lower()}{words[1:]}."


def _type_name(name: str) -> str:
    return " or ".join(dict.fromkeys(_TYPES.get(x, x) for x in name.split(" | ")))


def _given(value: _Value | UnsetType, name: str) -> _Value:
    if isinstance(value, UnsetType):
        raise MissingElement(f"{name} is missing. {_MEANS[name]}")
    return value


def _hook(envelope: _Envelope, wanted: Collection[str]) -> str:
    hook = _given(envelope.hook, "hook")
    if hook not in wanted:
        raise WrongHook(f"hook is not {' or '.join(wanted)}, the hook of this service.")
    return hook


def _like(form: re.Pattern[str], value: str, name: str) -> str:
    if not form.fullmatch(value):
        raise InvalidElement(f"{name} has not the form it must have: {_FORMS[form]}.")
    return value


def _server(envelope: _Envelope) -> str:
    if not envelope.fhirServer:
        if envelope.fhirAuthorization:
            raise MissingElement(f"fhirServer is missing. {_MEANS['fhirServer']}")
        return ""
    if not _is_web_address(envelope.fhirServer):
        raise InvalidElement("fhirServer is not an absolute http or https URL.")
    return envelope.fhirServer


def _token(authorization: _Authorization | None) -> str | None:
    """The bearer token for the FHIR server; another kind of token is none that could be used."""
    if authorization is None or (authorization.token_type or "Bearer").lower() != "bearer":
        return None
    return authorization.access_token


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and value.isprintable()
    except ValueError:
        return False


def _object(value: Raw, name: str) -> Raw:
    if memoryview(value)[0] != ord("{"):
        raise InvalidElement(f"{name} is not an object. {_MEANS[name]}")
    return value


def _references(value: Raw, name: str) -> frozenset[str]:
    try:
        return _SELECTIONS.decode(value)
    except msgspec.MsgspecError:
        raise InvalidElement(f"{name} is not an array of strings. {_MEANS[name]}") from None
