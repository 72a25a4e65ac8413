"""Every Observation of a call to its place: a result, another patient's, a gap, without a value, or not asked for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import Raw

from cds_service.clinical.facts import Reason, Unknown
from cds_service.fhir.bundle import outcome_failed
from cds_service.fhir.codes import Meaning
from cds_service.fhir.labs.observation import (
    FAULTS,
    NOTHING_UNUSUAL,
    UNUSUAL,
    Observation,
    decode,
    given,
    other_values,
    salvage,
    times,
)
from cds_service.fhir.labs.reading import result
from cds_service.fhir.labs.replaced import Item
from cds_service.fhir.labs.scope import COUNTING, Scope, Unusable, unreadable
from cds_service.fhir.patient import Whose

_NO_RESULT = frozenset({"registered", "cancelled", "entered-in-error", "unknown"})


@dataclass(frozen=True, slots=True)
class Sorted:
    """What was found so far; the results by analyte."""

    items: defaultdict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    foreign: list[Unknown] = field(default_factory=list)
    gaps: list[Unknown] = field(default_factory=list)
    absent: list[Unknown] = field(default_factory=list)


def sort(raw: Raw, scope: Scope, found: Sorted) -> None:
    """Put one resource of the results in its place in `found`."""
    try:
        sent = decode(raw)
    except FAULTS:
        sent, broken = salvage(raw)
        _sort_any(sent, raw, broken, scope, found)
        return
    meaning = scope.usual[sent.resourceType, bytes(sent.code), bytes(sent.subject), sent.status]
    if meaning and UNUSUAL(sent) == NOTHING_UNUSUAL:
        found.items[meaning.analyte].append(Item(result(sent, meaning, scope), sent, raw))
    else:
        _sort_any(sent, raw, "", scope, found)


def _sort_any(sent: Observation, raw: Raw, broken: str, scope: Scope, found: Sorted) -> None:
    meanings = scope.meanings[bytes(sent.code)] if sent.resourceType == "Observation" else None
    if meanings is None:
        found.gaps.extend(_gap(raw, sent))
    elif not meanings:
        return
    elif (subject := scope.whose(bytes(sent.subject))) is Whose.OTHER:
        found.foreign.append(Unknown(_analytes(meanings)[0], Reason.OTHER_PATIENT, sent.source))
    elif sent.status in _NO_RESULT:
        return
    elif _is_empty(sent, broken):
        found.absent.extend(Unknown(analyte, Reason.ABSENT, sent.source) for analyte in _analytes(meanings))
    else:
        fault = _fault(sent, subject, meanings, broken)
        for meaning in meanings:
            if meaning.analyte:
                found.items[meaning.analyte].append(Item(result(sent, meaning, scope, fault), sent, raw))


def _gap(raw: Raw, sent: Observation) -> list[Unknown]:
    """What an unread resource leaves open; nothing where it is clearly no Observation."""
    if sent.resourceType == "Observation":
        return [Unknown("results", Reason.UNREADABLE, sent.source, "code")]
    if sent.resourceType is None:
        return [Unknown("results", Reason.UNREADABLE, detail="resourceType")]
    failed = sent.resourceType == "OperationOutcome" and outcome_failed(raw)
    return [Unknown("results", Reason.FETCH_FAILED)] if failed else []


def _analytes(meanings: Sequence[Meaning]) -> list[str]:
    return list(dict.fromkeys(meaning.analyte for meaning in meanings if meaning.analyte))


def _is_empty(sent: Observation, broken: str) -> bool:
    """True where the laboratory says that there is no value, and sends none."""
    valued = (sent.valueQuantity is not None and sent.valueQuantity.value is not None) or other_values(sent)
    return given(sent.dataAbsentReason) and not valued and "value" not in broken


def _fault(sent: Observation, subject: Whose, meanings: Sequence[Meaning], broken: str) -> Unusable | None:
    """What makes the whole Observation unusable, whatever its value."""
    if broken:
        return unreadable(broken)
    if subject is Whose.NOT_SAID:
        return unreadable("subject")
    if sent.status not in COUNTING:
        return unreadable("status")
    if len(meanings) > 1:
        return Unusable(Reason.CONFLICTING, "code")
    if given(sent.modifierExtension):
        return unreadable("modifierExtension")
    return _doubt(sent)


def _doubt(sent: Observation) -> Unusable | None:
    """Why an Observation says more than one thing at once, or no number."""
    if len(times(sent)) > 1:
        return unreadable(", ".join(times(sent)))
    if given(sent.dataAbsentReason):
        return unreadable("dataAbsentReason beside a value")
    for name in other_values(sent):
        value = bytes(getattr(sent, name)).decode("utf-8", "replace")
        return unreadable(f"{name}: {value}")
    return None
