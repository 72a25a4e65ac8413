"""The lines of the protocol in their order: the first that applies gives the one conclusion about dosing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from cds_service.clinical.case import Case, count_unknowns, dose_unknowns
from cds_service.clinical.chart import Reading, Series
from cds_service.clinical.course import dose_at
from cds_service.clinical.decision import (
    CRITICAL,
    ESCALATE,
    INFO,
    INTERRUPT,
    KEEP_INTERRUPTED,
    NONE,
    NOT_ASSESSED,
    REDUCE,
    RESTART_REDUCED,
    WARNING,
    Finding,
)
from cds_service.clinical.episodes import Episode, level_below
from cds_service.clinical.facts import CHEMISTRY, COUNTS, Order, Reason, Unknown, When
from cds_service.clinical.orders import known_dose
from cds_service.clinical.proof import RESTART_LACKS, lacking_for_escalation, lacking_for_restart


@dataclass(frozen=True, slots=True)
class Outcome:
    """One conclusion. `level` is the daily dose in mg that it names, None where it names none or cannot."""

    conclusion: str
    indicator: str = ""
    level: Decimal | None = None
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: its name (a source of the protocol file) and the function that answers it or not."""

    name: str
    ask: Callable[[Case], Outcome | None] = field(repr=False)


def interrupt(case: Case) -> Outcome | None:
    """Line 1: the newest value of an acting analyte, recent enough, is at the interrupting grade."""
    alarms = [x for x in _acting(case) if x.fresh(case.now, case.p.interrupt_window) and _severe(case, x)]
    if not alarms:
        return None
    return Outcome(INTERRUPT, CRITICAL, findings=_findings(case, "interrupt", alarms, case.p.interrupt_grade))


def keep_interrupted(case: Case) -> Outcome | None:
    """Line 2: an episode is open, or closed without the proof, the level or the dose that a restart needs."""
    episode = case.last_episode
    if episode is None:
        return None
    indicator = CRITICAL if case.giving or case.drafts else WARNING
    findings = (_opened(case, episode),)
    if episode.open:
        lacking = lacking_for_restart(case) or ("recovery-not-shown",)
        return Outcome(KEEP_INTERRUPTED, indicator, findings=findings, missing=lacking)
    if not case.ceiling:
        reason = "onset-dose-unknown" if case.ceiling is None else "no-lower-level"
        return Outcome(KEEP_INTERRUPTED, indicator, findings=findings, missing=(reason,))
    if case.giving or resumed(case, episode, case.ceiling):
        return None
    missing = lacking_for_restart(case)
    return Outcome(KEEP_INTERRUPTED, indicator, findings=findings, missing=missing) if missing else None


def restart_reduced(case: Case) -> Outcome | None:
    """Line 3: an episode has closed; the drug may restart at the ceiling, or an order gives more than that."""
    episode, ceiling = case.last_episode, case.ceiling
    if episode is None or ceiling is None:
        return None
    more = [x for x in (*case.giving, *case.drafts) if (known_dose(x) or Decimal(0)) > ceiling]
    if not more and (case.giving or resumed(case, episode, ceiling)):
        return None
    findings = (_opened(case, episode),)
    return Outcome(RESTART_REDUCED, WARNING if more else INFO, ceiling, findings)


def reduce(case: Case) -> Outcome | None:
    """Line 4: a non-haematological toxicity of grade 3 or worse is unresolved and the dose has not come down since."""
    toxic = [case.series[x] for x in CHEMISTRY if _unresolved(case, case.series[x])]
    recorded = [x for x in case.unresolved(case.p.toxicity_grade) if _not_lowered(case, x.onset)]
    if not toxic and not recorded:
        return None
    level = None if case.current is None else level_below(case.current, case.p)
    noted = tuple(case.recorded("reduce", "reduce", x) for x in recorded)
    findings = (*_findings(case, "reduce", toxic, case.p.toxicity_grade), *noted)
    return Outcome(REDUCE, WARNING, level, findings)


def not_assessed(case: Case) -> Outcome | None:
    """Line 5: something that the decision needs is not known."""
    unknown = unassessed(case)
    return Outcome(NOT_ASSESSED, WARNING, unknown=unknown) if unknown else None


