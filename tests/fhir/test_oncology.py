"""What the tumour record says: each code that counts, and the one beside it that does not."""

from typing import Any

import pytest

from cds_service.clinical.facts import EVIDENCE, Reason
from cds_service.fhir.oncology.codes import STATES
from tests.fhir.observations import LOINC, Json, coded
from tests.fhir.oncology import (
    AMERICAN_ICD,
    CLINICAL,
    COURSE,
    GERMAN_ICD,
    ICD_10,
    ICD_O_3,
    SNOMED,
    condition,
    ecog,
    evidence,
    german_ecog,
    is_silent,
    morphology,
    observed,
    read,
    response,
    unseen,
    verified,
    with_morphology,
)

RESPONSES = [
    (COURSE, "V", "complete"),
    (COURSE, "T", "partial"),
    (COURSE, "R", "partial"),
    (COURSE, "K", "stable"),
    (COURSE, "B", "stable"),
    (COURSE, "P", "progression"),
    (COURSE, "Y", "progression"),
    (COURSE, "D", "mixed"),
    (COURSE, "U", "not-assessable"),
    (COURSE, "X", "not-assessable"),
    (SNOMED, "550991000124107", "complete"),
    (SNOMED, "551001000124108", "partial"),
    (SNOMED, "268910001", "partial"),
    (SNOMED, "359746009", "stable"),
    (SNOMED, "260388006", "stable"),
    (SNOMED, "260415000", "no-evidence"),
    (SNOMED, "271299001", "progression"),
    (SNOMED, "419835002", "progression"),
]


@pytest.mark.parametrize(("system", "code", "state"), RESPONSES)
def test_a_disease_status_is_read_by_its_code(system: str, code: str, state: str) -> None:
    found = evidence(response(code, system))
    assert (found.kind, found.state, found.source, found.display) == ("response", state, "Observation/x", code)


def test_every_code_of_a_disease_status_is_in_the_table_above() -> None:
    assert {(system, code): state for system, code, state in RESPONSES} == STATES
    assert set(STATES.values()) == set(EVIDENCE["response"])


@pytest.mark.parametrize(("code", "system"), [("97509-4", LOINC), ("88040-1", LOINC), ("396432002", SNOMED)])
def test_a_disease_status_has_one_of_three_codes(code: str, system: str) -> None:
    assert evidence(observed(code, coded("P", system=COURSE), system)).state == "progression"
    assert is_silent(observed(code, coded("P", system=COURSE), "urn:other"))


@pytest.mark.parametrize(
    "value",
    [
        coded("P", system=SNOMED),
        coded("p", system=COURSE),
        coded("271299001", system=LOINC),
        coded("T", system=COURSE.replace("gesamtbeurteilung", "primaertumor")),
        {"text": "Progression"},
    ],
)
def test_another_value_of_a_disease_status_is_not_understood(value: Json) -> None:
    assert unseen(observed("97509-4", value)).reason is Reason.UNREADABLE


def test_the_german_code_and_its_translation_are_one_status() -> None:
    both = {"coding": [*coded("P", system=COURSE)["coding"], *coded("419835002", system=SNOMED)["coding"]]}
    assert evidence(observed("396432002", both, SNOMED)).state == "progression"


def test_a_remission_with_residues_is_no_full_one_whatever_its_wider_translation() -> None:
    both = {"coding": [*coded("R", system=COURSE)["coding"], *coded("550991000124107", system=SNOMED)["coding"]]}
    assert evidence(observed("396432002", both, SNOMED)).state == "partial"


@pytest.mark.parametrize("german", ["V", "R"])
def test_a_status_that_contradicts_itself_is_not_understood(german: str) -> None:
    both = {"coding": [*coded(german, system=COURSE)["coding"], *coded("271299001", system=SNOMED)["coding"]]}
    assert unseen(observed("396432002", both, SNOMED)).reason is Reason.CONFLICTING


def test_a_code_that_is_not_known_beside_one_that_is_changes_nothing() -> None:
    both = {"coding": [*coded("local", system="urn:x")["coding"], *coded("K", system=COURSE)["coding"]]}
    assert evidence(observed("97509-4", both)).state == "stable"


