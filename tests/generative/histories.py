"""Pieces of which scenarios are made: ages of counts, doses, baselines, drafts beside a running order."""

from __future__ import annotations

from tests.generative.chart import Chart, Resource
from tests.generative.codes import ACTING

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
