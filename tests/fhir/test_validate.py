"""Whether a resource is valid R4: the library's traps, the required codes, and shapes that are known again."""

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir import validate
from cds_service.fhir.shape import shape_of
from cds_service.fhir.validate import fault_of, preload
from tests.fhir.observations import coded, limits, number, observation

ORDER: dict[str, Any] = {
    "resourceType": "MedicationRequest",
    "id": "m",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": {"text": "x"},
    "subject": {"reference": "Patient/p"},
    "authoredOn": "2026-11-20T07:30:00Z",
}


def order(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in {**ORDER, **members}.items() if value is not None}


@pytest.fixture(autouse=True)
def no_shape_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "_VALID_SHAPES", set())


@pytest.mark.parametrize(
    "resource",
    [
        observation(),
        observation(referenceRange=[limits("1.8", "7.5")], identifier=[{"system": "urn:x", "value": "1"}]),
        observation(contained=[{"resourceType": "Specimen", "id": "s"}]),
        observation(effectiveDateTime="2026-11"),
        observation(extension=[{"url": "https://x.example", "valueString": "y"}]),
        observation(status=None, _status={"extension": [{"url": "https://x.example", "valueCode": "unknown"}]}),
        observation(odd=3, effective={"start": 3}),
        order(),
        order(contained=[{"resourceType": "Medication", "id": "c", "code": {"text": "x"}}]),
        {"resourceType": "Medication", "code": {"text": "x"}},
        {"resourceType": "Patient", "birthDate": "1950"},
    ],
)
def test_what_is_valid_has_no_fault(resource: dict[str, Any]) -> None:
    assert fault_of(resource) == ""


@pytest.mark.parametrize(
    ("resource", "fault"),
    [
        (observation(status=None), "status is required"),
        (observation(status="done"), "status is not a code of its required value set"),
        (observation(status=["final"]), "Observation cannot be validated (TypeError)"),
        (observation(code=None), "code is required"),
        (observation(effectiveDateTime="2026-11-20T07:30:00"), "effectiveDateTime is not valid"),
        (observation(effectiveDateTime="2026-02-30"), "effectiveDateTime is not valid"),
        (observation(effectivePeriod={"start": "2026"}), "Observation is not valid"),
        (observation(valueString="x"), "Observation is not valid"),
        (observation(valueQuantity=[1]), "valueQuantity is not valid"),
        (observation(valueQuantity={"value": True}), "valueQuantity.value is not valid"),
        (observation(valueQuantity={"value": 1, "unit": ""}), "valueQuantity.unit is not valid"),
        (observation(subject={"reference": 3}), "subject.reference is not valid"),
        (observation(contained=[{"resourceType": "Unheard"}]), "Observation cannot be validated (KeyError)"),
        (observation(contained=[{"resourceType": "Observation", "status": "final"}]), "contained.0.code is required"),
        (observation(performer=[None]), "performer is not valid"),
        (order(status="signed"), "status is not a code of its required value set"),
        (order(intent="wish"), "intent is not a code of its required value set"),
        (order(intent=None), "intent is required"),
        (order(subject=None), "subject is required"),
        (order(medicationCodeableConcept=None), "MedicationRequest is not valid"),
        (order(medicationReference={"reference": "#c"}), "MedicationRequest is not valid"),
        ({"resourceType": "Patient", "gender": "m"}, "gender is not a code of its required value set"),
        ({"resourceType": "Condition"}, "subject is required"),
        ({"resourceType": "Encounter"}, "resourceType is none that is read here"),
        ({}, "resourceType is none that is read here"),
    ],
)
def test_what_is_not_valid_has_a_path_and_no_value_of_the_patient(resource: dict[str, Any], fault: str) -> None:
    assert fault_of(resource) == fault


@pytest.mark.parametrize(
    "place", [{}, {"valueQuantity": {"value": 1, "odd": 1}}, {"subject": {"reference": "x", "odd": {}}}]
)
def test_a_member_that_r4_does_not_know_is_ignored_and_hides_no_fault(place: dict[str, Any]) -> None:
    assert fault_of(observation(odd=1, **place)) == ""
    assert fault_of(observation(status=None, odd=1, **place)) == "status is required"


def test_nesting_beyond_what_the_library_bears_is_a_fault() -> None:
    resource = observation()
    inner = resource
    for _ in range(900):
        inner["extension"] = [{"url": "https://x.example"}]
        inner = inner["extension"][0]
    assert fault_of(resource) == "Observation cannot be validated (RecursionError)"


@pytest.mark.hazard("H03", "H30")
def test_validation_leaves_the_resource_as_it_is() -> None:
    sent = observation("1.10", odd={"kept": number("2.50")})
    before = copy.deepcopy(sent)
    fault_of(sent)
    assert sent == before
    assert str(sent["valueQuantity"]["value"]) == "1.10"