SARCOMAS = (
    "8800 8850 8936 8990 8991 9020 9040 9044 9120 9133 9137 9150 9170 9180 9231 9240 9251 9252 9260 9364 9540 9581"
).split()
OTHERS = "8799 8937 8140 8989 8992 9019 9021 9039 9045 9119 9134 9136 9138 9149 9151 9169 9171 9179 9181".split() + (
    "9230 9232 9239 9241 9250 9253 9259 9261 9363 9365 9539 9582".split()
)


@pytest.mark.parametrize("behaviour", ["3", "6"])
@pytest.mark.parametrize(("codes", "state"), [(SARCOMAS, "sarcoma"), (OTHERS, "other")])
def test_a_malignant_morphology_is_a_sarcoma_or_another_tumour(codes: list[str], state: str, behaviour: str) -> None:
    for code in codes:
        found = evidence(morphology(f"{code}/{behaviour}"))
        assert (found.kind, found.state, found.display) == ("histology", state, f"{code}/{behaviour}")


@pytest.mark.parametrize("code", ["8890/0", "8890/1", "8890/2", "8890/9"])
def test_a_morphology_that_is_not_malignant_says_nothing(code: str) -> None:
    assert is_silent(morphology(code))
    assert is_silent(condition("C49.2", **with_morphology(code)))


@pytest.mark.parametrize("code", ["8890", "8890/", "889/3", "8890/33", "M8890/3", "8890-3"])
def test_what_is_no_morphology_is_not_understood(code: str) -> None:
    assert (unseen(morphology(code)).reason, unseen(morphology(code)).detail) == (Reason.UNREADABLE, code)
    assert unseen(condition("C49.2", **with_morphology(code))).reason is Reason.UNREADABLE


@pytest.mark.parametrize("system", [ICD_O_3, "urn:oid:2.16.840.1.113883.6.43.1", f"{ICD_O_3}|3.2"])
def test_a_morphology_of_a_diagnosis_stands_in_its_extension(system: str) -> None:
    found = evidence(condition("C48.0", GERMAN_ICD, **with_morphology("8858/3", system=system)))
    assert (found.kind, found.state, found.source) == ("histology", "sarcoma", "Condition/x")
    assert unseen(condition("C48.0", **with_morphology("8858/3", system="urn:x"))).what == "histology"


def test_a_morphology_under_another_extension_says_nothing() -> None:
    assert is_silent(condition("C49.2", **with_morphology("8890/3", url="https://x.example/histology")))


@pytest.mark.parametrize(
    ("code", "system"),
    [("C49", ICD_10), ("C49.2", GERMAN_ICD), ("C49.A1", AMERICAN_ICD), ("424413001", SNOMED)],
)
def test_a_sarcoma_counts_where_histology_confirmed_it(code: str, system: str) -> None:
    assert evidence(condition(code, system, **verified())).state == "sarcoma"
    assert is_silent(condition(code, system))
    assert is_silent(condition(code, system, **verified(by="5")))
    assert is_silent(condition(code, "urn:other", **verified()))


@pytest.mark.parametrize(("code", "system"), [("C48.0", ICD_10), ("C490", ICD_10), ("C50.1", ICD_10), ("C49", SNOMED)])
def test_another_tumour_is_no_sarcoma_however_confirmed(code: str, system: str) -> None:
    assert is_silent(condition(code, system, **verified()))


@pytest.mark.parametrize("system", [ICD_10, GERMAN_ICD, AMERICAN_ICD])
@pytest.mark.parametrize("code", ["C77", "C77.3", "C78.0", "C79.5"])
def test_secondary_tumours_are_metastases(code: str, system: str) -> None:
    found = evidence(condition(code, system))
    assert (found.kind, found.state, found.display) == ("metastasis", "present", code)


@pytest.mark.parametrize(
    ("code", "system"), [("C76.0", ICD_10), ("C80.0", ICD_10), ("D48.1", ICD_10), ("C78.0", SNOMED)]
)
def test_other_tumours_are_no_metastases(code: str, system: str) -> None:
    assert is_silent(condition(code, system))


