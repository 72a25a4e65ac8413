"""What a restart and an escalation each still lack: stable codes, `name` or `name:analyte`; () where nothing does."""

from datetime import timedelta

from cds_service.clinical import course as courses
from cds_service.clinical.case import Case, together
from cds_service.clinical.chart import Series
from cds_service.clinical.course import Course
from cds_service.clinical.ctcae import UNGRADED
from cds_service.clinical.episodes import recovery_grade
from cds_service.clinical.facts import CHEMISTRY, COUNTS, Dose


def lacking_for_restart(case: Case) -> tuple[str, ...]:
    """What is missing from the proof of recovery: four final fresh counts, close together, each recovered."""
    p = case.p
    lacks = [
        code
        for analyte in COUNTS
        for code in _count_lacks(case, case.series[analyte], p.restart_window, recovery_grade(case.series[analyte], p))
    ]
    return tuple(lacks) or _apart(case, p.restart_window)


def lacking_for_escalation(case: Case) -> tuple[str, ...]:
    """Each condition of an escalation that is not met, or that cannot be shown to be."""
    if case.course is None:
        return ("no-course",)
    return (
        *_dose_lacks(case, case.course),
        *_counts_lack(case),
        *(("episode-in-course",) if case.episodes else ()),
        *(("earlier-reduction",) if courses.fell(case.course) else ()),
        *(f"unusable-result:{x}" for x in case.p.acting_analytes if _spoiled(case.series[x])),
        *(f"toxicity:{x}" for x in CHEMISTRY if _toxic(case, case.series[x])),
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
    lacks = [
        code
        for analyte in COUNTS
        for code in _count_lacks(case, case.series[analyte], p.escalate_window, p.escalation_grade)
    ]
    return tuple(lacks) or _apart(case, p.escalate_window)


def _count_lacks(case: Case, series: Series, span: timedelta, target: int) -> tuple[str, ...]:
    """What one count lacks to support more drug: it is there, final, fresh, of a collection time, and low in grade."""
    name, spoken = series.analyte, series.speaking
    if spoken is None:
        return (f"count-unknown:{name}",)
    lacks = []
    if not spoken.result.final or series.beside:
        lacks.append(f"count-preliminary:{name}")
    if not series.fresh(case.now, span):
        lacks.append(f"count-stale:{name}")
    if spoken.result.when.issued:
        lacks.append(f"count-untimed:{name}")
    if spoken.grade[1] > target:
        lacks.append(f"count-grade:{name}")
    return tuple(lacks)


def _apart(case: Case, span: timedelta) -> tuple[str, ...]:
    return () if together(case, span) else ("counts-too-far-apart",)


def _spoiled(series: Series) -> bool:
    """True where any final result of the course could not be used."""
    return any(not x.usable for x in series.readings if x.result.final)


def _toxic(case: Case, series: Series) -> bool:
    """True where a recent chemistry result is above the grade that escalation tolerates, or may be."""
    if series.speaking is None:
        return series.unknown is not None and _recent(case, series)
    return series.fresh(case.now, case.p.toxicity_window) and series.speaking.grade[1] > case.p.tolerated_toxicity_grade


def _recent(case: Case, series: Series) -> bool:
    oldest = case.now - case.p.toxicity_window
    return any(x.result.when.end >= oldest for x in series.readings if not x.usable or x.grade == UNGRADED)
