"""Units of a dose and of time: an allow-list, matched by code system and code, or by the exact word.

A unit text beside a code must mean the same: 'mg/m2' or 'ml' beside the code mg is a contradiction, not a display.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from cds_service.fhir.codes import SNOMED
from cds_service.fhir.dosage.reading import Undetermined, number
from cds_service.fhir.dosage.why import Why

UCUM = "http://unitsofmeasure.org"
DRUG_FORM = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"
KBV_DOSE_UNIT = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_BMP_DOSIEREINHEIT"
MERIT_9 = "urn:oid:1.2.392.100495.20.2.101"  # units of drugs in Japan

TABLET = "tablet"
EACH = "1"
Meaning = Fraction | str  # mg per unit; TABLET; EACH, the bare count, which means nothing alone
Quantity = Mapping[str, Any]

_MG: dict[str, Meaning] = {"mg": Fraction(1), "MG": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000)}
_MG_WORDS: dict[str, Meaning] = dict.fromkeys(("milligram", "milligrams", "milligramm"), Fraction(1))
_TABLET_WORDS: dict[str, Meaning] = dict.fromkeys(
    (
        *"tbl tab tabs tab(s) tabl tabl. tablet tablets tablet(s) tablette tabletten tablette(n) pill pills".split(),
        *"stück stueck comprimé comprimés compressa compresse 錠".split(),
        *("tablet (unit of presentation)", "tablet - unit of product usage"),
    ),
    TABLET,
)
_WORDS = _MG_WORDS | _TABLET_WORDS | {"1": EACH, "each": EACH}
_CODES: dict[tuple[str, str], Meaning] = {
    (DRUG_FORM, "TAB"): TABLET,
    (KBV_DOSE_UNIT, "1"): TABLET,
    (MERIT_9, "TAB"): TABLET,
    (SNOMED, "732936001"): TABLET,  # tablet (unit of presentation)
    (SNOMED, "385055001"): TABLET,  # tablet dose form
    (SNOMED, "428673006"): TABLET,  # tablet (unit of product usage), as the UK has it
}
_PER_DAY = {f"mg/{day}": Fraction(1) for day in ("d", "day", "(24.h)", "24.h", "24h", "24 h", "Tag", "日")}
_DAYS = {
    **dict.fromkeys(("d", "day", "days", "day(s)", "Tag", "Tage", "jour", "jours", "日"), Fraction(1)),
    **dict.fromkeys(("h", "hour", "hours", "Stunde", "Stunden"), Fraction(1, 24)),
    **dict.fromkeys(("min",), Fraction(1, 24 * 60)),
    **dict.fromkeys(("wk", "week", "weeks", "Woche", "Wochen"), Fraction(7)),
}
_PER_BODY = re.compile(r"/\s*(m2|m\^2|m²|\[sqm\]|sqm|qm|kg)", re.IGNORECASE)
_FOLD = str.maketrans({"µ": "u", "μ": "u"})


def milligrams(quantity: Quantity, tablet: Fraction | None) -> Fraction:
    """A dose in mg. `tablet` is the strength of one tablet in mg, None where unknown.

    Raises Undetermined: no number or unit, a comparator, a unit that is not of this list (mg/m2, mL, IU), text and
    code that disagree, tablets of unknown strength.
    """
    value = _value(quantity)
    unit = unit_of(quantity)
    if isinstance(unit, Fraction):
        return value * unit
    if unit == TABLET and tablet is not None:
        return value * tablet
    raise Undetermined(Why.STRENGTH_UNKNOWN if unit == TABLET else Why.NO_UNIT)


def milligrams_per_day(quantity: Quantity) -> Fraction:
    """A rate in mg per day. Raises Undetermined for every other unit."""
    return _value(quantity) * _looked_up(quantity, _PER_DAY, Why.RATE_UNIT)


def days(quantity: Quantity) -> Fraction:
    """A stretch of time in days; months and years have no exact length and raise Undetermined."""
    return _value(quantity) * _looked_up(quantity, _DAYS, Why.PERIOD_UNIT)


def unit_of(quantity: Quantity) -> Meaning:
    """What code and text of a quantity both mean. Raises Undetermined where they do not, or mean nothing known here."""
    code, text = _given(quantity, "code"), _given(quantity, "unit")
    if _PER_BODY.search(code) or _PER_BODY.search(text):
        raise Undetermined(Why.PER_BODY)
    system = quantity.get("system")
    meanings = {_by_code(system, code)} if code else set()
    meanings |= {_by_word(text)} if text else set()
    told = meanings - {EACH} or meanings
    if len(told) != 1:
        raise Undetermined(Why.UNITS_DISAGREE if told else Why.NO_UNIT)
    return told.pop()


def _value(quantity: Quantity) -> Fraction:
    if quantity.get("comparator") is not None:
        raise Undetermined(Why.A_LIMIT)
    return number(quantity.get("value"), "of a quantity")


def _looked_up(quantity: Quantity, table: Mapping[str, Fraction], why: Why) -> Fraction:
    spelled = [x for x in (_given(quantity, "code"), _given(quantity, "unit")) if x]
    found = {table.get(x) for x in spelled}
    factor = found.pop() if len(found) == 1 else None
    if factor is None or quantity.get("system") not in (None, UCUM):
        raise Undetermined(why)
    return factor


def _given(quantity: Quantity, member: str) -> str:
    value: str = quantity.get(member) or ""
    return value.strip().translate(_FOLD)


def _by_code(system: object, code: str) -> Meaning:
    if system is None:
        return _by_word(code)
    if system == UCUM:
        annotation = code.startswith("{") and code.endswith("}")
        return _by_word(code[1:-1] if annotation else code)
    meaning = _CODES.get((str(system), code))
    if meaning is None:
        raise Undetermined(Why.UNIT_CODE_UNKNOWN, code)
    return meaning


def _by_word(word: str) -> Meaning:
    meaning = _MG.get(word) or _WORDS.get(word.casefold())
    if meaning is None:
        raise Undetermined(Why.UNIT_UNKNOWN, word)
    return meaning
