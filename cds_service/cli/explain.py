"""`cds explain`: the decision on a request, step by step, in words and with the very facts that the service uses."""

from collections.abc import Iterator
from datetime import UTC, datetime

from cds_service.app import now_utc, site, wording
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Criterion, Decision, Finding, Monitoring, Step
from cds_service.clinical.facts import (
    Dose,
    Evidence,
    Facts,
    Order,
    Reason,
    Result,
    Support,
    Temperature,
    Toxicity,
    Unknown,
    When,
)
from cds_service.clinical.protocol import MAINTENANCE, Protocol
from cds_service.errors import InvalidElement
from cds_service.fhir import prefetch
from cds_service.fhir.order import Scope
from cds_service.hook.request import read
from cds_service.render.extension import plain
from cds_service.render.words import Words
from cds_service.settings import load
from cds_service.web.discovery import SERVICES

_ASKED = {"applies": "APPLIES       ", "does-not-apply": "does not apply", "cannot-tell": "CANNOT TELL   "}


def lines(body: bytes, at: str | None) -> Iterator[str]:
    """The explanation of a request body. Raises the errors of the request as the service does."""
    settings = load()
    now = _instant(at).astimezone(settings.zone)
    call = read(body, *(x.hook for x in SERVICES))
    protocols, renderers = wording(settings)
    scope = Scope(call.patient_id, call.fhir_server, settings.zone, site(settings), call.selections)
    record = prefetch.read(scope, call.draft_orders, call.prefetch, now, protocols[MAINTENANCE].parameters)
    yield f"Hook {call.hook}, instance {call.hook_instance}, decided as of {now.isoformat(timespec='seconds')}"
    if record is None:
        yield "This call does not concern trofosfamide: it is answered at once, without a card."
        return
    decision = decide(protocols, record.facts, now)
    yield _protocol(renderers["en"].protocol(decision))
    yield from fact_lines(record.facts)
    yield from _section("What to do about it", _fixes(record.facts, decision, renderers["en"].words))
    yield from decision_lines(decision)


def _protocol(protocol: Protocol) -> str:
    return f"Protocol {protocol.id} {protocol.version}, CTCAE {protocol.ctcae.version}"


def _instant(at: str | None) -> datetime:
    if at is None:
        return now_utc()
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise InvalidElement(f"--at {at} is not a time; write it as 2026-11-23T09:00:00Z.") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def fact_lines(facts: Facts) -> Iterator[str]:
    """Every fact with the resource that it comes from, and every item that was left out with its reason."""
    results = sorted((x for every in facts.results.values() for x in every), key=lambda x: (x.analyte, x.when.start))
    yield from _section("Results", (_result(x) for x in results))
    yield from _section("Orders of the record", map(_order, facts.orders))
    yield from _section("Drafts of the call", map(_order, facts.drafts))
    yield from _section("Recorded toxicities", map(_toxicity, facts.toxicities))
    yield from _section("Transfusions and growth factors", map(_support, facts.supports))
    yield from _section("Body temperatures", map(_temperature, facts.temperatures))
    yield from _section("Oncology record", map(_evidence, facts.evidence))
    yield from _section("Protocols that care plans declare", iter(facts.declared))
    yield from _section("Left out, or not known", map(_unknown, _left_out(facts)))


def decision_lines(decision: Decision) -> Iterator[str]:
    """Every rule with its answer, and what was concluded."""
    yield from _section("Rules, in the order in which they were asked", map(_step, decision.steps))
    yield from _section("What they found", map(_finding, decision.findings))
    if decision.checklist:
        yield from _section("Eligibility checklist", map(_criterion, decision.checklist))
    yield from _section("Not known to the decision", map(_unknown, decision.unknown))
    yield ""
    yield f"Conclusion: {decision.conclusion}"
    yield f"Card: {decision.topic} ({decision.indicator})" if decision.topic else "Card: none"
    yield f"Monitoring: {_due(decision.monitoring) if decision.monitoring else 'none'}"
    for name, reasons in (("Refer", decision.refer), ("Missing", decision.missing), ("Also", decision.also)):
        if reasons:
            yield f"{name}: {', '.join(reasons)}"


def _fixes(facts: Facts, decision: Decision, words: Words) -> Iterator[str]:
    """For every reason that was met, what the systems around could do about it."""
    faults = [x.fault for every in facts.results.values() for x in every if x.fault]
    met = {x.reason for x in (*decision.unknown, *_left_out(facts), *faults)}
    yield from (f"{x}: {words.say('fixes', x)}" for x in Reason if x in met)


