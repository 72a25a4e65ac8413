"""Which result of an analyte speaks."""

from dataclasses import dataclass, replace

from tests.oracle.grades import count_grade
from tests.oracle.results import CORRECTED, FINAL, PRELIMINARY, Result, later
from tests.oracle.times import EVER

RANK = {PRELIMINARY: 0, FINAL: 1, CORRECTED: 2}


@dataclass(frozen=True)
class Voice:
    """What an analyte says today: `result` is None where there is none, or where `problem` says why."""

    result: Result | None
    problem: str | None
    preliminary: bool = False
    beside: bool = False
    issued: bool = False


def without_superseded(results):
    return [old for old in results if not any(supersedes(new, old) for new in results)]


def supersedes(new, old):
    if new.analyte != old.analyte or RANK.get(new.status, 0) <= RANK.get(old.status, 2):
        return False
    if (new.ident and new.ident == old.ident) or new.identifiers & old.identifiers:
        return True
    timed = not new.issued and not old.issued and (new.start, new.end) != EVER
    return timed and bool(new.codes & old.codes) and (new.start, new.end) == (old.start, old.end)


def newest(results):
    return [one for one in results if not any(later(other, one) for other in results)]


def worst(results):
    return max(results, key=lambda one: (one.high, one.low, -one.value))


def voice(results, analyte):
    """Results: without the superseded ones; chemistry graded."""
    own = [one for one in results if one.analyte == analyte and not one.absent]
    finals = newest([one for one in own if one.status != PRELIMINARY])
    early = newest([one for one in own if one.status == PRELIMINARY and one.usable])
    early = [one for one in early if not any(later(final, one) for final in finals)]
    alarming = [one for one in early if one.low >= 3]
    grave = [one for one in finals if one.usable and one.low >= 3]
    grave = [] if alarming and all(later(one, old) for one in alarming for old in grave) else grave
    issued = any(one.issued for one in finals)
    if grave:
        return Voice(worst(grave), None, beside=bool(early), issued=issued)
    if alarming:
        return Voice(worst(alarming), None, preliminary=True, beside=True)
    if not finals:
        return Voice(None, "absent", beside=bool(early))
    if not all(one.usable for one in finals):
        return Voice(None, "unusable", beside=bool(early))
    return Voice(worst(finals), None, beside=bool(early), issued=issued)


def neutrophils_bounded(voices, results):
    """Neutrophils never exceed leukocytes: where none are counted, very low leukocytes tell their grade."""
    white = voices["leukocytes"].result
    if white is None or white.comparator in (">", ">="):
        return voices["neutrophils"]
    counted = [one for one in results if one.analyte == "neutrophils" and one.usable and one.status != PRELIMINARY]
    if any(not later(white, one) for one in counted if one.derived != "segmented"):
        return voices["neutrophils"]
    comparator = white.comparator or "<="
    low, high = count_grade("neutrophils", white.value, comparator, None, False)
    if low < 3:
        return voices["neutrophils"]
    bound = replace(white, analyte="neutrophils", comparator=comparator, low=low, high=high)
    return Voice(bound, None, preliminary=voices["leukocytes"].preliminary, issued=voices["leukocytes"].issued)
