"""Courses of treatment, each the history behind one conclusion, with the drafts that clinicians write then."""

from __future__ import annotations

from collections.abc import Callable

from tests.generative.chart import Chart, Resource
from tests.generative.clock import ago
from tests.generative.results import ACTING

EDGES = (0.04, 0.5, 1.0, 2.0, 2.9, 3.1, 4.5, 6.0, 6.99, 7.0)
LATE = (7.1, 8.0, 10.0, 13.9, 14.0, 14.1, 20.0, 30.0)


def recent(chart: Chart, late: float = 0.1) -> float:
    """The age in days of the newest count: mostly within a week."""
    return chart.rng.choice(LATE if chart.rng.random() < late else EDGES)


def dose(chart: Chart, *weights: int) -> int:
    """A dose level, by weight from 50 mg/day."""
    return chart.rng.choices((50, 100, 150, 200)[: len(weights)], weights)[0]


def baseline(chart: Chart, start: float, **grades: int) -> None:
    """Counts before the first dose."""
    chart.draw(start + chart.rng.choice((0.5, 2, 7, 13, 27)), **grades)


def background(chart: Chart, start: float, newest: float) -> None:
    """Counts of the course, none of them low, older than `newest`."""
    for _ in range(chart.rng.randrange(3)):
        age = chart.rng.uniform(newest + 1, max(start - 1, newest + 1.5))
        chart.draw(age, **{chart.rng.choice(ACTING): chart.rng.choice((0, 1, 2))})


def low(chart: Chart, worst: int = 3) -> dict[str, int]:
    """One count at that grade, sometimes a second one below the limits too."""
    grades = {chart.rng.choice(ACTING): worst}
    if chart.rng.random() < 0.3:
        grades.setdefault(chart.rng.choice(ACTING), 2)
    return grades


def continued(chart: Chart, order: Resource, daily: int) -> None:
    """A draft beside a running order: keep, raise, lower, stop, duplicate."""
    kinds = ("keep", "raise", "raise-two", "lower", "above", "stop", "duplicate", "two")
    kind = chart.rng.choices(kinds, (34, 20, 6, 10, 6, 6, 10, 5))[0]
    changes = {"raise": 50, "raise-two": 100, "lower": -50 if daily > 50 else 0, "above": 250 - daily}
    if kind == "stop":
        made = chart.propose(daily, order)
        made["status"] = chart.rng.choice(("stopped", "on-hold", "cancelled"))
        chart.tags.add("row-0")
    elif kind == "duplicate":
        chart.propose(daily)
    elif kind == "two":
        chart.propose(daily, order)
        chart.propose(50)
    else:
        chart.propose(daily + changes.get(kind, 0), order)


def steady(chart: Chart) -> None:
    """A course without toxicity."""
    daily, start = dose(chart, 15, 60, 17, 8), chart.rng.choice((10, 20.9, 21, 21.1, 30, 45, 70, 120, 300))
    newest = min(recent(chart, 0.2), start)
    baseline(chart, start)
    background(chart, start, newest)
    order = chart.give(daily, start)
    chart.draw(newest, **({chart.rng.choice(ACTING): 2} if chart.rng.random() < 0.2 else {}))
    continued(chart, order, daily)


def ready(chart: Chart) -> None:
    """100 mg/day for three weeks or more, well tolerated."""
    start = chart.rng.choice((21.1, 25, 40, 60))
    baseline(chart, start)
    background(chart, start, 7)
    order = chart.give(100, start)
    chart.draw(chart.rng.choice(EDGES[:-1]))
    kind = chart.rng.random()
    chart.propose(100 if kind < 0.5 else 150 if kind < 0.8 else 200, order)


def beginning(chart: Chart) -> None:
    """No course yet, or only one long ago."""
    if chart.rng.random() < 0.2:
        chart.give(100, 400, 250, "completed")
    chart.draw(recent(chart), **(low(chart, chart.rng.randrange(1, 4)) if chart.rng.random() < 0.15 else {}))
    chart.propose(chart.rng.choices((50, 100, 150, 200, 250), (15, 45, 25, 10, 5))[0])


def interrupted(chart: Chart) -> None:
    """The newest count is at grade 3 or 4."""
    daily, start = dose(chart, 25, 45, 20, 10), chart.rng.choice((15, 25, 60, 150))
    newest = min(recent(chart), start)
    baseline(chart, start)
    background(chart, start, newest)
    order = chart.give(daily, start)
    chart.draw(newest, **low(chart, chart.rng.choice((3, 3, 4))))
    continued(chart, order, daily)


def unrecovered(chart: Chart) -> None:
    """An episode whose counts have not come back."""
    daily, onset = dose(chart, 15, 50, 25, 10), chart.rng.choice((5, 9, 16, 22, 40))
    start = onset + chart.rng.choice((10, 30, 70))
    baseline(chart, start)
    chart.draw(onset, **low(chart, chart.rng.choice((3, 4))))
    ended = chart.rng.random() < 0.6
    order = chart.give(daily, start, onset - 1 if ended and chart.rng.random() < 0.5 else None, "active")
    if ended:
        order["status"] = chart.rng.choice(("stopped", "on-hold", "completed"))
    if chart.rng.random() < 0.85:
        chart.draw(min(recent(chart), onset - 1), **low(chart, 2))
    chart.propose(chart.rng.choice((daily, max(daily - 50, 50))), order if chart.rng.random() < 0.8 else None)


