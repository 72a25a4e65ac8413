"""Observations as laboratories send them: codes, unit spellings, values on and beside every limit, ways to say when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from tests.generative.clock import ZONES, written
from tests.generative.codes import CHEMISTRY, CODES, LOINC, UCUM
from tests.generative.spellings import SPELLINGS, ucum_codes

# How a laboratory sends what it measured of one sample: one by one, or in a panel or report of one of these forms.
PANEL_STYLES = ("single", "components", "contained", "members", "report", "report-contained")

# What the values below are told in, where that is not the canonical unit.
TOLD_IN = {
    "haemoglobin mole": SPELLINGS["haemoglobin mole"]["mmol/L"],
    "creatinine mole": SPELLINGS["creatinine mole"]["umol/L"],
    "bilirubin mole": SPELLINGS["bilirubin mole"]["umol/L"],
}

# Kind or analyte -> grade -> values on, beside and away from the limits, in the canonical unit; amounts of substance in
# mmol/L for haemoglobin, in umol/L for the others.
VALUES: dict[str, tuple[str, ...]] = {
    "haemoglobin mass": ("12.5 13.4 14.0 11.9", "10.0 10.01 10.1 11.2", "9.99 9.9 8.0 8.01 8.8", "7.99 7.9 7.1 6.4"),
    "haemoglobin mole": ("8.1 7.8 9.0", "6.3 6.8", "6.2 6.1 5.0 5.5", "4.9 4.89 4.2"),
    "leukocytes": ("4.0 5.2 6.8 11", "3.0 3.001 3.5", "2.999 2.9 2.0 2.001 2.4", "1.999 1.9 1.0 1.4", "0.999 0.9 0.4"),
    "neutrophils": ("2.5 4.1 1.8 3.2", "1.5 1.501 1.7", "1.499 1.4 1.0 1.001 1.2", "0.999 0.9 0.5 0.7", "0.499 0.1 0"),
    "platelets": ("150 210 240 381", "75 76 120 75.0", "74 74.999 50 60 50.0", "49 49.999 25 31", "24 24.999 8"),
    "lymphocytes": ("1.5 2.2 1.1", "0.8 0.9", "0.799 0.5", "0.499 0.2", "0.199 0.1"),
    # Of chemistry: multiples of the upper limit of normal.
    "creatinine": ("0.6 1 0.9", "1.01 1.5", "1.501 2 3", "3.01 4 6", "6.01 8"),
    "bilirubin": ("0.6 1 0.9", "1.01 1.5", "1.501 2 3", "3.01 6 10", "10.01 12"),
    "alt": ("0.6 1 0.9", "1.01 3", "3.01 4 5", "5.01 9 20", "20.01 25"),
    "ast": ("0.6 1 0.9", "1.01 3", "3.01 4 5", "5.01 9 20", "20.01 25"),
}  # fmt: skip
# The normal range, in the same units.
NORMAL: dict[str, tuple[str, str]] = {
    "haemoglobin mass": ("12", "16"),
    "haemoglobin mole": ("7.4", "9.9"),
    "leukocytes": ("4.0", "10.5"),
    "neutrophils": ("1.8", "7.7"),
    "platelets": ("150", "400"),
    "lymphocytes": ("1.1", "4.0"),
    "creatinine mass": ("0.5", "1.2"),
    "creatinine mole": ("45", "106"),
    "bilirubin mass": ("0.1", "1.2"),
    "bilirubin mole": ("2", "20.5"),
    "enzyme": ("5", "45"),
}


@dataclass(frozen=True, slots=True)
class Writing:
    """How one laboratory writes one analyte: LOINC code, kind of quantity, unit text and unit code, if any."""

    analyte: str
    code: str
    kind: str
    spelling: str
    ucum: str | None
    bare_code: bool = False

    def sent(self, value: Decimal) -> Decimal:
        """The number to send for a value as `VALUES` tells it."""
        ratio = TOLD_IN.get(self.kind, Fraction(1)) / SPELLINGS[self.kind][self.spelling]
        return value if ratio == 1 else plain(value * ratio.numerator / ratio.denominator)

    def told(self, quantity: dict[str, Any]) -> Decimal | None:
        """The value as `VALUES` tells it that such a Quantity holds; None where it is not written in this way."""
        written = quantity.get("unit", self.spelling) == self.spelling and quantity.get("code", self.ucum) == self.ucum
        if not written:
            return None
        ratio = SPELLINGS[self.kind][self.spelling] / TOLD_IN.get(self.kind, Fraction(1))
        return plain(Decimal(quantity["value"]) * ratio.numerator / ratio.denominator)

    def quantity(self, value: Decimal) -> dict[str, Any]:
        """The Quantity of that many canonical units."""
        sent: dict[str, Any] = {"value": self.sent(value)}
        if not self.bare_code or self.ucum is None:
            sent["unit"] = self.spelling
        return sent | ({"system": UCUM, "code": self.ucum} if self.ucum else {})


@dataclass(frozen=True, slots=True)
class Laboratory:
    """One laboratory's habits, the same for all its results of a record."""

    writings: dict[str, Writing]
    zone: str
    times: str
    ranges: bool
    identifiers: bool
    panels: str


