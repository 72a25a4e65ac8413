"""Whether histology says sarcoma: a morphology of ICD-O-3, or a sarcoma that is coded as confirmed by histology."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Raw

from cds_service.clinical.facts import Reason, Unknown
from cds_service.fhir.events.heads import Head
from cds_service.fhir.events.view import Item, Resource, View, opened
from cds_service.fhir.oncology.codes import (
    CONFIRMED_BY_ENDING,
    HISTOLOGICAL,
    HISTOLOGY,
    ICD_O_3,
    MORPHOLOGY_EXTENSION_ENDING,
    SARCOMA,
    Code,
    in_icd_10,
    of_morphology,
)
from cds_service.fhir.oncology.items import (
    EFFECTIVE,
    ONSET,
    Reader,
    Told,
    coded_as,
    is_confirmed,
    is_observed,
    sent_codings,
    shown,
    told,
    unsettled,
    without_value,
)

_WHAT = "histology"
_soft_tissue = in_icd_10("C49")


def _is_sarcoma(code: Code) -> bool:
    return code == SARCOMA or _soft_tissue(code)


_is_coded = coded_as("Condition", _is_sarcoma, [SARCOMA[1], '"C49'])


def _tells(head: Head, raw: Raw, view: View) -> bool:
    """True for a diagnosis with a morphology, and a sarcoma that says how it was confirmed: its code is too little."""
    sent = bytes(raw)
    if MORPHOLOGY_EXTENSION_ENDING.encode() in sent:
        return head.resourceType in ("Condition", "")
    return CONFIRMED_BY_ENDING.encode() in sent and _is_coded(head, raw, view)


def _observation(item: Item, view: View) -> Iterable[Told]:
    resource = opened(item, view, ("Observation",), is_observed)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    unknown = unsettled(item, resource)
    if unknown is not None:
        return [unknown]
    concept = resource.get("valueCodeableConcept")
    return _morphology(concept, item, resource, EFFECTIVE, view) if concept else [without_value(item, resource)]


def _condition(item: Item, view: View) -> Iterable[Told]:
    resource = opened(item, view, ("Condition",), is_confirmed)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    extensions = [x for x in resource.get("extension") or [] if x["url"].endswith(MORPHOLOGY_EXTENSION_ENDING)]
    found = [y for x in extensions for y in _morphology(x.get("valueCodeableConcept"), item, resource, ONSET, view)]
    return [*found, *_confirmed(item, resource, view)]


def _morphology(concept: Any, item: Item, resource: Resource, times: Iterable[str], view: View) -> list[Told]:
    """A morphology that is not malignant says nothing of the tumour; a concept without one was not understood."""
    codes = [code for system, code, _ in sent_codings(concept) if system in ICD_O_3]
    states = {code: of_morphology(code) for code in codes}
    if not codes or None in states.values():
        return [item.unknown(Reason.UNREADABLE, ", ".join(codes) or "no code of ICD-O-3")]
    return [told(item, state, resource, times, view, code) for code, state in states.items() if state]


def _confirmed(item: Item, resource: Resource, view: View) -> Iterator[Told]:
    """A sarcoma by its code alone is none: the record has to say that histology confirmed it."""
    by = {code for system, code, _ in sent_codings(resource.get("verificationStatus"))
          if system.endswith(CONFIRMED_BY_ENDING)}  # fmt: skip
    coded = any(_is_sarcoma((system, code)) for system, code, _ in sent_codings(resource.get("code")))
    if coded and HISTOLOGICAL in by:
        yield told(item, "sarcoma", resource, ONSET, view, shown(resource["code"], _is_sarcoma))


OF_OBSERVATION = Reader(
    _WHAT, coded_as("Observation", HISTOLOGY.__contains__, [code for _, code in HISTOLOGY]), _observation
)
OF_CONDITION = Reader(_WHAT, _tells, _condition)
