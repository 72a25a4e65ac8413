"""Calendar months: the same day so many months later, and the last one of a shorter month."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical.facts import ANY_TIME
from cds_service.clinical.months import months_later

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-11-30T08:15", 3, "2027-02-28T08:15"),
        ("2027-11-30T08:15", 3, "2028-02-29T08:15"),
        ("2026-01-31T00:00", 1, "2026-02-28T00:00"),
        ("2026-08-31T23:59", 1, "2026-09-30T23:59"),
        ("2026-12-01T12:00", 1, "2027-01-01T12:00"),
        ("2026-09-15T12:00", 3, "2026-12-15T12:00"),
        ("2026-09-15T12:00", 4, "2027-01-15T12:00"),
        ("2024-02-29T12:00", 24, "2026-02-28T12:00"),
        ("2026-05-05T12:00", 0, "2026-05-05T12:00"),
    ],
)
def test_the_day_is_the_same_or_the_last(start: str, months: int, end: str) -> None:
    instant = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert months_later(instant, months, UTC) == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_days_are_those_of_the_zone() -> None:
    evening = datetime(2026, 1, 30, 23, 30, tzinfo=UTC)  # the 31st in Berlin
    assert months_later(evening, 1, BERLIN) == datetime(2026, 2, 28, 0, 30, tzinfo=BERLIN)


def test_nothing_lies_beyond_the_calendar() -> None:
    assert months_later(datetime(9999, 11, 1, tzinfo=UTC), 2, BERLIN) == ANY_TIME.end
    assert months_later(ANY_TIME.end, 1, BERLIN) == ANY_TIME.end
    assert months_later(datetime(9999, 11, 1, tzinfo=UTC), 1, BERLIN) == datetime(9999, 12, 1, tzinfo=UTC)
    assert months_later(ANY_TIME.start, 1, ZoneInfo("America/New_York")).month == 2
