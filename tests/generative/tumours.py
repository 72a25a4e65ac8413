"""What an oncology record tells of a disease, as mCODE and as German records write it: Conditions and Observations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.generative.clock import ago, instant, written
from tests.generative.codes import LOINC
from tests.generative.toxicities import CLINICAL, ONKO, VERIFICATION, concept

Resource = dict[str, Any]
PATIENT = {"reference": "Patient/p1"}
SNOMED = "http://snomed.info/sct"
ICD_10 = (
    "http://fhir.de/CodeSystem/bfarm/icd-10-gm", "http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm",
)  # fmt: skip
ICD_O = ("http://terminology.hl7.org/CodeSystem/icd-o-3", "urn:oid:2.16.840.1.113883.6.43.1")
MORPHOLOGY_URL = (
    "https://www.medizininformatik-initiative.de/fhir/ext/modul-onko/StructureDefinition/"
    "mii-ex-onko-histology-morphology-behavior-icdo3"
)
# On and beside the ends of what counts as a sarcoma of soft tissue or vessels, malignant and not.
SARCOMAS = (
    "8800/3", "8890/3", "8936/3", "8990/3", "9040/3", "9120/6", "9137/3", "9260/3", "9364/3", "9540/3", "9581/3",
)  # fmt: skip
OTHERS = ("8140/3", "8799/3", "8937/3", "9134/3", "9539/3", "9582/3", "8070/6", "9180/0", "8890/0", "8850/1")
GERMAN_RESPONSES = f"{ONKO}mii-cs-onko-verlauf-gesamtbeurteilung"
GOOD = (
    (SNOMED, "268910001"), (SNOMED, "359746009"), (SNOMED, "260415000"), (SNOMED, "260388006"),
    (SNOMED, "550991000124107"), (SNOMED, "551001000124108"), *((GERMAN_RESPONSES, code) for code in "VTKBR"),
)  # fmt: skip
BAD = ((SNOMED, "271299001"), (SNOMED, "419835002"), (GERMAN_RESPONSES, "P"), (GERMAN_RESPONSES, "Y"))
UNTOLD = (*((GERMAN_RESPONSES, code) for code in "DUX"), (SNOMED, "709137006"), (LOINC, "V"))
# What German records send beside their own code.
MAPPED = {"V": "550991000124107", "R": "550991000124107", "T": "551001000124108", "K": "260388006", "P": "419835002"}
LOINC_ECOG = ("LA9622-7", "LA9623-5", "LA9624-3", "LA9625-0", "LA9626-8")
# Days ago: of responses and of assessments.
DAYS = (0.5, 2, 6, 15, 27, 40, 60, 85, 100, 130, 200, 400, 800)


def timed(rng: Random, stem: str, when: datetime | None) -> Resource:
    """`effective[x]` or the like: an instant, a day, a month or a period; nothing where no time is told."""
    if when is None:
        return {}
    if rng.random() < 0.1:
        return {f"{stem}Period": {"start": instant(when), "end": instant(when + timedelta(hours=2))}}
    styles = ("instant", "instant", "instant", "date", "date", "fraction", "month")
    return {f"{stem}DateTime": written(rng, when, styles)}


def some_time(rng: Random) -> datetime | None:
    """A time of the last years; now and then none."""
    return None if rng.random() < 0.06 else ago(rng.choice(DAYS))


def condition(rng: Random, *codings: tuple[str, str], **more: Any) -> Resource:
    """A Condition, mostly said to be active and confirmed."""
    made: Resource = {"resourceType": "Condition", "code": concept(*codings), "subject": dict(PATIENT)}
    if rng.random() < 0.7:
        made["clinicalStatus"] = concept((CLINICAL, "active"))
    if rng.random() < 0.7:
        made["verificationStatus"] = concept((VERIFICATION, "confirmed"))
    if rng.random() < 0.6:
        when = written(rng, ago(rng.choice(DAYS)), ("instant", "date", "month"))
        made[rng.choice(("onsetDateTime", "recordedDate"))] = when
    return made | more


def observation(rng: Random, code: tuple[str, str], **more: Any) -> Resource:
    """An Observation of the oncology record, mostly final."""
    status = rng.choices(("final", "amended", "corrected"), (90, 5, 5))[0]
    made: Resource = {"resourceType": "Observation", "status": status, "code": concept(code), "subject": dict(PATIENT)}
    return made | timed(rng, "effective", some_time(rng)) | more


def diagnosis(rng: Random) -> Resource:
    """A sarcoma by its site; sometimes histology confirms it, sometimes the morphology stands beside."""
    site = (rng.choice(ICD_10), rng.choice(("C49", "C49.2", "C49.9", "C48.0", "C48.9", "C40.2")))
    made = condition(rng, rng.choice((site, site, (SNOMED, "424413001"))))
    kind = rng.random()
    if kind < 0.35:
        confirmed = (f"{ONKO}mii-cs-onko-primaertumor-diagnosesicherung", rng.choice("7777123"))
        made["verificationStatus"] = concept((VERIFICATION, "confirmed"), confirmed)
    elif kind < 0.65:
        made["extension"] = [{"url": MORPHOLOGY_URL, "valueCodeableConcept": morphology(rng)}]
    return made


def morphology(rng: Random) -> Resource:
    return concept((rng.choice(ICD_O), rng.choice(SARCOMAS if rng.random() < 0.6 else OTHERS)))


def histology(rng: Random) -> Resource:
    return observation(rng, (LOINC, "59847-4"), valueCodeableConcept=morphology(rng))


def metastasis(rng: Random) -> Resource:
    if rng.random() < 0.5:
        return condition(rng, (rng.choice(ICD_10), rng.choice(("C78.0", "C77.3", "C79.5", "C78", "C80.0", "C76.0"))))
    return observation(rng, (SNOMED, "385421009"), valueCodeableConcept=concept((SNOMED, "39607008")))


def response(rng: Random) -> Resource:
    return judged(rng, rng.choices((GOOD, BAD, UNTOLD), (55, 33, 12))[0])


def good_response(rng: Random) -> Resource:
    return judged(rng, GOOD)


def judged(rng: Random, codes: tuple[tuple[str, str], ...]) -> Resource:
    """How the disease stood, by one of these codes."""
    code = rng.choice(((LOINC, "97509-4"), (LOINC, "88040-1"), (SNOMED, "396432002")))
    value = rng.choice(codes)
    mapped = MAPPED.get(value[1]) if value[0] == GERMAN_RESPONSES and rng.random() < 0.5 else None
    return observation(rng, code, valueCodeableConcept=concept(value, *([(SNOMED, mapped)] if mapped else [])))


def performance(rng: Random) -> Resource:
    """ECOG 0 to 4; now and then unknown, or what is no grade of it."""
    grade = rng.choices((0, 1, 2, 3, 4), (23, 23, 18, 20, 16))[0]
    if rng.random() < 0.5:
        number: Resource = {"valueInteger": rng.choices((grade, 5), (95, 5))[0]}
        answer = {"valueCodeableConcept": concept((LOINC, LOINC_ECOG[grade]))}
        quantity = {"valueQuantity": {"value": grade, "unit": "{score}"}}
        return observation(rng, (LOINC, "89247-1"), **rng.choice((number, number, answer, quantity)))
    code = rng.choices((str(grade), "U"), (92, 8))[0]
    answer = concept((f"{ONKO}mii-cs-onko-allgemeiner-leistungszustand-ecog", code))
    component = {"code": concept((SNOMED, "423740007")), "valueCodeableConcept": answer}
    return observation(rng, (SNOMED, "423690003"), component=[component])


def heart(rng: Random) -> Resource:
    """What speaks against anthracyclines, as it is now or was once."""
    german = (rng.choice(ICD_10), rng.choice(("I50.1", "I42.0", "I42.9", "I10")))
    made = condition(rng, rng.choice((german, german, (SNOMED, "84114007"), (SNOMED, "85898001"))))
    if rng.random() < 0.2:
        made["clinicalStatus"] = concept((CLINICAL, rng.choice(("resolved", "inactive", "remission"))))
    return made


# How often a record has one of each kind, in percent, and how many at most.
KINDS: tuple[tuple[int, int, Callable[[Random], Resource]], ...] = (
    (60, 1, diagnosis), (45, 2, histology), (50, 2, metastasis), (65, 3, response), (65, 2, performance),
    (45, 1, heart),
)  # fmt: skip
