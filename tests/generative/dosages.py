"""Dosage instructions: the many ways to say one daily dose, and the ways that say none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

UCUM = "http://unitsofmeasure.org"
GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
SNOMED = "http://snomed.info/sct"
FORMS = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"
GTS_CODES = {1: ("QD", "AM", "PM"), 2: ("BID",), 3: ("TID", "Q8H"), 4: ("QID", "Q6H")}
SNOMED_CODES = {1: "229797004", 2: "229799001", 3: "229798009", 4: "307439001"}
MOMENTS = {1: ("MORN",), 2: ("MORN", "EVE"), 3: ("MORN", "NOON", "EVE"), 4: ("MORN", "NOON", "EVE", "NIGHT")}
MEALS = {1: ("PCM",), 2: ("CM", "CV"), 3: ("ACM", "ACD", "ACV"), 4: ("CM", "CD", "CV", "HS")}
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
CLOCKS = {1: ("08:00:00",), 2: ("08:00:00", "20:00:00"), 3: ("07:00:00", "13:00:00", "19:00:00")}

Amount = Callable[[Decimal], dict[str, Any]]
Instructions = list[dict[str, Any]]


def milligrams(dose: Decimal) -> dict[str, Any]:
    """A Quantity in mg."""
    return {"value": dose, "unit": "mg", "system": UCUM, "code": "mg"}


def tablets(rng: Random) -> Amount:
    """A way to write a dose in tablets of 50 mg."""
    style = rng.choice(
        (
            {"unit": "tablet", "system": UCUM, "code": "{tbl}"},
            {"unit": "Tablette", "system": UCUM, "code": "{tbl}"},
            {"unit": "tablet", "system": FORMS, "code": "TAB"},
            {"unit": "tablet"},
            {"unit": "Stück", "system": UCUM, "code": "1"},
            {"unit": "pill", "system": UCUM, "code": "{pill}"},
        )
    )
    return lambda dose: {"value": dose / 50 if dose % 50 else Decimal(int(dose) // 50), **style}


def portions(rng: Random, daily: int, most: int = 4) -> int:
    """Into how many equal intakes of whole tablets the day is split."""
    return rng.choice([n for n in range(1, most + 1) if daily % (50 * n) == 0] or [1])


def one(amount: dict[str, Any], timing: dict[str, Any]) -> Instructions:
    """One instruction."""
    return [{"timing": timing, "doseAndRate": [{"doseQuantity": amount}]}]


def by_frequency(rng: Random, daily: int, amount: Amount) -> Instructions:
    """So many times a day."""
    n = portions(rng, daily, 5)
    every_day: dict[str, Any] = {"dayOfWeek": WEEK} if rng.random() < 0.05 else {}
    return one(amount(Decimal(daily) / n), {"repeat": {"frequency": n, "period": 1, "periodUnit": "d", **every_day}})


def by_hours(rng: Random, daily: int, amount: Amount) -> Instructions:
    """Once in so many hours."""
    n = portions(rng, daily)
    return one(amount(Decimal(daily) / n), {"repeat": {"frequency": 1, "period": 24 // n, "periodUnit": "h"}})


def by_code(rng: Random, daily: int, amount: Amount) -> Instructions:
    """A timing code, sometimes beside the structure that says the same."""
    n = portions(rng, daily)
    system, code = rng.choice(((GTS, rng.choice(GTS_CODES[n])), (SNOMED, SNOMED_CODES[n])))
    timing: dict[str, Any] = {"code": {"coding": [{"system": system, "code": code}]}}
    if rng.random() < 0.4:
        timing["repeat"] = {"frequency": n, "period": 1, "periodUnit": "d"}
    return one(amount(Decimal(daily) / n), timing)


def by_moments(rng: Random, daily: int, amount: Amount) -> Instructions:
    """Parts of the day or meals."""
    n = portions(rng, daily)
    repeat: dict[str, Any] = {"when": list(rng.choice((MOMENTS, MEALS))[n])}
    if rng.random() < 0.3:
        repeat |= {"frequency": n, "period": 1, "periodUnit": "d"}
    return one(amount(Decimal(daily) / n), {"repeat": repeat})


def by_clock(rng: Random, daily: int, amount: Amount) -> Instructions:
    """Times of day."""
    n = portions(rng, daily, 3)
    repeat: dict[str, Any] = {"timeOfDay": list(CLOCKS[n])}
    if rng.random() < 0.3:
        repeat |= {"frequency": n, "period": 1, "periodUnit": "d"}
    return one(amount(Decimal(daily) / n), {"repeat": repeat})


def by_parts(rng: Random, daily: int, amount: Amount) -> Instructions:
    """Two instructions of one day, summed."""
    if daily < 100:
        return by_frequency(rng, daily, amount)
    parts = (("MORN", 50), ("EVE", daily - 50))
    made = [one(amount(Decimal(dose)), {"repeat": {"when": [when]}})[0] for when, dose in parts]
    return [{"sequence": 1, **part} for part in made] if rng.random() < 0.4 else made


def by_rate(rng: Random, daily: int, amount: Amount) -> Instructions:
    """So much per day, without intakes."""
    dose = milligrams(Decimal(daily))
    ratio = {"rateRatio": {"numerator": dose, "denominator": {"value": 1, "unit": "d", "system": UCUM, "code": "d"}}}
    quantity = {"rateQuantity": {**dose, "unit": "mg/d", "code": "mg/d"}}
    return [{"doseAndRate": [rng.choice((ratio, quantity))]}]


def by_schedule(rng: Random, daily: int, amount: Amount) -> Instructions:
    """A plan of so many in the morning, at noon, in the evening and at night, an instruction for each."""
    counts = dict.fromkeys(MOMENTS[4], 0)
    for _ in range(max(daily // 50, 1)):
        counts[rng.choice(MOMENTS[4])] += 1
    taken = {when: Decimal(50 * n) for when, n in counts.items() if n} if daily % 50 == 0 else {"MORN": Decimal(daily)}
    made = [one(amount(dose), {"repeat": {"when": [when]}})[0] for when, dose in taken.items()]
    return [{"sequence": 1, **part} for part in made] if rng.random() < 0.3 else made


def by_dose_type(rng: Random, daily: int, amount: Amount) -> Instructions:
    """The same dose calculated, to be given and ordered: entries that describe one dose, in mg and in tablets."""
    made = by_frequency(rng, daily, amount)
    entry = made[0]["doseAndRate"][0]
    each = milligrams(Decimal(daily) / made[0]["timing"]["repeat"]["frequency"])
    system = "http://terminology.hl7.org/CodeSystem/dose-rate-type"
    kinds = rng.choice((("ordered", "calculated"), ("calculated", "admin-amount", "ordered")))
    told = [entry if kind != "calculated" else {"doseQuantity": each} for kind in kinds]
    made[0]["doseAndRate"] = [
        {"type": {"coding": [{"system": system, "code": kind}]}, **x} for kind, x in zip(kinds, told, strict=True)
    ]
    return made


SHAPES: tuple[Callable[[Random, int, Amount], Instructions], ...] = (
    by_frequency, by_frequency, by_frequency, by_hours, by_code, by_code, by_moments, by_moments, by_clock, by_parts,
    by_rate, by_dose_type, by_schedule,
)  # fmt: skip


def dressed(rng: Random, made: Instructions, daily: int) -> Instructions:
    """The same with what prescribers add: text, the oral route."""
    route = {"coding": [{"system": SNOMED, "code": "26643006"}]}
    for instruction in made:
        if rng.random() < 0.3:
            instruction["text"] = f"{daily} mg daily by mouth"
        if rng.random() < 0.3:
            instruction["route"] = route
    return made


def dosage(rng: Random, daily: int, amount: Amount = milligrams) -> Instructions:
    """A dosage of that many mg/day, understood in every part."""
    return dressed(rng, rng.choice(SHAPES)(rng, daily, amount), daily)