def recovered(chart: Chart, daily: int = 0, running: bool | None = None) -> None:
    """An episode that has closed; the drug is paused, runs on, or was started again."""
    daily = daily or dose(chart, 10, 45, 30, 15)
    onset = chart.rng.choice((12, 20, 26, 35, 50))
    start = onset + chart.rng.choice((10, 30, 70))
    baseline(chart, start)
    chart.draw(onset, **low(chart, chart.rng.choice((3, 3, 4))))
    runs = chart.rng.random() < 0.25 if running is None else running
    order = chart.give(daily, start, None if runs or chart.rng.random() < 0.3 else onset - 1)
    if not runs:
        order["status"] = chart.rng.choice(("stopped", "on-hold", "completed"))
    if chart.rng.random() < 0.5:
        chart.draw(onset - 4)
    chart.draw(min(recent(chart), onset - 5))
    wanted = chart.rng.choices((max(daily - 50, 50), daily, daily + 50, 50, 250), (40, 35, 8, 10, 7))[0]
    chart.propose(wanted, order if chart.rng.random() < 0.85 else None)


def lowered(chart: Chart) -> None:
    """An episode, a restart at a lower level, and what followed."""
    first, onset = dose(chart, 0, 45, 30, 25), chart.rng.choice((45, 70, 100))
    baseline(chart, onset + 30)
    chart.draw(onset, **low(chart, 3))
    chart.give(first, onset + 30, onset - 1, chart.rng.choice(("stopped", "completed")))
    chart.draw(onset - 8)
    restart = onset - 10
    order = chart.give(first - 50, restart)
    if chart.rng.random() < 0.4:
        background(chart, restart, 8)
    chart.draw(recent(chart), **(low(chart, chart.rng.choice((2, 3, 4))) if chart.rng.random() < 0.55 else {}))
    continued(chart, order, first - 50)


def poisoned(chart: Chart) -> None:
    """Chemistry at grade 3 or 4; the counts are good."""
    daily, start, when = dose(chart, 25, 40, 20, 15), chart.rng.choice((20, 60)), recent(chart, 0.1)
    analyte = chart.rng.choice(("creatinine", "bilirubin", "alt", "ast"))
    baseline(chart, start)
    if chart.rng.random() < 0.4:
        chart.result(analyte, ago(start + 3), chart.rng.choice((0, 0, 1, 2)))
    if chart.rng.random() < 0.35:
        chart.give(daily + 50, start, 16, "stopped")
        chart.result(analyte, ago(17), 3)
        order = chart.give(daily, chart.rng.choice((16, 15, 12)))
    else:
        order = chart.give(daily, start)
    chart.draw(min(recent(chart), start))
    chart.result(analyte, ago(min(when, start)), chart.rng.choice((1, 2, 3, 3, 3, 4)))
    continued(chart, order, daily)


def paused(chart: Chart) -> None:
    """A pause without an episode."""
    daily, end = dose(chart, 15, 50, 25, 10), chart.rng.choice((3, 10, 27, 29, 60, 89, 91))
    chart.draw(end + 40)
    order = chart.give(daily, end + 35, end if chart.rng.random() < 0.7 else None)
    order["status"] = chart.rng.choice(("stopped", "on-hold", "completed", "active"))
    chart.draw(recent(chart, 0.2), **(low(chart, chart.rng.choice((1, 2, 3))) if chart.rng.random() < 0.3 else {}))
    wanted = chart.rng.choices((daily, 50, 100, daily + 50, 250), (50, 15, 15, 12, 8))[0]
    chart.propose(wanted, order if chart.rng.random() < 0.5 else None)


def low_before(chart: Chart) -> None:
    """A count at grade 3 before the first dose already."""
    start, analyte = chart.rng.choice((15, 40)), chart.rng.choice(ACTING)
    baseline(chart, start, **{analyte: chart.rng.choice((3, 3, 4))})
    order = chart.give(100, start)
    chart.draw(chart.rng.choice((8, 12)), **{analyte: chart.rng.choice((2, 3))})
    chart.draw(recent(chart), **{analyte: chart.rng.choice((1, 2, 3, 3))})
    continued(chart, order, 100)


def twice_ordered(chart: Chart) -> None:
    """Two orders run at once."""
    baseline(chart, 40)
    first = chart.give(100, 40)
    second = chart.give(chart.rng.choice((50, 100)), 20)
    if chart.rng.random() < 0.5:
        second["priorPrescription"] = {"reference": f"MedicationRequest/{first['id']}"}
    chart.draw(recent(chart))
    chart.propose(chart.rng.choice((50, 100, 150, 250)), chart.rng.choice((first, second)))


def other_drug(chart: Chart) -> None:
    """A draft of another drug beside whatever there is; made other by the perturbation of the same name."""
    chart.rng.choice((steady, interrupted, recovered))(chart)
    chart.tags.add("other-drug")


def at_lowest(chart: Chart) -> None:
    """An episode at the lowest level, closed: nothing to restart at."""
    recovered(chart, 50)


def still_running(chart: Chart) -> None:
    """An episode that closed while the order ran on at the dose that caused it."""
    recovered(chart, running=True)


def dose_unsaid(chart: Chart) -> None:
    """A count at grade 3 under an order that does not say its dose."""
    onset = chart.rng.choice((3, 12, 25))
    baseline(chart, onset + 30)
    order = chart.give(100, onset + 30)
    order["dosageInstruction"] = [{"text": "as discussed"}]
    chart.draw(onset, **low(chart, 3))
    if onset > 3:
        order["status"] = chart.rng.choice(("stopped", "active"))
        chart.draw(recent(chart))
    continued(chart, order, 100)


SCENARIOS: tuple[tuple[int, Callable[[Chart], None]], ...] = (
    (20, steady), (10, ready), (13, beginning), (9, interrupted), (8, unrecovered), (12, recovered), (9, lowered),
    (9, poisoned), (7, paused), (3, low_before), (3, twice_ordered), (3, other_drug), (2, at_lowest),
    (2, still_running), (2, dose_unsaid),
)  # fmt: skip
