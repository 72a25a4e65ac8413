"""The ECOG performance status: a number or an answer of LOINC, or a component of the German performance status."""

from collections.abc import Iterable
from typing import Any

from cds_service.clinical.facts import Reason, Unknown
from cds_service.fhir.events.view import Item, Resource, View, opened
from cds_service.fhir.oncology.codes import ECOG, PERFORMANCE_ECOG, PERFORMANCES, ecog_of
from cds_service.fhir.oncology.items import (
    EFFECTIVE,
    Reader,
    Told,
    coded_as,
    is_observed,
    sent_codings,
    told,
    unsettled,
    without_value,
)

_SCORES = (None, "1", "{score}", "{ECOG}")  # what a score has as its unit
_GRADES = range(5)


def _read(item: Item, view: View) -> Iterable[Told]:
    resource = opened(item, view, ("Observation",), is_observed)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    unknown = unsettled(item, resource)
    return [unknown] if unknown else [_graded(x, item, resource, view) for x in _valued(resource)]


def _valued(resource: Resource) -> list[Resource]:
    """What carries the grade: the observation, or its components of ECOG; one of Karnofsky is none."""
    if _has(resource, ECOG):
        return [resource]
    return [x for x in resource.get("component") or [] if _has(x, PERFORMANCE_ECOG)]


def _has(element: Resource, wanted: tuple[str, str]) -> bool:
    return any((system, code) == wanted for system, code, _ in sent_codings(element.get("code")))


def _graded(element: Resource, item: Item, resource: Resource, view: View) -> Told:
    if element.get("dataAbsentReason"):
        return item.unknown(Reason.ABSENT)
    if "valueInteger" in element or "valueQuantity" in element:
        number = element["valueInteger"] if "valueInteger" in element else _score(element["valueQuantity"])
        if number is None or number not in _GRADES:
            return item.unknown(Reason.UNREADABLE, str(number if number is not None else "valueQuantity"))
        return told(item, str(int(number)), resource, EFFECTIVE, view, str(number))
    concept = element.get("valueCodeableConcept")
    return _answered(concept, item, resource, view) if concept else without_value(item, element)


def _score(quantity: Resource) -> Any:
    """The number of a Quantity without a unit, None where it has one of something else."""
    return quantity.get("value") if quantity.get("code") in _SCORES and not quantity.get("comparator") else None


def _answered(concept: Resource, item: Item, resource: Resource, view: View) -> Told:
    codes = {code: ecog_of(system, code) for system, code, _ in sent_codings(concept)}
    grades = {x for x in codes.values() if x is not None}
    if len(grades) != 1:
        return item.unknown(Reason.CONFLICTING if grades else Reason.UNREADABLE, ", ".join(codes) or "no code")
    [grade] = grades
    return told(item, grade, resource, EFFECTIVE, view, ", ".join(codes)) if grade else item.unknown(Reason.ABSENT)


OF_OBSERVATION = Reader(
    "performance-status", coded_as("Observation", PERFORMANCES.__contains__, [code for _, code in PERFORMANCES]), _read
)
