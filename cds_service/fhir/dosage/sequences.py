"""What different numbers in `Dosage.sequence` mean, by the profile that an order says it follows.

FHIR R4 says that they are "sequential" and not when one gives way to the next; countries use them for two different
things. Only what a profile defines is listed. Elsewhere different numbers without bounds leave the dose undetermined:

* Germany, dgMP (http://ig.fhir.de/igs/medication/StructureDefinition/DosageDgMP, 1.0): no `sequence` at all.
* Austria, ELGA e-Medikation R4 (draft 0.1.1): the parts of one day (2-0-2-1) carry the same number, which says all that
  is needed; what different numbers mean is not said.
* Japan, JP Core: the sentence of R4, translated.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Sequence(StrEnum):
    """SAME_DAY: parts of one day, the first of which says what holds for all. STEPS: one after the other."""

    SAME_DAY = "same-day"
    STEPS = "steps"
    UNDEFINED = "undefined"


class Definition(NamedTuple):
    """What profiles whose URL begins with `prefix` mean, and where that is written."""

    prefix: str
    meaning: Sequence
    source: str


_SPLIT = "CH EMED, page Dosage, Split Dosing: an element per time of the day, numbered from 1; the first says the rest"
_UK = "UK Core guide for medicines, Element sequence: incremental numbers are sequential, equal ones concurrent"
DEFINITIONS = (
    Definition("http://fhir.ch/ig/ch-emed/StructureDefinition/", Sequence.SAME_DAY, _SPLIT),
    Definition("http://fhir.ch/ig/ch-emed-epr/StructureDefinition/", Sequence.SAME_DAY, _SPLIT),
    Definition("https://fhir.hl7.org.uk/StructureDefinition/UKCore-MedicationRequest", Sequence.STEPS, _UK),
    Definition("https://fhir.nhs.uk/StructureDefinition/NHSDigital-MedicationRequest", Sequence.STEPS, _UK),
)


def defined_by(profiles: Iterable[object]) -> Sequence:
    """The meaning that the profiles of an order define; UNDEFINED where none does, or they disagree."""
    named = [x for x in profiles if isinstance(x, str)]
    found = {x.meaning for x in DEFINITIONS for profile in named if profile.startswith(x.prefix)}
    return found.pop() if len(found) == 1 else Sequence.UNDEFINED
