"""Recorded toxicity: adverse events, conditions and observations that carry a CTCAE term."""

from dataclasses import dataclass, replace
from datetime import timedelta

from tests.oracle.results import FINAL, Result
from tests.oracle.times import read_period, read_time
from tests.oracle.wire import as_dict, as_list, codings

MEDDRA = (
    "http://terminology.hl7.org/CodeSystem/MDRAE",
    "https://www.meddra.org",
    "http://terminology.hl7.org/CodeSystem/MDRGER",
)
MII = "https://www.medizininformatik-initiative.de/fhir/ext/modul-onko/CodeSystem/"
MII_GRADES = (MII + "mii-cs-onko-nebenwirkung-ctcae-grad", MII + "mii-vs-onko-nebenwirkung-ctcae-grad")
NCI = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
NCI_GRADES = {"C75533": 0, "C41338": 1, "C41339": 2, "C41340": 3, "C41337": 4, "C48275": 5}
PLAIN_GRADES = {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "K": 0}
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
OUTCOME = "http://terminology.hl7.org/CodeSystem/adverse-event-outcome"

FEBRILE_NEUTROPENIA = "10016288"
# Haematological terms and the acting analyte that each is about, where there is one.
HAEMATOLOGICAL = {
    "10002272": "haemoglobin", "10029366": "neutrophils", FEBRILE_NEUTROPENIA: "neutrophils",
    "10035528": "platelets", "10043554": "platelets", "10049182": "leukocytes", "10048580": None, "10024378": None,
    "10025256": "lymphocytes", "10007839": "lymphocytes",
}  # fmt: skip

TERM_OF = {"AdverseEvent": "event", "Condition": "code", "Observation": "code"}
COUNTING = ("final", "amended", "corrected", "preliminary")
CONCEPTS = ("event", "code", "severity", "outcome", "clinicalStatus", "verificationStatus", "valueCodeableConcept")
MOMENTS = (
    "date", "detected", "recordedDate", "onsetDateTime", "abatementDateTime", "effectiveDateTime", "effectiveInstant",
)  # fmt: skip
SPANS = ("onsetPeriod", "abatementPeriod", "effectivePeriod")


@dataclass(frozen=True)
class Record:
    """One recorded toxicity; `unclear` says why it is only listed. The grade is None where none is told."""

    kind: str
    codes: frozenset
    grade: int | None = None
    onset: tuple | None = None
    resolved: bool = False
    unclear: str | None = None

    @property
    def haematological(self):
        return any(code in HAEMATOLOGICAL for code in self.codes)

    @property
    def confirmed(self):
        return self.unclear is None

    @property
    def analytes(self):
        return {HAEMATOLOGICAL[code] for code in self.codes if code in HAEMATOLOGICAL}

    @property
    def counts_as_result(self):
        """Haematological, of grade 3 or more, and not of lymphocytes alone, which do not act."""
        return self.confirmed and self.haematological and self.grade >= 3 and self.analytes != {"lymphocytes"}


def terms(raw):
    listed = codings(raw.get(TERM_OF[raw["resourceType"]]))
    return frozenset(item.get("code", "") for item in listed if item.get("system") in MEDDRA)


def read_records(resources, now):
    """`resources`: those with a term. The newest of the Observations of one term speaks, the older are over."""
    found = [record for record in (read_record(raw, now) for raw in resources) if record]
    seen = [one for one in found if one.kind == "Observation" and one.confirmed and one.onset]
    return [replace(one, resolved=True) if outlived(one, seen) else one for one in found]


def outlived(record, seen):
    if record.kind != "Observation" or record.onset is None:
        return False
    return any(one.codes & record.codes and one.onset[0] > record.onset[1] for one in seen)


def read_record(raw, now):
    """None for what is no toxicity: only possible, refuted, withdrawn."""
    if is_none(raw):
        return None
    record = Record(raw["resourceType"], terms(raw))
    if raw.get("modifierExtension") or not well_formed(raw):
        return replace(record, unclear="unreadable")
    onset = onset_of(raw)
    record = replace(record, grade=grade_of(raw), onset=onset, resolved=is_resolved(raw, now))
    if is_unconfirmed(raw):
        return replace(record, unclear="not-final")
    if onset and onset[0] > now + timedelta(minutes=5):
        return replace(record, unclear="future")
    return replace(record, unclear="absent") if record.grade is None else record


def coded(concept, system):
    return {item.get("code") for item in codings(concept) if item.get("system") == system}


