"""CTCAE v5.0 grades as intervals (least, greatest): what every value that the result allows would have."""

from tests.oracle.limits import BASELINE_ARM, FALLING, HB_MMOL_FALLING, MMOL_HB, ULN_ARM


def surely_below(value, comparator, limit):
    if comparator == "<":
        return value <= limit
    return comparator in (None, "<=") and value < limit


def perhaps_below(value, comparator, limit):
    return comparator in ("<", "<=") or value < limit


def surely_above(value, comparator, limit):
    if comparator == ">":
        return value >= limit
    return comparator in (None, ">=") and value > limit


def perhaps_above(value, comparator, limit):
    return comparator in (">", ">=") or value > limit


def count_grade(analyte, value, comparator, lln, native_mmol):
    """Of a haemoglobin or a blood count in canonical units; lln None where no reference range tells 0 from 1."""
    least = greatest = 0
    if lln is not None and surely_below(value, comparator, lln):
        least = 1
    if lln is None or perhaps_below(value, comparator, lln):
        greatest = 1
    ladders = [(value, FALLING[analyte])]
    if native_mmol:
        ladders.append((value / MMOL_HB, HB_MMOL_FALLING))
    for number, limits in ladders:
        for limit, grade in limits:
            if surely_below(number, comparator, limit):
                least = max(least, grade)
            if perhaps_below(number, comparator, limit):
                greatest = max(greatest, grade)
    return least, greatest


def arm(thresholds, value, comparator, unit):
    least = greatest = 0
    for times, grade in thresholds:
        if surely_above(value, comparator, times * unit):
            least = max(least, grade)
        if perhaps_above(value, comparator, times * unit):
            greatest = max(greatest, grade)
    return least, greatest


def chemistry_grade(analyte, value, comparator, uln, baseline):
    """uln and baseline None where unknown; without a limit to hold it against every grade is possible."""
    against_uln = (0, 4) if uln is None else arm(ULN_ARM[analyte], value, comparator, uln)
    if baseline is None:
        return against_uln
    against_baseline = arm(BASELINE_ARM[analyte], value, comparator, baseline)
    if analyte == "creatinine":
        return max(against_uln[0], against_baseline[0]), max(against_uln[1], against_baseline[1])
    if uln is not None and baseline > uln:
        return against_baseline
    return against_uln
