"""How many mg of the drug one tablet has: what the Medication says, the site's product map, the site's rule."""

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import Any

from cds_service.fhir.codes import ATC, drug_of
from cds_service.fhir.concepts import codings, words
from cds_service.fhir.dosage.reading import Undetermined, number
from cds_service.fhir.dosage.units import EACH, TABLET, milligrams, unit_of
from cds_service.fhir.site import Site

Element = Mapping[str, Any]


class Silent(Enum):
    """Why a Medication tells no strength: it says none, or says one that is not surely mg per tablet."""

    NOT_SAID = "not said"
    NOT_UNDERSTOOD = "not understood"


def tablet(medication: Element | None, concept: Element, site: Site) -> Fraction | None:
    """mg in one tablet of an order; None where that is not surely known.

    `medication` is the readable Medication that it refers to, `concept` its own medicationCodeableConcept ({} for
    none). A strength that is said and not understood, and one that the product map contradicts, leave it unknown; the
    site's rule for every trofosfamide tablet fills in only where nothing is said.
    """
    said = Silent.NOT_SAID if medication is None else strength(medication)
    codes = [*codings(concept), *codings((medication or {}).get("code") or {})]
    known = {mg for x in codes if (mg := site.products.get(x)) is not None}
    known |= {said} if isinstance(said, Fraction) else set()
    if said is Silent.NOT_UNDERSTOOD or len(known) > 1:
        return None
    return known.pop() if known else site.tablet


def strength(medication: Element) -> Fraction | Silent:
    """mg per tablet by the ingredient of a readable Medication.

    Not understood: several ingredients that could be the drug, one that is another drug, or anything but mg per tablet.
    `Medication.amount`, how much is in a package, is never a strength.
    """
    active = [x for x in medication.get("ingredient") or [] if x.get("isActive") is not False]
    chosen = [x for x in active if _names_the_drug(x)] or active
    if not any(x.get("strength") for x in chosen):
        return Silent.NOT_SAID
    if len(chosen) != 1 or _names_another(chosen[0]):
        return Silent.NOT_UNDERSTOOD
    try:
        return _ratio(chosen[0]["strength"], packaged=bool(medication.get("amount"))) or Silent.NOT_UNDERSTOOD
    except Undetermined:
        return Silent.NOT_UNDERSTOOD


def _names_the_drug(ingredient: Element) -> bool:
    item = ingredient.get("itemCodeableConcept") or {}
    return drug_of(codings(item), words(item)) != "other"


def _names_another(ingredient: Element) -> bool:
    """True for words or an ATC code that are not the drug's; any other code alone may be one that is not known here."""
    item = ingredient.get("itemCodeableConcept") or {}
    told = bool(words(item)) or any(system in ATC for system, _ in codings(item))
    return told and not _names_the_drug(ingredient)


def _ratio(strength: Element, packaged: bool) -> Fraction | None:
    """None where it is not per tablet.

    A strength per "1" is one per tablet, unless an amount beside it says that the unit is a package of several.
    """
    contents, per = strength.get("numerator") or {}, strength.get("denominator") or {}
    unit = unit_of(per)
    if per.get("comparator") is not None or unit not in (TABLET, EACH) or (unit == EACH and packaged):
        return None
    return milligrams(contents, None) / number(per.get("value"))
