"""The protocols that active care plans declare."""

from collections.abc import Iterable

import msgspec
from msgspec import Raw

from cds_service.clinical.facts import Unknown
from cds_service.fhir.events.heads import Head
from cds_service.fhir.events.view import Item, Resource, View, opened
from cds_service.fhir.oncology.items import FAULTS, Reader, Shape, shaped
from cds_service.fhir.site import PROTOCOLS, Site

_NOT_MEANT = frozenset({"proposal", "option"})


class _Plan(Shape, kw_only=True):
    """What is read of a CarePlan."""

    status: str
    intent: str
    instantiatesCanonical: list[str] | None = None


_PLAN = msgspec.json.Decoder(_Plan)


def _declared(plan: _Plan, site: Site) -> list[str]:
    """The canonical URLs of protocols of this product; what else a plan follows is not ours to judge."""
    named = [site.protocol(x) for x in plan.instantiatesCanonical or []]
    return [x for x in dict.fromkeys(named) if x.startswith(PROTOCOLS)]


def _concerns(head: Head, raw: Raw, view: View) -> bool:
    """True for a plan that declares one of them, and for one that cannot be read and names a definition."""
    if head.resourceType not in ("CarePlan", ""):
        return False
    try:
        return bool(_declared(_PLAN.decode(raw), view.site))
    except FAULTS:
        return b'"instantiatesCanonical"' in bytes(raw)


def _read(item: Item, view: View) -> Iterable[Unknown | str]:
    plan = opened(item, view, ("CarePlan",), _is_followed, shaped(_Plan))
    if plan is None or isinstance(plan, Unknown):
        return [] if plan is None else [plan]
    return _declared(msgspec.convert(plan, _Plan), view.site)


def _is_followed(resource: Resource) -> bool:
    """A member that is no text makes the resource unreadable, which is said further on."""
    status, intent = resource.get("status"), resource.get("intent")
    active = not isinstance(status, str) or status == "active"
    return active and not (isinstance(intent, str) and intent in _NOT_MEANT)


OF_PLAN = Reader("protocol", _concerns, _read)
