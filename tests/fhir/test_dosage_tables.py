"""Every spelling of a unit, code of a frequency and word of a duration that the dosage reader knows, and what it means.

The tables stand here once more, written from the terminologies: a spelling that is lost or changed is noticed.
"""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical.facts import When
from cds_service.fhir.dosage import bounds
from cds_service.fhir.dosage.abbreviations import NEW_CODES
from cds_service.fhir.dosage.bounds import Reach, bounded, later, not_before, of_period, reach
from cds_service.fhir.dosage.per_day import Rhythm, rhythm
from cds_service.fhir.dosage.reading import Undetermined, exactly
from cds_service.fhir.dosage.units import days, milligrams, milligrams_per_day
from cds_service.fhir.dosage.why import Why
from tests.fhir.orders import GTS, SNOMED, UCUM

FORM = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"
KBV = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_BMP_DOSIEREINHEIT"
JAPAN = "urn:oid:1.2.392.100495.20.2.101"
BERLIN = ZoneInfo("Europe/Berlin")
TABLET = Fraction(50)

OF_TABLETS = [
    *["tbl", "tab", "tabs", "tab(s)", "tabl", "tabl.", "tablet", "tablets", "tablet(s)", "tablette", "tabletten"],
    *["tablette(n)", "pill", "pills", "stück", "stueck", "comprimé", "comprimés", "compressa", "compresse", "錠"],
    *["tablet (unit of presentation)", "tablet - unit of product usage"],
]
OF_MILLIGRAMS = {
    "mg": Fraction(1),
    "MG": Fraction(1),
    "g": Fraction(1000),
    "ug": Fraction(1, 1000),
    "µg": Fraction(1, 1000),
    "μg": Fraction(1, 1000),
    "milligram": Fraction(1),
    "milligrams": Fraction(1),
    "milligramm": Fraction(1),
}
CODED = [(FORM, "TAB"), (KBV, "1"), (JAPAN, "TAB"), (SNOMED, "732936001"), (SNOMED, "385055001"), (SNOMED, "428673006")]
PER_DAY = ["mg/d", "mg/day", "mg/(24.h)", "mg/24.h", "mg/24h", "mg/24 h", "mg/Tag", "mg/日"]
IN_DAYS = {
    Fraction(1): ["d", "day", "days", "day(s)", "Tag", "Tage", "jour", "jours", "日"],
    Fraction(1, 24): ["h", "hour", "hours", "Stunde", "Stunden"],
    Fraction(1, 1440): ["min"],
    Fraction(7): ["wk", "week", "weeks", "Woche", "Wochen"],
}
DAILY = {
    GTS: {
        **dict.fromkeys(("QD", "AM", "PM", "QAM", "BED"), (1, 1)),
        "BID": (2, 2),
        "TID": (3, 3),
        "QID": (4, 4),
        "Q8H": (3, 3),
        "Q6H": (4, 4),
        "Q4H": (6, 6),
        "Q3H": (8, 8),
        "Q2H": (12, 12),
        "Q1H": (24, 24),
    },
    SNOMED: {
        "229797004": (1, 1),
        "229799001": (2, 2),
        "229798009": (3, 3),
        "307439001": (4, 4),
        "307440004": (5, 5),
        "307441000": (6, 6),
        "307442007": (7, 7),
        "307443002": (8, 8),
        "396125000": (1, 1),
        "307470009": (2, 2),
        "307469008": (3, 3),
        "307468000": (4, 4),
        "225756002": (6, 6),
        "396107007": (1, 2),
        "396108002": (1, 3),
        "396109005": (1, 4),
        "396111001": (2, 4),
        "396140003": (2, 3),
        "396139000": (3, 4),
    },
}
SELDOM = {
    (GTS, "QOD"): 2,
    (GTS, "WK"): 7,
    (SNOMED, "396126004"): Fraction(3, 2),
    (SNOMED, "396131002"): 2,
    (SNOMED, "396143001"): 3,
}
LASTING = {
    "min": ["min", "minute", "minutes"],
    "h": ["h", "hour", "hours", "stunde", "stunden"],
    "d": ["d", "day", "days", "day(s)", "tag", "tage", "jour", "jours", "日"],
    "wk": ["wk", "week", "weeks", "week(s)", "woche", "wochen"],
    "mo": ["mo", "month", "months", "monat", "monate"],
    "a": ["a", "year", "years", "jahr", "jahre"],
}
# Two of each, from noon of 24 October 2026 in Berlin: in the night after it summer time ends.
AFTER_TWO = {
    "s": "2026-10-24T12:00:02+02:00",
    "min": "2026-10-24T12:02:00+02:00",
    "h": "2026-10-24T14:00:00+02:00",
    "d": "2026-10-26T12:00:00+01:00",
    "wk": "2026-11-07T12:00:00+01:00",
    "mo": "2026-12-24T12:00:00+01:00",
    "a": "2028-10-24T12:00:00+02:00",
}
NOON = datetime(2026, 10, 24, 10, tzinfo=UTC)


