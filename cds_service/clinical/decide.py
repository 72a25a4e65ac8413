"""decide(protocols, facts, now): one conclusion about dosing, and its card, and what is due beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from cds_service.clinical import decision as d
from cds_service.clinical import eligibility, monitoring
from cds_service.clinical.case import Case, build, starts
from cds_service.clinical.chart import Series
from cds_service.clinical.choice import Choice, choose
from cds_service.clinical.decision import Count, Decision, Doses, Step
from cds_service.clinical.drafts import Row, child, highest_allowed, rows, toxic_levels
from cds_service.clinical.facts import COUNTS, LYMPHOCYTES, Facts, Unknown
from cds_service.clinical.fever import low
from cds_service.clinical.orders import level
from cds_service.clinical.proof import lacking_for_escalation
from cds_service.clinical.protocol import Protocol
from cds_service.clinical.refer import reasons
from cds_service.clinical.rules import LINES, LINES_OF_ANY_PROTOCOL, Line, Outcome, reduce, unassessed


def decide(protocols: Mapping[str, Protocol], facts: Facts, now: datetime) -> Decision:
    """The decision for one patient, by the one of these protocols, by id, that is declared, else by maintenance.

    `now` is an aware instant in the site's time zone. Raises KeyError where maintenance is not among the protocols,
    and nothing else of its own.
    """
    if facts.foreign:
        return Decision(d.NOT_ASSESSED, now, d.NOT_ASSESSED, d.WARNING, unknown=_sorted(facts.foreign))
    choice = choose(protocols, facts, now)
    case = _checked(build(choice.protocol, facts, now, choice.unknown))
    if not facts.drafts and case.course is None:
        return _untreated(facts, now)
    outcome, steps = _conclude(case)
    concluded = Decision(
        conclusion=outcome.conclusion,
        evaluated_at=now,
        refer=reasons(case, outcome),
        doses=Doses(current=case.current, ceiling=case.ceiling),
        active=case.giving,
        findings=outcome.findings,
        unknown=_unknown(case),
        missing=outcome.missing,
        counts=tuple(_count(case.series[x]) for x in (*COUNTS, LYMPHOCYTES)),
        declared=case.declared,
        steps=steps,
        protocol=case.protocol.id,
        checklist=case.checklist,
    )
    said = _of_drafts(concluded, case, outcome) if facts.drafts else _of_itself(concluded, case, outcome)
    return _beside(said, case, choice)


def _checked(case: Case) -> Case:
    """The case with its checklist, where a draft of the call would start a course of the protocol."""
    started = case.drafts and starts(case) and not case.protocol_unknown
    return replace(case, checklist=eligibility.checklist(case)) if started else case


def _beside(said: Decision, case: Case, choice: Choice) -> Decision:
    """The decision with what is due beside the dose, and what of the oncology record was not known to either."""
    due = monitoring.due(case, said)
    looked_for = monitoring.kinds(case, due) if due else frozenset()
    if said.checklist:
        looked_for |= eligibility.kinds(case)
    if looked_for and not choice.declared:
        looked_for |= {"protocol"}
    unseen = _sorted(x for x in case.facts.unseen if x.what in looked_for)
    return replace(said, monitoring=due, unknown=tuple(dict.fromkeys((*said.unknown, *unseen))))


def _untreated(facts: Facts, now: datetime) -> Decision:
    """Nothing is to be given, and no course is known: nothing to say, unless one may stand where nobody could read."""
    unread = _sorted(x for x in facts.gaps if x.what == "orders")
    if unread:
        return Decision(d.NOT_ASSESSED, now, d.NOT_ASSESSED, d.WARNING, unknown=unread)
    return Decision(d.NONE, now)


def _of_drafts(concluded: Decision, case: Case, outcome: Outcome) -> Decision:
    """The decision with the card that the drafts of the call ask for, if they ask for one."""
    found = rows(case, outcome)
    first = found[0] if found else None
    doses = replace(concluded.doses, draft=_drafted(case, first), proposed=first.proposed if first else None)
    decision = replace(concluded, doses=doses, steps=(*concluded.steps, *_row_steps(found)))
    if first is None:
        return decision
    return replace(
        decision,
        topic=first.topic,
        indicator=first.indicator,
        draft=first.draft,
        findings=first.findings or decision.findings,
        missing=first.why or decision.missing,
        also=tuple(dict.fromkeys([*(x.topic for x in found), *_lower(case, outcome)]))[1:],
        clashing=next((x.clashing for x in found if x.clashing), ()),
        total=next((x.total for x in found if x.clashing), None),
    )


def _of_itself(concluded: Decision, case: Case, outcome: Outcome) -> Decision:
    """The decision with the conclusion itself as its card: there is no draft that could be held against it.

    The protocol is for adults: no card offers more of the drug to a child.
    """
    if outcome.conclusion == d.NONE or (outcome.conclusion == d.ESCALATE and child(case)):
        return concluded
    beside = [d.NOT_ASSESSED] if unassessed(case) else []
    return replace(
        concluded,
        topic=outcome.conclusion,
        indicator=outcome.indicator,
        doses=replace(concluded.doses, proposed=_proposed(case, outcome)),
        also=tuple(dict.fromkeys([outcome.conclusion, *_lower(case, outcome), *beside]))[1:],
    )


def _conclude(case: Case) -> tuple[Outcome, tuple[Step, ...]]:
    """The first line that applies, and what was asked until then; of any protocol the last line always does."""
    steps: list[Step] = []
    outcome = None
    lines = iter(LINES_OF_ANY_PROTOCOL if case.protocol_unknown else LINES)
    while outcome is None:
        line = next(lines)
        outcome = line.ask(case)
        steps.append(_step(case, line, outcome))
    return outcome, tuple(steps)


def _step(case: Case, line: Line, outcome: Outcome | None) -> Step:
    citation = case.citation(line.name)
    if outcome:
        why = (*outcome.missing, *(f"{x.reason}:{x.what}" for x in outcome.unknown))
        return Step(line.name, "applies", why, citation)
    why = lacking_for_escalation(case) if line.name == d.ESCALATE else ()
    blind = line.name == d.INTERRUPT and any(x.speaking is None for x in map(case.series.get, COUNTS) if x)
    return Step(line.name, "cannot-tell" if blind else "does-not-apply", why, citation)


def _row_steps(found: Sequence[Row]) -> tuple[Step, ...]:
    return tuple(Step(f"draft-row-{x.number}:{x.topic}", "applies", (x.draft.source, *x.why)) for x in found)


def _proposed(case: Case, outcome: Outcome) -> Decimal | None:
    """The daily dose in mg that a conclusion leads to; None where it names none, or nothing is left to give.

    After a toxicity that is the lowest level of all lines, and never more than was given last.
    """
    if outcome.conclusion == d.ESCALATE:
        return outcome.level
    levels = [x for x, _ in toxic_levels(case, outcome)]
    return (highest_allowed(case) or min(levels) or None) if levels else None


def _drafted(case: Case, first: Row | None) -> Decimal | None:
    """The highest daily dose in mg of the draft that speaks, else of any; None where none is known."""
    phases = [x for x in case.drafts if first is None or x.source == first.draft.source]
    return max((y for x in phases if (y := level(x)) is not None), default=None)


def _lower(case: Case, outcome: Outcome) -> list[str]:
    """Each line by which the dose must come down."""
    lower = [outcome.conclusion] if outcome.conclusion in (d.RESTART_REDUCED, d.REDUCE) else []
    return [*lower, d.REDUCE] if lower and reduce(case) else lower


def _sorted(unknown: Iterable[Unknown]) -> tuple[Unknown, ...]:
    return tuple(sorted(dict.fromkeys(unknown), key=str))


def _unknown(case: Case) -> tuple[Unknown, ...]:
    """Everything that was not known, each once: what stands in the way first, then what is only listed."""
    facts = case.facts
    readings = (x.result for series in case.series.values() for x in series.readings)
    spoiled = _sorted(x.fault for x in readings if x.fault and x.final)
    chemistry = [x.unknown for x in case.series.values() if x.unknown and x.readings]
    undrafted = [x.dose for x in case.drafts if isinstance(x.dose, Unknown)]
    age = [facts.born] if isinstance(facts.born, Unknown) else []
    unclear = _sorted(x for x in facts.unclear if x.what != "temperature" or low(case))
    listed = [*unassessed(case), *undrafted, *spoiled, *chemistry, *_sorted(facts.absent), *unclear, *age]
    return tuple(dict.fromkeys(listed))


def _count(series: Series) -> Count:
    spoken = series.speaking
    return Count(
        series.analyte,
        spoken.result if spoken else None,
        spoken.grade if spoken else None,
        series.previous,
        series.baseline.result if series.baseline else None,
        series.unknown,
        series.support,
    )
