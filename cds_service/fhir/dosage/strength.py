"""How many mg of the drug one tablet has: the ingredient strength of a Medication."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from cds_service.fhir.codes import drug_of
from cds_service.fhir.concepts import codings, words
from cds_service.fhir.dosage.reading import Undetermined, number
from cds_service.fhir.dosage.units import EACH, TABLET, milligrams, unit_of

Element = Mapping[str, Any]


def strength(medication: Element) -> Fraction | None:
    """mg per tablet of a readable Medication; None where it does not say so surely: no or several ingredients that
    could be the drug, one that is another drug, or a strength that is not mg per tablet.
    """
    active = [x for x in medication.get("ingredient") or [] if x.get("isActive") is not False]
    named = [x for x in active if _names_the_drug(x)]
    chosen = named or active
    if len(chosen) != 1:
        return None
    try:
        return _ratio(chosen[0].get("strength") or {})
    except Undetermined:
        return None


def _names_the_drug(ingredient: Element) -> bool:
    item = ingredient.get("itemCodeableConcept") or {}
    return drug_of(codings(item), words(item)) != "other"


def _ratio(strength: Element) -> Fraction:
    contents, per = strength.get("numerator") or {}, strength.get("denominator") or {}
    if per.get("comparator") is not None or unit_of(per) not in (TABLET, EACH):
        raise Undetermined("the strength is not per tablet")
    return milligrams(contents, None) / number(per.get("value"), "the number of tablets")
