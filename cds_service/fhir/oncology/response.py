"""How the disease stands: the disease status of mCODE, and the overall assessment of German oncology records."""

from collections.abc import Iterable

from cds_service.clinical.facts import Reason, Unknown
from cds_service.fhir.events.view import Item, Resource, View, opened
from cds_service.fhir.oncology.codes import RESPONSES, STATES, WITH_RESIDUE
from cds_service.fhir.oncology.items import (
    EFFECTIVE,
    Reader,
    Told,
    coded_as,
    is_observed,
    sent_codings,
    shown,
    told,
    unsettled,
    without_value,
)


def _read(item: Item, view: View) -> Iterable[Told]:
    resource = opened(item, view, ("Observation",), is_observed)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    unknown = unsettled(item, resource)
    if unknown is not None:
        return [unknown]
    concept = resource.get("valueCodeableConcept")
    return [_assessed(concept, item, resource, view) if concept else without_value(item, resource)]


def _assessed(concept: Resource, item: Item, resource: Resource, view: View) -> Told:
    codes = [(system, code) for system, code, _ in sent_codings(concept)]
    # The German map gives a remission with residues the wider code of a full remission: the narrower one tells.
    known = [WITH_RESIDUE] if WITH_RESIDUE in codes else [x for x in codes if x in STATES]
    states = {STATES[x] for x in (*known, *(x for x in codes if STATES.get(x) == "progression"))}
    sent = ", ".join(dict.fromkeys(code for _, code in codes)) or concept.get("text") or "no code"
    if len(states) != 1:
        return item.unknown(Reason.CONFLICTING if states else Reason.UNREADABLE, sent)
    return told(item, states.pop(), resource, EFFECTIVE, view, shown(concept, STATES.__contains__))


OF_OBSERVATION = Reader(
    "response", coded_as("Observation", RESPONSES.__contains__, [code for _, code in RESPONSES]), _read
)
