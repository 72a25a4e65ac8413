"""Whether the tumour has spread: the site of a metastasis, or a diagnosis of secondary tumours."""

from collections.abc import Iterable

from cds_service.clinical.facts import Unknown
from cds_service.fhir.events.view import Item, View, opened
from cds_service.fhir.oncology.codes import METASTASIS, in_icd_10
from cds_service.fhir.oncology.items import (
    EFFECTIVE,
    ONSET,
    Reader,
    Told,
    coded_as,
    is_confirmed,
    is_observed,
    shown,
    told,
    unsettled,
)

_WHAT = "metastasis"
_CATEGORIES = ("C77", "C78", "C79")  # secondary tumours of lymph nodes, of organs, of other sites
_is_secondary = in_icd_10(*_CATEGORIES)
_is_site = METASTASIS.__contains__


def _observation(item: Item, view: View) -> Iterable[Told]:
    """Whatever the site is: only the answer "no" tells of none."""
    resource = opened(item, view, ("Observation",), is_observed)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    unknown = unsettled(item, resource)
    if unknown is not None or resource.get("valueBoolean") is False:
        return [unknown] if unknown else []
    display = shown(resource.get("valueCodeableConcept") or resource["code"], _is_site)
    return [told(item, "present", resource, EFFECTIVE, view, display)]


def _condition(item: Item, view: View) -> Iterable[Told]:
    resource = opened(item, view, ("Condition",), is_confirmed)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    return [told(item, "present", resource, ONSET, view, shown(resource["code"], _is_secondary))]


OF_OBSERVATION = Reader(_WHAT, coded_as("Observation", _is_site, [code for _, code in METASTASIS]), _observation)
OF_CONDITION = Reader(_WHAT, coded_as("Condition", _is_secondary, [f'"{x}' for x in _CATEGORIES]), _condition)
