"""Is it trofosfamide? Codes say yes, words say perhaps, and an order that names nothing depends on the course."""

from tests.oracle.wire import as_dict, as_list, codings, reference_id

ATC = ("http://www.whocc.no/atc", "http://fhir.de/CodeSystem/bfarm/atc", "http://fhir.de/CodeSystem/dimdi/atc")
DRUG_CODES = {("http://snomed.info/sct", "1156222009"), *((system, "L01AA07") for system in ATC)}
NAMES = ("trofosfamid", "trophosphamid", "ixoten")
CODED, POSSIBLE, OTHER, NAMELESS = "coded", "possible", "other", "nameless"


def strongest(answers):
    for answer in (CODED, POSSIBLE, OTHER):
        if answer in answers:
            return answer
    return NAMELESS


def word(text):
    if not isinstance(text, str) or not text.strip():
        return NAMELESS
    return POSSIBLE if any(name in text.casefold() for name in NAMES) else OTHER


def concept(value):
    answers = [word(as_dict(value).get("text"))]
    for coding in codings(value):
        if (coding.get("system"), coding.get("code")) in DRUG_CODES:
            answers.append(CODED)
        elif coding.get("code"):
            answers.append(OTHER)
        answers.append(word(coding.get("display")))
    return strongest(answers)


def medication(resource):
    answers = [concept(resource.get("code"))]
    for ingredient in map(as_dict, as_list(resource.get("ingredient"))):
        answers.append(concept(ingredient.get("itemCodeableConcept")))
        answers.append(word(as_dict(ingredient.get("itemReference")).get("display")))
    return strongest(answers)


def medication_of(order, pool, server):
    """The Medication that the order refers to: contained, of the drafts, of the prefetch; else None."""
    reference = as_dict(order.get("medicationReference")).get("reference")
    if not isinstance(reference, str):
        return None
    if reference.startswith("#"):
        for resource in map(as_dict, as_list(order.get("contained"))):
            if resource.get("resourceType") == "Medication" and resource.get("id") == reference[1:]:
                return resource
        return None
    wanted = reference_id(reference, "Medication", server)
    for url, resource in pool:
        if url == reference or (wanted and resource.get("id") == wanted):
            return resource
    return None


def identity(order, pool, server):
    answers = [concept(order.get("medicationCodeableConcept"))]
    answers.append(word(as_dict(order.get("medicationReference")).get("display")))
    resolved = medication_of(order, pool, server)
    if resolved is not None:
        answers.append(medication(resolved))
    return strongest(answers)
