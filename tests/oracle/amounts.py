"""Amounts of the drug: milligrams, tablets, strengths and rates."""

from fractions import Fraction

from tests.oracle import drug
from tests.oracle.results import UCUM, exact
from tests.oracle.timing import SCT
from tests.oracle.wire import as_dict, as_list

MG = {"mg", "milligram", "milligrams", "milligramm"}
TABLET = {
    "{tbl}", "{tablet}", "{pill}", "tablet", "tablets", "tablet(s)", "tab", "tabs", "pill", "tablette", "tabletten",
    "tablette(n)", "stück",
}  # fmt: skip
TABLET_CODES = (
    (UCUM, "{tbl}"),
    (UCUM, "{tablet}"),
    (UCUM, "{pill}"),
    ("http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm", "TAB"),
    (SCT, "732936001"),
    (SCT, "385055001"),
)
KBV_FORM = "KBV_CS_SFHIR_BMP_DOSIEREINHEIT"


def unit_kind(quantity):
    """ "mg" or "tablet"; None where code and text do not both say the same."""
    system, code, text = quantity.get("system"), quantity.get("code"), quantity.get("unit")
    word = text.strip().casefold() if isinstance(text, str) else None
    said = "mg" if word in MG else "tablet" if word in TABLET else None
    if code is None:
        return said
    if system == UCUM and code in ("mg", "MG"):
        coded = "mg"
    elif is_tablet_code(system, code) or (system == UCUM and code == "1" and said == "tablet"):
        coded = "tablet"
    else:
        return None
    return coded if text is None or said == coded else None


def is_tablet_code(system, code):
    if code == "1" and KBV_FORM in str(system):
        return True
    return any(pair == (system, code) for pair in TABLET_CODES)


def milligrams(quantity, strength):
    """mg of a quantity in mg or in tablets of known strength, else None."""
    quantity = as_dict(quantity)
    number, kind = exact(quantity.get("value")), unit_kind(quantity)
    if number is None or number <= 0 or kind is None or quantity.get("comparator"):
        return None
    if kind == "mg":
        return number
    return None if strength is None else number * strength


def span_of_days(quantity):
    """How many days a duration is, else None."""
    quantity = as_dict(quantity)
    unit = quantity.get("code") if quantity.get("system") == UCUM else None
    if quantity.get("code") is None:
        unit = quantity.get("unit")
    number = exact(quantity.get("value"))
    in_days = {
        "d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7, "h": Fraction(1, 24), "min": Fraction(1, 1440),
    }  # fmt: skip
    if number is None or number <= 0 or not isinstance(unit, str) or unit not in in_days or quantity.get("comparator"):
        return None
    return number * in_days[unit]


def mg_per_day(ratio, strength):
    ratio = as_dict(ratio)
    top, time = milligrams(ratio.get("numerator"), strength), span_of_days(ratio.get("denominator"))
    return None if top is None or time is None else top / time


def strength_of(medication):
    """mg in one tablet, from the only active ingredient, else None."""
    active = [as_dict(item) for item in as_list(as_dict(medication).get("ingredient"))]
    active = [item for item in active if item.get("isActive") is not False]
    if len(active) != 1 or drug.concept(active[0].get("itemCodeableConcept")) == drug.OTHER:
        return None
    ratio = as_dict(active[0].get("strength"))
    mg, per = milligrams(ratio.get("numerator"), None), as_dict(ratio.get("denominator"))
    count = exact(per.get("value"))
    unit_known = unit_kind(per) == "tablet" or (per.get("code") in (None, "1") and per.get("unit") in (None, "1"))
    if mg is None or not count or count < 0 or not unit_known:
        return None
    return mg / count


def amount(entry, strength):
    """{"intake": (low, high)} and/or {"daily": (low, high)} of one doseAndRate; None where a part is not understood."""
    entry, found = as_dict(entry), {}
    for name, value in entry.items():
        if name == "doseQuantity":
            found["intake"] = (milligrams(value, strength),) * 2
        elif name == "doseRange":
            found["intake"] = tuple(milligrams(as_dict(value).get(side), strength) for side in ("low", "high"))
        elif name == "rateQuantity":
            found["daily"] = (rate_quantity(as_dict(value)),) * 2
        elif name == "rateRatio":
            found["daily"] = (mg_per_day(value, strength),) * 2
        elif name not in ("id", "type", "extension"):
            return None
    if not found or any(None in pair or pair[0] > pair[1] for pair in found.values()):
        return None
    return found


def rate_quantity(quantity):
    unit = quantity.get("code") if quantity.get("code") is not None else quantity.get("unit")
    number = exact(quantity.get("value"))
    if number is None or number <= 0 or quantity.get("comparator") or unit not in ("mg/d", "mg/day", "mg/(24.h)"):
        return None
    if quantity.get("code") is not None and quantity.get("system") != UCUM:
        return None
    return number if quantity.get("unit", unit) in ("mg/d", "mg/day", "mg/(24.h)", "mg/24h") else None
