"""Neutrophils from their parts: segmented and bands, or percents of the leukocytes.

Each part is a result of its own kind until here; what is calculated is a result of the neutrophils.
"""

from dataclasses import replace
from fractions import Fraction
from itertools import product

from tests.oracle.limits import BANDS
from tests.oracle.results import CORRECTED, FINAL, PRELIMINARY, UNCLEAR, graded_count, later
from tests.oracle.times import EVER

CALCULATED, SEGMENTED = "calculated", "segmented"
# The better the derivation, the lower.
SUM, PERCENT, TWO_PERCENTS, BOUND = range(4)


def with_neutrophils(results):
    """The results (none superseded) with the calculated neutrophils that count beside the direct ones."""
    found = calculated(results)
    found = [(rank, one) for rank, one in found if not any(outdone(one, rank, *other) for other in found)]
    direct = [one for one in results if one.analyte == "neutrophils" and one.usable]
    return [*results, *(one for _, one in found if not any(idle(one, other) for other in direct))]


def outdone(one, rank, other_rank, other):
    """Whether another calculation of the same differential serves better."""
    if other is one or not other.usable or not weighs(other, one) or not belong_together(one, other):
        return False
    return not one.usable or other_rank < rank


def idle(one, direct):
    """A differential beside a usable direct count acts only where it stands on the bad side of grade 3."""
    if not weighs(direct, one):
        return False
    if not one.usable:
        return belong_together(one, direct)
    same_time = timed(one) and timed(direct) and (one.start, one.end) == (direct.start, direct.end)
    return (belong_together(one, direct) or same_time) and not one.low >= 3 > direct.low


def weighs(new, old):
    """A preliminary result sets no final one aside."""
    return new.status != PRELIMINARY or old.status == PRELIMINARY


def calculated(results):
    """(rank, result) of every calculation that the parts allow or owe."""
    parts = [one for one in results if not one.absent]
    kinds = {kind: [one for one in parts if one.analyte == kind] for kind in {one.analyte for one in parts}}
    found = []
    for segmented in kinds.get("segmented", []):
        found.extend(from_segmented(segmented, partners(segmented, kinds.get("bands", []))))
    for percent in kinds.get("neutrophil percent", []):
        whites = partners(percent, kinds.get("leukocytes", []))
        found.extend((PERCENT, of_parts([percent, white], CALCULATED, times_percent)) for white in whites)
        found.extend([] if whites else [(PERCENT, orphan(percent))])
    for percent in kinds.get("segmented percent", []):
        whites = partners(percent, kinds.get("leukocytes", []))
        found.extend(from_percents(percent, whites, partners(percent, kinds.get("band percent", []))))
    return found


def from_segmented(segmented, bands):
    if not bands:
        return [(BOUND, of_parts([segmented], SEGMENTED, lambda values: values[0]))]
    return [(SUM, of_parts([segmented, band], CALCULATED, sum)) for band in bands]


def from_percents(segmented, whites, bands):
    if not whites:
        return [(TWO_PERCENTS, orphan(segmented))]
    if not bands:
        return [(BOUND, of_parts([segmented, white], SEGMENTED, times_percent)) for white in whites]
    pairs = product(whites, bands)
    return [(TWO_PERCENTS, of_parts([segmented, white, band], CALCULATED, times_percents)) for white, band in pairs]


def times_percent(values):
    percent, white = values
    return white * percent / 100


def times_percents(values):
    segmented, white, band = values
    return white * (segmented + band) / 100


def timed(result):
    return not result.issued and (result.start, result.end) != EVER


def partners(part, others):
    return [one for one in others if belong_together(part, one)]


def belong_together(a, b):
    """Of the same specimen, report or time, and nothing against it."""
    both_timed = timed(a) and timed(b)
    if both_timed and (later(a, b) or later(b, a)):
        return False
    if a.specimens and b.specimens and not a.specimens & b.specimens:
        return False
    same_time = both_timed and (a.start, a.end) == (b.start, b.end)
    return bool(a.specimens & b.specimens) or bool(a.groups & b.groups) or same_time


def orphan(percent):
    """A percent of leukocytes that nobody counted."""
    return replace(blank([percent], CALCULATED), problem="unreadable")


def blank(parts, derived):
    """Neutrophils of these parts, the differential first, without a value."""
    clocks = [one for one in parts if timed(one)] or parts
    clock = max(clocks, key=lambda one: one.end - one.start)
    return replace(
        parts[0], analyte="neutrophils", derived=derived, start=clock.start, end=clock.end, issued=clock.issued,
        status=status(parts), value=None, comparator=None, mmol=False, lln=None, uln=None, low=None, high=None,
        specimens=frozenset().union(*(one.specimens for one in parts)),
        groups=frozenset().union(*(one.groups for one in parts)),
    )  # fmt: skip


def status(parts):
    said = {one.status for one in parts}
    for one in (PRELIMINARY, UNCLEAR):
        if one in said:
            return one
    return CORRECTED if said == {CORRECTED} else FINAL


def of_parts(parts, derived, formula):
    result = blank(parts, derived)
    problem = next((one.problem for one in parts if one.problem and one.value is None), None)
    if problem:
        return replace(result, problem=problem)
    known, comparator = direction([one.comparator for one in parts], derived)
    if not known:
        return replace(result, problem="unreadable")
    value = Fraction(formula([one.value for one in parts]))
    if value > BANDS["neutrophils"][1]:
        return replace(result, problem="wrong-unit")
    graded = graded_count(replace(result, value=value, comparator=comparator, problem=None))
    if derived == SEGMENTED and graded.high > 1:
        return replace(graded, problem="unreadable")
    return graded


def direction(comparators, derived):
    """(whether the bounds point one way, the comparator of the whole)."""
    given = {one for one in comparators if one}
    ways = {one[0] for one in given} | ({">"} if derived == SEGMENTED else set())
    if len(ways) > 1:
        return False, None
    if not ways:
        return True, None
    strict = given & {"<", ">"}
    return True, strict.pop() if strict else ways.pop() + "="
