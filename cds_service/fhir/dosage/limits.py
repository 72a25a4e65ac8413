"""What else stands in a dosage instruction and could change its meaning: refused, or held against the dose."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from cds_service.fhir.codes import SNOMED
from cds_service.fhir.dosage.reading import Undetermined
from cds_service.fhir.dosage.units import days, milligrams
from cds_service.fhir.dosage.why import Why

Instruction = Mapping[str, Any]

ORAL = frozenset(
    {
        (SNOMED, "26643006"),
        (SNOMED, "738956005"),  # oral, as the intended site
        ("http://jpfhir.jp/fhir/core/CodeSystem/route-codes", "PO"),  # Japan
        ("http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", "PO"),
        ("http://terminology.hl7.org/CodeSystem/v2-0162", "PO"),
        ("http://standardterms.edqm.eu", "20053000"),
        ("urn:oid:0.4.0.127.0.16.1.1.2.1", "20053000"),  # the same, as Switzerland wrote it first
        ("https://termgit.elga.gv.at/CodeSystem/medikationartanwendung", "100000073619"),  # Austria: zum Einnehmen
    }
)
_ROUTES = frozenset(system for system, _ in ORAL)
_AS_NEEDED_FLAGS = ("asNeededBoolean", "asNeeded")  # the second as later releases of FHIR write it
_AS_NEEDED_REASONS = ("asNeededCodeableConcept", "asNeededFor")
_AS_NEEDED_EXTENSIONS = ("Dosage.asNeededFor", "Dosage.asNeeded")  # later elements, brought to R4 by extension


# Japan: on which days of the week or of a cycle; https://www.jami.jp, standard usage master, supplements.
_DAYS_ELSEWHERE = "urn:oid:1.2.392.200250.2.2.20.22"


def refuse_conditions(instruction: Instruction) -> None:
    """Raise Undetermined for an instruction that may not be taken as it stands: as needed, not oral, modified."""
    if _modified(instruction):
        raise Undetermined(Why.MODIFIED)
    if _as_needed(instruction):
        raise Undetermined(Why.AS_NEEDED)
    if _DAYS_ELSEWHERE in _systems(instruction.get("additionalInstruction") or []):
        raise Undetermined(Why.SUPPLEMENT)
    if instruction.get("route") and not is_oral(instruction):
        raise Undetermined(Why.ROUTE)
    if instruction.get("maxDosePerLifetime"):
        raise Undetermined(Why.LIFETIME_MAXIMUM)


def _systems(concepts: Sequence[Mapping[str, Any]]) -> set[str | None]:
    return {x.get("system") for concept in concepts for x in concept.get("coding") or []}


def is_oral(instruction: Instruction) -> bool:
    """True where a code says that the drug is taken by mouth, and none of these systems says another way."""
    codings = (instruction.get("route") or {}).get("coding") or []
    known = {(x.get("system"), x.get("code")) for x in codings if x.get("system") in _ROUTES}
    return bool(known) and known <= ORAL


def refuse_contradictions(
    instruction: Instruction, intake: Fraction | None, day: Fraction, tablet: Fraction | None
) -> None:
    """Raise Undetermined where a maximum of the instruction is below what is given, or cannot be read.

    `intake` is the highest dose at a time and `day` the highest sum of a day, both in mg.
    """
    single, ratio = instruction.get("maxDosePerAdministration"), instruction.get("maxDosePerPeriod")
    if single and milligrams(single, tablet) < (intake or 0):
        raise Undetermined(Why.ABOVE_MAXIMUM)
    if not ratio:
        return
    most = milligrams(ratio.get("numerator") or {}, tablet)
    if most < day * days(ratio.get("denominator") or {}) or most < (intake or 0):
        raise Undetermined(Why.ABOVE_PERIOD_MAXIMUM)


def _modified(element: Any) -> bool:
    """True where a modifierExtension stands anywhere inside, also where R4 has no place for one."""
    if isinstance(element, list):
        return any(_modified(x) for x in element)
    return isinstance(element, dict) and (
        bool(element.get("modifierExtension")) or any(_modified(x) for x in element.values())
    )


def _as_needed(instruction: Instruction) -> bool:
    flagged = any(instruction.get(x) not in (None, False) for x in _AS_NEEDED_FLAGS)
    reasons = any(instruction.get(x) for x in _AS_NEEDED_REASONS)
    urls = [str(x.get("url")) for x in instruction.get("extension") or []]
    return flagged or reasons or any(x.endswith(_AS_NEEDED_EXTENSIONS) for x in urls)
