"""Febrile neutropenia, as CTCAE defines it: few neutrophils, and a fever at the same time."""

from collections.abc import Sequence
from datetime import timedelta

from cds_service.clinical.case import Case
from cds_service.clinical.chart import Reading
from cds_service.clinical.facts import NEUTROPHILS, Temperature, When, later_by
from cds_service.clinical.protocol import Parameters
from cds_service.clinical.toxicity import FEBRILE_NEUTROPENIA


def febrile_neutropenia(case: Case) -> bool:
    """True where it was recorded, or where temperatures and counts of the current episode, or of today, show it."""
    return _recorded(case) or any(_feverish(_around(case, x), case.p) for x in low(case))


def _recorded(case: Case) -> bool:
    severe = (x for x in case.facts.toxicities if x.code == FEBRILE_NEUTROPENIA and x.grade >= case.p.interrupt_grade)
    return any(not x.resolved or (x.onset is not None and _of_episode(case, x.onset)) for x in severe)


def low(case: Case) -> list[Reading]:
    """The neutrophils of today, and of the current episode, that are surely so few that a fever is dangerous."""
    series = case.series[NEUTROPHILS]
    today = [series.speaking] if series.speaking and series.fresh(case.now, case.p.interrupt_window) else []
    earlier = [x for x in series.readings if x.usable and _of_episode(case, x.result.when)]
    return [x for x in (*today, *earlier) if _below(x, case.p)]


def _of_episode(case: Case, when: When) -> bool:
    """True where a time may be of the last episode of the course."""
    return case.last_episode is not None and not case.last_episode.onset.result.when.after(when)


def _below(reading: Reading, p: Parameters) -> bool:
    """True where the value is surely below the limit."""
    value, sign = reading.result.value, reading.result.comparator
    if value is None or sign in (">", ">="):
        return False
    return value < p.febrile_neutrophils or (sign == "<" and value == p.febrile_neutrophils)


def _around(case: Case, reading: Reading) -> list[Temperature]:
    """The temperatures that may have been taken within the window before or after a count."""
    taken, window = reading.result.when, case.p.fever_window
    first, last = later_by(taken.start, -window), later_by(taken.end, window)
    return [x for x in case.facts.temperatures if x.when.start <= last and x.when.end >= first]


def _feverish(temperatures: Sequence[Temperature], p: Parameters) -> bool:
    """One temperature above the higher limit, or two at the lower one that are surely long enough apart."""
    if any(x.celsius > p.fever_once for x in temperatures):
        return True
    raised = [x.when for x in temperatures if x.celsius >= p.fever_sustained]
    longest = max((x.start for x in raised), default=None)
    if longest is None:
        return False
    span: timedelta = longest - min(x.end for x in raised)
    return span >= p.fever_apart
