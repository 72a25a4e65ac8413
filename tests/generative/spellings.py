"""Every spelling of a unit that laboratories send, with how much of the canonical unit one of it is."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from pathlib import Path

# Kind of quantity -> the family of the table, and the spellings of that family that are of this kind.
_KINDS: dict[str, tuple[str, str]] = {
    "count": ("count", ".*"),
    "haemoglobin mass": ("Hb", "g.*|G/DL"),
    "haemoglobin mole": ("Hb", "mmol.*"),
    "creatinine mass": ("creatinine", "mg.*"),
    "creatinine mole": ("creatinine", "[uµm]mol.*"),
    "bilirubin mass": ("bilirubin", "mg.*"),
    "bilirubin mole": ("bilirubin", "[uµ]mol.*"),
    "enzyme": ("enzymes", ".*"),
    "percent": ("percent of leukocytes", ".*"),
}
# German laboratories write the litre small, whatever stands before it.
_SMALL_LITRE = {
    "count": "10*9/l 10^9/l /l",
    "haemoglobin mass": "g/l",
    "haemoglobin mole": "mmol/l",
    "creatinine mass": "mg/dl",
    "creatinine mole": "umol/l mmol/l",
    "bilirubin mass": "mg/dl",
    "bilirubin mole": "umol/l",
    "enzyme": "U/l IU/l ukat/l µkat/l",
}


def _factor(text: str) -> Fraction | None:
    """What the table says, such as `0.001`, `1 (counts)` or `multiply by 1000, divide by 88.42`; None for REJECT."""
    if not re.match(r"[\d.]|multiply|divide", text):
        return None
    divided, multiplied = re.search(r"divide by ([\d.]+)", text), re.search(r"multiply by ([\d.]+)", text)
    if divided or multiplied:
        return Fraction(multiplied[1] if multiplied else 1) / Fraction(divided[1] if divided else 1)
    return Fraction(text.split(maxsplit=1)[0])


def _table() -> list[tuple[str, str, Fraction]]:
    """(spelling, family, factor) of the rows that a laboratory may use."""
    with Path(__file__).with_name("unit_spellings.csv").open(encoding="utf-8", newline="") as file:
        rows = [(x["spelling"], x["family"].split(" or ")[0], x["factor_to_canonical"]) for x in csv.DictReader(file)]
    return [(spelling, family, found) for spelling, family, text in rows if (found := _factor(text))]


def _of(kind: str) -> dict[str, Fraction]:
    family, form = _KINDS[kind]
    own = {name: factor for name, of, factor in _table() if of == family and re.fullmatch(form, name)}
    large = {name.replace("µ", "u").lower(): factor for name, factor in own.items()}
    return own | {name: large[name.replace("µ", "u").lower()] for name in _SMALL_LITRE.get(kind, "").split()}


SPELLINGS: dict[str, dict[str, Fraction]] = {kind: _of(kind) for kind in _KINDS}
# The same with the Greek letter for the micro sign.
for _spellings in SPELLINGS.values():
    _spellings |= {name.replace("µ", "μ"): factor for name, factor in _spellings.items() if "µ" in name}

# The spellings that are valid UCUM and may stand in Quantity.code, by what they are worth.
_UCUM = {
    "count": "10*9/L 10*3/uL /nL 10*6/mL 10*3/mm3 /uL /mm3 {cells}/uL 10*6/L 10*3/mL /L",
    "haemoglobin mass": "g/dL g% g/L",
    "haemoglobin mole": "mmol/L",
    "creatinine mass": "mg/dL",
    "creatinine mole": "umol/L mmol/L",
    "bilirubin mass": "mg/dL",
    "bilirubin mole": "umol/L",
    "enzyme": "U/L [IU]/L ukat/L",
    "percent": "%",
}


def ucum_codes(kind: str, factor: Fraction) -> list[str]:
    """The UCUM codes of that kind that are worth as much."""
    return [code for code in _UCUM[kind].split() if SPELLINGS[kind][code] == factor]
