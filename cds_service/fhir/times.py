"""FHIR times of every precision, as the span of instants that they may mean."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import ANY_TIME, When

# The R4 grammar of an instant, time zone and seconds included; of a fraction, microseconds are kept.
_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\dT[0-2]\d:[0-5]\d:)([0-5]\d|60)(\.\d{1,40})?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)", re.ASCII
)
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_TICK = timedelta(microseconds=1)


def when(text: str, zone: ZoneInfo) -> When:
    """Read a FHIR date, dateTime or instant. A year, month or day is all of it in `zone`; an instant ends as it starts.

    A leap second is taken for the last microsecond before it. Raises ValueError for everything else: no time zone, no
    seconds, year 0000, 24:00, days that no calendar has.
    """
    if len(text) > _LONGEST_DAY:
        instant = _instant(text)
        return When(instant, instant)
    return _whole(text, zone)


def period(start: str | None, end: str | None, zone: ZoneInfo) -> When:
    """From the first instant of `start` to the last of `end`; unbounded where one is not given.

    Raises ValueError where neither is given, one cannot be read, or the end surely comes before the start.
    """
    if start is None and end is None:
        raise ValueError("a period without start and end")
    first = ANY_TIME if start is None else when(start, zone)
    last = ANY_TIME if end is None else when(end, zone)
    if first.start > last.end:
        raise ValueError("a period that ends before it starts")
    return When(first.start, last.end)


def _instant(text: str) -> datetime:
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError("not a FHIR time")
    minute, second, fraction, offset = found.groups()
    if second == "60":
        second, fraction = "59", ".999999"
    try:
        instant = datetime.fromisoformat(f"{minute}{second}{fraction[:7] if fraction else ''}{offset}")
        return instant if offset == "Z" else instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time outside the calendar") from None


def _whole(text: str, zone: ZoneInfo) -> When:
    """The whole year, month or day that `text` names, from midnight to midnight in `zone`."""
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError("not a FHIR date")
    year, month, day = found.groups()
    first = date.fromisoformat(f"{year}-{month or '01'}-{day or '01'}")
    after = _day_after(first, month is None, day is None)
    return When(_midnight(first, zone), _midnight(after, zone) - _TICK if after else ANY_TIME.end)


def _day_after(first: date, is_year: bool, is_month: bool) -> date | None:
    """The day after the year, month or day that begins on `first`; None where the calendar ends before it."""
    try:
        if is_year:
            return first.replace(year=first.year + 1)
        if is_month:
            return (first + timedelta(days=31)).replace(day=1)
        return first + timedelta(days=1)
    except (OverflowError, ValueError):
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:  # the first or last hours of the calendar
        return ANY_TIME.start if day.year == 1 else ANY_TIME.end


_LONGEST_DAY = len("YYYY-MM-DD")
