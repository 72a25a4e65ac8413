"""Daily dose of an order: one for ever, or phases that follow each other."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from tests.oracle.amounts import amount, mg_per_day, milligrams, strength_of
from tests.oracle.limits import STEP
from tests.oracle.times import FAR_AHEAD, LONG_AGO, read_period, read_time
from tests.oracle.timing import NONE, SCT, UNKNOWN, bounds, intakes
from tests.oracle.wire import as_dict, as_list, codings

KNOWN, RANGE, GAPS, UNDETERMINED = "known", "range", "not-continuous", "undetermined"


@dataclass(frozen=True)
class Dose:
    """`most` is mg on a dosing day (of a range the high end), None where undetermined."""

    kind: str
    most: Fraction | None = None
    off_grid: bool = False

    @property
    def daily(self):
        """mg/day where it is one; None where undetermined or not continuous."""
        return self.most if self.kind in (KNOWN, RANGE) else None


NO_DOSE = Dose(UNDETERMINED)


@dataclass(frozen=True)
class Phase:
    """`start` and `end` are pairs (first, last instant of that edge), None where open."""

    dose: Dose
    start: tuple | None = None
    end: tuple | None = None

    @property
    def first(self):
        return self.start[0] if self.start else LONG_AGO

    @property
    def last(self):
        return self.end[1] if self.end else FAR_AHEAD


ORAL = {
    (SCT, "26643006"),
    ("http://standardterms.edqm.eu", "20053000"),
    ("http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", "PO"),
}
ORAL_WORDS = ("oral", "po", "p.o.", "per os", "peroral", "by mouth")


def route_is_oral(route):
    if route is None:
        return True
    listed = {(item.get("system"), item.get("code")) for item in codings(route)}
    if listed:
        known_systems = {system for system, _ in ORAL}
        return bool(listed & ORAL) and not any(pair[0] in known_systems for pair in listed - ORAL)
    return str(as_dict(route).get("text")).strip().casefold() in ORAL_WORDS


def instruction_dose(instruction, strength):
    """Dose of one dosage instruction."""
    instruction = as_dict(instruction)
    as_needed = [name for name in instruction if name.startswith("asNeeded") and instruction[name] is not False]
    if instruction.get("modifierExtension") or as_needed or not route_is_oral(instruction.get("route")):
        return NO_DOSE
    entries = [amount(entry, strength) for entry in as_list(instruction.get("doseAndRate"))]
    if not entries or None in entries:
        return NO_DOSE
    per_intake = {entry["intake"] for entry in entries if "intake" in entry}
    per_day = {entry["daily"] for entry in entries if "daily" in entry}
    if len(per_intake) > 1 or len(per_day) > 1 or not within_one_intake(instruction, per_intake, strength):
        return NO_DOSE
    return combined(per_intake, per_day, intakes(instruction.get("timing")))


def within_one_intake(instruction, per_intake, strength):
    if "maxDosePerAdministration" not in instruction:
        return True
    most = milligrams(instruction["maxDosePerAdministration"], strength)
    return most is not None and all(pair[1] <= most for pair in per_intake)


def combined(per_intake, per_day, often):
    if often == UNKNOWN or (often == NONE and per_intake):
        return NO_DOSE
    kind = GAPS if often != NONE and often[0] == "gaps" else KNOWN
    totals = {(low * often[1], high * often[2]) for low, high in per_intake} | per_day
    if len(totals) != 1:
        return NO_DOSE
    low, high = totals.pop()
    if kind == KNOWN and low != high:
        kind = RANGE
    off = any(mg % STEP for pair in per_intake for mg in pair) or bool(low % STEP or high % STEP)
    return Dose(kind, high, off)


def phases(order, medication):
    """The dose of an order over time: its phases in their order; one for ever where no bounds tell several apart."""
    instructions = order.get("dosageInstruction")
    strength = strength_of(medication)
    if not isinstance(instructions, list) or not instructions:
        return [Phase(NO_DOSE)]
    groups = []
    for instruction in instructions:
        bound = bounds(as_dict(instruction).get("timing"))
        for known, members in groups:
            if known == bound:
                members.append(as_dict(instruction))
                break
        else:
            groups.append((bound, [as_dict(instruction)]))
    if len(groups) == 1:
        return [Phase(same_day(groups[0][1], strength))]
    return disjoint(groups, strength)


def disjoint(groups, strength):
    found = []
    for bound, members in groups:
        if not bound or bound[0] != "boundsPeriod" or read_period(bound[1]) is None:
            return [Phase(NO_DOSE)]
        start, end = (read_time(bound[1].get(name)) for name in ("start", "end"))
        found.append(Phase(same_day(members, strength), start, end))
    found.sort(key=lambda phase: (phase.first, phase.last))
    if any(before.last >= after.first for before, after in pairwise(found)):
        return [Phase(NO_DOSE)]
    return found


def same_day(instructions, strength):
    """Instructions for the same days, summed."""
    doses = [instruction_dose(instruction, strength) for instruction in instructions]
    sequences = [instruction.get("sequence") for instruction in instructions]
    if NO_DOSE in doses or any(one != sequences[0] for one in sequences):
        return NO_DOSE
    total = sum(dose.most for dose in doses)
    for instruction in instructions:
        if "maxDosePerPeriod" in instruction:
            most = mg_per_day(instruction["maxDosePerPeriod"], strength)
            if most is None or most < total:
                return NO_DOSE
    kinds = {dose.kind for dose in doses}
    kind = GAPS if GAPS in kinds else RANGE if RANGE in kinds else KNOWN
    return Dose(kind, total, any(dose.off_grid for dose in doses))


def dose_at(found, moment):
    """The dose of the phase that holds then, else of the last one before: between phases no drug is given."""
    begun = [phase for phase in found if phase.first <= moment]
    return begun[-1].dose if begun else NO_DOSE


def holds_at(found, moment):
    """Whether some phase holds then; what is not in phases does so always."""
    return len(found) == 1 or any(phase.first <= moment <= phase.last for phase in found)


def highest(found):
    """What an order gives at most: undetermined where a phase is, not continuous where a phase is."""
    doses = [phase.dose for phase in found]
    if any(dose.kind == UNDETERMINED for dose in doses):
        return NO_DOSE
    top = max(doses, key=lambda dose: dose.most)
    for kind in (GAPS, RANGE):
        if any(dose.kind == kind for dose in doses) and (kind == GAPS or top.kind == RANGE):
            return Dose(kind, top.most, any(dose.off_grid for dose in doses))
    return Dose(KNOWN, top.most, any(dose.off_grid for dose in doses))
