"""The oncology record as evidence: what was found, how the disease stands, what was given, when it was looked at."""

from dataclasses import dataclass
from datetime import timedelta

from tests.oracle import oncology_codes as oc
from tests.oracle.drug import CODED, POSSIBLE, identity, medication_of
from tests.oracle.orders import ORDERS
from tests.oracle.protocols import ours
from tests.oracle.recorded import CLINICAL, VERIFICATION, coded
from tests.oracle.results import NO_RESULT, exact
from tests.oracle.times import read_period, read_time
from tests.oracle.wire import as_dict, as_list, codings, of_type

KEYS = {
    "carePlans": "CarePlan",
    "conditions": "Condition",
    "cancer": "Observation",
    "statements": "MedicationStatement",
    "treatments": "Procedure",
    "imaging": "ImagingStudy",
    "imagingReports": "DiagnosticReport",
}
FINAL = ("final", "amended", "corrected")
UNTRUE = {"refuted", "entered-in-error", "unconfirmed", "provisional", "differential"}
NOT_GIVEN = ("draft", "cancelled", "entered-in-error", "not-taken", "intended", "unknown")
BROKEN = "broken"


@dataclass(frozen=True)
class Evidence:
    """`when` is a pair (first, last), None where no time was recorded."""

    kind: str
    state: object
    when: tuple | None = None


def codes_of(concept):
    return {(item.get("system"), item.get("code")) for item in codings(concept)}


def resources_of(opened, pool, server):
    """The resources that the oncology record is read from, whatever came of them: those of the codes that count."""
    found = [raw for raw in of_type(opened["carePlans"][0], "CarePlan") if ours(raw)]
    for key in ("conditions", "cancer", "treatments", "imaging", "imagingReports"):
        found += [raw for raw in of_type(opened[key][0], KEYS[key]) if kinds_of(raw)]
    drugs = of_type(opened["medications"][0], "MedicationRequest")
    drugs += of_type(opened["statements"][0], "MedicationStatement")
    return found + [raw for raw in drugs if is_other_therapy(raw, pool, server)]


def kinds_of(raw):
    """What a resource may be evidence of, by its codes alone."""
    reader = {
        "Condition": of_condition, "Observation": of_observation, "Procedure": of_procedure,
        "ImagingStudy": of_study, "DiagnosticReport": of_report,
    }[raw["resourceType"]]  # fmt: skip
    return {kind for kind, _ in reader(raw)}


def read_evidence(resources, now):
    """`resources`: those of `resources_of`; care plans are none."""
    told = [raw for raw in resources if raw["resourceType"] != "CarePlan"]
    return [one for raw in told for one in evidence_of(raw, now)]


def evidence_of(raw, now):
    when = time_of(raw)
    if raw.get("modifierExtension") or not counts(raw) or when == BROKEN:
        return []
    if when and when[0] > now + timedelta(minutes=5):
        return []
    return [Evidence(kind, state, when) for kind, state in said_by(raw) if state is not None]


def unclear_response(resources, now):
    """Whether a response is recorded that cannot be understood: it may be a progression."""
    told = [raw for raw in resources if raw["resourceType"] == "Observation" and raw.get("status") not in NO_RESULT]
    return any(not evidence_of(raw, now) for raw in told if "response" in kinds_of(raw))


def said_by(raw):
    kind = raw["resourceType"]
    if kind in ("MedicationRequest", "MedicationStatement"):
        return [("systemic-therapy", "given")]
    if kind == "Condition":
        return of_condition(raw)
    if kind == "Observation":
        return of_observation(raw)
    return [(name, "given" if name == "systemic-therapy" else "done") for name in kinds_of(raw)]


def counts(raw):
    """Whether it was, or is: not withdrawn, not only thought of, not only possible."""
    kind, status = raw["resourceType"], raw.get("status")
    if kind == "Condition":
        return not coded(raw.get("verificationStatus"), VERIFICATION) & UNTRUE
    if kind == "Observation":
        return status in FINAL and not raw.get("dataAbsentReason")
    if kind == "DiagnosticReport":
        return status in (*FINAL, "appended", "preliminary", "partial")
    if kind == "ImagingStudy":
        return status in (None, "available")
    if kind == "Procedure":
        return status in ("completed", "in-progress", "stopped")
    meant = kind == "MedicationStatement" or raw.get("intent") in ORDERS
    return status is not None and status not in NOT_GIVEN and meant and raw.get("doNotPerform") is not True


def time_of(raw):
    """(first, last) of when it was; None where that is not told, "broken" where it cannot be read."""
    kind = raw["resourceType"]
    if kind == "Condition":
        told = [name for name in ("onsetDateTime", "onsetPeriod", "recordedDate") if name in raw][:1]
    elif kind in ("MedicationRequest", "ImagingStudy"):
        told = [name for name in ("authoredOn", "started") if name in raw]
    else:
        stem = "performed" if kind == "Procedure" else "effective"
        told = [name for name in raw if name.startswith(stem)]
    if not told:
        return None
    value = raw[told[0]]
    found = read_period(value) if told[0].endswith("Period") else read_time(value)
    return found if found and len(told) == 1 else BROKEN


