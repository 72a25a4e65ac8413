"""Observations as results: usable ones with a grade, unusable ones with a reason."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tests.oracle.grades import chemistry_grade, count_grade
from tests.oracle.limits import ANALYTE_OF, BANDS, EITHER, FALLING, FREEZING, LOINC, MOLE, UNITS
from tests.oracle.times import EVER, LONG_AGO, read_period, read_time
from tests.oracle.wire import as_dict, as_list, codings, identifiers

FINAL, CORRECTED, PRELIMINARY, UNCLEAR = "final", "corrected", "preliminary", "unclear"
STATUS = {"final": FINAL, "amended": CORRECTED, "corrected": CORRECTED, "preliminary": PRELIMINARY}
NO_RESULT = ("registered", "cancelled", "entered-in-error", "unknown")
UCUM = "http://unitsofmeasure.org"


@dataclass(frozen=True)
class Result:
    analyte: str
    codes: frozenset
    ident: str | None
    identifiers: frozenset
    status: str
    start: datetime
    end: datetime
    issued: bool = False
    problem: str | None = None
    absent: bool = False
    value: Fraction | None = None
    comparator: str | None = None
    mmol: bool = False
    lln: Fraction | None = None
    uln: Fraction | None = None
    low: int | None = None
    high: int | None = None
    specimens: frozenset = frozenset()
    groups: frozenset = frozenset()
    derived: str | None = None

    @property
    def usable(self):
        return self.problem is None and not self.absent


def later(a, b):
    return a.start > b.end


def own_codes(observation):
    listed = codings(observation.get("code"))
    return {item.get("code") for item in listed if item.get("system") == LOINC and item.get("code") in ANALYTE_OF}


def read_item(item, now):
    """The results that one Observation is: none, one, or an unusable one for each analyte its codes claim."""
    observation = item.raw
    codes = own_codes(observation)
    if not codes or observation.get("status") in NO_RESULT:
        return []
    keys = {ANALYTE_OF[code] for code in codes}
    keys = {key for key in keys if key[1] != EITHER or not any(key[0] == one[0] and key != one for one in keys)}
    found = []
    for analyte in sorted({key[0] for key in keys}):
        result = blank(item, analyte, codes)
        if len(keys) > 1:
            result = replace(result, problem="conflicting")
        found.append(judge(result, observation, next(iter(keys)), now))
    return found


def blank(item, analyte, codes):
    observation = item.raw
    start, end, issued, problem = collection(observation)
    status = observation.get("status")
    status = STATUS.get(status, UNCLEAR) if isinstance(status, str) else UNCLEAR
    if status == UNCLEAR or observation.get("modifierExtension"):
        problem = "unreadable"
    return Result(
        analyte, frozenset(codes), item.ident, frozenset(identifiers(observation)), status, start, end, issued, problem,
        specimens=item.specimens, groups=item.groups,
    )  # fmt: skip


def collection(observation):
    """(first, last, whether it is only the time of issue, problem)."""
    given = [name for name in observation if name.startswith("effective")]
    if len(given) > 1 or not set(given) <= {"effectiveDateTime", "effectiveInstant", "effectivePeriod"}:
        return *EVER, False, "unreadable"
    if given == ["effectivePeriod"]:
        found = read_period(observation["effectivePeriod"])
        if found and found[0] == LONG_AGO:
            return *found, False, "unreadable"
    else:
        found = read_time(observation[given[0]] if given else observation.get("issued"))
    if found is None:
        return *EVER, False, "unreadable"
    return *found, not given, None


def judge(result, observation, key, now):
    values = [name for name in observation if name.startswith("value")]
    if not values and observation.get("dataAbsentReason"):
        return replace(result, absent=True)
    if result.problem:
        return result
    if result.start > now + timedelta(minutes=5):
        return replace(result, problem="future")
    if values != ["valueQuantity"] or observation.get("dataAbsentReason"):
        return replace(result, problem="unreadable")
    quantity = as_dict(observation["valueQuantity"])
    number, comparator = exact(quantity.get("value")), quantity.get("comparator")
    if number is None or comparator not in (None, "<", "<=", ">", ">="):
        return replace(result, problem="unreadable")
    factor = unit_factor(quantity, UNITS[key])
    if factor is None:
        return replace(result, problem="wrong-unit")
    value = (number - FREEZING.get((result.analyte, factor), 0)) * factor
    if not plausible(result.analyte, value):
        return replace(result, problem="wrong-unit")
    lln, uln = normal_range(observation, result.analyte)
    result = replace(result, value=value, comparator=comparator, mmol=key == ("haemoglobin", MOLE), lln=lln, uln=uln)
    return graded_count(result) if result.analyte in FALLING else result


def exact(number):
    """A number of the wire as a Fraction; None for anything else, absurdly large or small ones included."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        return None
    number = Decimal(number)
    if not number.is_finite() or abs(number.adjusted()) > 400:
        return None
    return Fraction(number)


def folded(text):
    return text.strip().replace("\u00b5", "u").replace("\u03bc", "u") if isinstance(text, str) else ""


def unit_factor(quantity, units):
    """The factor to canonical units; None where code and text do not both say the same listed unit."""
    factors = []
    if quantity.get("code") is not None:
        if quantity.get("system") != UCUM:
            return None
        factors.append(units.get(folded(quantity["code"])))
    if quantity.get("unit") is not None:
        factors.append(units.get(folded(quantity["unit"])))
    if not factors or None in factors or len(set(factors)) > 1:
        return None
    return factors[0]


def plausible(analyte, value):
    if analyte in BANDS:
        least, greatest = BANDS[analyte]
        return least <= value <= greatest
    return value >= 0


def normal_range(observation, analyte):
    """(lower, upper) limit of normal in canonical units, None where it is not said exactly once."""
    ranges = as_list(observation.get("referenceRange"))
    if len(ranges) != 1 or as_dict(ranges[0]).get("modifierExtension"):
        return None, None
    units = {}
    for key, listed in UNITS.items():
        if key[0] == analyte:
            units.update(listed)
    return tuple(edge(as_dict(as_dict(ranges[0]).get(name)), units) for name in ("low", "high"))


def edge(quantity, units):
    number, factor = exact(quantity.get("value")), unit_factor(quantity, units)
    if number is None or factor is None or quantity.get("comparator") or number <= 0:
        return None
    return number * factor


def graded_count(result):
    low, high = count_grade(result.analyte, result.value, result.comparator, result.lln, result.mmol)
    return with_grade(result, low, high)


def graded_chemistry(result, baseline):
    if not result.usable:
        return result
    low, high = chemistry_grade(result.analyte, result.value, result.comparator, result.uln, baseline)
    return with_grade(result, low, high)


def with_grade(result, low, high):
    straddles = low < 3 <= high
    return replace(result, low=low, high=high, problem="unreadable" if straddles else None)