def test_the_samples_that_are_loaded_first_are_valid() -> None:
    preload()
    assert len(validate._VALID_SHAPES) == len(validate._SAMPLES)


def test_a_known_shape_is_not_asked_about_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fault_of(observation("1.5", id="a", meta={"versionId": "1"})) == ""
    monkeypatch.setattr(validate, "_model", None)
    assert (
        fault_of(observation("2.25", id="b", meta={"versionId": "2"}, effectiveDateTime="2026-01-01T00:00:00Z")) == ""
    )


def test_the_memory_of_shapes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "_MOST_SHAPES", 2)
    for text in "abcde":
        assert fault_of(observation(code={"text": text})) == ""
        assert len(validate._VALID_SHAPES) <= 2


DIFFERENT = [
    observation(),
    observation(status="amended"),
    observation(code=coded("718-7")),
    observation(id=3),
    observation(id=None),
    observation(id="a b"),
    observation(id="a" * 65),
    observation(effectiveDateTime="2026-02-30T07:30:00Z"),
    observation(effectiveDateTime="2026-11-20T07:30:00"),
    observation(effectiveDateTime="2026-11-20"),
    observation(effectiveDateTime=None),
    observation(issued="2026-11-20"),
    observation(subject={"reference": ""}),
    observation(subject={"reference": "a b"}),
    observation(subject={"reference": 3}),
    observation(subject={}),
    observation(subject=[{"reference": "Patient/p"}]),
    observation(valueQuantity={"value": "1.5"}),
    observation(valueQuantity={"value": True}),
    observation(valueQuantity={"value": None}),
    observation(valueQuantity={"value": Decimal("1E+5")}),
    observation(valueQuantity={}),
    observation(identifier=[{"value": "1"}, {"value": 1}]),
    observation(identifier=[{"value": 1}, {"value": "1"}]),
    observation(identifier={"value": "1"}),
    observation(meta={"versionId": "1"}),
    observation(meta={"versionId": "é"}),
    observation(meta={"lastUpdated": "2026-11-20"}),
]


def test_only_what_is_surely_valid_is_left_out_of_a_shape() -> None:
    assert len({shape_of(x) for x in DIFFERENT}) == len(DIFFERENT)


IDS = st.from_regex(r"\A[A-Za-z0-9\-.]{1,64}\Z")
TEXTS = st.from_regex(r"\A[!-~]{1,200}\Z")
INSTANTS = st.datetimes(timezones=st.timezones()).map(lambda x: x.isoformat())
NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
INSTANT = "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("build", "values", "plain"),
    [
        (lambda x: observation(id=x), IDS, "a"),
        (lambda x: observation(effectiveDateTime=x), INSTANTS, INSTANT),
        (lambda x: observation(issued=x), INSTANTS, INSTANT),
        (lambda x: order(authoredOn=x), INSTANTS, INSTANT),
        (lambda x: observation(meta={"versionId": x}), IDS, "1"),
        (lambda x: observation(meta={"lastUpdated": x}), INSTANTS, INSTANT),
        (lambda x: observation(meta={"source": x}), TEXTS, "#a"),
        (lambda x: observation(identifier=[{"value": x}, {"system": "urn:a"}]), TEXTS, "1"),
        (lambda x: observation(subject={"reference": x}), TEXTS, "Patient/p"),
        (lambda x: observation(encounter={"reference": x}), TEXTS, "Encounter/e"),
        (lambda x: observation(specimen={"reference": x}), TEXTS, "Specimen/s"),
        (lambda x: observation(basedOn=[{"reference": x}]), TEXTS, "ServiceRequest/s"),
        (lambda x: order(requester={"reference": x}), TEXTS, "Practitioner/p"),
        (lambda x: observation(valueQuantity={"value": x}), NUMBERS, 1),
    ],
)
@given(data=st.data())
def test_what_has_the_shape_of_something_valid_is_valid(
    build: Callable[[Any], dict[str, Any]], values: st.SearchStrategy[Any], plain: Any, data: st.DataObject
) -> None:
    resource = build(data.draw(values | st.text() | st.integers() | st.none() | st.booleans()))
    assert fault_of(build(plain)) == ""
    if shape_of(resource) == shape_of(build(plain)):
        assert validate._fault_of_model(validate._model(resource["resourceType"]), resource) == ""


@pytest.mark.parametrize("value", ["1.5", "212", "0", "0.001", "-1"])
def test_a_usual_number_is_left_out_of_a_shape(value: str) -> None:
    assert shape_of(observation(value)) == shape_of(observation("1"))


@pytest.mark.parametrize("kind", [None, 5, [], ["Observation"], {}])
def test_a_type_that_is_no_word_is_a_fault(kind: Any) -> None:
    assert fault_of({"resourceType": kind}) == "resourceType is none that is read here"
