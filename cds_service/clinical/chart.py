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
    COUNTS,
    LEUKOCYTES,
    LYMPHOCYTES,
    NEUTROPHILS,
    Facts,
    Reason,
    Result,
    Unknown,
    later_by,
)
from cds_service.clinical.protocol import Parameters

ALL = (*COUNTS, LYMPHOCYTES, *CHEMISTRY)


class Reading(NamedTuple):
    """A result with its grade."""

    result: Result
    grade: Grade

    @property
    def usable(self) -> bool:
        return self.result.fault is None


@dataclass(frozen=True, slots=True)
class Series:
    """One analyte: its readings of the course (all there are where none runs), what speaks, and what does not.

    `speaking` is None where `unknown` says why nothing speaks. `beside` says that there is a usable preliminary result
    that is not older than the final one that speaks.
    """

    analyte: str
    readings: tuple[Reading, ...]
    speaking: Reading | None
    unknown: Unknown | None
    beside: bool
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
        last = max((x.result.when.start for x in before), default=None)
        latest = _worst([x for x in before if x.result.when.start == last])
        return latest.result if latest else None


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
    severe = p.toxicity_grade if analyte in CHEMISTRY else p.interrupt_grade
    alarm = _alarm(latest, severe) or _alarm(final, severe)
    if alarm:
        return Series(analyte, during, alarm, None, False, baseline)
    fault = _fault(analyte, final, latest, severe)
    spoken = None if fault else _worst(final)
    return Series(analyte, during, spoken, fault, _beside(spoken, results), baseline)


def _read(results: Iterable[Result], criterion: Criterion, baseline: Result | None) -> tuple[Reading, ...]:
    return tuple([Reading(x, grade(criterion, x, baseline)) for x in results])


def _alarm(readings: Sequence[Reading], severe: int) -> Reading | None:
    """The worst reading that is surely at the severe grade: it speaks whatever else was reported for its time."""
    return _worst([x for x in readings if x.usable and x.grade[0] >= severe])


def _beside(spoken: Reading | None, results: Iterable[Result]) -> bool:
    early = (x for x in results if not x.final and x.fault is None)
    return any(spoken is None or not spoken.result.when.after(x.when) for x in early)


def _fault(analyte: str, final: Sequence[Reading], latest: Sequence[Reading], severe: int) -> Unknown | None:
    """Why no final result speaks for the analyte, or None where one does."""
    if not final and latest:
        return Unknown(analyte, Reason.NOT_FINAL, min(x.result.source for x in latest))
    if not final:
        return Unknown(analyte, Reason.ABSENT)
    faults = [x.result.fault or _ungraded(x.result) for x in final if not x.usable or straddles(x.grade, severe)]
    return min(faults, key=str, default=None)


def straddles(grade: Grade, severe: int) -> bool:
    """True where what was sent allows a grade below the severe one and one that is not."""
    return grade[0] < severe <= grade[1]


def _ungraded(result: Result) -> Unknown:
    return Unknown(result.analyte, Reason.UNREADABLE, result.source, "it cannot be graded as it was sent")


def _worst(readings: Sequence[Reading]) -> Reading | None:
    """The worst of several results of one time; a final one before a preliminary one of the same grade."""
    return max(readings, key=_badness) if len(readings) > 1 else next(iter(readings), None)


def _badness(reading: Reading) -> tuple[int, int, bool, Decimal, str]:
    """What is worse has more; the last entry only makes the order of the results irrelevant."""
    result = reading.result
    value = result.value if result.value is not None else Decimal(0)
    worse_high = value if result.analyte in CHEMISTRY else value.copy_negate()
    return reading.grade[1], reading.grade[0], result.final, worse_high, str(result)


def _baseline(results: Sequence[Result], course: Course | None, criterion: Criterion, p: Parameters) -> Reading | None:
    """The last usable final result surely before the first dose, of several of one time the best, for caution."""
    if course is None or course.start is None:
        return None
    first_dose = course.start.start
    earliest = later_by(first_dose, -p.baseline_window)
    before = [x for x in results if x.final and x.fault is None and x.when.end < first_dose]
    last = newest(before)
    if any(x.when.start < earliest or x.when.issued for x in last):
        return None
    return min(_read(last, criterion, None), key=_badness, default=None)


def _bounded(neutrophils: Series, leukocytes: Series, criterion: Criterion, p: Parameters) -> Series:
    """Neutrophils as "at least grade 3" where leukocytes are so low that no differential can be better."""
    total = leukocytes.speaking.result if leukocytes.speaking else None
    if total is None or total.comparator in (">", ">="):
        return neutrophils
    direct = neutrophils.speaking
    reading = _bound(total, criterion)
    if reading.grade[0] < p.interrupt_grade or (direct and not total.when.after(direct.result.when)):
        return neutrophils
    return Series(NEUTROPHILS, neutrophils.readings, reading, None, neutrophils.beside, neutrophils.baseline)


def _bound(total: Result, criterion: Criterion) -> Reading:
    at_most = total.comparator or "<="
    result = replace(total, analyte=NEUTROPHILS, comparator=at_most, low=None, high=None, bound_of=LEUKOCYTES)
    return Reading(result, grade(criterion, result))