def escalate(case: Case) -> Outcome | None:
    """Line 6: every condition of an escalation is shown to be met."""
    if lacking_for_escalation(case) or case.current is None:
        return None
    counts = [case.series[x] for x in COUNTS]
    findings = _findings(case, "escalate", counts, case.p.escalation_grade + 1)
    return Outcome(ESCALATE, INFO, case.current + case.p.dose_step, findings)


def nothing(case: Case) -> Outcome | None:
    """Line 7: otherwise."""
    return Outcome(NONE)


LINES = (
    Line("interrupt", interrupt),
    Line("keep-interrupted", keep_interrupted),
    Line("restart-reduced", restart_reduced),
    Line("reduce", reduce),
    Line("not-assessed", not_assessed),
    Line("escalate", escalate),
    Line("none", nothing),
)
LINES_OF_ANY_PROTOCOL = tuple(x for x in LINES if x.name in ("interrupt", "keep-interrupted", "not-assessed"))

KEPT_FOR = (*RESTART_LACKS, "recovery-not-shown", "no-lower-level", "onset-dose-unknown")


def unassessed(case: Case) -> tuple[Unknown, ...]:
    """Everything unknown that stands in the way of line 5: gaps in the record, counts, the current dose."""
    declared = (Unknown("protocol", Reason.UNKNOWN_PROTOCOL, detail=case.declared),) if case.protocol_unknown else ()
    return (*declared, *case.gaps, *count_unknowns(case), *dose_unknowns(case))


def resumed(case: Case, episode: Episode, ceiling: Decimal) -> bool:
    """True where an order surely gave the drug since the episode closed, at the ceiling or less."""
    if case.course is None or episode.closed is None:
        return False
    closed = episode.closed
    lower = [x for x in case.course.orders if (dose := known_dose(x)) is not None and dose <= ceiling]
    return any(_gave_after(x, closed) for x in lower)


def lasting(case: Case, analyte: str) -> tuple[Reading, ...]:
    """The unbroken row of readings at the toxic grade that ends with the newest, oldest first."""
    final = [x for x in case.series[analyte].readings if x.result.final]
    row: list[Reading] = []
    for reading in sorted(final, key=_lateness, reverse=True):
        if not reading.usable or reading.grade[0] < case.p.toxicity_grade:
            break
        row.append(reading)
    return tuple(reversed(row))


def _lateness(reading: Reading) -> tuple[datetime, int, datetime, str]:
    """Of results of one time the worse counts as the later one."""
    when = reading.result.when
    return when.start, reading.grade[0], when.end, reading.result.source


def _gave_after(order: Order, closed: When) -> bool:
    """True where an order surely gave the drug after a time; one stopped or held may have ended before its bounds."""
    if order.start is not None and order.start.after(closed):
        return True
    return order.end is not None and order.end.after(closed) and order.status not in ("stopped", "on-hold")


def _unresolved(case: Case, series: Series) -> bool:
    if not series.fresh(case.now, case.p.toxicity_window) or not _at_least(series, case.p.toxicity_grade):
        return False
    row = lasting(case, series.analyte)
    return _not_lowered(case, row[0].result.when if row else None)


def toxic_onsets(case: Case) -> list[datetime]:
    """When each toxicity that asks for a lower dose began, as far as that is known."""
    rows = [lasting(case, x) for x in CHEMISTRY if _unresolved(case, case.series[x])]
    recorded = [x.onset for x in case.unresolved(case.p.toxicity_grade) if x.onset and _not_lowered(case, x.onset)]
    return [row[0].result.when.start for row in rows if row] + [x.start for x in recorded]


def _not_lowered(case: Case, onset: When | None) -> bool:
    """True unless the dose is known to be below the one at an onset; None: nobody knows when that was."""
    if case.course is None or case.current is None or onset is None:
        return True
    then = dose_at(case.course, onset, case.now)
    return then is None or case.current >= then


def _acting(case: Case) -> list[Series]:
    return [case.series[x] for x in case.p.acting_analytes]


def _severe(case: Case, series: Series) -> bool:
    return _at_least(series, case.p.interrupt_grade)


def _at_least(series: Series, grade: int) -> bool:
    return series.speaking is not None and series.speaking.grade[0] >= grade


def _findings(case: Case, rule: str, series: list[Series], grade: int) -> tuple[Finding, ...]:
    return tuple(case.finding(rule, rule, x.speaking, grade) for x in series if x.speaking)


def _opened(case: Case, episode: Episode) -> Finding:
    return case.finding("episode", "keep-interrupted", episode.last, case.p.interrupt_grade)
