"""A plain sentence for a rewritten instruction, made from its new structure."""

from collections.abc import Mapping, Sequence
from typing import Any

from cds_service.fhir.dosage.daily import part
from cds_service.fhir.dosage.limits import is_oral
from cds_service.fhir.dosage.reading import Local, Span, decimal

TIMES_A_DAY = {1: "once a day", 2: "twice a day", 3: "three times a day", 4: "four times a day"}

_EVENTS = {
    "MORN": "in the morning",
    "MORN.early": "early in the morning",
    "MORN.late": "late in the morning",
    "NOON": "at noon",
    "AFT": "in the afternoon",
    "AFT.early": "early in the afternoon",
    "AFT.late": "late in the afternoon",
    "EVE": "in the evening",
    "EVE.early": "early in the evening",
    "EVE.late": "late in the evening",
    "NIGHT": "at night",
    "PHS": "after going to sleep",
    "HS": "at bedtime",
    "WAKE": "on waking",
    "C": "with a meal",
    "CM": "with breakfast",
    "CD": "with lunch",
    "CV": "with dinner",
    "AC": "before a meal",
    "ACM": "before breakfast",
    "ACD": "before lunch",
    "ACV": "before dinner",
    "PC": "after a meal",
    "PCM": "after breakfast",
    "PCD": "after lunch",
    "PCV": "after dinner",
}


def sentence(instruction: Mapping[str, Any], local: Local) -> str:
    """Such as '50 mg (1 tablet) three times a day by mouth, in the morning, at noon and in the evening'.

    `local` is what it does not say itself. Raises Undetermined where the instruction is not understood, and KeyError
    for more than four intakes a day.
    """
    read, tablet = part(instruction, local), local.tablet
    route = " by mouth" if is_oral(instruction) else ""
    if read.intake is None:
        return f"{_mg(read.day)} a day{route}"
    count = read.intake.high / tablet if tablet else None
    tablets = f" ({decimal(count)} tablet{'' if count == 1 else 's'})" if count and count.denominator == 1 else ""
    repeat = (instruction.get("timing") or {}).get("repeat") or {}
    times = [_EVENTS[x] for x in repeat.get("when") or []] or _clock(repeat.get("timeOfDay") or [])
    often = TIMES_A_DAY[int(read.rhythm.intakes.high)]
    return f"{_mg(read.intake)}{tablets} {often}{route}{', ' + _listed(times) if times else ''}"


def _mg(span: Span) -> str:
    return f"{decimal(span.high)} mg"


def _clock(times: Sequence[str]) -> list[str]:
    return [f"at {x[:5]}" for x in times]


def _listed(items: Sequence[str]) -> str:
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last
