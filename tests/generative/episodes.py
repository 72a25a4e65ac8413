"""Courses with toxicity: counts or chemistry at grade 3 or 4, and what came after."""

from __future__ import annotations

from tests.generative.chart import Chart
from tests.generative.clock import ago
from tests.generative.codes import ACTING
from tests.generative.histories import background, baseline, continued, dose, low, recent


def interrupted(chart: Chart) -> None:
    """The newest count is at grade 3 or 4."""
    daily, start = dose(chart, 25, 45, 20, 10), chart.rng.choice((15, 25, 60, 150))
    newest = min(recent(chart), start - 1)
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


def low_before(chart: Chart) -> None:
    """A count at grade 3 before the first dose already."""
    start, analyte = chart.rng.choice((15, 40)), chart.rng.choice(ACTING)
    baseline(chart, start, **{analyte: chart.rng.choice((3, 3, 4))})
    order = chart.give(100, start)
    chart.draw(chart.rng.choice((8, 12)), **{analyte: chart.rng.choice((2, 3))})
    chart.draw(recent(chart), **{analyte: chart.rng.choice((1, 2, 3, 3))})
    continued(chart, order, 100)


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
