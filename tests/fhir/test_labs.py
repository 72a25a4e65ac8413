"""Observations -> results: values, units, times, subjects and codes; each unusable one with its reason."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.clinical.facts import ANY_TIME, Reason, Result, Unknown
from cds_service.fhir.codes import MASS, MOLAR, NUMBER, SEGMENTED_COUNT, Meaning
from cds_service.fhir.site import Site
from cds_service.fhir.times import when
from tests.fhir.observations import (
    ALT,
    BERLIN,
    CREATININE,
    HAEMOGLOBIN,
    LATEST,
    LOINC,
    NEUTROPHILS,
    SERVER,
    TAKEN,
    UCUM,
    coded,
    limits,
    observation,
    only,
    quantity,
    raw,
    read,
)

MOLAR_HAEMOGLOBIN, MOLAR_CREATININE, BILIRUBIN, AST = "59260-0", "14682-9", "1975-2", "1920-8"


def fault(result: Result) -> tuple[Reason, str] | None:
    return (result.fault.reason, result.fault.detail) if result.fault else None


@pytest.mark.hazard("H01", "H03")
@pytest.mark.parametrize(
    ("loinc", "value", "unit", "expected"),
    [
        # analyte, value in the canonical unit, value and unit as readers see them, haemoglobin in mmol/L
        (NEUTROPHILS, "0.999", "10*9/L", ("neutrophils", "0.999", "0.999", "10*9/L", None)),
        (NEUTROPHILS, "999", "/uL", ("neutrophils", "0.999", "0.999", "10*9/L", None)),
        ("6690-2", "1.0", "K/uL", ("leukocytes", "1.0", "1.0", "10*9/L", None)),
        ("777-3", "212", "G/L", ("platelets", "212", "212", "10*9/L", None)),
        ("731-0", "800", "/uL", ("lymphocytes", "0.800", "0.800", "10*9/L", None)),
        (HAEMOGLOBIN, "7.99", "g/dL", ("haemoglobin", "7.99", "7.99", "g/dL", None)),
        (HAEMOGLOBIN, "79.9", "g/L", ("haemoglobin", "7.99", "7.99", "g/dL", None)),
        (MOLAR_HAEMOGLOBIN, "4.9", "mmol/L", ("haemoglobin", "7.89586", "4.9", "mmol/L", "4.9")),
        (CREATININE, "1.0", "mg/dL", ("creatinine", "88.420", "1.0", "mg/dL", None)),
        (MOLAR_CREATININE, "88.4", "umol/L", ("creatinine", "88.4", "88.4", "umol/L", None)),
        (MOLAR_CREATININE, "0.0884", "mmol/L", ("creatinine", "88.4", "88.4", "umol/L", None)),
        (BILIRUBIN, "1.2", "mg/dL", ("bilirubin", "20.5248", "1.2", "mg/dL", None)),
        (ALT, "35", "U/L", ("alt", "35", "35", "U/L", None)),
        (AST, "0.58", "ukat/L", ("ast", "34.80", "34.80", "U/L", None)),
    ],
)
def test_a_value_is_exact_in_its_canonical_unit(loinc: str, value: str, unit: str, expected: Any) -> None:
    analyte, canonical, shown, shown_unit, molar = expected
    found = only(observation(value, unit, loinc))
    assert (found.analyte, found.value, found.shown, found.unit, found.molar, found.fault) == (
        analyte,
        Decimal(canonical),
        Decimal(shown),
        shown_unit,
        molar and Decimal(molar),
        None,
    )


@pytest.mark.hazard("H03")
def test_sixty_digits_are_not_rounded_at_a_limit() -> None:
    sent = "0." + "9" * 60
    assert only(observation(sent)).value == Decimal(sent)
    assert only(observation("999." + "9" * 57, "/uL")).value == Decimal(sent)


@pytest.mark.hazard("H03")
def test_what_would_have_to_be_rounded_is_unreadable() -> None:
    assert only(observation("1." + "1" * 150, "mg/dL", CREATININE)).fault is not None


@pytest.mark.parametrize("value", [0, 1, 12])
def test_a_whole_number_is_a_value(value: int) -> None:
    found = only(observation(value))
    assert (found.value, type(found.value)) == (Decimal(value), Decimal)


def test_what_is_known_of_a_result_says_where_it_comes_from() -> None:
    found = only(observation("1.5", id="r-1"))
    assert (found.source, found.final, found.comparator, found.when) == (
        "Observation/r-1",
        True,
        "",
        when(TAKEN, BERLIN),
    )
    assert only(observation(id=None)).source == ""


def test_a_result_is_one_like_any_other() -> None:
    found = only(observation("1.5"))
    expected = Result(
        "neutrophils",
        "Observation/o",
        when(TAKEN, BERLIN),
        True,
        value=Decimal("1.5"),
        shown=Decimal("1.5"),
        unit="10*9/L",
    )
    assert (found, hash(found), type(found)) == (expected, hash(expected), Result)
    with pytest.raises(AttributeError):
        found.value = Decimal(9)  # type: ignore[misc]


@pytest.mark.hazard("H01", "H02", "H08")
@pytest.mark.parametrize(
    ("loinc", "sent", "detail"),
    [
        (NEUTROPHILS, quantity("1.5", None), "1.5"),
        (NEUTROPHILS, quantity("1.5", "10*12/L"), "1.5 10*12/L"),
        (NEUTROPHILS, quantity("65", "%"), "65 %"),
        (NEUTROPHILS, quantity("1.5", "10*9/L", code="/uL"), "1.5 10*9/L"),
        (NEUTROPHILS, {"value": 2, "code": "odd", "system": UCUM}, "2 odd"),
        (HAEMOGLOBIN, quantity("7.1", "mmol/L"), "7.1 mmol/L"),
        (HAEMOGLOBIN, quantity("110", "G/L"), "110 G/L"),
        (MOLAR_HAEMOGLOBIN, quantity("11", "g/dL"), "11 g/dL"),
        (CREATININE, quantity("88", "umol/L"), "88 umol/L"),
        (NEUTROPHILS, quantity("0.5", "odd", comparator="<"), "< 0.5 odd"),
    ],
)
def test_a_unit_that_is_not_understood_is_shown_as_it_was_sent(loinc: str, sent: Any, detail: str) -> None:
    found = only(observation(loinc=loinc, valueQuantity=sent))
    assert (fault(found), found.value, found.shown, found.unit) == ((Reason.WRONG_UNIT, detail), None, None, "")


@pytest.mark.hazard("H01")
@pytest.mark.parametrize(
    ("loinc", "unit", "inside", "outside"),
    [
        (HAEMOGLOBIN, "g/dL", ("2", "25"), ("1.99", "25.01")),
        (HAEMOGLOBIN, "g/L", ("20", "250"), ("19.9", "250.1")),
        (MOLAR_HAEMOGLOBIN, "mmol/L", ("1.25", "15.5"), ("1.24", "15.6")),
        ("6690-2", "10*9/L", ("0", "500"), ("-0.1", "500.1")),
        (NEUTROPHILS, "10*9/L", ("0", "100"), ("-1", "100.01")),
        (NEUTROPHILS, "/uL", ("0", "100000"), ("-1", "100001")),
        ("731-0", "10*9/L", ("0", "500"), ("-1", "501")),
        ("777-3", "10*9/L", ("0", "3000"), ("-1", "3000.5")),
        (CREATININE, "mg/dL", ("0.1", "30"), ("0.09", "30.01")),
        (MOLAR_CREATININE, "umol/L", ("8.842", "2652.6"), ("8.841", "2652.7")),
        (BILIRUBIN, "mg/dL", ("0", "90"), ("-0.1",)),
        (ALT, "U/L", ("0", "20000"), ("-1",)),
    ],
)
def test_a_value_outside_its_band_is_unreadable(
    loinc: str, unit: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    assert [only(observation(x, unit, loinc)).fault for x in inside] == [None] * len(inside)
    assert [fault(only(observation(x, unit, loinc))) for x in outside] == [
        (Reason.UNREADABLE, f"{x} {unit}") for x in outside
    ]


@pytest.mark.parametrize("comparator", ["<", "<=", ">", ">="])
def test_a_comparator_is_kept_with_its_bound(comparator: str) -> None:
    found = only(observation(valueQuantity=quantity("0.5", comparator=comparator)))
    assert (found.comparator, found.value, found.fault) == (comparator, Decimal("0.5"), None)


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        (quantity("0.5", comparator="ad"), "ad 0.5 10*9/L"),
        (quantity("0.5", comparator="~"), "~ 0.5 10*9/L"),
        (quantity("0.5", comparator=""), " 0.5 10*9/L"),
        ({"value": "0.5", "unit": "10*9/L"}, "0.5 10*9/L"),
        ({"value": True, "unit": "10*9/L"}, "True 10*9/L"),
        ({"value": None, "unit": "10*9/L"}, "10*9/L"),
        ({"value": [0.5], "unit": "10*9/L"}, "[Decimal('0.5')] 10*9/L"),
        ({"unit": "10*9/L"}, "10*9/L"),
        ({}, ""),
        (None, "no value"),
    ],
)
def test_what_is_no_number_is_unreadable(sent: Any, detail: str) -> None:
    assert fault(only(observation(valueQuantity=sent))) == (Reason.UNREADABLE, detail)


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("valueString", "1.5 G/L", 'valueString: "1.5 G/L"'),
        ("valueInteger", 2, "valueInteger: 2"),
        ("valueCodeableConcept", {"text": "low"}, 'valueCodeableConcept: {"text":"low"}'),
        ("valueBoolean", False, "valueBoolean: false"),
        ("valueRange", {"low": {"value": 1}}, 'valueRange: {"low":{"value":1}}'),
        ("valueRatio", {"numerator": {"value": 1}}, 'valueRatio: {"numerator":{"value":1}}'),
        ("valueSampledData", {"dimensions": 1}, 'valueSampledData: {"dimensions":1}'),
        ("valueTime", "07:30:00", 'valueTime: "07:30:00"'),
        ("valueDateTime", "2026", 'valueDateTime: "2026"'),
        ("valuePeriod", {"start": "2026"}, 'valuePeriod: {"start":"2026"}'),
        ("valueString", "x" * 500, f'valueString: "{"x" * 186}'),
    ],
)
@pytest.mark.parametrize("beside", [None, quantity("1.5")])
def test_a_value_of_another_type_is_unreadable_and_shown(name: str, value: Any, detail: str, beside: Any) -> None:
    assert fault(only(observation(valueQuantity=beside, **{name: value}))) == (Reason.UNREADABLE, detail)


@pytest.mark.parametrize("name", ["valueString", "modifierExtension", "dataAbsentReason", "effectivePeriod"])
@pytest.mark.parametrize("empty", [b"null", b"[]", b"{}", b' "" '])
def test_an_empty_member_says_nothing(name: str, empty: bytes) -> None:
    sent = bytes(raw(observation("1.5")))[:-1] + b',"%b":%b}' % (name.encode(), empty)
    assert only(sent).value == Decimal("1.5")


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("empty", [None, {"unit": "10*9/L"}])
def test_a_result_without_a_value_for_a_coded_reason_is_absent_and_no_result(empty: Any) -> None:
    found = read(observation(valueQuantity=empty, dataAbsentReason={"text": "clotted"}), observation("1.5", id="older"))
    assert found.absent == (Unknown("neutrophils", Reason.ABSENT, "Observation/o"),)
    assert [result.source for result in found.results["neutrophils"]] == ["Observation/older"]


@pytest.mark.parametrize("value", [{}, {"valueQuantity": None, "valueString": "x"}, {"valueQuantity": 3}])
def test_a_reason_for_absence_beside_a_value_is_unreadable(value: Any) -> None:
    found = read(observation(dataAbsentReason={"text": "clotted"}, **value))
    assert [x.fault.reason for x in found.results["neutrophils"] if x.fault] == [Reason.UNREADABLE]
    assert found.absent == ()


@pytest.mark.hazard("H25")
def test_an_unknown_modifier_makes_a_result_unusable() -> None:
    modifier = [{"url": "https://x.example", "valueBoolean": True}]
    assert fault(only(observation(modifierExtension=modifier))) == (Reason.UNREADABLE, "modifierExtension")


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(
    ("status", "final"),
    [("final", True), ("amended", True), ("corrected", True), ("preliminary", False)],
)
def test_these_statuses_count(status: str, final: bool) -> None:
    found = only(observation(status=status))
    assert (found.final, found.fault) == (final, None)


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("status", ["registered", "cancelled", "entered-in-error", "unknown"])
def test_these_statuses_are_no_result(status: str) -> None:
    assert read(observation(status=status)).results == {}
    assert read(observation(status=status, valueQuantity=None, dataAbsentReason={"text": "x"})).absent == ()


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("status", [None, "done", "Final", "", 3])
def test_a_missing_or_unknown_status_is_unreadable(status: Any) -> None:
    found = only(observation(status=status))
    assert (found.final, found.fault and found.fault.reason) == (True, Reason.UNREADABLE)


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ({"effectiveDateTime": "2026-11-20"}, when("2026-11-20", BERLIN)),
        ({"effectiveDateTime": "2026-11"}, when("2026-11", BERLIN)),
        ({"effectiveDateTime": "2026"}, when("2026", BERLIN)),
        ({"effectiveDateTime": "2026-11-20T08:30:00+01:00"}, when(TAKEN, BERLIN)),
        ({"effectiveInstant": "2026-11-20T07:30:00Z"}, when(TAKEN, BERLIN)),
        ({"effectivePeriod": {"start": TAKEN, "end": TAKEN}}, when(TAKEN, BERLIN)),
        ({"effectivePeriod": {"start": "2026-11-20", "end": "2026-11-20"}}, when("2026-11-20", BERLIN)),
    ],
)
def test_the_time_is_that_of_collection_in_every_form(member: dict[str, Any], expected: Any) -> None:
    found = only(observation(**{"effectiveDateTime": None, "issued": "2026-11-21T09:00:00Z", **member}))
    assert (found.when, found.fault) == (expected, None)


@pytest.mark.hazard("H22")
def test_a_day_is_a_day_of_the_zone_of_the_site() -> None:
    sent = observation(effectiveDateTime="2026-11-20")
    assert only(sent, zone=ZoneInfo("Asia/Tokyo")).when.start.isoformat() == "2026-11-19T15:00:00+00:00"


@pytest.mark.hazard("H22")
def test_the_time_of_issue_stands_in_and_is_marked() -> None:
    found = only(observation(effectiveDateTime=None, issued=TAKEN))
    assert (found.when.start, found.when.issued, found.fault) == (when(TAKEN, BERLIN).start, True, None)


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    "member",
    [
        {},
        {"effectiveDateTime": "2026-11-20T07:30:00"},
        {"effectiveDateTime": ""},
        {"effectiveDateTime": "yesterday", "issued": TAKEN},
        {"effectiveInstant": "yesterday"},
        {"effectiveInstant": 3},
        {"effectivePeriod": {"start": "2026-11-21", "end": "2026-11-20"}},
        {"effectivePeriod": {"id": "x"}},
        {"effectivePeriod": 3},
        {"effectiveTiming": {"event": [TAKEN]}, "issued": TAKEN},
        {"issued": "2026-11-20T07:30"},
    ],
)
def test_a_result_whose_time_cannot_be_read_is_of_no_time(member: dict[str, Any]) -> None:
    found = only(observation(**{"effectiveDateTime": None, **member}))
    assert (found.when, found.fault and found.fault.reason, found.value) == (ANY_TIME, Reason.UNREADABLE, None)


@pytest.mark.parametrize(
    ("member", "detail"),
    [
        ({"effectivePeriod": {"start": TAKEN}}, "effectiveDateTime, effectivePeriod"),
        ({"effectiveInstant": TAKEN}, "effectiveDateTime, effectiveInstant"),
        ({"effectiveTiming": {"event": [TAKEN]}}, "effectiveDateTime, effectiveTiming"),
        ({"effectiveDateTime": None, "effectiveInstant": TAKEN, "effectivePeriod": {"start": TAKEN}},
         "effectivePeriod, effectiveInstant"),
    ],
)  # fmt: skip
def test_several_times_are_unreadable(member: dict[str, Any], detail: str) -> None:
    assert fault(only(observation(**member))) == (Reason.UNREADABLE, detail)


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("member", "future"),
    [
        ({"effectiveDateTime": "2026-11-23T09:05:00Z"}, False),
        ({"effectiveDateTime": "2026-11-23T09:05:00.000001Z"}, True),
        ({"effectiveDateTime": "2026-11-23"}, False),
        ({"effectiveDateTime": "2026-11-24"}, True),
        ({"effectiveDateTime": "2027"}, True),
        ({"effectiveDateTime": None, "effectiveInstant": "2026-11-23T09:06:00Z"}, True),
        ({"effectiveDateTime": None, "effectivePeriod": {"start": "2026-11-20", "end": "2027"}}, False),
        ({"effectiveDateTime": None, "issued": "2026-11-23T09:06:00Z"}, True),
    ],
)
def test_what_was_taken_in_the_future_is_unusable(member: dict[str, Any], future: bool) -> None:
    found = only(observation(**member))
    assert (found.fault.reason if found.fault else None) == (Reason.FUTURE if future else None)
    assert found.when != ANY_TIME
    assert (found.when.start > LATEST) is future


OWN = ["Patient/p", f"{SERVER}/Patient/p", "Patient/p/_history/3", f"{SERVER}/Patient/p/_history/3"]
OTHERS = [
    {"reference": "Patient/q"},
    {"reference": "patient/p"},
    {"reference": "p"},
    {"reference": "Patient/p/"},
    {"reference": "Patient/p/_history/"},
    {"reference": "Patient/p/_history/1/2"},
    {"reference": "Group/p"},
    {"reference": "#p"},
    {"reference": "urn:uuid:7b4f1b1e-0f0b-4f62-9a0a-4a3f0f6d0c11"},
    {"reference": "https://elsewhere.example/r4/Patient/p"},
    {"reference": f"{SERVER}/x/Patient/p"},
    {"reference": f"{SERVER}Patient/p"},
    {"identifier": {"value": "p"}},
    {"identifier": {"value": "p"}, "reference": ""},
]


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("reference", OWN)
@pytest.mark.parametrize("server", [SERVER, f"{SERVER}/"])
def test_these_references_mean_the_patient(reference: str, server: str) -> None:
    assert only(observation(subject={"reference": reference}), server=server).fault is None


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("subject", OTHERS)
def test_these_references_mean_somebody_else(subject: Any) -> None:
    found = read(observation(subject=subject))
    assert (found.results, found.foreign) == ({}, (Unknown("neutrophils", Reason.OTHER_PATIENT, "Observation/o"),))


@pytest.mark.hazard("H05")
def test_an_absolute_reference_is_foreign_where_the_call_names_no_server() -> None:
    assert read(observation(subject={"reference": f"{SERVER}/Patient/p"}), server="").foreign


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "done", None])
def test_another_patients_result_is_foreign_in_every_status(status: str | None) -> None:
    assert read(observation(subject={"reference": "Patient/q"}, status=status)).foreign


def test_another_patients_result_of_a_code_that_is_not_used_is_no_matter() -> None:
    assert read(observation(subject={"reference": "Patient/q"}, loinc="2951-2")).foreign == ()


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("subject", [None, {}, {"display": "Somebody"}, {"reference": 3}, 3])
def test_a_result_that_does_not_say_whose_it_is_is_unreadable(subject: Any) -> None:
    assert fault(only(observation(subject=subject))) == (Reason.UNREADABLE, "subject")


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    "code",
    [
        coded("2951-2"),
        coded("736-9"),
        coded("58410-2"),
        coded("49498-9"),
        coded("8716-3"),
        coded(NEUTROPHILS, system="urn:oid:1.2.3"),
        {"coding": [{"code": NEUTROPHILS}]},
        {"coding": []},
        {"text": "Neutrophils"},
        {"coding": [{"system": "http://loinc.org", "display": "Neutrophils"}]},
    ],
)
def test_other_codes_and_words_are_not_read(code: Any) -> None:
    found = read(observation(code=code))
    assert (found.results, found.foreign, found.gaps, found.absent) == ({}, (), (), ())


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": "urn:local", "code": "NEUT"}, *coded(NEUTROPHILS)["coding"]]},
        coded(NEUTROPHILS, "26499-4"),
        coded("2951-2", NEUTROPHILS),
    ],
)
def test_codes_of_one_meaning_beside_each_other_are_one_result(code: Any) -> None:
    assert only(observation("1.5", code=code)).value == Decimal("1.5")


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("codes", "analytes"),
    [
        ((NEUTROPHILS, "6690-2"), {"neutrophils", "leukocytes"}),
        ((HAEMOGLOBIN, MOLAR_HAEMOGLOBIN), {"haemoglobin"}),
        ((NEUTROPHILS, "770-8"), {"neutrophils"}),
        ((NEUTROPHILS, "768-2"), {"neutrophils"}),
        (("770-8", "769-0"), {"neutrophils"}),
        (("770-8", "736-9"), {"neutrophils"}),
        ((NEUTROPHILS, "58410-2"), {"neutrophils"}),
        (("6690-2", "8310-5"), {"leukocytes"}),
        ((CREATININE, MOLAR_CREATININE, "35203-9"), {"creatinine"}),
    ],
)
def test_codes_of_different_meanings_contradict_each_other(codes: tuple[str, ...], analytes: set[str]) -> None:
    found = read(observation(code=coded(*codes))).results
    assert set(found) == analytes
    assert {x.fault.reason for results in found.values() for x in results if x.fault} == {Reason.CONFLICTING}
    assert [len(results) for results in found.values()] == [1] * len(found)


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("codes", "sent", "unit", "value"),
    [
        (("35203-9",), "1.0", "mg/dL", "88.420"),
        (("35203-9",), "88", "umol/L", "88"),
        (("35203-9",), "0.088", "mmol/L", "88"),
        (("35194-0",), "1.0", "mg/dL", "17.1040"),
        (("35194-0",), "88", "umol/L", "88"),
        (("35203-9", CREATININE), "1.0", "mg/dL", "88.420"),
        ((MOLAR_CREATININE, "35203-9"), "88", "umol/L", "88"),
        (("35203-9", CREATININE), "88", "umol/L", None),
        ((MOLAR_CREATININE, "35203-9"), "1.0", "mg/dL", None),
        (("35203-9",), "88", "", None),
        (("35194-0",), "0.088", "mmol/L", None),
    ],
)
def test_a_code_that_leaves_mass_or_moles_to_the_unit_is_read_by_it(
    codes: tuple[str, ...], sent: str, unit: str, value: str | None
) -> None:
    found = only(observation(sent, unit, code=coded(*codes)))
    assert found.value == (value and Decimal(value))
    assert fault(found) == (None if value else (Reason.WRONG_UNIT, f"{sent} {unit}".strip()))


SITE = Site(
    {
        ("urn:local", "NEUT"): Meaning("neutrophils", NUMBER),
        ("urn:local", "HBM"): Meaning("haemoglobin", MOLAR),
        ("urn:local", "SEG"): Meaning(SEGMENTED_COUNT, NUMBER),
        ("urn:local", "ODD"): Meaning("neutrophils", MASS),
        (LOINC, "49498-9"): Meaning("leukocytes", NUMBER),
        (LOINC, "751-8"): Meaning("leukocytes", NUMBER),
    }
)


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("system", "code", "unit", "expected"),
    [
        ("urn:local", "NEUT", "10*9/L", ("neutrophils", None)),
        ("urn:local", "HBM", "mmol/L", ("haemoglobin", None)),
        ("urn:local", "HBM", "g/dL", ("haemoglobin", Reason.WRONG_UNIT)),
        ("urn:local", "SEG", "10*9/L", ("neutrophils", None)),
        ("urn:local", "ODD", "10*9/L", ("neutrophils", Reason.WRONG_UNIT)),
        (LOINC, "49498-9", "10*9/L", ("leukocytes", None)),
        (LOINC, "751-8", "10*9/L", ("leukocytes", None)),
        (LOINC, "6690-2", "10*9/L", ("leukocytes", None)),
    ],
)
def test_a_code_of_the_site_means_what_the_site_says(system: str, code: str, unit: str, expected: Any) -> None:
    found = only(observation("5", unit, code=coded(code, system=system)), site=SITE)
    assert (found.analyte, found.fault and found.fault.reason) == expected


@pytest.mark.parametrize(("system", "code"), [("urn:local", "neut"), ("urn:other", "NEUT"), ("", "NEUT")])
def test_a_code_that_the_site_does_not_name_is_not_read(system: str, code: str) -> None:
    assert read(observation(code=coded(code, system=system)), site=SITE).results == {}


@pytest.mark.hazard("H08")
def test_a_code_of_the_site_and_one_of_loinc_must_agree() -> None:
    local = {"system": "urn:local", "code": "NEUT"}
    assert only(observation(code={"coding": [local, *coded("26499-4")["coding"]]}), site=SITE).fault is None
    found = read(observation(code={"coding": [local, *coded("777-3")["coding"]]}), site=SITE).results
    assert {name: fault(x) for name, [x] in found.items()} == dict.fromkeys(
        ("neutrophils", "platelets"), (Reason.CONFLICTING, "code")
    )


@pytest.mark.hazard("H06")
def test_a_code_of_the_site_and_a_time_tell_what_is_corrected() -> None:
    code = {"code": coded("NEUT", system="urn:local")}
    found = read(observation("0.5", id="a", **code), observation("2", id="b", status="corrected", **code), site=SITE)
    assert [x.source for x in found.results["neutrophils"]] == ["Observation/b"]


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([limits("1.8", "7.5")], ("1.8", "7.5")),
        ([limits("1800", "7500", "/uL")], ("1.800", "7.500")),
        ([limits("1.8")], ("1.8", None)),
        ([limits(None, "7.5")], (None, "7.5")),
        ([limits("0", "0")], ("0", None)),
        (
            [limits("1.8", "7.5", type=coded("normal", system="http://terminology.hl7.org/CodeSystem/x"))],
            ("1.8", "7.5"),
        ),
        ([limits("1.8", "7.5", appliesTo=[{"text": "women"}])], ("1.8", "7.5")),
        ([limits("1.8", "7.5", type=coded("therapeutic"))], (None, None)),
        ([limits("1.8", "7.5", type={"text": "critical"})], (None, None)),
        ([limits("1.8", "7.5"), limits("1.6", "7.0")], (None, None)),
        (
            [limits("1.8", "7.5", appliesTo=[{"text": "women"}]), limits("1.6", "7.0", appliesTo=[{"text": "men"}])],
            (None, None),
        ),
        ([limits("1.8", "7.5", age={"low": {"value": 18}}), limits("1.6", "7.0")], (None, None)),
        ([limits("0.5", "30", type=coded("critical")), limits("1.8", "7.5", type=coded("normal"))], ("1.8", "7.5")),
        ([limits("1.8", "7.5"), limits("0.5", "30", type=coded("treatment"))], ("1.8", "7.5")),
        ([limits("1.8", "7.5"), 3], (None, None)),
        ([limits("1.8", "7.5", "%")], (None, None)),
        ([limits("1.8", "7.5", None)], (None, None)),
        ([{"low": quantity("1.8"), "high": quantity("7.5", "%")}], ("1.8", None)),
        ([{"low": quantity("1.8", comparator="<")}], (None, None)),
        ([limits("7.5", "1.8")], (None, None)),
        ([limits("-1", "7.5")], (None, "7.5")),
        ([{"low": {"value": "1.8", "unit": "10*9/L"}}], (None, None)),
        ([{"low": {"unit": "10*9/L"}}], (None, None)),
        ([{"text": "1.8 - 7.5"}], (None, None)),
        ([limits("1.8", "7.5", modifierExtension=[{"url": "https://x.example"}])], (None, None)),
        ([], (None, None)),
        (None, (None, None)),
        ([3], (None, None)),
        ({"low": quantity("1.8")}, (None, None)),
    ],
)
def test_limits_of_normal_come_from_the_one_range_that_is_understood(ranges: Any, expected: Any) -> None:
    found = only(observation("1.5", referenceRange=ranges))
    assert (found.low, found.high) == tuple(x and Decimal(x) for x in expected)
    assert found.value == Decimal("1.5")


def test_limits_are_converted_like_the_value() -> None:
    found = only(observation("1.0", "mg/dL", CREATININE, referenceRange=[limits("0.5", "1.1", "mg/dL")]))
    assert (found.low, found.high) == (Decimal("44.210"), Decimal("97.262"))


@pytest.mark.hazard("H25")
@pytest.mark.parametrize(
    ("member", "detail"),
    [
        ({"valueQuantity": []}, "valueQuantity"),
        ({"valueQuantity": "1.5"}, "valueQuantity"),
        ({"valueQuantity": {"value": 1, "unit": 3}}, "valueQuantity"),
        ({"valueQuantity": {"value": 1}, "issued": 3}, "issued"),
        ({"id": 3}, "id"),
        ({"status": 3}, "status"),
    ],
)
def test_a_member_of_a_wrong_type_makes_the_result_unusable(member: dict[str, Any], detail: str) -> None:
    found = only(observation(**member))
    assert (fault(found), found.when) == ((Reason.UNREADABLE, detail), when(TAKEN, BERLIN))


@pytest.mark.hazard("H25")
@pytest.mark.parametrize(
    "resource",
    [
        observation(code=None),
        observation(code=3),
        observation(code={"coding": {}}),
        observation(code={"coding": [{"system": 3}]}),
        observation(resourceType=None),
        observation(resourceType=3),
        b"3",
        b"null",
    ],
)
def test_what_may_be_a_result_of_a_used_code_leaves_a_gap(resource: Any) -> None:
    found = read(resource)
    assert (found.results, [(x.what, x.reason) for x in found.gaps]) == ({}, [("results", Reason.UNREADABLE)])


def test_a_number_that_no_decimal_can_hold_is_unreadable() -> None:
    sent = bytes(raw(observation(valueQuantity=None)))[:-1] + b',"valueQuantity":{"value":1e99999999999999999999}}'
    assert fault(only(sent)) == (Reason.UNREADABLE, "valueQuantity")


def test_other_kinds_of_resources_are_passed_over() -> None:
    found = read({"resourceType": "Patient", "id": "p"}, {"resourceType": "Provenance", "code": 3}, observation())
    assert (len(found.results), found.gaps) == (1, ())


@pytest.mark.hazard("H25")
def test_an_operation_outcome_among_the_results_leaves_a_gap() -> None:
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    warned = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
    assert [x.reason for x in read(failed, observation()).gaps] == [Reason.FETCH_FAILED]
    assert read(warned, observation()).gaps == ()