def _section(title: str, entries: Iterator[str]) -> Iterator[str]:
    yield ""
    yield title
    said = [f"  {x}" for x in entries]
    yield from said or ["  none"]


def _result(result: Result) -> str:
    value = f"{result.comparator}{plain(result.shown)} {result.unit}" if result.shown is not None else "no number"
    state = "" if result.final else ", preliminary"
    state += f", {result.derived} from {', '.join(result.parts)}" if result.derived else ""
    fault = f", UNUSABLE: {_unknown(result.fault)}" if result.fault else ""
    return f"{result.analyte}: {value}, {_when(result.when)}{state} [{result.source}]{fault}"


def _toxicity(toxicity: Toxicity) -> str:
    state = "resolved" if toxicity.resolved else "not resolved"
    onset = f"{_when(toxicity.onset)}{' (time of recording)' if toxicity.marked else ''}"
    return f"MedDRA {toxicity.code}: CTCAE grade {toxicity.grade}, {state}, onset {onset} [{toxicity.source}]"


def _support(support: Support) -> str:
    return f"{support.kind}: {_when(support.when)} [{support.source}]"


def _temperature(temperature: Temperature) -> str:
    return f"{plain(temperature.celsius)} Cel, {_when(temperature.when)} [{temperature.source}]"


def _evidence(evidence: Evidence) -> str:
    sent = "".join(x if x.isprintable() else " " for x in evidence.display)
    return (
        f"{evidence.kind}: {evidence.state}{f' ({sent})' if sent else ''}, {_when(evidence.when)} [{evidence.source}]"
    )


def _criterion(criterion: Criterion) -> str:
    age = [f"{criterion.age} years"] if criterion.age is not None else []
    told = [*map(_evidence, criterion.evidence), *map(_result, criterion.results), *age]
    told += [*map(_toxicity, criterion.toxicities), *map(_unknown, criterion.unknown)]
    found = f": {'; '.join(told)}" if told else ""
    return f"{criterion.state:<12}  {criterion.name}{found} ({criterion.citation})"


def _due(monitoring: Monitoring) -> str:
    day = f", due {monitoring.due.isoformat()}" if monitoring.due else ""
    return f"{monitoring.topic}, since {_when(monitoring.since)}{day} ({monitoring.citation})"


def _finding(finding: Finding) -> str:
    result = f": {_result(finding.result)}" if finding.result else ""
    result += f": {_toxicity(finding.toxicity)}" if finding.toxicity else ""
    graded = ""
    if finding.grade:
        low, high = finding.grade
        graded = f", CTCAE grade {low}" if low == high else f", CTCAE grade {low} to {high}"
    limit = f", limit {finding.limit}" if finding.limit else ""
    return f"{finding.rule}{result}{graded}{limit} ({finding.citation})"


def _order(order: Order) -> str:
    dose = _dose(order.dose) if isinstance(order.dose, Dose) else f"dose unknown: {_unknown(order.dose)}"
    span = f"from {_when(order.start)} to {_when(order.end)}"
    fault = f", UNREADABLE: {_unknown(order.fault)}" if order.fault else ""
    return f"{order.status}, {dose}, {span} [{order.source}]{fault}"


def _dose(dose: Dose) -> str:
    amount = plain(dose.low) if dose.low == dose.high else f"{plain(dose.low)} to {plain(dose.high)}"
    return f"{amount} mg/day{'' if dose.continuous else ' on dosing days only'}"


def _when(when: When | None) -> str:
    if when is None:
        return "unknown"
    first, last = (x.isoformat(timespec="minutes") for x in (when.start, when.end))
    return f"{first if first == last else f'{first}..{last}'}{' (time of reporting)' if when.issued else ''}"


def _unknown(unknown: Unknown) -> str:
    detail = f": {''.join(x if x.isprintable() else ' ' for x in unknown.detail)}" if unknown.detail else ""
    return f"{unknown.what}, {unknown.reason}{detail}{f' [{unknown.source}]' if unknown.source else ''}"


def _left_out(facts: Facts) -> tuple[Unknown, ...]:
    born = (facts.born,) if isinstance(facts.born, Unknown) else ()
    return (*facts.foreign, *facts.gaps, *facts.absent, *facts.unclear, *facts.unseen, *born)


def _step(step: Step) -> str:
    why = f": {', '.join(step.why)}" if step.why else ""
    citation = f" ({step.citation})" if step.citation else ""
    return f"{_ASKED.get(step.outcome, step.outcome)}  {step.rule}{why}{citation}"