def test_a_site_of_a_metastasis_is_one_whatever_it_is() -> None:
    lung = {"coding": [{"system": "urn:sites", "code": "PUL", "display": "Lung"}]}
    found = evidence(observed("385421009", lung, SNOMED))
    assert (found.kind, found.state, found.display) == ("metastasis", "present", "Lung")
    assert evidence(observed("385421009", system=SNOMED)).display == "385421009"
    assert is_silent(observed("385421009", lung, LOINC))
    assert is_silent(observed("385421009", system=SNOMED, valueBoolean=False))


def test_one_diagnosis_may_tell_histology_and_spread() -> None:
    found = read(condition("C78.0", **with_morphology("8890/6")))
    assert [(x.kind, x.state) for x in found.evidence] == [("histology", "sarcoma"), ("metastasis", "present")]


@pytest.mark.parametrize(
    ("code", "system"),
    [("84114007", SNOMED), ("85898001", SNOMED), ("I50", ICD_10), ("I50.1", GERMAN_ICD), ("I42.0", AMERICAN_ICD)],
)
def test_a_heart_that_failed_speaks_against_an_anthracycline(code: str, system: str) -> None:
    for status in ({}, {"clinicalStatus": coded("active", system=CLINICAL)}):
        found = evidence(condition(code, system, **status))
        assert (found.kind, found.state) == ("anthracycline", "unsuitable")
    for over in ("resolved", "inactive", "remission"):
        assert is_silent(condition(code, system, clinicalStatus=coded(over, system=CLINICAL)))


@pytest.mark.parametrize(("code", "system"), [("I51.9", ICD_10), ("I43", ICD_10), ("84114007", LOINC), ("I50", LOINC)])
def test_another_disease_of_the_heart_does_not(code: str, system: str) -> None:
    assert is_silent(condition(code, system))


@pytest.mark.parametrize("grade", range(5))
def test_ecog_is_a_number_an_answer_or_a_component(grade: int) -> None:
    answer = ("LA9622-7", "LA9623-5", "LA9624-3", "LA9625-0", "LA9626-8")[grade]
    score = {"value": grade, "unit": "score", "code": "{score}"}
    told = [
        ecog(grade),
        observed("89247-1", valueQuantity=score),
        observed("89247-1", coded(answer)),
        observed("89247-1", coded(str(grade), system="urn:own")),
        observed("89247-1", {"coding": [{"code": str(grade)}]}),
        german_ecog(str(grade)),
    ]
    assert [(x.kind, x.state) for x in map(evidence, told)] == [("performance-status", str(grade))] * len(told)


@pytest.mark.parametrize(
    "sent",
    [
        ecog(5),
        ecog(-1),
        observed("89247-1", coded("LA9627-6")),
        observed("89247-1", coded("1")),
        observed("89247-1", valueQuantity={"value": 1, "code": "%"}),
        observed("89247-1", valueQuantity={"value": 1, "comparator": "<"}),
        observed("89247-1", valueQuantity={"value": 1.5}),
        observed("89247-1", valueString="1"),
        german_ecog("90%"),
    ],
)
def test_another_value_is_no_grade_of_ecog(sent: Json) -> None:
    assert (unseen(sent).what, unseen(sent).reason) == ("performance-status", Reason.UNREADABLE)


@pytest.mark.parametrize("sent", [german_ecog("U"), observed("89247-1", coded("LA4489-6")), observed("89247-1")])
def test_an_unknown_performance_status_is_absent(sent: Json) -> None:
    assert unseen(sent).reason is Reason.ABSENT


def test_other_scales_of_performance_are_not_read() -> None:
    assert is_silent(german_ecog("1", component="761869008"))
    assert is_silent(observed("89243-0", valueInteger=90))
    assert is_silent(observed("423740007", coded("1", system="urn:own"), SNOMED))


def test_two_grades_in_one_answer_are_a_contradiction() -> None:
    both: dict[str, Any] = {"coding": [*coded("LA9622-7")["coding"], *coded("3", system="urn:own")["coding"]]}
    assert unseen(observed("89247-1", both)).reason is Reason.CONFLICTING
