"""Procedures and MedicationAdministrations -> transfusions and growth factors that were given."""

from collections.abc import Iterable, Sequence

from msgspec import Raw

from cds_service.clinical.facts import Reason, Support, Unknown
from cds_service.fhir.events.heads import kinds_given, medication_referred
from cds_service.fhir.events.view import Item, Resource, Untimely, View, moment, opened
from cds_service.fhir.strict import Unreadable, strict
from cds_service.fhir.validate import fault_of

_NOT_GIVEN = frozenset({"preparation", "not-done", "on-hold", "entered-in-error", "unknown"})
_TIMES = {"Procedure": "performed", "MedicationAdministration": "effective"}


def read(item: Item, view: View) -> Iterable[Support | Unknown]:
    """What one resource tells: a support of each kind that its codes name, or one Unknown, or nothing."""
    medication = medication_referred(item.head, view.shelved, view.server)
    kinds = kinds_given(item.head, item.raw, medication)
    if kinds is None:  # said once for all of them: a record may name every drug so
        return [Unknown(item.what, Reason.NOT_READ, detail="medicationReference")]
    resource = opened(item, view, tuple(_TIMES), _was_given) if kinds else None
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    if medication is not None and not is_sound(medication):
        return [item.unknown(Reason.UNREADABLE, "medicationReference")]
    return _read(resource, kinds, item, view)


def _read(resource: Resource, kinds: Sequence[str], item: Item, view: View) -> list[Support | Unknown]:
    name = _TIMES[resource["resourceType"]]
    try:
        given = moment(resource, (f"{name}DateTime", f"{name}Period"), view.zone)
    except Untimely as untimely:
        return [item.unknown(Reason.UNREADABLE, str(untimely))]
    if given is None:
        return [item.unknown(Reason.UNREADABLE, name)]
    if view.is_future(given):
        return [item.unknown(Reason.FUTURE, given.start.isoformat())]
    return [Support(kind, item.source, given) for kind in kinds]


def _was_given(resource: Resource) -> bool:
    """False where the status says that nothing was given, or not yet, or nobody knows."""
    return not (isinstance(resource.get("status"), str) and resource["status"] in _NOT_GIVEN)


def is_sound(medication: Raw) -> bool:
    """True where a Medication can be relied on."""
    try:
        resource = strict(medication)
    except Unreadable:
        return False
    return not fault_of(resource) and not resource.get("modifierExtension")
