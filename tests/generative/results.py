"""Observations as laboratories send them: codes, unit spellings, values on and beside every limit, ways to say when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.generative.clock import ZONES, written

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
ACTING = ("haemoglobin", "leukocytes", "neutrophils", "platelets")
CHEMISTRY = ("creatinine", "bilirubin", "alt", "ast")

# Kind of quantity -> spelling -> how much of the canonical unit one of it is; the codes are valid UCUM.
SPELLINGS: dict[str, dict[str, str]] = {
    "count": {
        **dict.fromkeys(
            (
                "10*9/L", "10*3/uL", "10^3/uL", "10^9/L", "/nL", "10*6/mL", "10*3/mm3", "10*3/mcL", "1000/uL", "K/uL",
                "K/mm3", "K/cumm", "G/L", "G/l", "Gpt/L", "Tsd/ul", "x10^3/ul", "x10E3/uL", "X10E3/UL", "x10*9/L",
                "10E3/uL", "10e9/L", "Thousand/uL", "THOU/UL", "Thou/mcL", "GI/L", "x10^9/L", "10^3/µL", "/nl", "GPt/l",
                "GPt/L", "Tsd/µl", "10^3/μL",
            ),
            "1",
        ),
        **dict.fromkeys(
            (
                "Mpt/L", "/uL", "/ul", "/mm3", "cells/uL", "{cells}/uL", "#/uL", "/cumm", "10*6/L", "10*3/mL", "M/L",
                "Leu/ul", "/µL", "/µl",
            ),
            "0.001",
        ),
    },
    "haemoglobin mass": {**dict.fromkeys(("g/dL", "g/dl", "gm/dL", "gm%", "g%", "G/DL"), "1"), "g/L": "0.1"},
    "haemoglobin mole": {"mmol/L": "1.6114"},
    "creatinine mass": {"mg/dL": "1"},
    "creatinine mole": dict.fromkeys(("umol/L", "µmol/L", "µmol/l"), "1/88.42"),
    "bilirubin mass": {"mg/dL": "1"},
    "bilirubin mole": dict.fromkeys(("umol/L", "µmol/L", "µmol/l"), "1/17.104"),
    "enzyme": {**dict.fromkeys(("U/L", "IU/L", "[IU]/L"), "1"), **dict.fromkeys(("ukat/L", "µkat/L"), "60")},
}  # fmt: skip
UCUM_CODES: dict[str, tuple[str, ...]] = {
    "count 1": ("10*9/L", "10*3/uL", "/nL", "10*6/mL", "10*3/mm3"),
    "count 0.001": ("/uL", "/mm3", "{cells}/uL", "10*6/L", "10*3/mL"),
    "haemoglobin mass 1": ("g/dL", "g%"),
    "enzyme 1": ("U/L", "[IU]/L"),
    "enzyme 60": ("ukat/L",),
    "creatinine mole 1/88.42": ("umol/L",),
    "bilirubin mole 1/17.104": ("umol/L",),
}

# Analyte -> kind of quantity -> LOINC codes.
CODES: dict[str, dict[str, tuple[str, ...]]] = {
    "haemoglobin": {
        "haemoglobin mass": ("718-7", "718-7", "20509-6", "30350-3", "30313-1", "55782-7", "76769-9", "97550-8"),
        "haemoglobin mole": ("59260-0", "93846-4", "75928-2"),
    },
    "leukocytes": {"count": ("6690-2", "26464-8", "804-5", "12227-5")},
    "neutrophils": {"count": ("751-8", "26499-4", "753-4")},
    "platelets": {"count": ("777-3", "26515-7", "778-1", "97995-5")},
    "lymphocytes": {"count": ("731-0", "26474-7", "732-8")},
    "creatinine": {
        "creatinine mass": ("2160-0", "38483-4", "21232-4"),
        "creatinine mole": ("14682-9", "59826-8", "77140-2", "101475-2"),
    },
    "bilirubin": {"bilirubin mass": ("1975-2", "42719-5"), "bilirubin mole": ("14631-6", "77137-8", "54363-7")},
    "alt": {"enzyme": ("1742-6", "1743-4", "76625-3", "77144-4")},
    "ast": {"enzyme": ("1920-8", "30239-8", "88112-8")},
}

# Kind or analyte -> grade -> values on, beside and away from the limits, in the canonical unit (mole: as sent).
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
# The normal range in the canonical unit (mole: as sent).
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

    @property
    def scale(self) -> Decimal:
        """Number sent per canonical number; 1 where the tables speak of the number sent."""
        factor = SPELLINGS[self.kind][self.spelling]
        return Decimal(1) if "/" in factor or self.kind == "haemoglobin mole" else 1 / Decimal(factor)

    def quantity(self, value: Decimal) -> dict[str, Any]:
        """The Quantity of that many canonical units."""
        sent: dict[str, Any] = {"value": plain(value * self.scale) if self.scale != 1 else value}
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
    absolute_subject: bool = False
    extras: dict[str, Any] = field(default_factory=dict)


def plain(value: Decimal) -> Decimal:
    """The same number without an exponent, as JSON of laboratories has it."""
    return Decimal(f"{value:f}")


def writing(rng: Random, analyte: str) -> Writing:
    """One way to write that analyte."""
    kinds = CODES[analyte]
    kind = "haemoglobin mass" if analyte == "haemoglobin" and rng.random() < 0.85 else rng.choice(list(kinds))
    usual = list(SPELLINGS[kind])[:2]
    spelling = rng.choice(usual if rng.random() < 0.4 else list(SPELLINGS[kind]))
    codes = UCUM_CODES.get(f"{kind} {SPELLINGS[kind][spelling]}", (spelling,))
    ucum = (spelling if spelling in codes else rng.choice(codes)) if rng.random() < 0.7 else None
    return Writing(analyte, rng.choice(kinds[kind]), kind, spelling, ucum, rng.random() < 0.15)


def laboratory(rng: Random) -> Laboratory:
    """One laboratory with its habits."""
    return Laboratory(
        writings={name: writing(rng, name) for name in CODES},
        zone=rng.choice(ZONES),
        times=rng.choices(("instant", "fraction", "date", "period"), (80, 6, 8, 6))[0],
        ranges=rng.random() < 0.5,
        identifiers=rng.random() < 0.3,
        absolute_subject=rng.random() < 0.05,
    )


def value_at(rng: Random, how: Writing, grade: int) -> Decimal:
    """A value of that grade (the highest grade of the analyte if it has no such grade), in the canonical unit."""
    rows = VALUES.get(how.kind) or VALUES[how.analyte]
    value = Decimal(rng.choice(rows[min(grade, len(rows) - 1)].split()))
    return value * Decimal(NORMAL[how.kind][1]) if how.analyte in CHEMISTRY else value


def times(rng: Random, lab: Laboratory, when: datetime) -> dict[str, Any]:
    """`effective[x]` in the laboratory's style."""
    if lab.times == "period":
        end = written(rng, when + timedelta(minutes=5), zone=lab.zone)
        return {"effectivePeriod": {"start": written(rng, when, zone=lab.zone), "end": end}}
    return {"effectiveDateTime": written(rng, when, (lab.times,), lab.zone)}


def reference_range(how: Writing) -> list[dict[str, Any]]:
    """The normal range in the unit of the result."""
    low, high = NORMAL.get(how.kind) or NORMAL[how.analyte]
    return [{"low": how.quantity(Decimal(low)), "high": how.quantity(Decimal(high))}]


def observation(
    rng: Random, lab: Laboratory, number: int, analyte: str, when: datetime, value: Decimal | int
) -> dict[str, Any]:
    """One final Observation; an int asks for a value of that grade."""
    how = lab.writings[analyte]
    amount = value_at(rng, how, value) if isinstance(value, int) else value
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "id": f"obs-{number}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": how.code}]},
        "subject": {"reference": "Patient/p1"},
        **times(rng, lab, when),
        "valueQuantity": how.quantity(amount),
    }
    if lab.identifiers:
        made["identifier"] = [{"system": "https://lab.example.org/results", "value": f"r-{number}"}]
    if lab.ranges or (analyte in CHEMISTRY and rng.random() < 0.95):
        made["referenceRange"] = reference_range(how)
    return made
