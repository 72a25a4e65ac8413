"""The one instant at which every generated record is judged, and the ways in which systems write a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from random import Random

NOW = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
# The members that say when an Observation was.
TIMES = ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued")
ZONES = ("Z", "Z", "Z", "+00:00", "+01:00", "+05:30", "-08:00", "+13:00")


def ago(days: float = 0, **parts: float) -> datetime:
    """The instant that many days (and hours, minutes, seconds) before NOW."""
    return NOW - timedelta(days=days, **parts)


def offset(zone: str) -> timezone:
    """The fixed offset that a FHIR zone such as `+05:30` names."""
    if zone == "Z":
        return UTC
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if zone[0] == "-" else size)


def instant(when: datetime, zone: str = "Z") -> str:
    """A FHIR instant to the second in that zone."""
    local = when.astimezone(offset(zone)).replace(microsecond=0)
    return local.strftime("%Y-%m-%dT%H:%M:%S") + zone


def day(when: datetime) -> str:
    """A FHIR date, of the UTC day."""
    return when.astimezone(UTC).strftime("%Y-%m-%d")


def read(text: str) -> datetime | None:
    """The instant written there; None for a date, a month, or what has no zone."""
    if "T" not in text:
        return None
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else None


def written(rng: Random, when: datetime, styles: tuple[str, ...] = ("instant",), zone: str | None = None) -> str:
    """That time in one of the styles: `instant`, `fraction` (of a second), `date`, `month`."""
    style = rng.choice(styles)
    if style == "date":
        return day(when)
    if style == "month":
        return day(when)[:7]
    text = instant(when, zone or rng.choice(ZONES))
    return text if style == "instant" else f"{text[:19]}.250{text[19:]}"