def plain(value: Decimal) -> Decimal:
    """The same number without an exponent, as JSON of laboratories has it."""
    return Decimal(f"{value:f}")


def writing(rng: Random, analyte: str) -> Writing:
    """One way to write that analyte."""
    kinds = CODES[analyte]
    kind = "haemoglobin mass" if analyte == "haemoglobin" and rng.random() < 0.85 else rng.choice(list(kinds))
    return written_as(rng, analyte, kind, rng.choice(kinds[kind]))


def written_as(rng: Random, analyte: str, kind: str, code: str) -> Writing:
    """One way to write a quantity of that kind under that LOINC code."""
    usual = list(SPELLINGS[kind])[:2]
    spelling = rng.choice(usual if rng.random() < 0.4 else list(SPELLINGS[kind]))
    codes = ucum_codes(kind, SPELLINGS[kind][spelling])
    ucum = (spelling if spelling in codes else rng.choice(codes)) if rng.random() < 0.7 else None
    return Writing(analyte, code, kind, spelling, ucum, rng.random() < 0.15)


def laboratory(rng: Random) -> Laboratory:
    """One laboratory with its habits."""
    return Laboratory(
        writings={name: writing(rng, name) for name in CODES},
        zone=rng.choice(ZONES),
        times=rng.choices(("instant", "fraction", "date", "period"), (80, 6, 8, 6))[0],
        ranges=rng.random() < 0.5,
        identifiers=rng.random() < 0.3,
        panels=rng.choices(PANEL_STYLES, (64, 8, 8, 7, 7, 6))[0],
    )


def value_at(rng: Random, how: Writing, grade: int) -> Decimal:
    """A value of that grade (the highest grade of the analyte if it has no such grade), in the canonical unit."""
    rows = VALUES.get(how.kind) or VALUES[how.analyte]
    value = Decimal(rng.choice(rows[min(grade, len(rows) - 1)].split()))
    return value * Decimal(NORMAL[how.kind][1]) if how.analyte in CHEMISTRY else value


def times(rng: Random, lab: Laboratory, when: datetime) -> dict[str, Any]:
    """`effective[x]` in the laboratory's style."""
    if lab.times == "instant" and rng.random() < 0.03:
        return {"effectiveInstant": written(rng, when, zone=lab.zone)}
    if lab.times == "period":
        end = written(rng, when + timedelta(minutes=5), zone=lab.zone)
        return {"effectivePeriod": {"start": written(rng, when, zone=lab.zone), "end": end}}
    return {"effectiveDateTime": written(rng, when, (lab.times,), lab.zone)}


def reference_range(how: Writing) -> list[dict[str, Any]]:
    """The normal range in the unit of the result."""
    low, high = NORMAL.get(how.kind) or NORMAL[how.analyte]
    return [{"low": how.quantity(Decimal(low)), "high": how.quantity(Decimal(high))}]


def observation_of(how: Writing, number: int, value: Decimal) -> dict[str, Any]:
    """An Observation of that value, final, of the patient; still without a time."""
    return {
        "resourceType": "Observation",
        "id": f"obs-{number}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": how.code}]},
        "subject": {"reference": "Patient/p1"},
        "valueQuantity": how.quantity(value),
    }


def observation(
    rng: Random, lab: Laboratory, number: int, analyte: str, when: datetime, value: Decimal | int
) -> dict[str, Any]:
    """One final Observation; an int asks for a value of that grade."""
    how = lab.writings[analyte]
    amount = value_at(rng, how, value) if isinstance(value, int) else value
    made = observation_of(how, number, amount) | times(rng, lab, when)
    if lab.identifiers:
        made["identifier"] = [{"system": "https://lab.example.org/results", "value": f"r-{number}"}]
    if lab.ranges or (analyte in CHEMISTRY and rng.random() < 0.95):
        made["referenceRange"] = reference_range(how)
    return made
