"""Perturbations of when a result was: dates, months, the time of report, nothing, the future."""

from __future__ import annotations

from datetime import timedelta

from tests.generative.chart import Chart, Resource
from tests.generative.clock import NOW, TIMES, ago, day, instant, read


def moment(result: Resource) -> str:
    """The time written in the result, whichever member has it."""
    period = result.get("effectivePeriod", {})
    found = result.get("effectiveDateTime") or result.get("effectiveInstant") or period.get("start")
    return str(found or instant(NOW))


def timed(result: Resource, **members: object) -> None:
    """Give the result these time members instead of its own."""
    for key in TIMES:
        result.pop(key, None)
    result.update(members)


def no_zone(chart: Chart, result: Resource) -> None:
    timed(result, effectiveDateTime=instant(ago(2))[:19])
    chart.tags.add("invalid-r4")


def issued_only(chart: Chart, result: Resource) -> None:
    written = moment(result)
    timed(result, issued=written if "T" in written else f"{written[:10]}T06:00:00Z")


def no_time(chart: Chart, result: Resource) -> None:
    timed(result)


def future(chart: Chart, result: Resource) -> None:
    minutes = chart.rng.choice((4, 5, 6, 120, 1500))
    timed(result, effectiveDateTime=instant(NOW + timedelta(minutes=minutes)))


def earlier(chart: Chart, result: Resource) -> None:
    when = read(moment(result)) or ago(3)
    timed(result, effectiveDateTime=instant(when - timedelta(hours=chart.rng.choice((3, 71, 73, 100, 200, 400)))))


def day_written(chart: Chart, result: Resource) -> None:
    timed(result, effectiveDateTime=day(ago(chart.rng.choice((1, 6, 7, 8, 14)))))
