"""The ways in which a daily dose can be written into the instructions of an order, the best one first."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

from cds_service.fhir.dosage.daily import Part, part
from cds_service.fhir.dosage.reading import Local, Undetermined
from cds_service.fhir.dosage.why import Why
from cds_service.fhir.rewriting import slots
from cds_service.fhir.rewriting.amounts import redosed
from cds_service.fhir.rewriting.timing import retimed
from cds_service.fhir.rewriting.wording import Wording, sentence

Instruction = Mapping[str, Any]
Plan = list[dict[str, Any]]

_STEP = Fraction(50)  # mg: the drug exists as tablets of 50 mg only, so that every intake is a multiple
_MOST_INTAKES = 4


def plans(instructions: Sequence[Instruction], day: Fraction, local: Local, wording: Wording) -> Iterator[Plan]:
    """Instructions that are meant to give `day` mg a day. `local` is what they do not say themselves.

    First with as many intakes a day as there are, then with intakes of 50 mg, then with any number of whole ones.
    Raises Undetermined where the instructions are not understood.
    """
    parts = [part(x, local) for x in instructions]
    for intakes in _numbers(parts, day):
        try:
            timed = _timed(instructions, parts, intakes, local, wording)
            yield [_dosed(x, day / intakes, day, local, wording) for x in timed]
        except Undetermined:
            continue


def _numbers(parts: Sequence[Part], day: Fraction) -> list[int]:
    now = sum(int(x.rhythm.intakes.high) for x in parts)
    if all(x.intake is None for x in parts):  # a rate says nothing of single intakes
        return [now]
    wanted = [now, int(day / _STEP), *range(1, _MOST_INTAKES + 1)]
    return list(dict.fromkeys(x for x in wanted if 0 < x <= _MOST_INTAKES and (day / x) % _STEP == 0))


def _timed(
    instructions: Sequence[Instruction], parts: Sequence[Part], intakes: int, local: Local, wording: Wording
) -> list[Instruction]:
    """The instructions with so many intakes a day in all: one is written anew, of several some go or are added.

    Of numbered parts of one day none is added, and the first stays: it says what holds for all.
    """
    if len(instructions) == 1:
        (only,) = instructions
        timing = only.get("timing")
        return [{**only, "timing": retimed(timing, intakes, local.timings, wording)} if timing else only]
    each = [int(x.rhythm.intakes.high) for x in parts]
    numbered = len({x.get("sequence") for x in instructions}) > 1
    if intakes > sum(each):
        return _added(instructions, intakes, numbered)
    kept = [instructions[x] for x in _remaining(each, intakes)]
    if numbered and min(instructions, key=lambda x: x.get("sequence") or 0) not in kept:
        raise Undetermined(Why.SEQUENCE)
    return kept


def _remaining(each: Sequence[int], intakes: int) -> tuple[int, ...]:
    """The places of the instructions that remain, their intakes a day being `each`."""
    if set(each) == {1}:
        return slots.kept(len(each), intakes)
    for size in range(len(each), 0, -1):
        for places in combinations(range(len(each)), size):
            if sum(each[x] for x in places) == intakes:
                return places
    raise Undetermined(Why.TIMES_DISAGREE)


def _added(instructions: Sequence[Instruction], intakes: int, numbered: bool) -> list[Instruction]:
    """One instruction for each of more times of the day, the new ones after the manner of the first."""
    if numbered:
        raise Undetermined(Why.SEQUENCE)
    for member, choose in (("when", slots.events), ("timeOfDay", slots.clock)):
        named = [_repeat(x).get(member) or [] for x in instructions]
        if all(len(x) == 1 for x in named):
            before = {x[0]: instruction for x, instruction in zip(named, instructions, strict=True)}
            times = choose(list(before), intakes)
            if times is not None:
                return [before.get(x) or _at(instructions[0], member, x) for x in times]
    raise Undetermined(Why.TIMES_DISAGREE)


def _at(instruction: Instruction, member: str, time: str) -> Instruction:
    repeat = {**_repeat(instruction), member: [time]}
    copy = {name: value for name, value in instruction.items() if name != "id"}
    return {**copy, "timing": {**instruction["timing"], "repeat": repeat}}


def _repeat(instruction: Instruction) -> Instruction:
    repeat: Instruction = (instruction.get("timing") or {}).get("repeat") or {}
    return repeat


def _dosed(instruction: Instruction, intake: Fraction, day: Fraction, local: Local, wording: Wording) -> dict[str, Any]:
    new = {**instruction, "doseAndRate": redosed(instruction["doseAndRate"], intake, day, local.tablet)}
    return {**new, "text": sentence(new, local, wording)} if instruction.get("text") else new
