"""Every Observation of a call to its place: a result, another patient's, a gap, without a value, or not asked for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import Raw

from cds_service.clinical.facts import NEUTROPHILS, Reason, Unknown
from cds_service.fhir.bundle import outcome_failed
from cds_service.fhir.codes import PARTS, Meaning
from cds_service.fhir.labs.observation import (
    FAULTS,
    MEMBERS,
    NO_MEMBERS,
    NOTHING_UNUSUAL,
    UNUSUAL,
    Observation,
    decode,
    given,
    other_values,
    salvage,
    times,
)
from cds_service.fhir.labs.panels import WITHDRAWN, Member, members
from cds_service.fhir.labs.reading import result
from cds_service.fhir.labs.replaced import Item
from cds_service.fhir.labs.scope import COUNTING, Scope, Unusable, unreadable
from cds_service.fhir.patient import Whose

_NO_RESULT = frozenset({"registered", "cancelled", "entered-in-error", "unknown"})
_REPORT = "DiagnosticReport"


@dataclass(frozen=True, slots=True)
class Sorted:
    """What was found so far; the results by analyte, by part of a neutrophil count, and the temperatures.

    `named` are the members that panels and reports name, undecoded, each with the reference of what names them.
    """

    items: defaultdict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    foreign: list[Unknown] = field(default_factory=list)
    gaps: list[Unknown] = field(default_factory=list)
    absent: list[Unknown] = field(default_factory=list)
    named: list[tuple[str, Raw]] = field(default_factory=list)


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
    if sent.resourceType == "Observation":
        meanings = scope.meanings[bytes(sent.code)]
        if meanings is None or meanings:
            _place(Member(sent, meanings, broken), raw, scope, found)
    elif sent.resourceType != _REPORT:
        found.gaps.extend(_gap(raw, sent))
        return
    if MEMBERS(sent) != NO_MEMBERS:
        _open(sent, raw, broken, scope, found)


def _open(sent: Observation, raw: Raw, broken: str, scope: Scope, found: Sorted) -> None:
    """Take out what a panel or report holds, and note what it names."""
    for member in members(sent, scope):
        faults = ", ".join(x for x in (broken, member.broken) if x)
        _place(Member(member.sent, member.meanings, faults), raw, scope, found)
    if sent.source and sent.status not in WITHDRAWN and scope.whose(bytes(sent.subject)) is not Whose.OTHER:
        found.named.extend((sent.source, x) for x in (sent.hasMember, sent.result) if given(x))


def _place(member: Member, raw: Raw, scope: Scope, found: Sorted) -> None:
    sent, meanings, broken = member
    if meanings is None:
        found.gaps.append(Unknown("results", Reason.UNREADABLE, sent.source, "code"))
    elif (subject := scope.whose(bytes(sent.subject))) is Whose.OTHER:
        found.foreign.append(Unknown(_analytes(meanings)[0], Reason.OTHER_PATIENT, sent.source))
    elif sent.status in _NO_RESULT:
        return
    elif _is_empty(sent, broken):
        found.absent.extend(Unknown(analyte, Reason.ABSENT, sent.source) for analyte in _analytes(meanings))
    else:
        fault = _fault(sent, subject, meanings, broken)
        for meaning in meanings if len(meanings) == 1 else [Meaning(x, "") for x in _analytes(meanings)]:
            found.items[meaning.analyte].append(Item(result(sent, meaning, scope, fault), sent, raw))


def _gap(raw: Raw, sent: Observation) -> list[Unknown]:
    """What a resource leaves open that is no Observation and no report; nothing where it clearly is another one."""
    if sent.resourceType is None:
        return [Unknown("results", Reason.UNREADABLE, detail="resourceType")]
    failed = sent.resourceType == "OperationOutcome" and outcome_failed(raw)
    return [Unknown("results", Reason.FETCH_FAILED)] if failed else []


def _analytes(meanings: Sequence[Meaning]) -> list[str]:
    """What the results of these meanings tell of; parts of a neutrophil count tell of neutrophils."""
    told = [NEUTROPHILS if meaning.analyte in PARTS else meaning.analyte for meaning in meanings]
    return list(dict.fromkeys(analyte for analyte in told if analyte))


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