def instant(text: str) -> When:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return When(moment, moment)


EVENTS = (
    "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS HS WAKE "
    "CM CD CV ACM ACD ACV PCM PCD PCV"
).split()


@pytest.mark.parametrize("word", OF_TABLETS)
@pytest.mark.parametrize("spell", [str, str.upper, "{{{}}}".format], ids=["as it is", "in capitals", "as annotation"])
def test_words_for_a_tablet(word: str, spell: Any) -> None:
    sent = {"value": 2, "code": spell(word), "system": UCUM} if "{" in spell("x") else {"value": 2, "unit": spell(word)}
    assert milligrams(sent, TABLET) == 100
    with pytest.raises(Undetermined):
        milligrams(sent, None)


@pytest.mark.parametrize(("word", "factor"), OF_MILLIGRAMS.items())
def test_units_of_mass(word: str, factor: Fraction) -> None:
    assert milligrams({"value": 3, "unit": word}, None) == 3 * factor


@pytest.mark.parametrize(("system", "code"), CODED)
def test_codes_of_a_tablet(system: str, code: str) -> None:
    assert milligrams({"value": 2, "system": system, "code": code}, TABLET) == 100


@pytest.mark.parametrize("spelling", PER_DAY)
def test_units_of_a_rate_per_day(spelling: str) -> None:
    assert milligrams_per_day({"value": 100, "unit": spelling}) == 100


@pytest.mark.parametrize(("length", "spelling"), [(x, y) for x, every in IN_DAYS.items() for y in every])
def test_units_of_time_in_days(length: Fraction, spelling: str) -> None:
    assert days({"value": 5, "unit": spelling}) == 5 * length


@pytest.mark.parametrize(
    ("system", "code", "often"), [(x, y, z) for x, every in DAILY.items() for y, z in every.items()]
)
def test_codes_of_a_daily_frequency(system: str, code: str, often: tuple[int, int]) -> None:
    found = rhythm({"code": {"coding": [{"system": system, "code": code}]}}, {})
    assert found is not None
    assert (found.intakes.low, found.intakes.high) == often
    assert found == type(found)(found.intakes)


@pytest.mark.parametrize(("key", "apart"), SELDOM.items())
def test_codes_of_a_seldom_dose(key: tuple[str, str], apart: Fraction) -> None:
    found = rhythm({"code": {"coding": [{"system": key[0], "code": key[1]}]}}, {})
    assert found is not None
    assert (found.intakes, found.share) == (exactly(1), Fraction(1) / apart)


@pytest.mark.parametrize("system", NEW_CODES)
def test_a_changed_number_of_intakes_is_written_with_a_code_that_is_read_as_that_number(system: str) -> None:
    written = {number: DAILY[system][code] for number, (code, _) in NEW_CODES[system].items()}
    assert written == {1: (1, 1), 2: (2, 2), 3: (3, 3), 4: (4, 4)}


@pytest.mark.parametrize("system", DAILY)
def test_an_unknown_code_of_a_system_that_is_known_is_refused_beside_one_that_is_understood(system: str) -> None:
    foreign = "urn:oid:1.2.3" if system == GTS else GTS
    coded = [{"system": system, "code": "XID"}, {"system": foreign, "code": "BID"}]
    with pytest.raises(Undetermined) as refused:
        rhythm({"code": {"coding": coded}}, {("urn:oid:1.2.3", "BID"): 2})
    assert refused.value.why == Why.CODE_UNKNOWN


@pytest.mark.parametrize("event", EVENTS)
def test_each_named_time_of_the_day_is_one_intake(event: str) -> None:
    assert rhythm({"repeat": {"when": [event]}}, {}) == Rhythm(exactly(1))


@pytest.mark.parametrize("event", ["C", "AC", "PC"])
def test_a_meal_that_is_not_named_needs_how_often(event: str) -> None:
    once = {"when": [event], "frequency": 1, "period": 1, "periodUnit": "d"}
    assert rhythm({"repeat": once}, {}) == Rhythm(exactly(1))
    with pytest.raises(Undetermined) as refused:
        rhythm({"repeat": {"when": [event]}}, {})
    assert refused.value.why == Why.WHICH_MEALS


