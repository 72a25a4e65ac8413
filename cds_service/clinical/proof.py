"""What a restart and an escalation each still lack: stable codes, `name` or `name:analyte`; () where nothing does."""

from datetime import timedelta

from cds_service.clinical import course as courses
from cds_service.clinical.case import Case, together
from cds_service.clinical.chart import Series, unclear
from cds_service.clinical.course import Course
from cds_service.clinical.episodes import recovery_grade
from cds_service.clinical.facts import CHEMISTRY, Dose, Reason, Unknown

_OF_COUNTS = (
    "count-unknown", "count-preliminary", "count-stale", "count-untimed", "count-supported", "counts-too-far-apart",
)  # fmt: skip
RESTART_LACKS = (*_OF_COUNTS, "count-not-recovered")
ESCALATION_LACKS = (
    *_OF_COUNTS, "count-grade", "no-course", "data-unknown", "paused", "dose-unknown", "not-continuous",
    "dose-not-escalatable", "time-at-dose", "episode-in-course", "earlier-reduction", "unusable-result", "toxicity",
    "recorded-toxicity", "unclear-toxicity",
)  # fmt: skip


def lacking_for_restart(case: Case) -> tuple[str, ...]:
    """What is missing from the proof of recovery: four final fresh counts, close together, each recovered."""
    p = case.p
    lacks: list[str] = []
    for analyte in p.acting_analytes:
        series = case.series[analyte]
        lacks += _count_lacks(case, series, p.restart_window)
        lacks += [f"count-not-recovered:{analyte}"] if _above(series, recovery_grade(series, p)) else []
    return tuple(lacks) or _apart(case, p.restart_window)


def lacking_for_escalation(case: Case) -> tuple[str, ...]:
    """Each condition of an escalation that is not met, or that cannot be shown to be."""
    if case.course is None:
        return ("no-course",)
    return (
        *(("data-unknown",) if case.gaps else ()),
        *_dose_lacks(case, case.course),
        *_counts_lack(case),
        *(("episode-in-course",) if case.episodes else ()),
        *(("earlier-reduction",) if courses.fell(case.course) else ()),
        *(f"unusable-result:{x}" for x in case.p.acting_analytes if _spoiled(case, case.series[x])),
        *(f"toxicity:{x}" for x in CHEMISTRY if _toxic(case, case.series[x])),
        *(("recorded-toxicity",) if case.unresolved(case.p.tolerated_toxicity_grade + 1) else ()),
        *(("unclear-toxicity",) if any(_obscures(x) for x in case.facts.unclear) else ()),
    )


def _dose_lacks(case: Case, course: Course) -> tuple[str, ...]:
    if course.paused:
        return ("paused",)
    dose = course.current.dose if course.current else None
    if not isinstance(dose, Dose):
        return ("dose-unknown",)
    lacks = []
    if not dose.continuous:
        lacks.append("not-continuous")
    if dose.low != dose.high or dose.high not in case.p.escalate_from:
        lacks.append("dose-not-escalatable")
    if course.since is None or case.now - course.since.end < case.p.minimum_time_at_dose:
        lacks.append("time-at-dose")
    return tuple(lacks)


def _counts_lack(case: Case) -> tuple[str, ...]:
    p = case.p
    lacks: list[str] = []
    for analyte in p.acting_analytes:
        lacks += _count_lacks(case, case.series[analyte], p.escalate_window)
        lacks += [f"count-grade:{analyte}"] if _above(case.series[analyte], p.escalation_grade) else []
    return tuple(lacks) or _apart(case, p.escalate_window)


def _above(series: Series, grade: int) -> bool:
    return series.speaking is not None and series.speaking.grade[1] > grade


def _count_lacks(case: Case, series: Series, span: timedelta) -> list[str]:
    """What one count lacks to support more drug, its grade aside.

    It has to be there, final, fresh, of a collection time, and not raised by a transfusion or a growth factor.
    """
    name, spoken = series.analyte, series.speaking
    if spoken is None:
        return [f"count-unknown:{name}"]
    lacks = []
    if not spoken.result.final or series.beside:
        lacks.append(f"count-preliminary:{name}")
    if not series.fresh(case.now, span):
        lacks.append(f"count-stale:{name}")
    if spoken.result.when.issued:
        lacks.append(f"count-untimed:{name}")
    if series.support:
        lacks.append(f"count-supported:{name}")
    return lacks


def _apart(case: Case, span: timedelta) -> tuple[str, ...]:
    return () if together(case, span) else ("counts-too-far-apart",)


def _spoiled(case: Case, series: Series) -> bool:
    """True where any final result of the course could not be used, or leaves open whether it was severe."""
    return any(unclear(x, case.p) for x in series.readings if x.result.final)


def _toxic(case: Case, series: Series) -> bool:
    """True where a recent chemistry result is above the grade that escalation tolerates, or may be."""
    oldest = case.now - case.p.toxicity_window
    if series.speaking is None or series.beside:
        return any(x.result.when.end >= oldest for x in series.readings if x.result.final or x.usable)
    return series.fresh(case.now, case.p.toxicity_window) and _above(series, case.p.tolerated_toxicity_grade)


def _obscures(unknown: Unknown) -> bool:
    """True for a recorded toxicity that could not be understood; records that nobody sent stand in no way."""
    return unknown.what == "toxicity" and unknown.reason != Reason.NOT_READ
