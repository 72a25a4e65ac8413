"""The results of one analyte, graded: which of them speaks today, what came before it, and the baseline."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
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
    SEGMENTED,
    Facts,
    Reason,
    Result,
    Support,
    Toxicity,
    Unknown,
    When,
    later_by,
)
from cds_service.clinical.protocol import Parameters

ALL = (*COUNTS, LYMPHOCYTES, *CHEMISTRY)
_ONE_DAY = timedelta(days=1)


class Reading(NamedTuple):
    """A result with its grade; of a recorded toxicity a result without a value, at its onset."""

    result: Result
    grade: Grade
    recorded: Toxicity | None = None

    @property
    def usable(self) -> bool:
        return self.result.fault is None


@dataclass(frozen=True, slots=True)
class Series:
    """One analyte: its readings of the course (all there are where none runs), what speaks, and what does not.

    `speaking` is None where `unknown` says why nothing speaks. `beside` says that there is a usable preliminary result
    that is not older than the final one that speaks, `support` that the one that speaks may have been raised by a
    transfusion or a growth factor.
    """

    analyte: str
    readings: tuple[Reading, ...]
    speaking: Reading | None
    unknown: Unknown | None
    beside: bool
    baseline: Reading | None
    support: bool = False

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
    results = {**facts.results, NEUTROPHILS: _preferred(facts.results.get(NEUTROPHILS, ()), ctcae, p)}
    drawn = {x: _series(results.get(x, ()), course, ctcae.criteria[x], p) for x in ALL}
    drawn[NEUTROPHILS] = _bounded(drawn[NEUTROPHILS], drawn[LEUKOCYTES], ctcae.criteria[NEUTROPHILS], p)
    return {x: _supported(series, facts.supports, p) for x, series in drawn.items()}


def newest(results: Iterable[Result]) -> tuple[Result, ...]:
    """The results that no other one is surely later than."""
    every = tuple(results)
    latest = max((x.when.start for x in every), default=ANY_TIME.start)
    return tuple(x for x in every if x.when.end >= latest)


def _preferred(results: Sequence[Result], ctcae: Ctcae, p: Parameters) -> Sequence[Result]:
    """Neutrophils without what a better result of the same time makes needless.

    A count that the laboratory sent stands before a calculated one, unless only that is at the interrupting grade; and
    either stands before segmented neutrophils alone. A preliminary result sets no final one aside.
    """
    derived = [x for x in results if x.derived]
    if not derived:
        return results
    usable = sorted((x for x in results if x.fault is None and x.derived != SEGMENTED), key=lambda x: x.when.start)
    severe = partial(_is_severe, ctcae.criteria[NEUTROPHILS], p)
    starts = [x.when.start for x in usable]
    needless = {id(x) for x in derived if not _needed(x, _of_its_time(x, usable, starts), severe)}
    return [x for x in results if id(x) not in needless]


def _of_its_time(derived: Result, usable: Sequence[Result], starts: Sequence[datetime]) -> list[Result]:
    """The results whose time may be that of a derived one, and that may set it aside; they are sorted by `starts`.

    Only times of up to a day are looked for, so that a long row of results is walked once.
    """
    when = derived.when
    first, last = bisect_left(starts, later_by(when.start, -_ONE_DAY)), bisect_right(starts, when.end)
    near = usable[first:last] if when.end - when.start <= _ONE_DAY else [x for x in usable if x.when == when]
    return [x for x in near if x.when.end >= when.start and (x.final or not derived.final)]


def _needed(derived: Result, others: Sequence[Result], severe: Callable[[Result], bool]) -> bool:
    """False where one of the usable results of its time tells what a derived one tells, or tells it better."""
    better = [x for x in others if not x.derived or derived.derived == SEGMENTED]
    return not better or (severe(derived) and not any(map(severe, better)))


def _is_severe(criterion: Criterion, p: Parameters, result: Result) -> bool:
    return grade(criterion, result)[0] >= p.interrupt_grade


def _supported(series: Series, supports: Sequence[Support], p: Parameters) -> Series:
    """The series, marked where the result that speaks may have been raised by what was given shortly before it."""
    windows = p.support_windows.get(series.analyte)
    if series.speaking is None or not windows or not supports:
        return series
    taken = series.speaking.result.when
    given = (x for x in supports if x.kind in windows)
    return replace(series, support=any(_covers(x.when, taken, windows[x.kind]) for x in given))


def _covers(given: When, taken: When, window: timedelta) -> bool:
    """True where something may have been given before a sample, and not longer before it than `window`."""
    return given.start <= taken.end and given.end >= later_by(taken.start, -window)


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
    fault = _fault(final, latest, criterion, p)
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


def _fault(final: Sequence[Reading], latest: Sequence[Reading], criterion: Criterion, p: Parameters) -> Unknown | None:
    """Why no final result speaks for the analyte, or None where one does."""
    if not final and latest:
        return Unknown(criterion.analyte, Reason.NOT_FINAL, min(x.result.source for x in latest))
    if not final:
        return Unknown(criterion.analyte, Reason.ABSENT)
    faults = [x.result.fault or _ungraded(x.result) for x in final if unclear(x, p)]
    return min(faults, key=str, default=None)


def unclear(reading: Reading, p: Parameters) -> bool:
    """True where a result is unusable, or leaves open whether it is at the severe grade.

    Segmented neutrophils without the bands tell no more than that there are enough of them.
    """
    severe = p.toxicity_grade if reading.result.analyte in CHEMISTRY else p.interrupt_grade
    not_enough = reading.result.derived == SEGMENTED and reading.grade[1] > p.recovery_grade
    return not reading.usable or reading.grade[0] < severe <= reading.grade[1] or not_enough


def _ungraded(result: Result) -> Unknown:
    return Unknown(result.analyte, Reason.UNREADABLE, result.source, "it cannot be graded as it was sent")


def _worst(readings: Sequence[Reading]) -> Reading | None:
    """The worst of several results of one time; a final one before a preliminary one of the same grade."""
    return max(readings, key=_badness) if len(readings) > 1 else next(iter(readings), None)


def _badness(reading: Reading) -> tuple[int, int, bool, Decimal, str]:
    """What is worse has more; the last entry only makes the order of the results irrelevant."""
    result = reading.result
    value = result.value or Decimal(0)
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
    if leukocytes.speaking is None:
        return neutrophils
    total, direct = leukocytes.speaking.result, neutrophils.speaking
    reading = _bound(total, criterion)
    if reading.grade[0] < p.interrupt_grade or (direct and not total.when.after(direct.result.when)):
        return neutrophils
    return replace(neutrophils, speaking=reading, unknown=None)


def _bound(total: Result, criterion: Criterion) -> Reading:
    at_most = total.comparator or "<="
    result = replace(total, analyte=NEUTROPHILS, comparator=at_most, low=None, high=None, bound_of=LEUKOCYTES)
    return Reading(result, grade(criterion, result))
