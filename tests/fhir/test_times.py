"""FHIR times of every precision, and what is no FHIR time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import ANY_TIME, When
from cds_service.fhir.times import period, when

BERLIN = ZoneInfo("Europe/Berlin")
KIRITIMATI = ZoneInfo("Pacific/Kiritimati")  # 14 hours ahead
HONOLULU = ZoneInfo("Pacific/Honolulu")


def span(start: str, end: str) -> When:
    return When(datetime.fromisoformat(start).astimezone(UTC), datetime.fromisoformat(end).astimezone(UTC))


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20T07:30:00Z", "2026-11-20T07:30:00+00:00"),
        ("2026-11-20T07:30:00+01:00", "2026-11-20T06:30:00+00:00"),
        ("2026-11-20T07:30:00-05:30", "2026-11-20T13:00:00+00:00"),
        ("2026-11-20T07:30:00+14:00", "2026-11-19T17:30:00+00:00"),
        ("2026-11-20T07:30:00-00:00", "2026-11-20T07:30:00+00:00"),
        ("2026-11-20T07:30:00.5Z", "2026-11-20T07:30:00.500000+00:00"),
        ("2026-11-20T07:30:00.123456789+01:00", "2026-11-20T06:30:00.123456+00:00"),
        ("2026-12-31T23:59:60Z", "2026-12-31T23:59:59.999999+00:00"),
        ("2026-12-31T23:59:60.25Z", "2026-12-31T23:59:59.999999+00:00"),
    ],
)
def test_an_instant_ends_as_it_starts(text: str, instant: str) -> None:
    assert when(text, BERLIN) == span(instant, instant)


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2025-12-31T23:00:00+00:00", "2026-12-31T22:59:59.999999+00:00"),
        ("2026-02", "2026-01-31T23:00:00+00:00", "2026-02-28T22:59:59.999999+00:00"),
        ("2028-02", "2028-01-31T23:00:00+00:00", "2028-02-29T22:59:59.999999+00:00"),
        ("2026-12", "2026-11-30T23:00:00+00:00", "2026-12-31T22:59:59.999999+00:00"),
        ("2026-11-20", "2026-11-19T23:00:00+00:00", "2026-11-20T22:59:59.999999+00:00"),
        ("2026-03-29", "2026-03-28T23:00:00+00:00", "2026-03-29T21:59:59.999999+00:00"),  # 23 hours
        ("2026-10-25", "2026-10-24T22:00:00+00:00", "2026-10-25T22:59:59.999999+00:00"),  # 25 hours
        ("9999-12-31", "9999-12-30T23:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"),
        ("9999", "9998-12-31T23:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"),
        ("9999-12", "9999-11-30T23:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_a_year_a_month_and_a_day_are_all_of_it_in_the_zone(text: str, start: str, end: str) -> None:
    assert when(text, BERLIN) == span(start, end)


def test_the_first_and_last_day_of_the_calendar_are_read_in_every_zone() -> None:
    assert when("0001-01-01", ZoneInfo("Asia/Tokyo")).start == ANY_TIME.start
    assert when("9999-12-31", HONOLULU).end == ANY_TIME.end


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    "text",
    [
        "", "now", "20261120", "2026-1", "2026-13", "2026-00", "2026-02-30", "2027-02-29", "2026-11-00", "26-11-20",
        "0000", "0000-01-01", "0000-01-01T00:00:00Z", " 2026", "2026 ", "2026-11-20 ", "2026-11-20T",
        "2026-11-20T07:30:00", "2026-11-20T07:30Z", "2026-11-20T07Z", "2026-11-20T24:00:00Z", "2026-11-20T25:00:00Z",
        "2026-11-20T07:60:00Z", "2026-11-20T07:30:61Z", "2026-11-20T07:30:00z", "2026-11-20t07:30:00Z",
        "2026-11-20 07:30:00Z", "2026-11-20T07:30:00.Z", "2026-11-20T07:30:00,5Z", "2026-11-20T07:30:00+0100",
        "2026-11-20T07:30:00+1:00", "2026-11-20T07:30:00+14:01", "2026-11-20T07:30:00+01:60", "2026-W47-5T07:30:00Z",
        "2026-02-30T07:30:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "２０２６",
        "2026-11-20T07:30:00." + "1" * 41 + "Z",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        when(text, BERLIN)


@given(st.datetimes(timezones=st.timezones()).filter(lambda x: 1 < x.year < 9999))
def test_every_instant_is_the_same_in_every_notation(moment: datetime) -> None:
    instant = moment.astimezone(UTC)
    written = instant.isoformat().replace("+00:00", "Z")
    assert when(written, BERLIN) == When(instant, instant) == when(instant.isoformat(), KIRITIMATI)


@given(st.dates(), st.timezones())
def test_the_days_of_a_zone_follow_each_other_without_a_gap(day: object, zone: ZoneInfo) -> None:
    taken = when(str(day), zone)
    assert taken.start < taken.end
    assert when(str(day)[:7], zone).start <= taken.start < taken.end <= when(str(day)[:4], zone).end


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (
            "2026-11-20T07:00:00Z",
            "2026-11-20T08:00:00Z",
            span("2026-11-20T07:00:00+00:00", "2026-11-20T08:00:00+00:00"),
        ),
        ("2026-11-20", "2026-11-20", when("2026-11-20", BERLIN)),
        ("2026-11", "2026-11-20", When(when("2026-11", BERLIN).start, when("2026-11-20", BERLIN).end)),
        ("2026-11-20", None, When(when("2026-11-20", BERLIN).start, ANY_TIME.end)),
        (None, "2026-11-20", When(ANY_TIME.start, when("2026-11-20", BERLIN).end)),
    ],
)
def test_a_period_runs_from_its_first_to_its_last_instant(start: str | None, end: str | None, expected: When) -> None:
    assert period(start, end, BERLIN) == expected


@pytest.mark.parametrize(("start", "end"), [(None, None), ("2026-11-21", "2026-11-20"), ("x", "2026"), ("2026", "x")])
def test_a_period_without_ends_or_with_its_end_before_its_start_is_refused(start: str | None, end: str | None) -> None:
    with pytest.raises(ValueError, match=r"."):
        period(start, end, BERLIN)