@pytest.mark.parametrize(("unit", "word"), [(x, y) for x, every in LASTING.items() for y in every])
def test_words_for_a_duration(unit: str, word: str) -> None:
    start = When(NOON, NOON)
    assert later(start, {"value": 2, "unit": word}, BERLIN) == later(start, {"value": 2, "code": unit}, BERLIN)
    assert later(start, {"value": 2, "unit": word}, BERLIN) is not None


@pytest.mark.parametrize(("unit", "end"), AFTER_TWO.items())
def test_days_and_longer_are_counted_on_the_clock_of_the_site(unit: str, end: str) -> None:
    assert later(When(NOON, NOON), {"value": 2, "code": unit, "system": UCUM}, BERLIN) == instant(end)


@pytest.mark.parametrize(
    ("amount", "unit", "end"),
    [
        ("0.5", "h", "2026-10-24T12:30:00+02:00"),
        ("1.5", "d", "2026-10-26T00:00:00+01:00"),
        ("0.5", "mo", None),
        ("3", "mo", "2027-01-24T12:00:00+01:00"),
        ("4", "mo", "2027-02-24T12:00:00+01:00"),
    ],
)
def test_parts_of_a_duration(amount: str, unit: str, end: str | None) -> None:
    assert later(When(NOON, NOON), {"value": Decimal(amount), "code": unit}, BERLIN) == (end and instant(end))


def test_a_month_that_is_too_short_ends_with_its_last_day() -> None:
    start = instant("2027-01-31T12:00:00+01:00")
    assert later(start, {"value": 1, "code": "mo"}, BERLIN) == instant("2027-02-28T12:00:00+01:00")
    assert later(start, {"value": 13, "code": "mo"}, BERLIN) == instant("2028-02-29T12:00:00+01:00")


@pytest.mark.parametrize("member", ["boundsPeriod", "boundsDuration", "boundsRange"])
def test_what_bounds_an_instruction(member: str) -> None:
    assert bounded({"timing": {"repeat": {member: {"start": "2026-10-01"}}}})
    assert not bounded({"timing": {"repeat": {"frequency": 1}}})
    assert not bounded({"timing": {}})
    assert not bounded({})


def test_dates_of_bounds_are_days_of_the_site() -> None:
    day = bounds.at("2026-10-24", BERLIN)
    assert day is not None
    assert day.start == datetime(2026, 10, 23, 22, tzinfo=UTC)
    found = of_period({"start": "2026-10-24", "end": "2026-10-25"}, BERLIN)
    assert found.start == day
    assert found.end is not None
    assert found.end.end.astimezone(BERLIN).date().isoformat() == "2026-10-25"
    own = reach({"timing": {"repeat": {"boundsPeriod": {"start": "2026-10-24"}}}}, Reach(), BERLIN)
    assert own == Reach(day)


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [("2026-10-24", "2026-10-23", False), ("2026-10-24", "2026-10-24", True), ("2026-10-24", "2026-10-25", True)],
)
def test_an_end_before_the_start_is_none(start: str, end: str, kept: bool) -> None:
    edges = bounds.at(start, BERLIN), bounds.at(end, BERLIN)
    assert not_before(*edges) == (edges[1] if kept else None)
    assert not_before(None, edges[1]) == edges[1]


def test_an_end_at_the_moment_of_the_start_is_kept() -> None:
    noon = When(NOON, NOON)
    assert not_before(noon, noon) == noon


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a period that ends before it starts$"):
        of_period({"start": "2026-10-24", "end": "2026-10-23"}, BERLIN)
    assert of_period({"start": "2026-10-24"}, BERLIN).end is None
    assert of_period({"end": "2026-10-24"}, BERLIN).start is None


def test_a_time_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a time is not a text$"):
        bounds.at(20261024, BERLIN)


@pytest.mark.parametrize("unit", ["h", "d", "mo"])
def test_times_that_are_reckoned_are_kept_in_utc_as_those_that_are_read(unit: str) -> None:
    found = later(When(NOON, NOON), {"value": 1, "code": unit}, BERLIN)
    assert found is not None
    assert found.start.tzinfo is UTC
    assert found.end.tzinfo is UTC


@pytest.mark.parametrize(
    "duration", [{"value": 9000, "code": "a"}, {"value": 10**19, "code": "a"}, {"value": 10**9, "code": "d"}]
)
def test_a_duration_beyond_the_calendar_has_no_known_end(duration: dict[str, Any]) -> None:
    assert later(When(NOON, NOON), duration, BERLIN) is None
