"""Panels and reports: what they hold becomes results, each once, with what it has from the resource it is found in."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.facts import ANY_TIME, Reason, Result, Unknown
from cds_service.fhir import bundle, labs
from cds_service.fhir.labs import Labs, validate_newest
from cds_service.fhir.order import Scope
from cds_service.fhir.times import when
from tests.fhir.observations import (
    BERLIN,
    HAEMOGLOBIN,
    LATEST,
    LEUKOCYTES,
    NEUTROPHILS,
    SERVER,
    TAKEN,
    coded,
    component,
    contained,
    limits,
    observation,
    only,
    panel,
    quantity,
    raw,
    read,
    report,
    searchset,
)

PLATELETS = "777-3"
NAMES = (
    "code", "coding", "system", "status", "subject", "reference", "specimen", "identifier", "value", "component",
    "contained", "hasMember", "result", "resourceType", "id", "effectiveDateTime", "effectivePeriod", "issued",
    "valueQuantity", "referenceRange", "modifierExtension", "dataAbsentReason",
)  # fmt: skip
LATER = "2026-11-21T07:30:00Z"
OTHER = {"subject": {"reference": "Patient/q"}}
MODIFIER = [{"url": "https://x.example", "valueBoolean": True}]
ABSENT = {"text": "clotted"}


def fault(result: Result) -> tuple[Reason, str] | None:
    return (result.fault.reason, result.fault.detail) if result.fault else None


def sources(found: Labs) -> dict[str, list[str]]:
    return {analyte: sorted(x.source for x in results) for analyte, results in found.results.items()}


def test_components_are_results_of_their_own() -> None:
    sent = panel(
        component("7.9", "g/dL", HAEMOGLOBIN, referenceRange=[limits("12", "16", "g/dL")]),
        component("4.2", loinc=LEUKOCYTES),
        component("212", loinc=PLATELETS),
        component("140", "mmol/L", "2951-2"),
    )
    found = read(sent)
    values = {analyte: [(x.value, x.source, x.low) for x in results] for analyte, results in found.results.items()}
    assert values == {
        "haemoglobin": [(Decimal("7.9"), "Observation/panel", Decimal(12))],
        "leukocytes": [(Decimal("4.2"), "Observation/panel", None)],
        "platelets": [(Decimal(212), "Observation/panel", None)],
    }
    assert (found.gaps, found.absent, found.foreign) == ((), (), ())


def test_a_component_has_everything_else_of_its_panel() -> None:
    found = only(panel(component(), status="preliminary", effectiveDateTime=LATER))
    assert (found.final, found.when, found.fault) == (False, when(LATER, BERLIN), None)
    assert only(panel(component(), effectiveDateTime=None, issued=TAKEN)).when.issued


def test_a_component_of_a_result_stands_beside_it() -> None:
    sent = observation("4.2", loinc=LEUKOCYTES, id="wbc", component=[component("212", loinc=PLATELETS)])
    assert sources(read(sent)) == {"leukocytes": ["Observation/wbc"], "platelets": ["Observation/wbc"]}


def test_contained_results_are_results_of_their_own() -> None:
    found = read(
        report(
            contained("7.9", "g/dL", HAEMOGLOBIN, id="hb"),
            contained("4.2", loinc=LEUKOCYTES, id="#wbc"),
            {"resourceType": "Specimen", "id": "s"},
            contained("140", "mmol/L", "2951-2", id="na"),
        )
    )
    assert sources(found) == {"haemoglobin": ["DiagnosticReport/r#hb"], "leukocytes": ["DiagnosticReport/r#wbc"]}
    assert (found.gaps, found.absent, found.foreign) == ((), (), ())


def test_an_observation_may_contain_results_too() -> None:
    sent = observation("4.2", loinc=LEUKOCYTES, id="wbc", contained=[contained("212", loinc=PLATELETS, id="plt")])
    assert sources(read(sent)) == {"leukocytes": ["Observation/wbc"], "platelets": ["Observation/wbc#plt"]}


def test_a_panel_within_a_report_is_opened() -> None:
    inside = contained(loinc="58410-2", valueQuantity=None, component=[component("212", loinc=PLATELETS)])
    found = read(report(inside))
    assert sources(found) == {"platelets": ["DiagnosticReport/r#c"]}
    assert found.results["platelets"][0].when == when(TAKEN, BERLIN)


def test_what_a_contained_result_says_of_itself_goes_before_what_its_report_says() -> None:
    own = {"status": "preliminary", "subject": {"reference": "Patient/p"}, "effectiveDateTime": LATER}
    found = only(report(contained(**own)))
    assert (found.final, found.when, found.fault) == (False, when(LATER, BERLIN), None)
    assert fault(only(report(contained(effectivePeriod={"id": "x"})))) == (Reason.UNREADABLE, "time: cannot be read")


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("own", "of_report", "expected"),
    [
        ({}, {}, (TAKEN, False)),
        ({"issued": LATER}, {}, (TAKEN, False)),
        ({}, {"issued": LATER}, (TAKEN, False)),
        ({}, {"effectiveDateTime": None, "issued": LATER}, (LATER, True)),
        ({"issued": LATER}, {"effectiveDateTime": None, "issued": TAKEN}, (LATER, True)),
        ({}, {"effectiveDateTime": None, "effectivePeriod": {"start": LATER, "end": LATER}}, (LATER, False)),
        ({"effectiveDateTime": LATER}, {"effectiveDateTime": None, "effectivePeriod": {"start": TAKEN}},
         (LATER, False)),
    ],
)  # fmt: skip
def test_the_time_of_collection_is_the_results_own_else_the_reports(own: Any, of_report: Any, expected: Any) -> None:
    found = only(report(contained(**own), **of_report))
    assert (found.when.start, found.when.issued) == (when(expected[0], BERLIN).start, expected[1])


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(
    ("own", "of_report", "final"),
    [
        (None, "final", True),
        (None, "amended", True),
        (None, "corrected", True),
        (None, "appended", True),
        (None, "partial", False),
        (None, "preliminary", False),
        ("final", "preliminary", True),
        ("final", "partial", True),
        ("final", "registered", True),
        ("final", "unknown", True),
        ("final", None, True),
        ("preliminary", "final", False),
    ],
)
def test_the_status_is_the_results_own_else_the_reports(own: str | None, of_report: str | None, final: bool) -> None:
    found = only(report(contained(status=own), status=of_report))
    assert (found.final, found.fault) == (final, None)


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(
    ("own", "of_report"),
    [
        ("final", "entered-in-error"),
        ("final", "cancelled"),
        (None, "registered"),
        (None, "unknown"),
        ("cancelled", "final"),
        ("entered-in-error", "final"),
    ],
)
def test_what_was_withdrawn_or_is_not_there_yet_is_no_result(own: str | None, of_report: str) -> None:
    found = read(report(contained(status=own), status=of_report))
    assert (found.results, found.absent, found.gaps) == ({}, (), ())


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered", "unknown"])
def test_components_of_a_withdrawn_panel_are_no_results(status: str) -> None:
    assert read(panel(component(), status=status)).results == {}


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("sent", [report(contained(), status=None), panel(component(), status="done")])
def test_without_a_status_that_is_known_a_member_is_unreadable(sent: Any) -> None:
    assert fault(only(sent)) == (Reason.UNREADABLE, "status")


@pytest.mark.hazard("H05")
@pytest.mark.parametrize(
    ("sent", "source"),
    [
        (panel(component(), **OTHER), "Observation/panel"),
        (panel(component(), status="entered-in-error", **OTHER), "Observation/panel"),
        (report(contained(), **OTHER), "DiagnosticReport/r#c"),
        (report(contained(subject={"reference": "Patient/p"}), **OTHER), "DiagnosticReport/r#c"),
        (report(contained(**OTHER)), "DiagnosticReport/r#c"),
        (report(contained(**OTHER), status="cancelled"), "DiagnosticReport/r#c"),
        (report(contained(subject={"identifier": {"value": "p"}})), "DiagnosticReport/r#c"),
        (report(contained(subject={"reference": "#patient"})), "DiagnosticReport/r#c"),
    ],
)
def test_a_member_of_another_patient_is_foreign(sent: Any, source: str) -> None:
    found = read(sent)
    assert (found.results, found.foreign) == ({}, (Unknown("neutrophils", Reason.OTHER_PATIENT, source),))


@pytest.mark.hazard("H05")
def test_a_part_of_another_patients_differential_is_foreign_as_neutrophils() -> None:
    assert read(report(contained("60", "%", "770-8"), **OTHER)).foreign == (
        Unknown("neutrophils", Reason.OTHER_PATIENT, "DiagnosticReport/r#c"),
    )


def test_another_patients_panel_without_anything_that_is_used_is_no_matter() -> None:
    sodium = "140", "mmol/L", "2951-2"
    found = read(panel(component(*sodium), **OTHER), report(contained(*sodium), **OTHER), report(**OTHER))
    assert (found.results, found.foreign, found.gaps) == ({}, (), ())


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("sent", [report(contained(), subject=None), panel(component(), subject=None)])
def test_members_of_what_does_not_say_whose_it_is_are_unreadable(sent: Any) -> None:
    assert fault(only(sent)) == (Reason.UNREADABLE, "subject")


def test_a_contained_result_may_say_whose_it_is_where_its_report_does_not() -> None:
    assert only(report(contained(subject={"reference": "Patient/p"}), subject=None)).fault is None


@pytest.mark.hazard("H25")
@pytest.mark.parametrize(
    "sent",
    [
        panel(component(modifierExtension=MODIFIER)),
        panel(component(), modifierExtension=MODIFIER),
        report(contained(modifierExtension=MODIFIER)),
        report(contained(), modifierExtension=MODIFIER),
        report(contained(loinc="58410-2", valueQuantity=None, component=[component(modifierExtension=MODIFIER)])),
    ],
)
def test_an_unknown_modifier_of_a_member_or_of_what_holds_it_makes_it_unusable(sent: Any) -> None:
    assert fault(only(sent)) == (Reason.UNREADABLE, "modifierExtension")


def test_a_modifier_of_one_component_leaves_the_others_as_they_are() -> None:
    found = read(panel(component(modifierExtension=MODIFIER), component("212", loinc=PLATELETS))).results
    assert {name: x.fault is None for name, [x] in found.items()} == {"neutrophils": False, "platelets": True}


@pytest.mark.hazard("H06")
@pytest.mark.parametrize(
    ("sent", "source"),
    [
        (panel(component(valueQuantity=None, dataAbsentReason=ABSENT)), "Observation/panel"),
        (report(contained(valueQuantity=None, dataAbsentReason=ABSENT)), "DiagnosticReport/r#c"),
    ],
)
def test_a_member_without_a_value_for_a_coded_reason_is_absent(sent: Any, source: str) -> None:
    found = read(sent)
    assert (found.results, found.absent) == ({}, (Unknown("neutrophils", Reason.ABSENT, source),))


def test_that_a_panel_has_no_value_of_its_own_says_nothing_of_its_components() -> None:
    assert only(panel(component("1.5"), dataAbsentReason=ABSENT)).value == Decimal("1.5")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (panel(component("7.1", "mmol/L", HAEMOGLOBIN)), (Reason.WRONG_UNIT, "7.1 mmol/L")),
        (panel(component("1.5", None)), (Reason.WRONG_UNIT, "1.5")),
        (panel(component("101")), (Reason.UNREADABLE, "101 10*9/L")),
        (panel(component(valueQuantity=None, valueString="low")), (Reason.UNREADABLE, 'valueString: "low"')),
        (panel(component(valueQuantity=None)), (Reason.UNREADABLE, "no value")),
        (panel(component(valueQuantity=[])), (Reason.UNREADABLE, "valueQuantity")),
        (panel(component(), issued=3), (Reason.UNREADABLE, "issued")),
        (panel({"code": coded(NEUTROPHILS, "6690-2"), "valueQuantity": quantity("1")}), (Reason.CONFLICTING, "code")),
        (panel(component(), effectiveDateTime="2027"), (Reason.FUTURE, "2026-12-31T23:00:00+00:00")),
        (report(contained("7.1", "mmol/L", HAEMOGLOBIN)), (Reason.WRONG_UNIT, "7.1 mmol/L")),
        (report(contained(valueQuantity=[])), (Reason.UNREADABLE, "valueQuantity")),
        (report(contained(), status=3), (Reason.UNREADABLE, "status")),
        (report(contained(dataAbsentReason=ABSENT)), (Reason.UNREADABLE, "dataAbsentReason beside a value")),
    ],
)  # fmt: skip
def test_a_member_is_unusable_for_the_reasons_of_any_result(sent: Any, expected: tuple[Reason, str]) -> None:
    found = read(sent).results
    assert {fault(x) for results in found.values() for x in results} == {expected}


@pytest.mark.hazard("H25")
@pytest.mark.parametrize(
    "sent",
    [
        panel(component=3),
        panel(component={"code": coded(NEUTROPHILS)}),
        panel(component(code=None)),
        panel(component(code=3)),
        panel(3),
        report(contained(code=None)),
        report(contained={"resourceType": "Observation"}),
        report(contained(), 3),
    ],
)
def test_a_member_that_may_be_of_a_used_code_and_cannot_be_read_leaves_a_gap(sent: Any) -> None:
    found = read(sent)
    assert {(x.what, x.reason) for x in found.gaps} == {("results", Reason.UNREADABLE)}


@pytest.mark.parametrize(
    "sent",
    [
        panel(component=None),
        panel(component=[]),
        report(contained=None),
        report(contained=[]),
        report(contained=[{"resourceType": "Patient", "id": "p", "code": 3}]),
        report(contained=3),
        report(contained(), contained=[{"resourceType": "Medication", "code": {"text": "Observation"}}]),
        report(result=3),
        panel(hasMember=[{"reference": "Observation/unheard"}]),
    ],
)
def test_what_holds_no_results_is_passed_over(sent: Any) -> None:
    found = read(sent)
    assert (found.results, found.gaps, found.foreign, found.absent) == ({}, (), (), ())


def test_a_named_result_that_came_along_counts_once() -> None:
    named = {"reference": "Observation/o"}
    found = read(report(result=[named]), panel(hasMember=[named]), observation(), observation())
    assert sources(found) == {"neutrophils": ["Observation/o"]}


def test_a_report_that_came_twice_tells_its_results_once() -> None:
    inside = contained(id="a"), contained("2.5", id="b")
    assert sources(read(report(*inside), report(*inside))) == {
        "neutrophils": ["DiagnosticReport/r#a", "DiagnosticReport/r#b"]
    }


def test_reports_and_results_come_on_pages_of_their_own_or_alone() -> None:
    pages = [
        bundle.read(searchset(observation(), report(contained(id="a")))),
        bundle.read(searchset(report(contained(id="a")), observation())),
        bundle.read(raw(report(contained(id="b"), id="s"))),
    ]
    found = labs.read(pages, Scope("p", SERVER, BERLIN), LATEST)
    assert sources(found) == {"neutrophils": ["DiagnosticReport/r#a", "DiagnosticReport/s#b", "Observation/o"]}
    assert found.gaps == ()


@pytest.mark.hazard("H15", "H25")
def test_a_page_of_reports_that_is_not_all_there_is_leaves_a_gap() -> None:
    pages = [bundle.read(searchset(observation())), bundle.read(searchset(link=[{"relation": "next", "url": "x"}]))]
    found = labs.read(pages, Scope("p", SERVER, BERLIN), LATEST)
    assert found.gaps == (Unknown("results", Reason.INCOMPLETE),)


def test_versions_of_one_result_that_differ_both_stay() -> None:
    found = read(observation("1.5"), observation("0.9")).results["neutrophils"]
    assert {x.value for x in found} == {Decimal("1.5"), Decimal("0.9")}
    assert len(read(observation(id=None), observation(id=None)).results["neutrophils"]) == 2


@pytest.mark.hazard("H06")
def test_a_corrected_panel_replaces_what_it_corrects() -> None:
    number = {"identifier": [{"system": "https://lab.example", "value": "L1"}]}
    wrong = panel(component("0.5"), component("30", loinc=PLATELETS), **number)
    right = panel(component("2.5"), id="later", status="corrected", effectiveDateTime=LATER, **number)
    found = read(wrong, right).results
    assert {name: [x.value for x in results] for name, results in found.items()} == {
        "neutrophils": [Decimal("2.5")],
        "platelets": [Decimal(30)],
    }


@pytest.mark.hazard("H06")
def test_contained_results_of_one_id_in_two_reports_have_nothing_to_do_with_each_other() -> None:
    first, second = report(contained()), report(contained(status="corrected", effectiveDateTime=LATER), id="s")
    assert len(read(first, second).results["neutrophils"]) == 2


def test_a_member_of_a_resource_without_an_id_has_no_source() -> None:
    assert only(panel(component(), id=None)).source == ""
    assert only(report(contained(), id=None)).source == ""
    assert only(report(contained(id=None))).source == "DiagnosticReport/r"


def test_reports_of_other_kinds_are_passed_over_whatever_is_wrong_with_them() -> None:
    found = read({"resourceType": "DiagnosticReport", "id": 3, "code": 3, "status": {}}, observation())
    assert (sources(found), found.gaps) == ({"neutrophils": ["Observation/o"]}, ())


def test_a_report_whose_time_cannot_be_read_has_results_of_no_time() -> None:
    found = only(report(contained(), effectiveDateTime="yesterday"))
    assert (found.when, fault(found)) == (ANY_TIME, (Reason.UNREADABLE, "time: yesterday"))


@pytest.mark.hazard("H25")
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (panel(component(interpretation=[{"text": 3}])), "component.0.interpretation.0.text is not valid"),
        (panel(component(), performer=[{"reference": 3}]), "performer.0.reference is not valid"),
        (report(contained(status="final"), performer=[{"reference": 3}]), "performer.0.reference is not valid"),
        (report(contained(status="done")), "status"),
        (report(contained()), "contained.0.status is required"),
        (report({"resourceType": "Specimen", "id": "s"}, contained(status="final", performer=[None])),
         "contained.1.performer is not valid"),
        (report(contained(status="final", performer=[None]), id=None), "contained.0.performer is not valid"),
        (report(contained(status="final", id="#c", performer=[None])), "contained.0.performer is not valid"),
        (report(contained(status="final"), contained("140", "mmol/L", "2951-2", id="na")), ""),
        (report(contained(status="final"), {"resourceType": "Specimen", "id": "s", "status": 3}),
         "contained.0.status is not valid"),
        (panel(component()), ""),
        (report(contained(status="final")), ""),
    ],
)  # fmt: skip
def test_a_member_and_the_resource_in_which_it_was_sent_are_validated(sent: Any, expected: str) -> None:
    [[found]] = validate_newest(read(sent)).results.values()
    assert (found.fault.detail if found.fault else "") == expected


@pytest.mark.hazard("H25")
def test_a_member_sent_twice_in_a_report_makes_its_results_unusable() -> None:
    sent = bytes(raw(report(contained(status="final"))))[:-1] + b',"status":"final"}'
    [[found]] = validate_newest(read(sent)).results.values()
    assert fault(found) == (Reason.UNREADABLE, "a member is sent twice")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("Observation"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.hazard("H25")
@given(
    st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=8), st.sampled_from(["Observation", "DiagnosticReport"])
)
def test_nothing_raises_whatever_a_panel_or_report_holds(odd: dict[str, Any], kind: str) -> None:
    base = panel(component("40", "%", "770-8")) if kind == "Observation" else report(contained("40", "%", "770-8"))
    validate_newest(read({**base, **odd}, observation(loinc=LEUKOCYTES, id="wbc")))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("odd", [3, "x", [], {}, [3], [{}], [[]], {"reference": 3}, [{"code": coded(LEUKOCYTES)}]])
def test_no_member_of_a_wrong_form_raises(name: str, odd: Any) -> None:
    for base in (panel(component("40", "%", "770-8")), report(contained("40", "%", "770-8"))):
        validate_newest(read({**base, name: odd}, observation(loinc=LEUKOCYTES, id="wbc")))
