"""FHIR dates and times as the widest interval that they can mean: (first instant, last instant)."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("UTC")
TICK = timedelta(microseconds=1)
LONG_AGO = datetime(1000, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(9000, 1, 1, tzinfo=UTC)
EVER = (LONG_AGO, FAR_AHEAD)

DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")


def days(number):
    return timedelta(days=number)


def read_time(text):
    """(first, last) of a FHIR date, dateTime or instant; None where it is none of them."""
    if not isinstance(text, str):
        return None
    try:
        found = read_instant(text) or read_date(text)
    except (ValueError, OverflowError):
        return None
    if found and found[0] > LONG_AGO and found[1] < FAR_AHEAD:
        return found
    return None


def read_instant(text):
    match = INSTANT.fullmatch(text)
    if not match:
        return None
    fraction = (match[2] or "")[:7]
    if fraction:
        fraction = fraction.ljust(7, "0")
    moment = datetime.fromisoformat(match[1] + fraction + match[3].replace("Z", "+00:00")).astimezone(UTC)
    return moment, moment


def read_date(text):
    match = DATE.fullmatch(text)
    if not match:
        return None
    year, month, day = int(match[1]), match[2], match[3]
    first = datetime(year, int(month or 1), int(day or 1), tzinfo=ZONE)
    if day:
        after = first + days(1)
    elif month:
        after = (first + days(31)).replace(day=1)
    else:
        after = first.replace(year=year + 1)
    return first.astimezone(UTC), after.astimezone(UTC) - TICK


def read_period(period):
    """(first, last) of a Period, open edges far away; None where it is malformed or empty."""
    if not isinstance(period, dict) or not ("start" in period or "end" in period):
        return None
    start = read_time(period["start"]) if "start" in period else EVER
    end = read_time(period["end"]) if "end" in period else EVER
    if start is None or end is None or start[0] > end[1]:
        return None
    return start[0], end[1]


def day_of(moment):
    return moment.astimezone(ZONE).date()
