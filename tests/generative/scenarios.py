"""Courses of treatment, each the history behind one conclusion, with the drafts that clinicians write then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tests.generative.chart import Chart
from tests.generative.clock import ago
from tests.generative.codes import ACTING, CHEMISTRY
from tests.generative.complications import (
    feverish,
    held,
    recorded,
    recorded_of_blood,
    renewed,
    transfused,
)
from tests.generative.episodes import (
    at_lowest,
    dose_unsaid,
    interrupted,
    low_before,
    lowered,
    poisoned,
    recovered,
    still_running,
    unrecovered,
)
from tests.generative.histories import EDGES, background, baseline, continued, dose, low, recent

# On and beside the windows of the protocol.
DAYS = "0.5 1 3 6 7 8 13 14 15 20 21 22 27 28 29 35 45 60 89 90 91 119 120 150 179 181 300"


def steady(chart: Chart) -> None:
    """A course without toxicity."""
    daily, start = dose(chart, 15, 60, 17, 8), chart.rng.choice((10, 20.9, 21, 21.1, 30, 45, 70, 120, 300))
    newest = min(recent(chart, 0.2), start)
    baseline(chart, start)
    background(chart, start, newest)
    order = chart.give(daily, start)
    chart.draw(newest, **({chart.rng.choice(ACTING): 2} if chart.rng.random() < 0.2 else {}))
    continued(chart, order, daily)


def scattered(chart: Chart) -> None:
    """A course without toxicity whose counts were drawn on different days, three days apart or more."""
    daily, start = dose(chart, 15, 60, 17, 8), chart.rng.choice((30, 45, 70, 120))
    baseline(chart, start)
    order = chart.give(daily, start)
    first = chart.rng.choice((0.5, 2, 4))
    for analyte in ACTING:
        days = first + chart.rng.choice((0, 0, 1, 2.9, 3, 3.1, 4, 6))
        chart.result(analyte, ago(days), chart.rng.choice((0, 0, 1, 2)))
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


def eligible(chart: Chart) -> None:
    """No course yet; counts and chemistry on and beside what a start asks for."""
    when = recent(chart, 0.15)
    counts = {"neutrophils": ("1.999", "2.0", "2.001", "3.1"), "platelets": ("99", "99.999", "100", "101", "220")}
    told = {name: Decimal(chart.rng.choice(values)) for name, values in counts.items()}
    for analyte in ACTING:
        chart.result(analyte, ago(when), told.get(analyte, 0 if chart.rng.random() < 0.8 else 1))
    for analyte in ("creatinine", "bilirubin"):
        if chart.rng.random() < 0.8:
            chart.result(analyte, ago(recent(chart)), chart.rng.choices((0, 1, 2, 3), (54, 20, 15, 11))[0])
    chart.propose(chart.rng.choices((50, 100, 150, 200), (15, 50, 30, 5))[0])


def lasting(chart: Chart) -> None:
    """A course of about two years."""
    starts = (700, 729, 729.9, 730.1, 731, 760, 850, 1000, 1150, 1300)
    daily, start = dose(chart, 30, 50, 20), chart.rng.choice(starts)
    chart.controlled = True
    order = chart.give(daily, start)
    chart.draw(chart.rng.choice((0.5, 1, 3, 6.9, 8, 20, 27.9, 28.1, 33)))
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


def jumble(chart: Chart) -> None:
    """Orders and counts at random, on days that lie on and beside the windows of the protocol.

    No two orders begin at one instant, none ends before one that began earlier, or within its first day, and only the
    last one is on hold since an unknown day: which of two came last, or ran when another one had begun, is nowhere
    said. None ends 28 days ago, which as a date is more or less than 28 days.
    """
    days = [float(x) for x in DAYS.split()]
    chart.laboratory = replace(chart.laboratory, times="instant")
    starts = sorted(chart.rng.sample(days, chart.rng.choices((0, 1, 2, 3, 4), (1, 3, 4, 3, 2))[0]), reverse=True)
    latest = max(days)
    for start in starts:
        ends = [x for x in days if x <= start - 1 and x <= latest and x != 28]
        end = chart.rng.choice(ends) if ends and chart.rng.random() < 0.5 else None
        order = chart.give(chart.rng.choice((50, 100, 100, 150, 200)), start, end)
        held = "on-hold" if end is not None or start == starts[-1] else "stopped"
        order["status"] = chart.rng.choice(("active", "active", "stopped", "completed", held))
        latest = min(latest, end if end is not None else latest)
    for _ in range(chart.rng.randrange(1, 7)):
        jumbled_draw(chart, chart.rng.choice(days))
    chart.propose(chart.rng.choice((50, 100, 150, 200, 250)), chart.rng.choice([None, *chart.orders]))
    if chart.rng.random() < 0.2:
        chart.propose(chart.rng.choice((50, 100, 200)))


def jumbled_draw(chart: Chart, days: float) -> None:
    """A blood count with grades at random, sometimes not of all analytes, sometimes with chemistry."""
    lowest = chart.rng.choice((1, 1, 2, 3, 4))
    for analyte in ACTING:
        if chart.rng.random() < 0.92:
            grade = chart.rng.choices((0, 1, 2, lowest), (5, 2, 1, 1))[0]
            chart.result(analyte, ago(days), min(grade, lowest))
    if chart.rng.random() < 0.3:
        chart.result(chart.rng.choice(CHEMISTRY), ago(days), chart.rng.randrange(5))


SCENARIOS: tuple[tuple[int, Callable[[Chart], None]], ...] = (
    (18, steady), (13, ready), (10, beginning), (22, eligible), (11, lasting), (7, interrupted), (8, unrecovered),
    (12, recovered), (9, lowered), (7, poisoned), (7, paused), (4, low_before), (4, twice_ordered), (3, other_drug),
    (3, at_lowest), (2, still_running), (3, dose_unsaid), (8, jumble), (7, feverish), (7, recorded),
    (4, recorded_of_blood), (5, transfused), (3, renewed), (3, held), (4, scattered),
)  # fmt: skip