def is_none(raw):
    if raw["resourceType"] == "AdverseEvent":
        return raw.get("actuality") == "potential"
    if raw["resourceType"] == "Condition":
        return bool(coded(raw.get("verificationStatus"), VERIFICATION) & {"refuted", "entered-in-error"})
    return raw.get("status") in ("cancelled", "entered-in-error", "registered", "unknown")


def is_unconfirmed(raw):
    if raw["resourceType"] == "Observation":
        return raw["status"] == "preliminary"
    doubts = {"unconfirmed", "provisional", "differential"}
    return bool(coded(raw.get("verificationStatus"), VERIFICATION) & doubts)


def well_formed(raw):
    """Whether what is read of it has the shape that FHIR gives it."""
    if raw["resourceType"] == "AdverseEvent" and raw.get("actuality") != "actual":
        return False
    if raw["resourceType"] == "Observation" and not (raw.get("status") in COUNTING and raw.get("subject")):
        return False
    shaped = all(isinstance(raw.get(name, {}), dict) for name in CONCEPTS)
    dated = all(read_time(raw[name]) for name in MOMENTS if name in raw)
    spans = all(read_period(raw[name]) for name in SPANS if name in raw)
    return shaped and dated and spans and single(raw)


def single(raw):
    """Whether each choice of types was made once."""
    for stem in ("onset", "abatement", "effective", "value"):
        if len([name for name in raw if name.startswith(stem)]) > 1:
            return False
    return all(isinstance(raw.get(name, []), list) for name in ("extension", "component"))


def onset_of(raw):
    """(first, last) of the onset; None where none is told."""
    if raw["resourceType"] == "AdverseEvent":
        told = [raw.get(name) for name in ("date", "detected", "recordedDate")]
    elif raw["resourceType"] == "Condition":
        told = [raw.get("onsetDateTime"), as_dict(raw.get("onsetPeriod")).get("start"), raw.get("recordedDate")]
    else:
        told = [raw.get("effectiveDateTime"), raw.get("effectiveInstant")]
        told.append(as_dict(raw.get("effectivePeriod")).get("start"))
    return next((read_time(one) for one in told if one is not None), None)


def is_resolved(raw, now):
    if raw["resourceType"] == "AdverseEvent":
        return bool(coded(raw.get("outcome"), OUTCOME) & {"resolved", "resolvedWithSequelae"})
    if raw["resourceType"] == "Observation":
        return is_over(as_dict(raw.get("effectivePeriod")).get("end"), now)
    if coded(raw.get("clinicalStatus"), CLINICAL) & {"resolved", "inactive", "remission"}:
        return True
    return has_abated(raw, now)


def has_abated(raw, now):
    if any(name in raw for name in ("abatementAge", "abatementRange", "abatementString")):
        return True
    return is_over(raw.get("abatementDateTime"), now) or is_over(as_dict(raw.get("abatementPeriod")).get("end"), now)


def is_over(moment, now):
    told = read_time(moment)
    return told is not None and told[0] <= now


def grade_of(raw):
    """The worst grade that a coding tells, None where none does."""
    grades = [grade for concept in graded_concepts(raw) for grade in map(coding_grade, codings(concept))]
    grades += [plain_grade(one) for one in extensions(raw)]
    return max((grade for grade in grades if grade is not None), default=None)


def graded_concepts(raw):
    if raw["resourceType"] == "Observation":
        listed = [as_dict(one).get("valueCodeableConcept") for one in as_list(raw.get("component"))]
        return [raw.get("valueCodeableConcept"), *listed]
    listed = [raw.get("severity")]
    for one in extensions(raw):
        listed += [one.get("valueCodeableConcept"), {"coding": [one.get("valueCoding")]}]
    return listed


def extensions(raw):
    return [] if raw["resourceType"] == "Observation" else list(map(as_dict, as_list(raw.get("extension"))))


def coding_grade(coding):
    system, code = coding.get("system", "").split("|")[0], coding.get("code")
    if system == NCI:
        return NCI_GRADES.get(code)
    if system in MII_GRADES or system.endswith("ctcae-grade-code-system"):
        return PLAIN_GRADES.get(code)
    return None


def plain_grade(extension):
    if not str(extension.get("url")).endswith("ctcae-grade"):
        return None
    value = extension.get("valueInteger", extension.get("valueCode"))
    return None if isinstance(value, bool) else PLAIN_GRADES.get(str(value))


def as_result(record):
    """What a recorded haematological toxicity counts as in the episodes of a course."""
    none = frozenset()
    return Result(
        "recorded", none, None, none, FINAL, *record.onset, low=record.grade, high=record.grade,
    )  # fmt: skip
