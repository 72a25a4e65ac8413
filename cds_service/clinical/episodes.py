"""Episodes of haematological toxicity in a course: when each opened, whether it closed, and at which dose it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal
from itertools import pairwise

from cds_service.clinical.chart import Reading, Series, unclear
from cds_service.clinical.course import Course, dose_at
from cds_service.clinical.facts import ANY_TIME, When
from cds_service.clinical.protocol import Parameters

_EXACT = Context(prec=400)


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
    """An episode while it is open: its readings of the interrupting grade, and what came surely after all of them.

    `latest` holds, by analyte, the times that no later one is known of, each with whether it shows recovery.
    """

    bad: list[Reading]
    latest: dict[str, list[tuple[When, bool]]] = field(default_factory=dict)
    until: datetime = ANY_TIME.start

    @property
    def shown(self) -> When:
        """The last of the times that show recovery."""
        return max((when for times in self.latest.values() for when, _ in times), key=lambda x: (x.end, x.start))


def episodes(
    course: Course, series: Mapping[str, Series], recorded: Sequence[Reading], now: datetime, p: Parameters
) -> tuple[Episode, ...]:
    """The episodes of a course, in order; `recorded` are the toxicities of the blood that open one as a result does.

    Preliminary results open none; unusable or `issued` ones recover nothing.
    """
    found: list[Episode] = []
    watch: _Watch | None = None
    if not recorded and not any(_severe(x, p) for analyte in p.acting_analytes for x in series[analyte].readings):
        return ()
    for reading, following in pairwise((*_timeline(series, recorded, p), None)):
        assert reading is not None
        if _severe(reading, p):
            watch = watch or _Watch([])
            _worsened(watch, reading)
        elif watch:
            _note(watch, reading, recovery_grade(series[reading.result.analyte], p), p)
        if watch and _recovered(watch, p) and _settled(watch, following):
            found.append(_episode(watch, course, now, closed=watch.shown))
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
    """The highest dose level that is at least one step below a dose, in mg per day; 0 where there is none."""
    below = whole_levels(_EXACT.subtract(dose, p.dose_step), p)
    return below if below > 0 else Decimal(0)


def whole_levels(dose: Decimal, p: Parameters) -> Decimal:
    """A dose in mg per day, rounded towards zero to whole levels, however long the number is."""
    return _EXACT.multiply(_EXACT.divide_int(dose, p.dose_step), p.dose_step)


def _severe(reading: Reading, p: Parameters) -> bool:
    return reading.grade[0] >= p.interrupt_grade and reading.result.fault is None and reading.result.final


def _timeline(series: Mapping[str, Series], recorded: Sequence[Reading], p: Parameters) -> list[Reading]:
    every = (x for analyte in p.acting_analytes for x in series[analyte].readings if x.result.final)
    return sorted((*recorded, *every), key=_rank)


def _rank(reading: Reading) -> tuple[datetime, datetime, str, str, str]:
    result = reading.result
    return result.when.start, result.when.end, result.source, result.analyte, str(result.value)


def _worsened(watch: _Watch, reading: Reading) -> None:
    watch.bad.append(reading)
    watch.latest.clear()
    watch.until = max(watch.until, reading.result.when.end)


def _note(watch: _Watch, reading: Reading, target: int, p: Parameters) -> None:
    when = reading.result.when
    if when.start <= watch.until:
        return
    good = not unclear(reading, p) and reading.grade[1] <= target and not when.issued
    others = [x for x in watch.latest.get(reading.result.analyte, ()) if not when.after(x[0])]
    watch.latest[reading.result.analyte] = [*others, (when, good)]


def _recovered(watch: _Watch, p: Parameters) -> bool:
    return all(x in watch.latest and all(good for _, good in watch.latest[x]) for x in p.acting_analytes)


def _settled(watch: _Watch, following: Reading | None) -> bool:
    """True where the next reading is surely later, so that it cannot be of the moment that shows recovery."""
    return following is None or following.result.when.start > watch.shown.end


def _episode(watch: _Watch, course: Course, now: datetime, closed: When | None) -> Episode:
    worst = max(x.grade[0] for x in watch.bad)
    doses = tuple(dose_at(course, x.result.when, now) for x in watch.bad)
    return Episode(watch.bad[0], watch.bad[-1], worst, doses, closed)
