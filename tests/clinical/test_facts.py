"""Times at the edges: days of a site, and the ends of the calendar."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical.facts import ANY_TIME, CHEMISTRY, COUNTS, WHATS, When, later_by, local_day
from tests.clinical.builders import NAUSEA, NOW, ago, day, toxicity

KIRITIMATI = ZoneInfo("Pacific/Kiritimati")  # 14 hours ahead
AHEAD = timezone(timedelta(hours=14))
FIRST, LAST = datetime(1, 1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, 22, tzinfo=UTC)


def test_a_day_is_that_of_the_site() -> None:
    evening = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert local_day(evening, UTC) == date(2026, 11, 23)
    assert local_day(evening, KIRITIMATI) == date(2026, 11, 24)
    assert local_day(datetime(2, 1, 1, 10, tzinfo=UTC), AHEAD) == date(2, 1, 2)
    assert local_day(datetime(9998, 12, 31, 10, tzinfo=UTC), AHEAD) == date(9999, 1, 1)


@pytest.mark.parametrize("zone", [KIRITIMATI, ZoneInfo("America/Adak"), UTC])
def test_at_the_ends_of_the_calendar_it_is_the_day_in_utc(zone: ZoneInfo) -> None:
    assert (local_day(FIRST, zone), local_day(LAST, zone)) == (date(1, 1, 1), date(9999, 12, 31))


def test_a_time_is_moved_no_further_than_the_calendar_goes() -> None:
    assert later_by(NOW, timedelta(days=2)) == ago(days=-2).start
    assert later_by(NOW, timedelta(0)) == NOW
    for span in (timedelta(hours=3), timedelta(days=30)):
        assert later_by(LAST, span) == ANY_TIME.end
        assert later_by(FIRST, -span) == ANY_TIME.start


def test_any_time_is_all_of_the_calendar() -> None:
    assert (ANY_TIME.start.year, ANY_TIME.end.year) == (1, 9999)
    assert not ANY_TIME.issued
    assert not ANY_TIME.after(When(FIRST, FIRST))


def test_later_is_what_is_surely_later() -> None:
    assert ago(days=1).after(ago(days=1, seconds=1))
    assert not ago(days=1).after(ago(days=1))
    assert day(1).after(day(2))
    assert not ago(days=1).after(day(1))


def test_a_toxicity_lasts_from_its_onset_on_unless_its_record_says_otherwise() -> None:
    found = toxicity(NAUSEA, 3, ago(days=1))
    assert not found.resolved
    assert not found.marked, "the time is that of the onset"
    assert not found.assessed, "the grade is that of more than one moment"


def test_what_may_be_unknown_is_a_closed_list() -> None:
    assert COUNTS == ("haemoglobin", "leukocytes", "neutrophils", "platelets")
    assert CHEMISTRY == ("creatinine", "bilirubin", "alt", "ast")
    others = "counts results orders dose age protocol toxicity support temperature decision".split()
    evidence = "histology metastasis response systemic-therapy anthracycline performance-status imaging".split()
    assert set(WHATS) == {*COUNTS, "lymphocytes", *CHEMISTRY, *others, *evidence}
