"""The last step: instructions sorted by when they hold, and the dose of each stretch of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from cds_service.clinical.facts import ANY_TIME, Dose, Reason, Unknown
from cds_service.fhir.dosage import sequences, steps
from cds_service.fhir.dosage.bounds import ALWAYS, Reach, bounded, reach
from cds_service.fhir.dosage.daily import Instruction, summed
from cds_service.fhir.dosage.reading import Local, Undetermined
from cds_service.fhir.dosage.why import Why

_SAME_DAY, _STEPS = sequences.Sequence.SAME_DAY, sequences.Sequence.STEPS


@dataclass(frozen=True, slots=True)
class Context:
    """What a dosage does not say itself: the reference of its order, the time zone of the site, the strength of one
    tablet in mg (None where unknown), when the order holds, what the site's own timing codes mean in intakes a day, and
    what different numbers in `sequence` mean.
    """

    source: str
    zone: ZoneInfo
    tablet: Fraction | None = None
    order: Reach = ALWAYS
    timings: Mapping[tuple[str, str], int] = field(default_factory=dict)
    sequence: sequences.Sequence = sequences.Sequence.UNDEFINED

    @property
    def local(self) -> Local:
        """The part of it that reading the doses takes."""
        return Local(self.tablet, self.timings)


@dataclass(frozen=True, slots=True)
class Phase:
    """The dose of one stretch of time."""

    reach: Reach
    dose: Dose | Unknown


def phases(instructions: Sequence[Instruction], context: Context) -> tuple[Phase, ...]:
    """The dose of each stretch of time, in order; one that covers the order where its dose does not change by date.

    Instructions of equal bounds are taken on the same days and summed; those of disjoint bounds are phases; steps
    follow each other where the profile says so and their lengths are known; any others overlap, and their dose is
    undetermined. The dose is Unknown (undetermined-dose; `detail`: why, and the text verbatim) where any part is not
    understood. The instructions are those of a valid R4 resource. Raises ValueError for bounds that cannot be read.
    """
    groups: dict[Reach, list[Instruction]] = {}
    for instruction in instructions:
        groups.setdefault(_reach(instruction, instructions, context), []).append(instruction)
    in_order = sorted(groups, key=lambda x: (x.start or ANY_TIME).start)
    if not in_order:
        return (Phase(context.order, _dose((), context)),)
    if len(in_order) > 1 and all(_ends_before(*x) for x in pairwise(in_order)):
        return tuple(Phase(x, _dose(groups[x], context)) for x in in_order)
    chain = _chain(instructions, context)
    if chain:
        return tuple(Phase(x.reach, _dose(x.instructions, context)) for x in chain)
    if len(in_order) == 1:
        return (Phase(in_order[0], _dose(instructions, context)),)
    why = Undetermined(Why.SEQUENCE if _follow(instructions, context) else Why.OVERLAP)
    return (Phase(_hull(in_order), _unknown(why, instructions, context)),)


def text_of(instructions: Sequence[Instruction]) -> str:
    """Everything that the instructions say in words, verbatim; for readers, never parsed."""
    said: dict[str, None] = {}
    for instruction in instructions:
        more = [_words(x) for x in instruction.get("additionalInstruction") or []]
        said |= dict.fromkeys(x for x in (instruction.get("text"), *more, instruction.get("patientInstruction")) if x)
    return "; ".join(said)


def _words(concept: Instruction) -> str | None:
    displays = [x["display"] for x in concept.get("coding") or [] if x.get("display")]
    text: str | None = concept.get("text") or (displays[0] if displays else None)
    return text


def _reach(instruction: Instruction, instructions: Sequence[Instruction], context: Context) -> Reach:
    """Where numbers are parts of one day, the first says for all of them from when to when."""
    if context.sequence is _SAME_DAY and not bounded(instruction):
        instruction = min(instructions, key=lambda x: x.get("sequence") or 0)
    return reach(instruction, context.order, context.zone)


def _chain(instructions: Sequence[Instruction], context: Context) -> tuple[steps.Step, ...]:
    if context.sequence is not _STEPS or not _follow(instructions, context):
        return ()
    return steps.chained(instructions, context.order, context.zone)


def _follow(instructions: Sequence[Instruction], context: Context) -> bool:
    """True where different numbers say that one instruction gives way to another."""
    return context.sequence is not _SAME_DAY and len({x.get("sequence") for x in instructions}) > 1


def _dose(instructions: Sequence[Instruction], context: Context) -> Dose | Unknown:
    try:
        if _follow(instructions, context):
            raise Undetermined(Why.SEQUENCE)
        return summed(instructions, context.local)
    except Undetermined as why:
        return _unknown(why, instructions, context)


def _unknown(why: Undetermined, instructions: Sequence[Instruction], context: Context) -> Unknown:
    text = text_of(instructions)
    return Unknown("dose", Reason.UNDETERMINED_DOSE, context.source, f'{why}: "{text}"' if text else str(why))


def _ends_before(one: Reach, other: Reach) -> bool:
    return one.end is not None and other.start is not None and one.end.end <= other.start.start


def _hull(reaches: Sequence[Reach]) -> Reach:
    """From the first start to the last end, each None where any of them is not known."""
    starts, ends = [x.start for x in reaches if x.start], [x.end for x in reaches if x.end]
    known_start, known_end = len(starts) == len(reaches), len(ends) == len(reaches)
    first = min(starts, key=lambda x: x.start) if known_start else None
    return Reach(first, max(ends, key=lambda x: x.end) if known_end else None)
