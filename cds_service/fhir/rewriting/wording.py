"""A plain sentence for a rewritten instruction, made from its new structure, in the words of a language."""

from collections.abc import Mapping, Sequence
from typing import Any

from cds_service.fhir.dosage.daily import part
from cds_service.fhir.dosage.limits import is_oral
from cds_service.fhir.dosage.reading import Local, Span, decimal

# How a language says a dosage, from section `dosage` of `cards/<language>/words.yaml`: by the code of an event of
# `timing.repeat.when`, by how often a day ("1" to "4"), and for the parts of the sentence.
Wording = Mapping[str, str]


def sentence(instruction: Mapping[str, Any], local: Local, wording: Wording) -> str:
    """Such as '50 mg (1 tablet) three times a day by mouth, in the morning, at noon and in the evening'.

    `local` is what it does not say itself. Raises Undetermined where the instruction is not understood, and KeyError
    for more than four intakes a day.
    """
    read = part(instruction, local)
    route = wording["by-mouth"] if is_oral(instruction) else ""
    if read.intake is None:
        return wording["a-day"].format(amount=_mg(read.day)) + route
    repeat = (instruction.get("timing") or {}).get("repeat") or {}
    clock = [wording["at"].format(time=x[:5]) for x in repeat.get("timeOfDay") or []]
    times = [wording[x] for x in repeat.get("when") or []] or clock
    amount = _mg(read.intake) + _tablets(read.intake, local, wording)
    return f"{amount} {often(int(read.rhythm.intakes.high), wording)}{route}{_listed(times, wording)}"


def often(intakes: int, wording: Wording) -> str:
    """Such as 'twice a day'. Raises KeyError for more than four."""
    return wording[str(intakes)]


def _mg(span: Span) -> str:
    return f"{decimal(span.high)} mg"


def _tablets(intake: Span, local: Local, wording: Wording) -> str:
    """Whole tablets in parentheses; "" where their strength is not known, or they would be broken."""
    count = intake.high / local.tablet if local.tablet else None
    if not count or count.denominator != 1:
        return ""
    return f" ({wording['tablet' if count == 1 else 'tablets'].format(count=decimal(count))})"


def _listed(times: Sequence[str], wording: Wording) -> str:
    if not times:
        return ""
    *first, last = times
    return f", {', '.join(first)}{wording['and'] if first else ''}{last}"
