"""Episodes of haematological toxicity in a course: when each opened, whether it closed, and at which dose it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from cds_service.clinical.chart import Reading, Series
from cds_service.clinical.course import Course, dose_at
from cds_service.clinical.facts import When
from cds_service.clinical.protocol import Parameters


@dataclass(frozen=True, slots=True)
class Episode:
    """`onset` is the first reading that opened it, `last` the last one so bad, `closed` None while open.

    `doses` are the daily doses in mg in force at each reading that kept it open; None where unknown.
    """

    onset: Reading
    last: Reading
    worst: int
    doses: tuple[Decimal | None, ...]
    closed: When | None = None

    @property
    def open(self) -> bool:
        return self.closed is None


@dataclass(slots=True)
class _Watch:
    """What is known of recovery since the last reading of the interrupting grade, while an episode is open."""

    bad: list[Reading]
    recovered: dict[str, tuple[bool, When]] = field(default_factory=dict)


def episodes(course: Course, series: Mapping[str, Series], now: datetime, p: Parameters) -> tuple[Episode, ...]:
    """The episodes of a course, in order. Preliminary results open none; unusable or `issued` ones recover nothing."""
    found: list[Episode] = []
    watch: _Watch | None = None
    if not any(_severe(x, p) for analyte in p.acting_analytes for x in series[analyte].readings):
        return ()
    for reading in _timeline(series, p):
        if _severe(reading, p):
            watch = _Watch([*watch.bad, reading] if watch else [reading])
        elif watch:
            _note(watch, reading, recovery_grade(series[reading.result.analyte], p))
            if _recovered(watch, p):
                found.append(_episode(watch, course, now, closed=reading.result.when))
                watch = None
    if watch:
        found.append(_episode(watch, course, now, closed=None))
    return tuple(found)


def recovery_grade(series: Series, p: Parameters) -> int:
    """The grade at which an analyte counts as recovered: grade 1, or its baseline where that was worse."""
    return max(p.recovery_grade, series.baseline.grade[0] if series.baseline else 0)


def ceiling(found: Sequence[Episode], p: Parameters) -> Decimal | None:
    """One level below the lowest dose in force at any interrupting grade of the course; None where one is unknown."""
    doses = [dose for episode in found for dose in episode.doses]
    known = [dose for dose in doses if dose is not None]
    return level_below(min(known), p) if known and len(known) == len(doses) else None


def level_below(dose: Decimal, p: Parameters) -> Decimal:
    """The next dose level below a dose, in mg per day; 0 where there is none."""
    levels = dose // p.dose_step
    return (levels if dose % p.dose_step else levels - 1) * p.dose_step


def _severe(reading: Reading, p: Parameters) -> bool:
    return reading.grade[0] >= p.interrupt_grade and reading.result.fault is None and reading.result.final


def _timeline(series: Mapping[str, Series], p: Parameters) -> list[Reading]:
    every = (x for analyte in p.acting_analytes for x in series[analyte].readings if x.result.final)
    return sorted(every, key=lambda x: (x.result.when.start, x.result.when.end, x.result.source))


def _note(watch: _Watch, reading: Reading, target: int) -> None:
    result = reading.result
    if not result.when.after(watch.bad[-1].result.when):
        return
    good = reading.usable and reading.grade[1] <= target and not result.when.issued
    before = watch.recovered.get(result.analyte)
    if before and not result.when.after(before[1]):
        good = good and before[0]
    watch.recovered[result.analyte] = good, result.when


def _recovered(watch: _Watch, p: Parameters) -> bool:
    return all(watch.recovered.get(x, (False,))[0] for x in p.acting_analytes)


def _episode(watch: _Watch, course: Course, now: datetime, closed: When | None) -> Episode:
    worst = max(x.grade[0] for x in watch.bad)
    doses = tuple(dose_at(course, x.result.when, now) for x in watch.bad)
    return Episode(watch.bad[0], watch.bad[-1], worst, doses, closed)
