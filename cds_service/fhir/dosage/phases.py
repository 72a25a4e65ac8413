"""The last step: instructions sorted by when they hold, and the dose of each stretch of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import ANY_TIME, Dose, Reason, Unknown
from cds_service.fhir.dosage.bounds import ALWAYS, Reach, reach
from cds_service.fhir.dosage.daily import Instruction, summed
from cds_service.fhir.dosage.reading import Undetermined


@dataclass(frozen=True, slots=True)
class Context:
    """What a dosage does not say itself: the reference of its order, the time zone of the site, the strength of one
    tablet in mg (None where unknown), and when the order holds.
    """

    source: str
    zone: ZoneInfo
    tablet: Fraction | None = None
    order: Reach = ALWAYS


@dataclass(frozen=True, slots=True)
class Phase:
    """The dose of one stretch of time."""

    reach: Reach
    dose: Dose | Unknown


def daily_dose(instructions: Sequence[Instruction], context: Context) -> Dose | Unknown:
    """The daily dose in mg of an order that gives one dose all the time it holds.

    Unknown (undetermined-dose; `detail`: why, and the text verbatim) where any part is not understood, and where the
    dose changes by date. The instructions are those of a valid R4 resource. Raises ValueError: bounds out of order.
    """
    found = phases(instructions, context)
    return found[0].dose if len(found) == 1 else _unknown("the dose changes by date", instructions, context)


def phases(instructions: Sequence[Instruction], context: Context) -> tuple[Phase, ...]:
    """The dose of each stretch of time, in order; one that covers the order where its dose does not change by date.

    Instructions of equal bounds are taken on the same days and summed; those of disjoint bounds are phases; any others
    overlap, and their dose is undetermined. Raises ValueError for bounds that cannot be read.
    """
    groups: dict[Reach, list[Instruction]] = {}
    for instruction in instructions:
        groups.setdefault(reach(instruction, context.order, context.zone), []).append(instruction)
    in_order = sorted(groups, key=lambda x: (x.start or ANY_TIME).start)
    if not in_order:
        return (Phase(context.order, _dose((), context)),)
    if all(_ends_before(*x) for x in pairwise(in_order)):
        return tuple(Phase(x, _dose(groups[x], context)) for x in in_order)
    return (Phase(_hull(in_order), _unknown("the instructions overlap in time", instructions, context)),)


def text_of(instructions: Sequence[Instruction]) -> str:
    """Everything that the instructions say in words, verbatim; for readers, never parsed."""
    said: dict[str, None] = {}
    for instruction in instructions:
        more = [x.get("text") for x in instruction.get("additionalInstruction") or []]
        said |= dict.fromkeys(x for x in (instruction.get("text"), *more, instruction.get("patientInstruction")) if x)
    return "; ".join(said)


def _dose(instructions: Sequence[Instruction], context: Context) -> Dose | Unknown:
    try:
        return summed(instructions, context.tablet)
    except Undetermined as why:
        return _unknown(str(why), instructions, context)


def _unknown(why: str, instructions: Sequence[Instruction], context: Context) -> Unknown:
    text = text_of(instructions)
    return Unknown("dose", Reason.UNDETERMINED_DOSE, context.source, f'{why}: "{text}"' if text else why)


def _ends_before(one: Reach, other: Reach) -> bool:
    return one.end is not None and other.start is not None and one.end.end <= other.start.start


def _hull(reaches: Sequence[Reach]) -> Reach:
    """From the first start to the last end, each None where any of them is not known."""
    starts, ends = [x.start for x in reaches if x.start], [x.end for x in reaches if x.end]
    known_start, known_end = len(starts) == len(reaches), len(ends) == len(reaches)
    first = min(starts, key=lambda x: x.start) if known_start else None
    return Reach(first, max(ends, key=lambda x: x.end) if known_end else None)
