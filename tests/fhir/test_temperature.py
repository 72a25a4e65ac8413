"""Body temperatures: value, unit, time and patient; what is wrong with one is said, and it is not used."""

from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.facts import Reason, Temperature, Unknown
from cds_service.fhir.labs import validate_newest
from cds_service.fhir.times import when
from tests.fhir.observations import BERLIN, TAKEN, TEMPERATURE, coded, component, observation, panel, quantity, read

INVALID = {"performer": [{"reference": 3}]}


def temperature(value: Any = "38.5", unit: str | None = "Cel", **members: Any) -> Any:
    return observation(value, unit, TEMPERATURE, **{"id": "t", **members})


def celsius(*sent: Any) -> list[Decimal]:
    return [x.celsius for x in read(*sent).temperatures]


def reason(sent: Any) -> tuple[Reason, str]:
    found = read(sent)
    assert (found.temperatures, found.results, found.gaps) == ((), {}, ())
    [unclear] = found.unclear
    assert (unclear.what, unclear.source) == ("temperature", "Observation/t")
    return unclear.reason, unclear.detail


def test_a_temperature_is_no_result_of_the_laboratory() -> None:
    found = read(temperature())
    assert found.temperatures == (Temperature(Decimal("38.5"), "Observation/t", when(TAKEN, BERLIN)),)
    assert (found.results, found.unclear, found.absent) == ({}, (), ())


@pytest.mark.hazard("H24")
@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("38.30", "Cel", "38.30"),
        ("38.3", "°C", "38.3"),
        ("38", "Cel", "38"),
        ("100.4", "[degF]", "38"),
        ("100.94", "[degF]", "38.3"),
        ("98.6", "[degF]", "37"),
        ("77", "[degF]", "25"),
        ("113.0", "[degF]", "45"),
        ("100.5", "[degF]", "38.0555555555555555555555555556"),
        ("101", "[degF]", "38.3333333333333333333333333334"),
        ("100." + "4" + "0" * 150 + "1", "[degF]", "38.0000000000000000000000000001"),
    ],
)
def test_degrees_are_exact_and_never_rounded_away_from_fever(value: str, unit: str, expected: str) -> None:
    assert celsius(temperature(value, unit)) == [Decimal(expected)]


@pytest.mark.hazard("H01")
@pytest.mark.parametrize(
    ("unit", "inside", "outside"),
    [
        ("Cel", ("25", "45"), ("24.9", "45.1", "0", "98.6")),
        ("[degF]", ("77", "113"), ("76.9", "113.1", "38.5")),
    ],
)
def test_a_temperature_that_nobody_has_is_unreadable(
    unit: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    assert [len(celsius(temperature(x, unit))) for x in inside] == [1] * len(inside)
    assert [reason(temperature(x, unit)) for x in outside] == [(Reason.UNREADABLE, f"{x} {unit}") for x in outside]


@pytest.mark.hazard("H02")
@pytest.mark.parametrize("unit", ["C", "F", "degF", "cel", "K", "°F", "%", None])
def test_another_unit_or_none_is_never_degrees_celsius(unit: str | None) -> None:
    assert reason(temperature("38.5", unit)) == (Reason.WRONG_UNIT, f"38.5 {unit or ''}".strip())


@pytest.mark.hazard("H01")
@pytest.mark.parametrize(("text", "code"), [("[degF]", "Cel"), ("°C", "[degF]"), ("10*9/L", "Cel")])
def test_text_and_code_of_the_unit_must_mean_the_same(text: str, code: str) -> None:
    found = reason(temperature(valueQuantity=quantity("38.5", text, code=code)))
    assert found == (Reason.WRONG_UNIT, f"38.5 {text}")


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ({"effectiveDateTime": None, "issued": TAKEN}, "time: none of collection"),
        ({"effectiveDateTime": None}, "time: none that can be used"),
        ({"effectiveDateTime": "yesterday"}, "time: yesterday"),
    ],
)
def test_when_it_was_taken_has_to_be_known(member: Any, expected: str) -> None:
    assert reason(temperature(**member)) == (Reason.UNREADABLE, expected)


