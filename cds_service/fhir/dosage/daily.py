"""The third step: dose per intake times intakes a day, and the instructions of the same days summed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cds_service.clinical.facts import Dose
from cds_service.fhir.dosage import per_day, per_intake
from cds_service.fhir.dosage.limits import refuse_conditions, refuse_contradictions
from cds_service.fhir.dosage.per_day import WEEK, Rhythm
from cds_service.fhir.dosage.reading import Local, Span, Undetermined, decimal, exactly
from cds_service.fhir.dosage.why import Why

Instruction = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One instruction: mg at a time (None where only a rate is given), mg on a dosing day, and its rhythm."""

    intake: Span | None
    day: Span
    rhythm: Rhythm


def summed(instructions: Sequence[Instruction], local: Local) -> Dose:
    """The daily dose of instructions that are taken on the same days.

    Raises Undetermined where any part is not understood.
    """
    if not instructions:
        raise Undetermined(Why.NO_INSTRUCTION)
    parts = [(x, part(x, local)) for x in instructions]
    dose = _sum([x for _, x in parts])
    for instruction, one in parts:
        highest = one.intake.high if one.intake else None
        refuse_contradictions(instruction, highest, Fraction(dose.high), local.tablet)
    return dose


def part(instruction: Instruction, local: Local) -> Part:
    """What one instruction gives. Raises Undetermined."""
    refuse_conditions(instruction)
    given = per_intake.given(instruction.get("doseAndRate") or [], local.tablet)
    rhythm = per_day.rhythm(instruction.get("timing") or {}, local.timings)
    if rhythm is None:
        return Part(given.intake, _day(None, given.rate), Rhythm(exactly(1)))
    product = given.intake * rhythm.intakes if given.intake else None
    return Part(given.intake, _day(product, given.rate), rhythm)


def _day(product: Span | None, rate: Span | None) -> Span:
    if product is not None and rate is not None and product != rate:
        raise Undetermined(Why.RATE_DISAGREES)
    day = product or rate
    if day is None:
        raise Undetermined(Why.HOW_OFTEN)
    return day


def _sum(parts: Sequence[Part]) -> Dose:
    """Continuous where every day of the week is known to have the same sum."""
    intakes = tuple(dict.fromkeys(decimal(edge) for x in parts if x.intake for edge in (x.intake.low, x.intake.high)))
    week = [_on(day, parts) for day in WEEK]
    dosing = [x for x in week if x.high]
    low, high = decimal(min(x.low for x in dosing)), decimal(max(x.high for x in dosing))
    if len(set(week)) == 1 and all(x.rhythm.placed for x in parts):
        return Dose(low, high, intakes=intakes)
    return Dose(low, high, continuous=False, mean=_mean(parts), intakes=intakes)


def _on(day: str, parts: Sequence[Part]) -> Span:
    """The sum of one weekday; what may be taken on any day counts on each."""
    taken = [x.day for x in parts if day in x.rhythm.days]
    return Span(Fraction(sum(x.low for x in taken)), Fraction(sum(x.high for x in taken)))


def _mean(parts: Sequence[Part]) -> Decimal | None:
    """The mean of a day over the cycle; None for ranges and where no finite decimal is equal."""
    total = Fraction(0)
    for x in parts:
        if x.rhythm.share is None or x.day.low != x.day.high:
            return None
        total += x.day.high * x.rhythm.share
    try:
        return decimal(total)
    except Undetermined:
        return None
