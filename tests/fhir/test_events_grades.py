"""CTCAE grades by code: every system, every place, and all that is no grade."""

from typing import Any

import pytest

from cds_service.clinical.facts import Reason, Unknown
from tests.fhir.events import (
    HL7_GRADES,
    MII,
    MII_2024,
    NCIT,
    adverse_event,
    condition,
    grade,
    graded_by,
    grading,
    toxicity,
    unclear,
)
from tests.fhir.observations import Json, coded

DIGITS = [(str(x), x) for x in range(6)]
NCIT_CODES = [("C75533", 0), ("C41338", 1), ("C41339", 2), ("C41340", 3), ("C41337", 4), ("C48275", 5)]
NAPKON = "https://num.example/fhir/CodeSystem/ctcae-grade-code-system"
SYSTEMS = [
    *((MII, code, value) for code, value in [*DIGITS[1:], ("K", 0), ("0", 0)]),
    *((MII_2024, code, value) for code, value in [*DIGITS[1:], ("K", 0)]),
    *((HL7_GRADES, code, value) for code, value in DIGITS),
    *((NAPKON, code, value) for code, value in DIGITS),
    *((f"{HL7_GRADES}|4.03", code, value) for code, value in DIGITS),
    *((NCIT, code, value) for code, value in NCIT_CODES),
]
SERIOUSNESS = "http://terminology.hl7.org/CodeSystem/adverse-event-seriousness"
SEVERITY = "http://terminology.hl7.org/CodeSystem/adverse-event-severity"
PLACES = {
    "severity of an event": lambda x: adverse_event(severity=x),
    "seriousness of an event": lambda x: adverse_event(severity=None, seriousness=x),
    "extension of an event": lambda x: adverse_event(severity=None, **graded_by({"valueCodeableConcept": x})),
    "coding in an extension of an event": lambda x: adverse_event(
        severity=None, **graded_by({"valueCoding": (x.get("coding") or [{"display": "3"}])[0]})
    ),
    "severity of a condition": lambda x: condition(severity=x),
    "extension of a condition": lambda x: condition(severity=None, **graded_by({"valueCodeableConcept": x})),
    "value of an observation": lambda x: grading(valueCodeableConcept=x),
    "component of an observation": lambda x: grading(
        valueCodeableConcept=None, component=[{"code": {"text": "grade"}, "valueCodeableConcept": x}]
    ),
    "extension of an observation": lambda x: grading(
        valueCodeableConcept=None, **graded_by({"valueCodeableConcept": x})
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("system", "code", "expected"), SYSTEMS)
def test_a_grade_is_read_by_its_code_wherever_it_stands(place: str, system: str, code: str, expected: int) -> None:
    assert toxicity(PLACES[place](grade(code, system))).grade == expected


NO_GRADES = [
    (coded("severe", system=SEVERITY), ""),
    ({**coded("severe", system=SEVERITY), "text": "CTCAE grade 3"}, ""),
    ({"text": "3"}, ""),
    (coded("serious", system=SERIOUSNESS), ""),
    (coded("24484000", system="http://snomed.info/sct"), ""),
    (coded("3", system="https://site.example/grades"), ""),
    (coded("3", system="https://site.example/ctcae-grade-code-system/other"), ""),
    (grade("U"), "U"),
    (grade("6"), "6"),
    (grade("III"), "III"),
    (grade("U", HL7_GRADES), "U"),
    (grade("K", HL7_GRADES), "K"),
    (grade("C70666", NCIT), "C70666"),
    (grade("3", NCIT), "3"),
    ({"coding": [{"system": MII, "display": "3"}]}, ""),
    ({"coding": [{"code": "3"}]}, ""),
]


@pytest.mark.hazard("H34")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("concept", "sent"), NO_GRADES)
def test_words_and_codes_of_other_things_are_no_grade(place: str, concept: Json, sent: str) -> None:
    found = unclear(PLACES[place](concept))
    assert (found.what, found.reason, found.detail) == ("toxicity", Reason.ABSENT, sent)
    assert found.source.endswith("/x")


@pytest.mark.parametrize(
    "resource", [adverse_event(severity=None), condition(severity=None), grading(valueCodeableConcept=None)]
)
def test_a_term_without_any_grade_is_listed(resource: Json) -> None:
    assert unclear(resource) == Unknown("toxicity", Reason.ABSENT, f"{resource['resourceType']}/x")


@pytest.mark.parametrize("kind", [adverse_event, condition])
@pytest.mark.parametrize(
    ("url", "value", "expected"),
    [
        ("https://x.example/ctcae-grade", {"valueInteger": 3}, 3),
        ("https://x.example/ctcae-grade", {"valueInteger": 0}, 0),
        ("https://x.example/ctcae-grade", {"valueInteger": 5}, 5),
        ("https://x.example/ctcae-grade", {"valueCode": "4"}, 4),
        ("https://x.example/ctcae-grade", {"valueInteger": 6}, None),
        ("https://x.example/ctcae-grade", {"valueInteger": -1}, None),
        ("https://x.example/ctcae-grade", {"valueCode": "severe"}, None),
        ("https://x.example/ctcae-grade", {"valueString": "3"}, None),
        ("https://x.example/ctcae-grade", {"valueDecimal": 3}, None),
        ("https://x.example/tumour-grade", {"valueInteger": 3}, None),
        ("https://x.example/ctcae-grade/old", {"valueInteger": 3}, None),
    ],
)
def test_a_plain_number_is_a_grade_where_its_extension_says_so(
    kind: Any, url: str, value: Json, expected: int | None
) -> None:
    resource = kind(severity=None, **graded_by(value, url))
    if expected is None:
        assert unclear(resource).reason is Reason.ABSENT
    else:
        assert toxicity(resource).grade == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (adverse_event(severity={"coding": [*grade("2")["coding"], *grade("4")["coding"]]}), 4),
        (adverse_event(severity=grade("2"), **graded_by({"valueInteger": 4})), 4),
        (adverse_event(severity=grade("4"), **graded_by({"valueInteger": 2})), 4),
        (adverse_event(severity=grade("2"), seriousness=grade("3")), 3),
        (adverse_event(severity=grade("U"), **graded_by({"valueInteger": 2})), 2),
        (adverse_event(severity=coded("severe", system=SEVERITY), seriousness=grade("1")), 1),
        (condition(severity=grade("1"), **graded_by({"valueCodeableConcept": grade("C41340", NCIT)})), 3),
        (grading(component=[{"code": {"text": "grade"}, "valueCodeableConcept": grade("4")}]), 4),
        (grading(component=[{"code": {"text": "grade"}, "valueCodeableConcept": grade("2")}]), 3),
    ],
)
def test_of_several_grades_the_worst_counts(resource: Json, expected: int) -> None:
    assert toxicity(resource).grade == expected


def test_the_version_of_ctcae_changes_no_recorded_grade() -> None:
    event = {"coding": [{"system": "https://www.meddra.org", "version": "CTCAE 6.0", "code": "10029366"}]}
    assert toxicity(adverse_event(event=event)).grade == 3
