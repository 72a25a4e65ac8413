"""Instructions that follow each other, each for a length of time that it says: "for 3 weeks, then"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import When, later_by
from cds_service.fhir.dosage.bounds import Reach, later, not_before

Instruction = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """The instructions of one number, and when they hold."""

    reach: Reach
    instructions: tuple[Instruction, ...]


def chained(instructions: Sequence[Instruction], order: Reach, zone: ZoneInfo) -> tuple[Step, ...]:
    """The steps in the order of their numbers, the first from the start of the order on; () where that is not clear.

    Every step but the last has to say how long it lasts; the last may go on until the order ends.
    """
    numbers = [x.get("sequence") for x in instructions]
    if any(type(x) is not int for x in numbers):
        return ()
    found: list[Step] = []
    start: When | None = order.start
    for _, same in groupby(sorted(instructions, key=_number), key=_number):
        group = tuple(same)
        if start is None:  # the order says none, or the step before no length
            return ()
        following = _following(start, group, zone)
        if following is None and any(_bounds(x) for x in group):
            return ()
        end = _just_before(following) if following else not_before(start, order.end)
        found.append(Step(Reach(start, end), group))
        start = following
    return tuple(found)


def _number(instruction: Instruction) -> int:
    return int(instruction["sequence"])


def _bounds(instruction: Instruction) -> Mapping[str, Any]:
    repeat = (instruction.get("timing") or {}).get("repeat") or {}
    return {name: value for name, value in repeat.items() if name.startswith("bounds")}


def _following(start: When, group: Sequence[Instruction], zone: ZoneInfo) -> When | None:
    """When the next step begins; None where the instructions of this one do not all say the same length."""
    first, *others = [_bounds(x) for x in group]
    if set(first) != {"boundsDuration"} or any(x != first for x in others):
        return None
    return later(start, first["boundsDuration"], zone)


def _just_before(when: When) -> When:
    instant = later_by(when.start, -timedelta.resolution)
    return When(instant, instant)
