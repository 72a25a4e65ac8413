"""AdverseEvents, Conditions and Observations of a MedDRA term -> toxicities, or why one is not understood."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import Reason, Toxicity, Unknown, When
from cds_service.fhir.events.codes import CLINICAL, MEDDRA, OUTCOME, VERIFICATION
from cds_service.fhir.events.grade import grade_of
from cds_service.fhir.events.view import Item, Resource, Untimely, View, codes_of, opened, span, time

_CODED_IN = {"AdverseEvent": "event", "Condition": "code", "Observation": "code"}
_ONSETS: Mapping[str, tuple[str, ...]] = {
    "AdverseEvent": ("date", "detected"),
    "Condition": ("onsetDateTime", "onsetPeriod"),
    "Observation": ("effectiveDateTime", "effectiveInstant", "effectivePeriod"),
}
_NO_OBSERVATION = frozenset({"cancelled", "entered-in-error", "registered", "unknown"})
_NO_CONDITION = frozenset({"refuted", "entered-in-error"})
_UNSURE = frozenset({"unconfirmed", "provisional", "differential"})
_OVER = frozenset({"resolved", "inactive", "remission"})
_ENDED = frozenset({"resolved", "resolvedWithSequelae"})
_ENDED_SOMEHOW = ("abatementAge", "abatementRange", "abatementString")
_RESOLVED_ON = "adverse-event-resolved-date"


def read(item: Item, view: View) -> Iterable[Toxicity | Unknown]:
    """What one resource of a MedDRA term tells: a toxicity for each term, or one Unknown, or nothing."""
    resource = opened(item, view, tuple(_CODED_IN), _counts)
    if resource is None or isinstance(resource, Unknown):
        return [] if resource is None else [resource]
    if _is_unsure(resource):
        return [item.unknown(Reason.NOT_FINAL)]
    try:
        return list(_read(resource, item, view))
    except Untimely as untimely:
        return [item.unknown(Reason.UNREADABLE, str(untimely))]


def newest_assessments(toxicities: Iterable[Toxicity]) -> list[Toxicity]:
    """The same; an Observation is resolved where a later one of the same term tells how it went on."""
    every = list(toxicities)
    latest: dict[str, datetime] = {}
    for one in every:
        if one.assessed and one.onset is not None:
            latest[one.code] = max(one.onset.start, latest.get(one.code, one.onset.start))
    return [replace(one, resolved=True) if _is_outdated(one, latest) else one for one in every]


def _is_outdated(one: Toxicity, latest: Mapping[str, datetime]) -> bool:
    return one.assessed and one.onset is not None and one.onset.end < latest[one.code]


def _counts(resource: Resource) -> bool:
    """False where the status says that this is no toxicity of the patient."""
    kind = resource.get("resourceType")
    if kind == "AdverseEvent":
        return bool(resource.get("actuality") != "potential")
    if kind == "Condition":
        return not codes_of(resource.get("verificationStatus"), VERIFICATION) & _NO_CONDITION
    return not (isinstance(resource.get("status"), str) and resource["status"] in _NO_OBSERVATION)


def _is_unsure(resource: Resource) -> bool:
    if resource["resourceType"] == "Condition":
        return bool(codes_of(resource.get("verificationStatus"), VERIFICATION) & _UNSURE)
    return resource["resourceType"] == "Observation" and resource.get("status") == "preliminary"


def _read(resource: Resource, item: Item, view: View) -> Iterator[Toxicity | Unknown]:
    """Raises Untimely for a time that cannot be read. What is graded and has no MedDRA code is not understood."""
    kind = resource["resourceType"]
    onset, marked = _onset(resource, view.zone)
    grade, sent = grade_of(resource)
    terms = _terms(resource.get(_CODED_IN[kind]) or {})
    if grade is None and not terms:
        return
    if onset is not None and view.is_future(onset):
        yield item.unknown(Reason.FUTURE, onset.start.isoformat())
    elif grade is None:
        yield item.unknown(Reason.ABSENT, sent)
    elif not terms:
        yield item.unknown(Reason.UNREADABLE, f"{_CODED_IN[kind]}.coding.code")
    else:
        resolved = _RESOLVED[kind](resource, view)
        for code, display in terms.items():
            yield Toxicity(code, grade, item.source, onset, resolved, display, marked, kind == "Observation")


def _terms(concept: Resource) -> Mapping[str, str]:
    """The MedDRA codes, each with how it was called."""
    found: dict[str, str] = {}
    for coding in concept.get("coding") or []:
        if coding.get("system") in MEDDRA and coding.get("code"):
            found.setdefault(coding["code"], coding.get("display") or concept.get("text") or "")
    return found


def _onset(resource: Resource, zone: ZoneInfo) -> tuple[When | None, bool]:
    """When it began, and whether that is only the time of recording. Of a period, its start."""
    for name in _ONSETS[resource["resourceType"]]:
        if name.endswith("Period"):
            whole = span(resource, name, zone)
            began = time(resource[name], "start", zone) if whole is not None else None
        else:
            began = time(resource, name, zone)
        if began is not None:
            return began, False
    recorded = None if resource["resourceType"] == "Observation" else time(resource, "recordedDate", zone)
    return recorded, recorded is not None


def _event_resolved(resource: Resource, view: View) -> bool:
    if codes_of(resource.get("outcome"), OUTCOME) & _ENDED:
        return True
    dates = [x for x in resource.get("extension") or [] if x["url"].endswith(_RESOLVED_ON)]
    return any(_is_past(time(x, "valueDateTime", view.zone), view) for x in dates)


def _condition_resolved(resource: Resource, view: View) -> bool:
    if codes_of(resource.get("clinicalStatus"), CLINICAL) & _OVER:
        return True
    if any(resource.get(name) is not None for name in _ENDED_SOMEHOW):
        return True
    ended = _is_past(time(resource, "abatementDateTime", view.zone), view)
    return ended or _period_ended(resource, "abatementPeriod", view)


def _observation_resolved(resource: Resource, view: View) -> bool:
    return _period_ended(resource, "effectivePeriod", view)


def _period_ended(resource: Resource, name: str, view: View) -> bool:
    """A period without an end goes on."""
    if span(resource, name, view.zone) is None:
        return False
    return _is_past(time(resource[name], "end", view.zone), view)


def _is_past(moment: When | None, view: View) -> bool:
    """An end in the future is none: it is a hope."""
    return moment is not None and not view.is_future(moment)


_RESOLVED = {
    "AdverseEvent": _event_resolved,
    "Condition": _condition_resolved,
    "Observation": _observation_resolved,
}
