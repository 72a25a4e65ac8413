"""The results of one analyte, graded: which of them speaks today, what came before it, and the baseline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from cds_service.clinical.course import Course
from cds_service.clinical.ctcae import Criterion, Ctcae, Grade, grade
from cds_service.clinical.facts import (
    ANY_TIME,
    CHEMISTRY,
    LEUKOCYTES,
    NEUTROPHILS,
    Facts,
    Reason,
    Result,
    Unknown,
)
from cds_service.clinical.protocol import Parameters

ALL = ("haemoglobin", "leukocytes", "neutrophils", "platelets", "lymphocytes", *CHEMISTRY)


class Reading(NamedTuple):
    """A result with its grade."""

    result: Result
    grade: Grade

    @property
    def usable(self) -> bool:
        return self.result.fault is None


@dataclass(frozen=True, slots=True)
class Series:
    """One analyte: its readings (the newest, and all of the course), what speaks, and what does not.

    `speaking` is None where `unknown` says why nothing speaks. `beside` is a usable preliminary result that is not
    older than the final one that speaks.
    """

    analyte: str
    readings: tuple[Reading, ...]
    speaking: Reading | None
    unknown: Unknown | None
    beside: Result | None
    baseline: Reading | None

    def fresh(self, now: datetime, window: timedelta) -> bool:
        """True where something speaks and is not older than `window`, at the cautious edge of its time."""
        return self.speaking is not None and self.speaking.result.when.start >= now - window

    @property
    def previous(self) -> Result | None:
        """The usable final result before the one that speaks."""
        if self.speaking is None:
            return None
        spoken = self.speaking.result.when
        before = [x for x in self.readings if x.usable and x.result.final and spoken.after(x.result.when)]
        return max(before, key=lambda x: x.result.when.start).result if before else None


def chart(facts: Facts, course: Course | None, ctcae: Ctcae, p: Parameters) -> Mapping[str, Series]:
    """Every analyte's series."""
    drawn = {x: _series(facts.results.get(x, ()), course, ctcae.criteria[x], p) for x in ALL}
    drawn[NEUTROPHILS] = _bounded(drawn[NEUTROPHILS], drawn[LEUKOCYTES], ctcae.criteria[NEUTROPHILS], p)
    return drawn


def newest(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results that no other one is surely later than."""
    every = tuple(results)
    latest = max((x.when.start for x in every), default=ANY_TIME.start)
    return tuple(x for x in every if x.when.end >= latest)


def _series(results: Sequence[Result], course: Course | None, criterion: Criterion, p: Parameters) -> Series:
    analyte = criterion.analyte
    baseline = _baseline(results, course, criterion, p)
    base = baseline.result if baseline else None
    latest = _read(newest(x for x in results if x.final or x.fault is None), criterion, base)
    final = _read(newest(x for x in results if x.final), criterion, base)
    during = _read((x for x in results if course is None or course.holds(x.when)), criterion, base)
    alarm = _alarm(latest, p) or _alarm(final, p)
    if alarm:
        return Series(analyte, during, alarm, None, None, baseline)
    fault = _fault(analyte, final, latest, p)
    beside = next((x.result for x in latest if not x.result.final), None)
    return Series(analyte, during, None if fault else _worst(final), fault, beside, baseline)


def _read(results: Iterable[Result], criterion: Criterion, baseline: Result | None) -> tuple[Reading, ...]:
    return tuple([Reading(x, grade(criterion, x, baseline)) for x in results])


def _alarm(readings: Sequence[Reading], p: Parameters) -> Reading | None:
    """The worst reading that is surely at the interrupting grade: it speaks whatever else was reported for its time."""
    return _worst([x for x in readings if x.usable and x.grade[0] >= p.interrupt_grade])


def _fault(analyte: str, final: Sequence[Reading], latest: Sequence[Reading], p: Parameters) -> Unknown | None:
    """Why no final result speaks for the analyte, or None where one does."""
    if not final and latest:
        return Unknown(analyte, Reason.NOT_FINAL, min(x.result.source for x in latest))
    if not final:
        return Unknown(analyte, Reason.ABSENT)
    for reading in sorted(final, key=lambda x: x.result.source):
        if reading.result.fault:
            return reading.result.fault
        low, high = reading.grade
        if low < p.interrupt_grade <= high:
            return Unknown(analyte, Reason.UNREADABLE, reading.result.source, "it cannot be graded as it was sent")
    return None


def _worst(readings: Sequence[Reading]) -> Reading | None:
    """The worst of several results of one time; a final one before a preliminary one of the same grade."""
    return max(readings, key=_badness, default=None)


def _badness(reading: Reading) -> tuple[int, int, bool, Decimal, str]:
    result = reading.result
    value = result.value if result.value is not None else Decimal(0)
    worse_high = value if result.analyte in CHEMISTRY else value.copy_negate()
    return reading.grade[1], reading.grade[0], result.final, worse_high, result.source


def _baseline(results: Sequence[Result], course: Course | None, criterion: Criterion, p: Parameters) -> Reading | None:
    """The last usable final result surely before the first dose, of several of one time the best, for caution."""
    if course is None or course.start is None:
        return None
    first_dose = course.start.start
    earliest = _minus(first_dose, p.baseline_window)
    before = [x for x in results if x.when.end < first_dose and x.when.start >= earliest and _sound(x)]
    return min(_read(newest(before), criterion, None), key=_badness, default=None)


def _sound(result: Result) -> bool:
    return result.final and result.fault is None and not result.when.issued


def _minus(instant: datetime, span: timedelta) -> datetime:
    return instant - span if instant - ANY_TIME.start > span else ANY_TIME.start


def _bounded(neutrophils: Series, leukocytes: Series, criterion: Criterion, p: Parameters) -> Series:
    """Neutrophils as "at least grade 3" where leukocytes are so low that no differential can be better."""
    total = leukocytes.speaking.result if leukocytes.speaking else None
    if total is None or total.comparator not in ("", "<", "<="):
        return neutrophils
    direct = neutrophils.speaking
    reading = _bound(total, criterion)
    if reading.grade[0] < p.interrupt_grade or (direct and not total.when.after(direct.result.when)):
        return neutrophils
    return Series(NEUTROPHILS, neutrophils.readings, reading, None, neutrophils.beside, neutrophils.baseline)


def _bound(total: Result, criterion: Criterion) -> Reading:
    result = replace(total, analyte=NEUTROPHILS, comparator="<=", low=None, high=None, bound_of=LEUKOCYTES)
    return Reading(result, grade(criterion, result))