def of_condition(raw):
    """Pairs of kind and state; the state is None where the code alone tells nothing."""
    listed, found = codes_of(raw.get("code")), []
    confirmed_by = confirmations(raw) if is_icd(listed, "C49") or oc.SARCOMA in listed else set()
    if confirmed_by:  # the code alone is too little to be used
        found.append(("histology", "sarcoma" if "7" in confirmed_by else None))
    extensions = map(as_dict, as_list(raw.get("extension")))
    told = [one for one in extensions if str(one.get("url")).endswith(oc.MORPHOLOGY_URL)]
    found += [("histology", morphology(one.get("valueCodeableConcept"))) for one in told]
    if is_icd(listed, "C77", "C78", "C79"):
        found.append(("metastasis", "present"))
    if is_icd(listed, "I50", "I42") or listed & set(oc.UNFIT_HEART):
        clinical = coded(raw.get("clinicalStatus"), CLINICAL)
        found.append(("anthracycline", "unsuitable" if clinical in (set(), {"active"}) else None))
    return found


def is_icd(listed, *categories):
    return any(system in oc.ICD_10 and (code or "").split(".")[0] in categories for system, code in listed)


def confirmations(raw):
    """The codes of what confirmed a diagnosis; "7" is histology of the primary tumour."""
    listed = codes_of(raw.get("verificationStatus"))
    return {code for system, code in listed if (system or "").endswith(oc.CONFIRMATION)}


def morphology(concept):
    """ "sarcoma" or "other" of a malignant one, None of all else."""
    said = set()
    for system, code in codes_of(concept):
        number, _, behaviour = (code or "").partition("/")
        if system in oc.ICD_O and behaviour in ("3", "6") and number.isdigit() and len(number) == 4:
            within = any(first <= int(number) <= last for first, last in oc.SARCOMAS)
            said.add("sarcoma" if within else "other")
    return "sarcoma" if "sarcoma" in said else "other" if said else None


def of_observation(raw):
    listed, value = codes_of(raw.get("code")), raw.get("valueCodeableConcept")
    if oc.MORPHOLOGY in listed:
        return [("histology", morphology(value))]
    if oc.DISTANT_METASTASIS in listed:
        return [("metastasis", "present")]
    if listed & set(oc.RESPONSES):
        sent = codes_of(value)
        sent -= {oc.FULL_REMISSION} if oc.WITH_RESIDUES in sent else set()
        said = {oc.RESPONSE_OF[pair] for pair in sent if pair in oc.RESPONSE_OF}
        return [("response", said.pop() if len(said) == 1 else None)]
    if oc.ECOG in listed:
        return [("performance-status", ecog(raw))]
    if oc.ECOG_PANEL in listed:
        parts = [as_dict(one) for one in as_list(raw.get("component"))]
        told = {ecog(part) for part in parts if oc.ECOG_COMPONENT in codes_of(part.get("code"))}
        return [("performance-status", told.pop() if len(told) == 1 else None)]
    return []


def ecog(part):
    """0 to 4, None for all else."""
    if "valueCodeableConcept" in part:
        said = {oc.ECOG_ANSWERS.get(code) for _, code in codes_of(part["valueCodeableConcept"])} - {None}
        return said.pop() if len(said) == 1 else None
    quantity = as_dict(part.get("valueQuantity"))
    number = exact(part.get("valueInteger", None if quantity.get("comparator") else quantity.get("value")))
    return int(number) if number in (0, 1, 2, 3, 4) else None


def of_procedure(raw):
    listed = codes_of(raw.get("code"))
    german = any((x or "").endswith("ops") and (code or "").startswith(oc.OPS_CHEMOTHERAPY) for x, code in listed)
    return [("systemic-therapy", "given")] if german or listed & set(oc.CHEMOTHERAPY) else []


def of_study(raw):
    listed = as_list(raw.get("modality")) + [as_dict(one).get("modality") for one in as_list(raw.get("series"))]
    tomography = any((one.get("system"), one.get("code")) in TOMOGRAPHY for one in map(as_dict, listed))
    return [("imaging", "done")] if tomography else []


def of_report(raw):
    listed = {pair for concept in as_list(raw.get("category")) for pair in codes_of(concept)}
    return [("imaging", "done")] if any(s == oc.SECTIONS and code in oc.RADIOLOGY for s, code in listed) else []


TOMOGRAPHY = {(oc.DICOM, code) for code in oc.MODALITIES}


def is_other_therapy(raw, pool, server):
    """Whether an order or a statement is of an antineoplastic drug other than this one."""
    if identity(raw, pool, server) in (CODED, POSSIBLE):
        return False
    known = as_dict(medication_of(raw, pool, server))
    concepts = [raw.get("medicationCodeableConcept"), known.get("code")]
    concepts += [as_dict(one).get("itemCodeableConcept") for one in as_list(known.get("ingredient"))]
    listed = {pair for concept in concepts for pair in codes_of(concept)}
    return any(system in oc.ATC_SYSTEMS and (code or "").startswith(oc.ANTINEOPLASTIC) for system, code in listed)


def of_kind(evidence, kind):
    return [one for one in evidence if one.kind == kind]


def latest(evidence, kind):
    """The newest ones of a kind: all that may be; those without a time only where none has one."""
    own = of_kind(evidence, kind)
    timed = [one for one in own if one.when]
    return [one for one in timed if not any(new.when[0] > one.when[1] for new in timed)] if timed else own
