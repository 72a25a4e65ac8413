"""When the patient was born, or why that is not known."""

from typing import Any

import pytest

from cds_service.clinical.facts import Reason, Unknown, When
from cds_service.fhir.patient import born
from cds_service.fhir.times import when
from tests.fhir.observations import BERLIN, raw


def patient(**members: Any) -> Any:
    sent = {"resourceType": "Patient", "id": "p", "birthDate": "1958-03-14", **members}
    return raw({name: value for name, value in sent.items() if value is not None})


def age(value: Any) -> When | Unknown:
    return born(value, "p", BERLIN)


@pytest.mark.parametrize("text", ["1958-03-14", "1958-03", "1958"])
def test_a_birth_date_is_as_precise_as_it_was_recorded(text: str) -> None:
    assert age(patient(birthDate=text)) == when(text, BERLIN)


@pytest.mark.requirement(49)
def test_what_was_not_sent_and_what_the_record_has_not_are_told_apart() -> None:
    assert age(None) == Unknown("age", Reason.NOT_READ)
    assert age(raw(b"null")) == Unknown("age", Reason.ABSENT)
    assert age(patient(birthDate=None)) == Unknown("age", Reason.ABSENT, "Patient/p")


@pytest.mark.hazard("H05")
@pytest.mark.parametrize(("sent", "source"), [("q", "Patient/q"), ("P", "Patient/P"), (None, "")])
def test_another_patients_record_is_noticed(sent: str | None, source: str) -> None:
    assert age(patient(id=sent)) == Unknown("age", Reason.OTHER_PATIENT, source)


@pytest.mark.requirement(47)
def test_an_operation_outcome_is_no_patient() -> None:
    assert age(raw({"resourceType": "OperationOutcome"})) == Unknown("age", Reason.FETCH_FAILED, "Patient/p")


@pytest.mark.parametrize(
    "value",
    [
        patient(birthDate="1958-13-14"),
        patient(birthDate="14.03.1958"),
        patient(birthDate="1958-03-14T00:00:00Z"),
        patient(birthDate=19580314),
        patient(resourceType="Person"),
        patient(resourceType=None),
        patient(id=3),
        raw(b"3"),
        raw(b"{"),
        raw(b""),
        raw(b'{"resourceType":"Patient","x":' + b"[" * 100_000),
    ],
)
def test_what_cannot_be_read_is_unreadable(value: Any) -> None:
    assert age(value) == Unknown("age", Reason.UNREADABLE, "Patient/p")
