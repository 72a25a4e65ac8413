"""From when to when each part of a dosage holds: bounds, parts of one day, and steps that follow each other."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical.facts import Dose, Unknown, When
from cds_service.fhir.dosage.bounds import Reach
from cds_service.fhir.dosage.phases import Context, Phase, phases
from cds_service.fhir.dosage.sequences import Sequence, defined_by
from cds_service.fhir.dosage.steps import chained
from cds_service.fhir.dosage.why import Why
from tests.fhir.orders import dose, instruction, mg

BERLIN = ZoneInfo("Europe/Berlin")
# Noon in Berlin; summer time ends in the night after it.
NOON = datetime(2026, 10, 24, 10, tzinfo=UTC)
ORDER = Reach(When(NOON, NOON))

Json = dict[str, Any]


def taken(value: int, sequence: int | None = None, **bounds: Any) -> Json:
    """So many mg every morning."""
    numbered = {} if sequence is None else {"sequence": sequence}
    return instruction({"repeat": {"when": ["MORN"], **bounds}}, dose(mg(value)), **numbered)


def period(start: str, end: str) -> Json:
    return {"start": start, "end": end}


def lasting(days: int) -> Json:
    return {"boundsDuration": {"value": days, "code": "d"}}


def found(*instructions: Json, sequence: Sequence = Sequence.UNDEFINED, order: Reach = ORDER) -> tuple[Phase, ...]:
    return phases(instructions, Context("MedicationRequest/trofo", BERLIN, order=order, sequence=sequence))


def doses(read: tuple[Phase, ...]) -> list[Decimal | str]:
    """The daily dose of each phase, or why it is not known."""
    return [x.dose.high if isinstance(x.dose, Dose) else x.dose.detail for x in read]


def instants(phase: Phase) -> tuple[str, str]:
    start, end = phase.reach.start, phase.reach.end
    assert start is not None
    assert end is not None
    return start.start.isoformat(), end.end.isoformat()


EARLY, LATE = period("2026-11-01", "2026-11-10"), period("2026-11-11", "2026-11-20")


@pytest.mark.parametrize(
    ("instructions", "sequence", "expected"),
    [
        ((taken(50, boundsPeriod=EARLY), taken(100, boundsPeriod=LATE)), Sequence.UNDEFINED, [50, 100]),
        ((taken(100, boundsPeriod=LATE), taken(50, boundsPeriod=EARLY)), Sequence.UNDEFINED, [50, 100]),
        ((taken(50, boundsPeriod=EARLY), taken(50)), Sequence.UNDEFINED, [Why.OVERLAP]),
        ((taken(50), taken(50, boundsPeriod=EARLY)), Sequence.UNDEFINED, [Why.OVERLAP]),
        ((taken(50, 1, boundsPeriod=EARLY), taken(100, 2, boundsPeriod=LATE)), Sequence.SAME_DAY, [50, 100]),
        ((taken(50, 1, boundsPeriod=EARLY), taken(100, 2)), Sequence.SAME_DAY, [150]),
        ((taken(100, 2), taken(50, 1, boundsPeriod=EARLY)), Sequence.SAME_DAY, [150]),
        # a part without a number comes before those that have one
        (
            (taken(50, 1, boundsPeriod=EARLY), taken(100, boundsPeriod=LATE), taken(30, 2)),
            Sequence.SAME_DAY,
            [50, 130],
        ),
        ((taken(50, 1), taken(100, 2)), Sequence.UNDEFINED, [Why.SEQUENCE]),
    ],
)
def test_which_parts_hold_together(instructions: tuple[Json, ...], sequence: Sequence, expected: list[Any]) -> None:
    assert doses(found(*instructions, sequence=sequence)) == expected


def test_a_phase_may_begin_at_the_moment_in_which_another_ends() -> None:
    first, then, last = "2026-11-01T08:00:00+01:00", "2026-11-10T08:00:00+01:00", "2026-11-20T08:00:00+01:00"
    read = found(taken(50, boundsPeriod=period(first, then)), taken(100, boundsPeriod=period(then, last)))
    assert doses(read) == [50, 100]


def test_why_a_dose_is_not_known_quotes_the_words_where_there_are_any() -> None:
    (silent,), (worded,) = found({}), found({"text": "one in the evening"})
    assert isinstance(silent.dose, Unknown)
    assert isinstance(worded.dose, Unknown)
    assert silent.dose.detail == Why.NO_FIGURES
    assert worded.dose.detail == f'{Why.NO_FIGURES}: "one in the evening"'


def test_steps_are_counted_on_the_clock_of_the_site() -> None:
    read = found(taken(50, 1, **lasting(2)), taken(100, 2, **lasting(3)), sequence=Sequence.STEPS)
    assert doses(read) == [50, 100]
    assert [instants(x) for x in read] == [
        ("2026-10-24T10:00:00+00:00", "2026-10-26T10:59:59.999999+00:00"),
        ("2026-10-26T11:00:00+00:00", "2026-10-29T10:59:59.999999+00:00"),
    ]


def test_a_step_ends_in_the_moment_before_the_next_begins() -> None:
    first, second = chained((taken(50, 1, **lasting(2)), taken(100, 2)), ORDER, BERLIN)
    following = datetime(2026, 10, 26, 11, tzinfo=UTC)
    before = following - timedelta(microseconds=1)
    assert first.reach == Reach(ORDER.start, When(before, before))
    assert second.reach == Reach(When(following, following))


@pytest.mark.parametrize("number", [None, True, Decimal(2), "2"])
def test_steps_need_whole_numbers(number: Any) -> None:
    assert chained((taken(50, 1, **lasting(2)), taken(100, number)), ORDER, BERLIN) == ()


def test_steps_need_a_start() -> None:
    steps = (taken(50, 1, **lasting(2)), taken(100, 2, **lasting(2)))
    assert chained(steps, Reach(), BERLIN) == ()
    assert doses(found(*steps, sequence=Sequence.STEPS, order=Reach())) == [Why.SEQUENCE]


@pytest.mark.parametrize(
    ("profile", "meaning"),
    [
        ("http://fhir.ch/ig/ch-emed/StructureDefinition/ch-emed-medicationrequest", Sequence.SAME_DAY),
        ("http://fhir.ch/ig/ch-emed-epr/StructureDefinition/ch-emed-epr-medicationrequest", Sequence.SAME_DAY),
        ("https://fhir.hl7.org.uk/StructureDefinition/UKCore-MedicationRequest", Sequence.STEPS),
        ("https://fhir.nhs.uk/StructureDefinition/NHSDigital-MedicationRequest", Sequence.STEPS),
        ("http://hl7.org/fhir/StructureDefinition/MedicationRequest", Sequence.UNDEFINED),
    ],
)
def test_what_numbers_mean_by_the_profile(profile: str, meaning: Sequence) -> None:
    assert defined_by([profile]) is meaning
