"""CTCAE: the grade of a laboratory value, as the interval of all grades that what was sent allows.

A value is compared exactly as it was sent, never rounded. (2, 2) is grade 2; (0, 1) is "0 or 1", where no reference
range tells them apart; a comparator such as `<` widens the interval. What cannot be graded at all is `UNGRADED`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import MAX_PREC, Context, Decimal
from operator import ge, gt
from typing import NamedTuple

from cds_service.clinical.facts import Result

Grade = tuple[int, int]
UNGRADED: Grade = (0, 4)
_EXACT = Context(prec=MAX_PREC)


@dataclass(frozen=True, slots=True)
class Limit:
    """Values below (of a decrease) or above (of an increase, as a multiple) `value` are of `grade` or worse."""

    grade: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Criterion:
    """The grades of one analyte, worst first.

    A decrease has `below` in the analyte's canonical unit, `molar` in mmol/L; where `below` gives a limit of grade 1,
    that number, and not the reference range, tells grade 0 from 1. An increase has `above_uln` and `above_baseline`, in
    multiples; `worse_of_both` says whether both arms count or the baseline arm only where the baseline is above the
    upper limit of normal. `low_baseline_only`: of both arms, that of the baseline counts only where the baseline is
    below the lower limit of normal.
    """

    analyte: str
    term: str
    unit: str
    below: tuple[Limit, ...]
    molar: tuple[Limit, ...]
    above_uln: tuple[Limit, ...]
    above_baseline: tuple[Limit, ...]
    worse_of_both: bool
    low_baseline_only: bool


@dataclass(frozen=True, slots=True)
class Term:
    """A CTCAE term by its MedDRA code; `analyte` is the count whose fall it names, "" where it names none."""

    code: str
    name: str
    haematological: bool
    analyte: str = ""


@dataclass(frozen=True, slots=True)
class Ctcae:
    """One version of the criteria, by analyte, and its terms by MedDRA code."""

    version: str
    criteria: Mapping[str, Criterion]
    terms: Mapping[str, Term] = field(default_factory=dict)


class _Arm(NamedTuple):
    """Multiples of a reference in canonical units, None where it is not known."""

    limits: tuple[Limit, ...]
    reference: Decimal | None
    unit: str


def grade(criterion: Criterion, result: Result, baseline: Result | None = None) -> Grade:
    """The grades that a result may be of; `baseline` is needed by the increases alone."""
    value = result.value
    if value is None:
        return UNGRADED
    if not criterion.below:
        return _increase(criterion, result, baseline)
    if result.comparator or result.molar is not None:
        return _decrease(criterion, result, value)
    return _graded_below(criterion.below, value, result.low)


def limit_text(criterion: Criterion, at_least: int, result: Result, baseline: Result | None) -> str:
    """The limit of a grade that a result was held against: '< 1.0 10*9/L', '> 5.0 x ULN', '> 3.0 x baseline'."""
    if criterion.below:
        return _limit(criterion.below, at_least, "<", criterion.unit)
    arms = _arms(criterion, result, baseline)
    reached = [arm for arm in arms if _above(arm, result)[0] >= at_least]
    deciding = (reached or arms)[0]
    return _limit(deciding.limits, at_least, ">", deciding.unit)


def _limit(limits: tuple[Limit, ...], at_least: int, sign: str, unit: str) -> str:
    return next((f"{sign} {x.value} {unit}" for x in limits if x.grade == at_least), "")


def _decrease(criterion: Criterion, result: Result, value: Decimal) -> Grade:
    by_value = _below(criterion.below, value, result.comparator, result.low)
    if result.molar is None:
        return by_value
    no_range = Decimal(0)  # the reference range has been held against the value already
    return _worse(by_value, _below(criterion.molar, result.molar, result.comparator, no_range))


def _below(limits: tuple[Limit, ...], value: Decimal, comparator: str, low: Decimal | None) -> Grade:
    if not comparator:
        return _graded_below(limits, value, low)
    if comparator in (">", ">="):
        return 0, _graded_below(limits, value, low)[1]
    worst = limits[0].grade
    if comparator == "<=":
        return _graded_below(limits, value, low)[0], worst
    best = next((limit.grade for limit in limits if value <= limit.value), 0)
    return best, worst


def _graded_below(limits: tuple[Limit, ...], value: Decimal, low: Decimal | None) -> Grade:
    if value < limits[-1].value:  # most values are not, and then one comparison is all
        worst = next(limit.grade for limit in limits if value < limit.value)
        return worst, worst
    if limits[-1].grade == 1:
        return 0, 0
    if low is None:
        return 0, 1
    return (1, 1) if value < low else (0, 0)


def _increase(criterion: Criterion, result: Result, baseline: Result | None) -> Grade:
    grades = [_above(arm, result) for arm in _arms(criterion, result, baseline)]
    worse = _worse(grades[0], grades[-1])
    if criterion.low_baseline_only and result.low is None:  # whether the second arm counts cannot be told
        return grades[0][0], worse[1]
    return worse


def _arms(criterion: Criterion, result: Result, baseline: Result | None) -> tuple[_Arm, ...]:
    """What an increase is held against: both arms where the worse counts, else the one that the baseline chooses."""
    by_uln = _Arm(criterion.above_uln, result.high, "x ULN")
    base = baseline.value if baseline and not baseline.comparator else None
    if base is None:
        return (by_uln,)
    by_baseline = _Arm(criterion.above_baseline, base, "x baseline")
    if criterion.low_baseline_only and result.low is not None and base >= result.low:
        return (by_uln,)
    if criterion.worse_of_both:
        return by_uln, by_baseline
    return (by_baseline,) if result.high is not None and base > result.high else (by_uln,)


def _above(arm: _Arm, result: Result) -> Grade:
    limits, reference, _ = arm
    assert result.value is not None
    if reference is None:
        return UNGRADED
    beyond = ge if result.comparator == ">" else gt  # all that is more than the limit lies beyond it
    exact = next((x.grade for x in limits if beyond(result.value, _EXACT.multiply(x.value, reference))), 0)
    if not result.comparator:
        return exact, exact
    return (0, exact) if result.comparator in ("<", "<=") else (exact, UNGRADED[1])


def _worse(one: Grade, other: Grade) -> Grade:
    return max(one[0], other[0]), max(one[1], other[1])
