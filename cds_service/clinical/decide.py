"""decide(protocol, facts, now): one conclusion about dosing, and the one card that the drafts of the call call for."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from cds_service.clinical import decision as d
from cds_service.clinical.case import Case, build
from cds_service.clinical.chart import Series
from cds_service.clinical.decision import Count, Decision, Doses, Step
from cds_service.clinical.drafts import Row, rows
from cds_service.clinical.facts import COUNTS, LYMPHOCYTES, Facts, Unknown
from cds_service.clinical.orders import level
from cds_service.clinical.proof import lacking_for_escalation
from cds_service.clinical.protocol import Protocol
from cds_service.clinical.refer import reasons
from cds_service.clinical.rules import LINES, LINES_OF_ANY_PROTOCOL, Line, Outcome, reduce, unassessed


def decide(protocol: Protocol, facts: Facts, now: datetime) -> Decision:
    """The decision for one patient. `now` is an aware instant in the site's time zone; raises nothing of its own."""
    if facts.foreign:
        return Decision(d.NOT_ASSESSED, now, d.NOT_ASSESSED, d.WARNING, unknown=_sorted(facts.foreign))
    case = build(protocol, facts, now)
    outcome, steps = _conclude(case)
    found = rows(case, outcome)
    first = found[0] if found else None
    return Decision(
        conclusion=outcome.conclusion,
        evaluated_at=now,
        topic=first.topic if first else "",
        indicator=first.indicator if first else "",
        refer=reasons(case, outcome),
        doses=_doses(case, first),
        draft=first.draft if first else None,
        active=case.giving,
        findings=(first.findings if first else ()) or outcome.findings,
        unknown=_unknown(case),
        missing=(first.why if first else ()) or outcome.missing,
        also=_also(case, outcome, found),
        clashing=next((x.clashing for x in found if x.clashing), ()),
        total=next((x.total for x in found if x.clashing), None),
        counts=tuple(_count(case.series[x]) for x in (*COUNTS, LYMPHOCYTES)),
        declared=case.declared if case.protocol_unknown else "",
        steps=(*steps, *_row_steps(found)),
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


def _doses(case: Case, first: Row | None) -> Doses:
    draft = first.draft if first else next(iter(case.drafts), None)
    return Doses(
        current=case.current,
        draft=level(draft) if draft else None,
        ceiling=case.ceiling,
        proposed=first.proposed if first else None,
    )


def _also(case: Case, outcome: Outcome, found: Sequence[Row]) -> tuple[str, ...]:
    """Whatever else applies: the topics of the other rows, and each line by which the dose must come down."""
    lower = [outcome.conclusion] if outcome.conclusion in (d.RESTART_REDUCED, d.REDUCE) else []
    lower += [d.REDUCE] if lower and reduce(case) else []
    return tuple(dict.fromkeys([*(x.topic for x in found), *lower]))[1:] if found else ()


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
    listed = [*unassessed(case), *undrafted, *spoiled, *chemistry, *_sorted(facts.absent), *age]
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
    )
