"""The checklist at the start of a course: each criterion of the protocol is met, not met, or not recorded."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cds_service.clinical import evidence as record
from cds_service.clinical import orders as of
from cds_service.clinical.case import Case, completed_years, count_unknown
from cds_service.clinical.chart import Reading, newest
from cds_service.clinical.decision import Criterion
from cds_service.clinical.facts import (
    BILIRUBIN,
    CREATININE,
    NEUTROPHILS,
    PLATELETS,
    Evidence,
    Order,
    Reason,
    Result,
    Unknown,
)
from cds_service.clinical.rules import reduce

MET, NOT_MET, NOT_RECORDED = "met", "not-met", "not-recorded"
STATES = (MET, NOT_MET, NOT_RECORDED)
_CONTROLLED = frozenset({"complete", "partial", "stable", "no-evidence"})
# Toxicities are also sent as graded Observations, which few systems have: that these were not read says nothing.
_OPTIONAL = "gradings"


@dataclass(frozen=True, slots=True)
class Check:
    """One criterion: its name (a source of the protocol file), what answers it, and the evidence that it looks for."""

    name: str
    ask: Callable[[Case, str], Criterion] = field(repr=False)
    kind: str = ""


def checklist(case: Case) -> tuple[Criterion, ...]:
    """The criteria of the protocol in its order, each held against the record."""
    asked = {x.name: x for x in CRITERIA}
    return tuple(asked[x].ask(case, x) for x in case.protocol.criteria)


def kinds(case: Case) -> frozenset[str]:
    """The kinds of evidence that the checklist of the protocol looks for."""
    return frozenset(x.kind for x in CRITERIA if x.kind and x.name in case.protocol.criteria)


def histology(case: Case, name: str) -> Criterion:
    """A soft tissue sarcoma is coded; another tumour speaks against it only where no sarcoma is."""
    found = record.of_kind(case.facts, "histology")
    sarcomas = [x for x in found if x.state == "sarcoma"]
    if sarcomas:
        return _told(case, name, MET, sarcomas)
    return _told(case, name, NOT_MET, found) if found else _silent(case, name, "histology")


def metastases(case: Case, name: str) -> Criterion:
    """Metastases are coded; that none are proves nothing."""
    found = record.of_kind(case.facts, "metastasis")
    return _told(case, name, MET, found) if found else _silent(case, name, "metastasis")


def response(case: Case, name: str) -> Criterion:
    """The newest record of how the disease stands: under control, or progressing."""
    last = record.speaking(record.of_kind(case.facts, "response"))
    if last is None or last.state not in (*_CONTROLLED, "progression"):
        return _silent(case, name, "response", [last] if last else [])
    return _told(case, name, MET if last.state in _CONTROLLED else NOT_MET, [last])


def untreated(case: Case, name: str) -> Criterion:
    """A treatment that is recorded speaks against it; that none is proves nothing."""
    past = [x for x in dict.fromkeys(case.facts.orders) if of.gave(x, case.now)]
    found = [*record.of_kind(case.facts, "systemic-therapy"), *map(_course, sorted(past, key=of.rank))]
    return _told(case, name, NOT_MET, found) if found else _silent(case, name, "systemic-therapy")


def age(case: Case, name: str) -> Criterion:
    """Older than the age of the protocol in completed years, whatever the day of a birth date that is not exact."""
    born = case.facts.born
    if isinstance(born, Unknown):
        return Criterion(name, NOT_RECORDED, case.citation(name), unknown=(born,))
    youngest, oldest = completed_years(born.end, case.now), completed_years(born.start, case.now)
    older = {x > case.p.eligible_age for x in (youngest, oldest)}
    state = NOT_RECORDED if len(older) > 1 else MET if True in older else NOT_MET
    return Criterion(name, state, case.citation(name), age=youngest if youngest == oldest else None)


def anthracycline(case: Case, name: str) -> Criterion:
    """A condition that speaks against an anthracycline is coded; that a patient declines one has no code."""
    found = record.of_kind(case.facts, "anthracycline")
    return _told(case, name, MET, found) if found else _silent(case, name, "anthracycline")


def performance_status(case: Case, name: str) -> Criterion:
    """The newest ECOG grade."""
    last = record.speaking(record.of_kind(case.facts, "performance-status"))
    if last is None:
        return _silent(case, name, "performance-status")
    return _told(case, name, MET if int(last.state) <= case.p.performance_status_worst else NOT_MET, [last])


def blood_counts(case: Case, name: str) -> Criterion:
    """Every acting count is recent, final, and good enough to start with."""
    acting = [case.series[x] for x in case.p.acting_analytes]
    lacks = [(x, count_unknown(case, x, case.p.start_window)) for x in acting]
    told = [(x.speaking.result, _adequate(case, x.speaking)) for x, lack in lacks if x.speaking and not lack]
    return _measured(case, name, told, [x for _, x in lacks if x])


def renal_function(case: Case, name: str) -> Criterion:
    """Creatinine is recent, final, and below its multiple of the upper limit of normal."""
    return _function(case, name, CREATININE, case.p.start_creatinine_uln)


def hepatic_function(case: Case, name: str) -> Criterion:
    """Bilirubin is recent, final, and below its multiple of the upper limit of normal."""
    return _function(case, name, BILIRUBIN, case.p.start_bilirubin_uln)


def no_unresolved_toxicity(case: Case, name: str) -> Criterion:
    """No toxicity lasts that would call for a lower dose; that none is recorded counts where the record was read."""
    toxic = reduce(case)
    citation = case.citation(name)
    if toxic:
        recorded = tuple(x.toxicity for x in toxic.findings if x.toxicity)
        computed = tuple(x.result for x in toxic.findings if x.result)
        return Criterion(name, NOT_MET, citation, results=computed, toxicities=recorded)
    missing = [x for x in (*case.facts.unclear, *case.facts.gaps) if x.what == "toxicity" and not _optional(x)]
    return Criterion(name, NOT_RECORDED if missing else MET, citation, unknown=tuple(missing))


CRITERIA = (
    Check("histology", histology, "histology"),
    Check("advanced-disease", metastases, "metastasis"),
    Check("metastatic", metastases, "metastasis"),
    Check("response-or-no-evidence-of-disease", response, "response"),
    Check("untreated", untreated, "systemic-therapy"),
    Check("age-over-60", age),
    Check("anthracycline-unsuitable", anthracycline, "anthracycline"),
    Check("performance-status", performance_status, "performance-status"),
    Check("blood-counts", blood_counts),
    Check("renal-function", renal_function),
    Check("hepatic-function", hepatic_function),
    Check("no-unresolved-toxicity", no_unresolved_toxicity),
)


def _told(case: Case, name: str, state: str, found: Iterable[Evidence]) -> Criterion:
    return Criterion(name, state, case.citation(name), evidence=tuple(found))


def _silent(case: Case, name: str, kind: str, found: Sequence[Evidence] = ()) -> Criterion:
    """Not recorded, with what of this kind was not read."""
    unknown = record.unseen(case.facts, kind)
    return Criterion(name, NOT_RECORDED, case.citation(name), evidence=tuple(found), unknown=unknown)


def _course(order: Order) -> Evidence:
    """An earlier order of the drug, which is a systemic therapy as any other."""
    return Evidence("systemic-therapy", "given", order.source, order.start or order.authored)


def _function(case: Case, name: str, analyte: str, times: Decimal) -> Criterion:
    found = sorted(newest(x for x in dict.fromkeys(case.facts.results.get(analyte, ())) if x.final), key=str)
    lacks = [(x, _lack(case, x)) for x in found]
    told = [(x, _below(x, times)) for x, lack in lacks if not lack]
    absent = [] if found else [case.series[analyte].unknown or Unknown(analyte, Reason.ABSENT)]
    return _measured(case, name, told, [*absent, *_early(case, analyte), *(x for _, x in lacks if x)])


def _early(case: Case, analyte: str) -> list[Unknown]:
    """A preliminary result that speaks, which only one at grade >= 3 does: beside it nothing final is good enough."""
    spoken = case.series[analyte].speaking
    early = [] if spoken is None or spoken.result.final else [spoken.result]
    return [Unknown(analyte, Reason.NOT_FINAL, x.source) for x in early]


def _lack(case: Case, result: Result) -> Unknown | None:
    """Why a final result says nothing about the function of an organ today."""
    if result.fault:
        return result.fault
    if result.when.start < case.now - case.p.start_window:
        return Unknown(result.analyte, Reason.STALE, result.source)
    return None if result.high else Unknown(result.analyte, Reason.UNREADABLE, result.source, "ULN")


def _measured(
    case: Case, name: str, told: Sequence[tuple[Result, bool | None]], lacking: Sequence[Unknown]
) -> Criterion:
    """Not met where one result surely misses, met where all surely hold and none is lacking."""
    missed = tuple(x for x, holds in told if holds is False)
    if missed:
        return Criterion(name, NOT_MET, case.citation(name), results=missed)
    sure = not lacking and all(holds for _, holds in told)
    results = tuple(x for x, _ in told)
    return Criterion(name, MET if sure else NOT_RECORDED, case.citation(name), results=results, unknown=tuple(lacking))


def _adequate(case: Case, reading: Reading) -> bool | None:
    """Whether a count is good enough to start with; None where its grade or its comparator leaves that open."""
    (low, high), worst = reading.grade, case.p.start_grade
    parts = [True if high <= worst else False if low > worst else None]
    limits = {NEUTROPHILS: case.p.start_neutrophils, PLATELETS: case.p.start_platelets}
    if reading.result.analyte in limits:
        parts.append(_at_least(reading.result, limits[reading.result.analyte]))
    return False if False in parts else None if None in parts else True


def _below(result: Result, times: Decimal) -> bool | None:
    """Whether a result is below a multiple of its upper limit of normal; None where a comparator leaves that open."""
    assert result.high is not None
    above = _at_least(result, result.high * times)
    return None if above is None else not above


def _at_least(result: Result, limit: Decimal) -> bool | None:
    value, sign = result.value, result.comparator
    assert value is not None
    if sign in ("", ">", ">="):
        return True if value >= limit else None if sign else False
    return False if value < limit or (sign == "<" and value == limit) else None


def _optional(unknown: Unknown) -> bool:
    return unknown.reason is Reason.NOT_READ and unknown.detail == _OPTIONAL
