"""What else stands in a dosage instruction and could change its meaning: refused, or held against the dose."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from cds_service.fhir.codes import SNOMED
from cds_service.fhir.dosage.reading import Undetermined
from cds_service.fhir.dosage.units import days, milligrams

Instruction = Mapping[str, Any]

ORAL = frozenset(
    {
        (SNOMED, "26643006"),
        ("http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", "PO"),
        ("http://standardterms.edqm.eu", "20053000"),
    }
)
_AS_NEEDED_FLAGS = ("asNeededBoolean", "asNeeded")  # the second as later releases of FHIR write it
_AS_NEEDED_REASONS = ("asNeededCodeableConcept", "asNeededFor")


def refuse_conditions(instruction: Instruction) -> None:
    """Raise Undetermined for an instruction that may not be taken as it stands: as needed, not oral, modified."""
    timing = instruction.get("timing") or {}
    if instruction.get("modifierExtension") or timing.get("modifierExtension"):
        raise Undetermined("an extension changes its meaning")
    flagged = any(instruction.get(x) not in (None, False) for x in _AS_NEEDED_FLAGS)
    if flagged or any(instruction.get(x) for x in _AS_NEEDED_REASONS):
        raise Undetermined("to be taken as needed")
    if instruction.get("route") and not is_oral(instruction):
        raise Undetermined("the route is not coded as oral")
    if instruction.get("maxDosePerLifetime"):
        raise Undetermined("a limit for a lifetime is not understood")


def is_oral(instruction: Instruction) -> bool:
    """True where a code says that the drug is taken by mouth."""
    codings = (instruction.get("route") or {}).get("coding") or []
    return any((x.get("system"), x.get("code")) in ORAL for x in codings)


def refuse_contradictions(
    instruction: Instruction, intake: Fraction | None, day: Fraction, tablet: Fraction | None
) -> None:
    """Raise Undetermined where a maximum of the instruction is below what is given, or cannot be read.

    `intake` is the highest dose at a time and `day` the highest sum of a day, both in mg.
    """
    single, ratio = instruction.get("maxDosePerAdministration"), instruction.get("maxDosePerPeriod")
    if single and milligrams(single, tablet) < (intake or 0):
        raise Undetermined("the dose is above the maximum at a time")
    if not ratio:
        return
    most = milligrams(ratio.get("numerator") or {}, tablet)
    if most < day * days(ratio.get("denominator") or {}) or most < (intake or 0):
        raise Undetermined("the dose is above the maximum of its period")
