"""What speaks against an anthracycline: a heart that has failed or is diseased. No code of its own is published."""

from collections.abc import Iterable

from cds_service.clinical.facts import Unknown
from cds_service.fhir.events.codes import CLINICAL
from cds_service.fhir.events.view import Item, Resource, View, codes_of, opened
from cds_service.fhir.oncology.codes import HEART, Code, in_icd_10
from cds_service.fhir.oncology.items import ONSET, Reader, Told, coded_as, is_confirmed, shown, told

_CATEGORIES = ("I50", "I42")
_in_categories = in_icd_10(*_CATEGORIES)
_PRESENT = frozenset({"active", "recurrence", "relapse"})  # the latter two are kinds of the first


def _is_heart(code: Code) -> bool:
    return code in HEART or _in_categories(code)


def _counts(resource: Resource) -> bool:
    """A diagnosis that is sure, and is there now or does not say that it has gone."""
    status = resource.get("clinicalStatus")
    return is_confirmed(resource) and (status is None or bool(codes_of(status, CLINICAL) & _PRESENT))


def _read(item: Item, view: View) -> Iterable[Told]:
    resource = opened(item, view, ("Condition",), _counts)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    return [told(item, "unsuitable", resource, ONSET, view, shown(resource["code"], _is_heart))]


OF_CONDITION = Reader(
    "anthracycline",
    coded_as("Condition", _is_heart, [*(code for _, code in HEART), *(f'"{x}' for x in _CATEGORIES)]),
    _read,
)