@pytest.mark.hazard("H22")
def test_the_future_is_refused() -> None:
    assert reason(temperature(effectiveDateTime="2026-11-24"))[0] is Reason.FUTURE


@pytest.mark.parametrize("status", ["final", "amended", "corrected", "preliminary"])
def test_these_statuses_count(status: str) -> None:
    assert celsius(temperature(status=status)) == [Decimal("38.5")]


@pytest.mark.parametrize("status", ["registered", "cancelled", "entered-in-error", "unknown"])
def test_these_statuses_are_no_temperature(status: str) -> None:
    found = read(temperature(status=status))
    assert (found.temperatures, found.unclear) == ((), ())


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ({"status": "done"}, (Reason.UNREADABLE, "status")),
        ({"subject": None}, (Reason.UNREADABLE, "subject")),
        ({"valueQuantity": quantity("38.5", "Cel", comparator=">")}, (Reason.UNREADABLE, "> 38.5 Cel")),
        ({"valueQuantity": None, "valueString": "38.5"}, (Reason.UNREADABLE, 'valueString: "38.5"')),
        ({"modifierExtension": [{"url": "https://x.example"}]}, (Reason.UNREADABLE, "modifierExtension")),
    ],
)
def test_what_cannot_be_understood_is_said(member: Any, expected: tuple[Reason, str]) -> None:
    assert reason(temperature(**member)) == expected


def test_none_was_taken_where_there_is_a_reason_instead() -> None:
    found = read(temperature(valueQuantity=None, dataAbsentReason={"text": "refused"}))
    assert (found.temperatures, found.unclear) == ((), ())
    assert found.absent == (Unknown("temperature", Reason.ABSENT, "Observation/t"),)


@pytest.mark.hazard("H05")
def test_another_patients_temperature_is_foreign() -> None:
    found = read(temperature(subject={"reference": "Patient/q"}))
    assert found.foreign == (Unknown("temperature", Reason.OTHER_PATIENT, "Observation/t"),)


@pytest.mark.hazard("H24")
@pytest.mark.parametrize("code", ["85353-1", "8716-3", "85354-9"])
def test_a_component_of_any_panel_is_a_temperature(code: str) -> None:
    sent = panel(component("80", "/min", "8867-4"), component("38.5", "Cel", TEMPERATURE), code=coded(code), id="t")
    assert read(sent).temperatures == (Temperature(Decimal("38.5"), "Observation/t", when(TAKEN, BERLIN)),)


@pytest.mark.hazard("H06")
def test_a_corrected_temperature_replaces_what_it_corrects() -> None:
    assert celsius(temperature("39.5"), temperature("36.5", status="corrected")) == [Decimal("36.5")]
    assert celsius(temperature(), temperature()) == [Decimal("38.5")]


@pytest.mark.hazard("H25")
@pytest.mark.parametrize(
    ("taken", "fault"),
    [
        ("2026-11-20T07:30:00Z", "performer.0.reference is not valid"),
        ("2026-11-09T09:05:00Z", "performer.0.reference is not valid"),
        ("2026-11-09T09:04:59Z", ""),
    ],
)
def test_temperatures_of_the_last_fourteen_days_are_validated(taken: str, fault: str) -> None:
    found = validate_newest(read(temperature(effectiveDateTime=taken, **INVALID)))
    assert [x.detail for x in found.unclear] == ([fault] if fault else [])
    assert len(found.temperatures) == (0 if fault else 1)


def test_a_valid_temperature_stays_and_one_that_is_unclear_keeps_its_reason() -> None:
    found = validate_newest(read(temperature(), temperature("38.5", "K", id="k", **INVALID)))
    assert [x.source for x in found.temperatures] == ["Observation/t"]
    assert [(x.source, x.reason) for x in found.unclear] == [("Observation/k", Reason.WRONG_UNIT)]
