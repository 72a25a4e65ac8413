"""Courses with what no single count tells: fever, recorded toxicities, transfusions, renewals, holds."""

from __future__ import annotations

from tests.generative import support, toxicities
from tests.generative.chart import Chart
from tests.generative.clock import ago, day
from tests.generative.episodes import recovered, unrecovered
from tests.generative.histories import EDGES, background, baseline, continued, dose, low, recent


def feverish(chart: Chart) -> None:
    """Neutrophils near 1.0, and temperatures around them."""
    daily, start = dose(chart, 25, 45, 20, 10), chart.rng.choice((15, 25, 60, 150))
    newest = min(recent(chart), start - 1)
    baseline(chart, start)
    order = chart.give(daily, start)
    chart.draw(newest, neutrophils=chart.rng.choice((2, 3, 3, 3, 4)))
    support.with_temperatures(chart)
    continued(chart, order, daily)


def recorded(chart: Chart) -> None:
    """A course without low counts, and one or two recorded toxicities that are not of the blood."""
    daily, start = dose(chart, 20, 50, 20, 10), chart.rng.choice((20, 30, 60))
    baseline(chart, start)
    order = chart.give(daily, start)
    if chart.rng.random() < 0.3:
        order["status"], lower = "stopped", max(daily - 50, 50)
        order["dispenseRequest"] = {"validityPeriod": {"start": day(ago(start)), "end": day(ago(16))}}
        order, daily = chart.give(lower, 15), lower
    chart.draw(min(recent(chart, 0.03), start))
    for _ in range(chart.rng.choice((1, 1, 2))):
        days, resolved = chart.rng.choice((0.5, 3, 8, 17, start - 1, start + 5)), chart.rng.random() < 0.25
        grade = chart.rng.choices((1, 2, 3, 4, None), (8, 20, 50, 15, 7))[0]
        toxicities.record(chart, toxicities.OTHERS, grade, days, resolved)
    continued(chart, order, daily)


def recorded_of_blood(chart: Chart) -> None:
    """A low count of which only somebody's record is left; the counts themselves are good."""
    daily, onset = dose(chart, 10, 50, 30, 10), chart.rng.choice((4, 12, 20, 35))
    start = onset + chart.rng.choice((-2, 10, 30))
    baseline(chart, start)
    stopped = chart.rng.random() < 0.5
    order = chart.give(daily, start, min(onset - 1, start - 1) if stopped else None, "stopped" if stopped else "active")
    codes = chart.rng.choice((toxicities.BLOOD, toxicities.BLOOD, ("10016288",), toxicities.LYMPHOCYTES))
    grade = chart.rng.choices((2, 3, 4, 5, None), (10, 55, 25, 4, 6))[0]
    toxicities.record(chart, codes, grade, onset, chart.rng.random() < 0.6)
    if chart.rng.random() < 0.75:
        chart.draw(min(recent(chart), onset - 1))
    chart.propose(chart.rng.choice((daily, max(daily - 50, 50))), order)


def transfused(chart: Chart) -> None:
    """Counts that are good after something was given: before a restart, an escalation, or under an episode."""
    kind = chart.rng.choice(("recovered", "recovered", "ready", "unrecovered"))
    if kind == "ready":
        baseline(chart, 40)
        order = chart.give(100, 40)
        chart.draw(chart.rng.choice(EDGES[:-1]))
        chart.propose(chart.rng.choice((100, 150)), order)
    else:
        (recovered if kind == "recovered" else unrecovered)(chart)
    for _ in range(chart.rng.choice((1, 1, 2))):
        support.supported(chart)


def renewed(chart: Chart) -> None:
    """Adjoining orders at one dose, or with days between."""
    daily, first = dose(chart, 10, 60, 20, 10), chart.rng.choice((35, 60, 120))
    middle = chart.rng.choice((10, 20, 22, 30))
    baseline(chart, first)
    background(chart, first, middle)
    chart.give(daily, first, middle + chart.rng.choice((0, 0.5, 1, 2, 5)), chart.rng.choice(("completed", "stopped")))
    order = chart.give(daily, middle)
    chart.draw(min(recent(chart, 0.05), middle))
    continued(chart, order, daily)


def held(chart: Chart) -> None:
    """An order on hold since a day that is known or not, after a low count or without one."""
    daily, start = dose(chart, 10, 50, 30, 10), chart.rng.choice((30, 60, 100))
    onset = chart.rng.choice((5, 12, 25))
    baseline(chart, start)
    if chart.rng.random() < 0.6:
        chart.draw(onset, **low(chart))
    order = chart.give(daily, start, onset - 1 if chart.rng.random() < 0.5 else None, "on-hold")
    chart.draw(min(recent(chart), onset - 0.5))
    chart.propose(chart.rng.choice((daily, max(daily - 50, 50))), order if chart.rng.random() < 0.7 else None)
