"""Neutrophils that no laboratory counted: which parts belong together, what they make, and when they make nothing."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from cds_service.clinical.facts import CALCULATED, SEGMENTED, Reason, Result, Unknown
from cds_service.fhir.labs import Labs, validate_newest
from cds_service.fhir.times import when
from tests.fhir.observations import (
    BERLIN,
    LEUKOCYTES,
    NEUTROPHILS,
    SERVER,
    TAKEN,
    coded,
    component,
    contained,
    observation,
    panel,
    quantity,
    read,
    report,
)

SEGMENTED_COUNT, BAND_COUNT = "768-2", "763-3"
PERCENT, SEGMENTED_PERCENT, BAND_PERCENT = "770-8", "769-0", "764-1"
LATER = "2026-11-20T08:30:00Z"
NO_TOTAL = "no leukocytes of the same specimen, report or time"
INVALID = {"performer": [{"reference": 3}]}

Json = dict[str, Any]


def wbc(value: Any = "2.0", unit: str | None = "10*9/L", **members: Any) -> Json:
    return observation(value, unit, LEUKOCYTES, **{"id": "wbc", **members})


def share(value: Any = "40", loinc: str = PERCENT, unit: str | None = "%", **members: Any) -> Json:
    return observation(value, unit, loinc, **{"id": "percent", **members})


def segmented(value: Any = "0.8", **members: Any) -> Json:
    return observation(value, loinc=SEGMENTED_COUNT, **{"id": "segmented", **members})


def bands(value: Any = "0.1", **members: Any) -> Json:
    return observation(value, loinc=BAND_COUNT, **{"id": "bands", **members})


def direct(value: Any = "0.9", **members: Any) -> Json:
    return observation(value, loinc=NEUTROPHILS, **{"id": "direct", **members})


def neutrophils(*sent: Any) -> tuple[Result, ...]:
    """The neutrophils that these Observations tell, the same in every order."""
    orders = list(permutations(sent))[:6] if len(sent) > 1 else [sent]
    found = [sorted(read(*order).results.get("neutrophils", ()), key=str) for order in orders]
    assert all(each == found[0] for each in found)
    return tuple(found[0])


def one(*sent: Any) -> Result:
    [result] = neutrophils(*sent)
    return result


def said(*sent: Any) -> list[tuple[str, str]]:
    """How each of the neutrophils was made, and its value with its comparator, or why it has none."""
    return [
        (x.derived or "direct", f"{x.comparator}{x.value}" if x.fault is None else x.fault.reason)
        for x in neutrophils(*sent)
    ]


def fault(result: Result) -> tuple[Reason, str, str] | None:
    return (result.fault.reason, result.fault.source, result.fault.detail) if result.fault else None


@pytest.mark.hazard("H03", "H08")
@pytest.mark.parametrize(
    ("sent", "value", "parts"),
    [
        ([segmented("0.8"), bands("0.199")], "0.999", ("segmented", "bands")),
        ([segmented("800", valueQuantity=quantity("800", "/uL")), bands("0.2")], "1", ("segmented", "bands")),
        ([wbc("2.0"), share("50")], "1", ("percent", "wbc")),
        ([wbc("1.998"), share("50")], "0.999", ("percent", "wbc")),
        ([wbc("2000", "/uL"), share("49.95")], "0.999", ("percent", "wbc")),
        ([wbc("2.0"), share("0")], "0", ("percent", "wbc")),
        ([wbc("2.0"), share("100")], "2", ("percent", "wbc")),
        ([wbc("2.0"), share("45", SEGMENTED_PERCENT), share("5", BAND_PERCENT, id="band")], "1",
         ("percent", "band", "wbc")),
        ([wbc("3.3333333333333333333333"), share("33.333333333333333333")],
         "1.111111111111111111099988888888888888888889", ("percent", "wbc")),
    ],
)  # fmt: skip
def test_a_calculated_count_is_exact_and_names_its_parts(sent: list[Json], value: str, parts: tuple[str, ...]) -> None:
    assert one(*sent) == Result(
        "neutrophils",
        f"Observation/{parts[0]}",
        when(TAKEN, BERLIN),
        True,
        value=Decimal(value),
        shown=Decimal(value),
        unit="10*9/L",
        derived=CALCULATED,
        parts=tuple(f"Observation/{x}" for x in parts),
    )


@pytest.mark.parametrize("code", ["768-2", "30451-9"])
@pytest.mark.parametrize("band", ["763-3", "26507-4", "30229-9"])
def test_every_code_of_segmented_and_band_forms_is_added(code: str, band: str) -> None:
    assert said(segmented(code=coded(code)), bands(code=coded(band))) == [(CALCULATED, "0.9")]


@pytest.mark.parametrize("code", ["770-8", "23761-0", "26511-6"])
@pytest.mark.parametrize("total", ["6690-2", "26464-8", "804-5", "12227-5"])
def test_every_code_of_a_neutrophil_percent_is_calculated_with_every_code_of_leukocytes(code: str, total: str) -> None:
    assert said(wbc(code=coded(total)), share(code=coded(code))) == [(CALCULATED, "0.8")]


@pytest.mark.parametrize("code", ["769-0", "26505-8"])
@pytest.mark.parametrize("band", ["764-1", "26508-2", "35332-6"])
def test_every_code_of_segmented_and_band_percents_is_added(code: str, band: str) -> None:
    found = said(wbc(), share("40", code), share("10", band, id="band"))
    assert found == [(CALCULATED, "1")]


@pytest.mark.hazard("H08")
@pytest.mark.parametrize("code", ["736-9", "26478-8", "737-7"])
def test_a_percent_of_lymphocytes_is_not_read(code: str) -> None:
    assert set(read(wbc(), share(code=coded(code))).results) == {"leukocytes"}


def test_leukocytes_and_the_calculated_count_both_stand() -> None:
    found = read(wbc(), share()).results
    assert {name: [x.derived for x in results] for name, results in found.items()} == {
        "leukocytes": [""],
        "neutrophils": [CALCULATED],
    }


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([segmented("0.8")], (SEGMENTED, ">=0.8")),
        ([segmented(valueQuantity=quantity("0.8", comparator=">"))], (SEGMENTED, ">0.8")),
        ([segmented(valueQuantity=quantity("0.8", comparator=">="))], (SEGMENTED, ">=0.8")),
        ([segmented(valueQuantity=quantity("0.8", comparator="<"))], (CALCULATED, Reason.UNREADABLE)),
        ([wbc(), share("40", SEGMENTED_PERCENT)], (SEGMENTED, ">=0.8")),
        ([share("40", SEGMENTED_PERCENT)], (CALCULATED, Reason.UNREADABLE)),
        ([segmented(), bands(effectiveDateTime=LATER)], (SEGMENTED, ">=0.8")),
        ([segmented(), bands(valueQuantity=None, dataAbsentReason={"text": "x"})], (SEGMENTED, ">=0.8")),
    ],
)
def test_segmented_forms_without_bands_are_a_lower_bound(sent: list[Json], expected: tuple[str, str]) -> None:
    assert said(*sent) == [expected]


@pytest.mark.parametrize("sent", [[bands()], [wbc(), share("5", BAND_PERCENT)]])
def test_bands_alone_tell_nothing(sent: list[Json]) -> None:
    assert neutrophils(*sent) == ()


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (quantity("40", "%"), None),
        (quantity("100", "%"), None),
        (quantity("100.01", "%"), (Reason.UNREADABLE, "100.01 %")),
        (quantity("-0.01", "%"), (Reason.UNREADABLE, "-0.01 %")),
        (quantity("0.4", "{ratio}"), (Reason.WRONG_UNIT, "0.4 {ratio}")),
        (quantity("400", "10*-3"), (Reason.WRONG_UNIT, "400 10*-3")),
        (quantity("1.5", "10*9/L"), (Reason.WRONG_UNIT, "1.5 10*9/L")),
        (quantity("0.4", None), (Reason.WRONG_UNIT, "0.4")),
        (quantity("40", "%", code="10*9/L"), (Reason.WRONG_UNIT, "40 %")),
        (quantity("40", "Prozent", code="%"), None),
        ({"value": 40, "unit": "%"}, None),
    ],
)
def test_a_percent_is_a_percent_and_nothing_else(sent: Json, expected: tuple[Reason, str] | None) -> None:
    found = fault(one(wbc(), share(valueQuantity=sent)))
    assert found == (expected and (expected[0], "Observation/percent", expected[1]))


@pytest.mark.hazard("H01")
@pytest.mark.parametrize(
    ("sent", "said_so"),
    [
        ([wbc("100"), share("100")], ""),
        ([wbc("100.1"), share("100")], "100 % and 100.1 10*9/L"),
        ([wbc("500"), share("20")], ""),
        ([wbc("2"), share("60", SEGMENTED_PERCENT), share("40", BAND_PERCENT, id="band")], ""),
        ([wbc("2"), share("60", SEGMENTED_PERCENT), share("40.1", BAND_PERCENT, id="band")],
         "60 % and 40.1 % and 2 10*9/L"),
        ([segmented("99"), bands("1")], ""),
        ([segmented("99"), bands("1.01")], "99 10*9/L and 1.01 10*9/L"),
    ],
)  # fmt: skip
def test_what_is_made_has_to_be_plausible(sent: list[Json], said_so: str) -> None:
    source = sent[1]["id"] if len(sent) == 3 or sent[0]["id"] == "wbc" else sent[0]["id"]
    assert fault(one(*sent)) == ((Reason.UNREADABLE, f"Observation/{source}", said_so) if said_so else None)


@pytest.mark.hazard("H03")
def test_what_would_have_to_be_rounded_is_unreadable() -> None:
    assert said(wbc("1." + "1" * 120), share("1." + "1" * 120)) == [(CALCULATED, Reason.UNREADABLE)]


@pytest.mark.parametrize(
    ("total", "percent", "expected"),
    [
        ("", "", "0.8"),
        ("<", "", "<0.8"),
        ("", "<=", "<=0.8"),
        ("<", "<=", "<0.8"),
        (">", "", ">0.8"),
        (">=", ">=", ">=0.8"),
        (">", ">=", ">0.8"),
        ("<", ">", Reason.UNREADABLE),
        (">=", "<=", Reason.UNREADABLE),
    ],
)
def test_comparators_that_agree_are_kept(total: str, percent: str, expected: str) -> None:
    sent = [
        wbc(valueQuantity=quantity("2.0", **({"comparator": total} if total else {}))),
        share(valueQuantity=quantity("40", "%", **({"comparator": percent} if percent else {}))),
    ]
    assert said(*sent) == [(CALCULATED, expected)]


@pytest.mark.parametrize(("comparator", "expected"), [("<", "<=0"), (">", ">=0")])
def test_nothing_is_below_zero(comparator: str, expected: str) -> None:
    assert said(wbc(valueQuantity=quantity("2.0", comparator=comparator)), share("0")) == [(CALCULATED, expected)]


@pytest.mark.parametrize(
    ("status", "other", "final"),
    [("final", "final", True), ("preliminary", "final", False), ("final", "preliminary", False)],
)
def test_it_is_final_where_all_parts_are(status: str, other: str, final: bool) -> None:
    assert one(wbc(status=status), share(status=other)).final is final
    assert one(segmented(status=status), bands(status=other)).final is final


SPECIMEN = {"specimen": {"reference": "Specimen/s"}}
ACCESSION = {"specimen": {"identifier": {"system": "https://lab.example/accession", "value": "A1"}}}
ELSEWHERE = {"effectiveDateTime": None, "issued": LATER}


def inside(name: str, **members: Any) -> Json:
    """What names a contained specimen of this accession number."""
    number = {"system": "https://lab.example/accession", "value": "A1"}
    return {
        "specimen": {"reference": f"#{name}"},
        "contained": [{"resourceType": "Specimen", "id": name, **members}],
    } | ({} if members else {"contained": [{"resourceType": "Specimen", "id": name, "accessionIdentifier": number}]})


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("of_total", "of_percent"),
    [
        ({}, {}),
        ({}, {"effectiveDateTime": "2026-11-20T08:30:00+01:00"}),
        ({"effectiveDateTime": "2026-11-20"}, {"effectiveDateTime": "2026-11-20"}),
        ({}, {"effectiveDateTime": None, "effectiveInstant": TAKEN}),
        (SPECIMEN | ELSEWHERE, SPECIMEN),
        (SPECIMEN | ELSEWHERE, SPECIMEN | ELSEWHERE),
        (SPECIMEN | ELSEWHERE, {"specimen": {"reference": f"{SERVER}/Specimen/s"}}),
        (SPECIMEN | ELSEWHERE, {"specimen": {"reference": "Specimen/s/_history/2"}}),
        (SPECIMEN | {"effectiveDateTime": "2026-11-20"}, SPECIMEN),
        (ACCESSION | ELSEWHERE, ACCESSION),
        (ACCESSION | ELSEWHERE, inside("x")),
        (inside("y") | ELSEWHERE, inside("x")),
        (inside("y", identifier=[{"system": "https://lab.example/accession", "value": "A1"}]) | ELSEWHERE, inside("x")),
        (SPECIMEN, {"specimen": {"reference": "Specimen/s", **ACCESSION["specimen"]}}),
        (SPECIMEN, {}),
        (SPECIMEN, {"specimen": {"display": "blood"}}),
    ],
)
def test_results_of_one_specimen_or_time_belong_together(of_total: Json, of_percent: Json) -> None:
    assert said(wbc(**of_total), share(**of_percent)) == [(CALCULATED, "0.8")]


@pytest.mark.hazard("H33")
@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("of_total", "of_percent"),
    [
        ({"effectiveDateTime": LATER}, {}),
        (ELSEWHERE, ELSEWHERE),  # a time of issue is no time of collection
        (ELSEWHERE, {}),
        ({"effectiveDateTime": "2026-11-20"}, {}),
        (SPECIMEN, {"specimen": {"reference": "Specimen/t"}}),
        (ACCESSION, {"specimen": {"identifier": {"system": "https://lab.example/accession", "value": "A2"}}}),
        (SPECIMEN, ACCESSION),
        (SPECIMEN | {"effectiveDateTime": LATER}, SPECIMEN),  # one specimen is taken at one time
        (SPECIMEN | {"effectiveDateTime": "2026-11-19"}, SPECIMEN),
        (SPECIMEN | ELSEWHERE, {"specimen": {"reference": "https://elsewhere.example/r4/Specimen/s"}}),
        (SPECIMEN | ELSEWHERE, {"specimen": [{"reference": "Specimen/s"}, {"reference": "Specimen/t"}]}),
        (SPECIMEN | ELSEWHERE, {"specimen": 3}),
        (inside("x", type={"text": "blood"}) | ELSEWHERE, inside("x", type={"text": "blood"})),
        ({"specimen": {"reference": "#x"}, "contained": 3} | ELSEWHERE, {"specimen": {"reference": "#x"}}),
        ({"specimen": {"identifier": {"value": "A1"}}} | ELSEWHERE, {"specimen": {"identifier": {"value": "A1"}}}),
    ],
)
def test_other_results_do_not_belong_together(of_total: Json, of_percent: Json) -> None:
    assert fault(one(wbc(**of_total), share(**of_percent))) == (Reason.UNREADABLE, "Observation/percent", NO_TOTAL)


NAMED = [{"reference": "Observation/wbc"}, {"reference": f"{SERVER}/Observation/percent"}]
UNTIMED = {"effectiveDateTime": None, "issued": LATER}


@pytest.mark.parametrize(
    "holders",
    [
        [report(result=NAMED)],
        [report(result=NAMED, status="preliminary")],
        [panel(hasMember=NAMED)],
        [report(result=[{"reference": "Observation/panel"}, NAMED[0]]), panel(hasMember=[NAMED[1]])],
        [
            panel(id="all", hasMember=[{"reference": "Observation/count"}, {"reference": "Observation/diff"}]),
            panel(id="count", hasMember=[NAMED[0], {"reference": "Observation/all"}]),
            panel(id="diff", hasMember=[NAMED[1]]),
        ],
    ],
)
def test_results_that_one_report_or_panel_names_belong_together(holders: list[Json]) -> None:
    assert said(wbc(), share(**UNTIMED), *holders) == [(CALCULATED, "0.8")]


@pytest.mark.parametrize(
    "holders",
    [
        [],
        [report(result=NAMED, status="entered-in-error")],
        [report(result=NAMED, status="cancelled")],
        [report(result=NAMED, subject={"reference": "Patient/q"})],
        [report(result=NAMED, id=None)],
        [report(result=NAMED[:1]), report(result=NAMED[1:], id="s")],
        [report(result=[{"reference": "urn:uuid:1"}, {"display": "x"}])],
        [report(result=3), panel(hasMember={"reference": 3})],
    ],
)
def test_what_is_no_report_of_both_joins_nothing(holders: list[Json]) -> None:
    assert said(wbc(), share(**UNTIMED), *holders) == [(CALCULATED, Reason.UNREADABLE)]


def test_results_of_one_report_at_two_times_do_not_belong_together() -> None:
    both = report(result=NAMED)
    assert said(wbc(), share(effectiveDateTime=LATER), both) == [(CALCULATED, Reason.UNREADABLE)]


@pytest.mark.parametrize(
    "sent",
    [
        panel(component("2.0", loinc=LEUKOCYTES), component("40", "%", PERCENT)),
        panel(component("2.0", loinc=LEUKOCYTES), component("40", "%", PERCENT), **UNTIMED),
        observation("2.0", loinc=LEUKOCYTES, component=[component("40", "%", PERCENT)], **UNTIMED),
        report(contained("2.0", loinc=LEUKOCYTES, id="a"), contained("40", "%", PERCENT, id="b"), **UNTIMED),
        report(
            contained("2.0", loinc=LEUKOCYTES, id="a"),
            contained(loinc="57023-4", id="b", valueQuantity=None, component=[component("40", "%", PERCENT)]),
            **UNTIMED,
        ),
    ],
)
def test_what_is_found_in_one_resource_belongs_together(sent: Json) -> None:
    assert said(sent) == [(CALCULATED, "0.8")]


def test_leukocytes_that_name_their_percent_as_a_member_belong_with_it() -> None:
    assert said(wbc(hasMember=NAMED[1:]), share(**UNTIMED)) == [(CALCULATED, "0.8")]


def test_parts_in_one_resource_name_it_once() -> None:
    found = one(panel(component("2.0", loinc=LEUKOCYTES), component("40", "%", PERCENT)))
    assert (found.source, found.parts) == ("Observation/panel", ("Observation/panel",))
    nameless = one(panel(component("2.0", loinc=LEUKOCYTES), component("40", "%", PERCENT), id=None))
    assert (nameless.source, nameless.parts) == ("", ())


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("of_total", "of_percent", "expected", "issued"),
    [
        ({}, {}, TAKEN, False),
        ({"effectiveDateTime": "2026-11-20"}, {}, "2026-11-20", False),
        ({}, {"effectiveDateTime": "2026-11-20"}, "2026-11-20", False),
        (ELSEWHERE, {}, TAKEN, False),
        ({}, ELSEWHERE, TAKEN, False),
        (ELSEWHERE, ELSEWHERE, LATER, True),
    ],
)
def test_the_time_is_the_widest_at_which_a_part_was_taken(
    of_total: Json, of_percent: Json, expected: str, issued: bool
) -> None:
    found = one(wbc(**SPECIMEN, **of_total), share(**SPECIMEN, **of_percent)).when
    assert (found.start, found.end, found.issued) == (when(expected, BERLIN).start, when(expected, BERLIN).end, issued)


@pytest.mark.hazard("H02")
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([wbc("2.0", None), share()], (Reason.WRONG_UNIT, "Observation/wbc", "2.0")),
        ([wbc("2.0", "mmol/L"), share()], (Reason.WRONG_UNIT, "Observation/wbc", "2.0 mmol/L")),
        ([wbc("501"), share()], (Reason.UNREADABLE, "Observation/wbc", "501 10*9/L")),
        ([wbc(), share(subject=None)], (Reason.UNREADABLE, "Observation/percent", "subject")),
        ([wbc(subject=None), share()], (Reason.UNREADABLE, "Observation/wbc", "subject")),
        ([wbc(), share(status="done")], (Reason.UNREADABLE, "Observation/percent", "status")),
        ([segmented(), bands(valueQuantity=quantity("5", "%"))], (Reason.WRONG_UNIT, "Observation/bands", "5 %")),
        ([segmented(valueQuantity=quantity("5", "%")), bands()], (Reason.WRONG_UNIT, "Observation/segmented", "5 %")),
        ([segmented(valueQuantity=quantity("101")), bands()],
         (Reason.UNREADABLE, "Observation/segmented", "101 10*9/L")),
        ([wbc(effectiveDateTime="2027"), share(effectiveDateTime="2027")],
         (Reason.FUTURE, "Observation/percent", "2026-12-31T23:00:00+00:00")),
        ([share()], (Reason.UNREADABLE, "Observation/percent", NO_TOTAL)),
        ([share(), wbc(valueQuantity=None, dataAbsentReason={"text": "x"})],
         (Reason.UNREADABLE, "Observation/percent", NO_TOTAL)),
        ([share(), wbc(status="cancelled")], (Reason.UNREADABLE, "Observation/percent", NO_TOTAL)),
    ],
)  # fmt: skip
def test_an_unusable_part_makes_the_whole_unusable_for_its_reason(sent: list[Json], expected: Any) -> None:
    found = one(*sent)
    assert (fault(found), found.value, found.derived) == (expected, None, CALCULATED)


@pytest.mark.hazard("H06")
def test_an_absent_percent_is_absent_and_nothing_is_calculated() -> None:
    found = read(wbc(), share(valueQuantity=None, dataAbsentReason={"text": "x"}))
    assert (set(found.results), found.absent) == (
        {"leukocytes"},
        (Unknown("neutrophils", Reason.ABSENT, "Observation/percent"),),
    )


@pytest.mark.hazard("H05")
def test_another_patients_percent_is_foreign() -> None:
    found = read(wbc(), share(subject={"reference": "Patient/q"}))
    assert found.foreign == (Unknown("neutrophils", Reason.OTHER_PATIENT, "Observation/percent"),)


@pytest.mark.hazard("H06")
def test_a_corrected_percent_replaces_what_it_corrects() -> None:
    assert said(wbc(), share("80", id="old"), share("40", status="corrected")) == [(CALCULATED, "0.8")]
    assert said(wbc("9", id="old"), wbc("2.0", status="corrected"), share()) == [(CALCULATED, "0.8")]


BY_COUNT = [segmented("0.5"), bands("0.1")]
BY_PERCENT = [wbc(), share("40")]
BY_SHARES = [wbc(), share("45", SEGMENTED_PERCENT, id="s"), share("5", BAND_PERCENT, id="b")]
FIRST, SECOND, THIRD = (CALCULATED, "0.6"), (CALCULATED, "0.8"), (CALCULATED, "1")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([*BY_COUNT, *BY_PERCENT, *BY_SHARES[1:]], [FIRST]),
        ([*BY_COUNT, *BY_SHARES], [FIRST]),
        ([*BY_PERCENT, *BY_SHARES[1:]], [SECOND]),
        (BY_SHARES, [THIRD]),
        ([BY_COUNT[0], *BY_PERCENT], [SECOND]),
        ([BY_COUNT[0], *BY_SHARES], [THIRD]),
        ([BY_COUNT[0], *BY_SHARES[:2]], [(SEGMENTED, ">=0.5"), (SEGMENTED, ">=0.9")]),
        ([*(x | {"status": "preliminary"} for x in BY_COUNT), *BY_PERCENT], [FIRST, SECOND]),
        ([*BY_COUNT, *(x | {"status": "preliminary"} for x in BY_PERCENT)], [FIRST]),
        ([BY_COUNT[0], share()], [(SEGMENTED, ">=0.5")]),
        ([segmented("0.5"), bands("0.1", valueQuantity=quantity("1", "%")), *BY_PERCENT], [SECOND]),
        ([*BY_COUNT, share()], [FIRST]),
        # another time is another differential
        ([*BY_COUNT, wbc(effectiveDateTime=LATER), share(effectiveDateTime=LATER)], [FIRST, SECOND]),
    ],
)
def test_of_one_differential_the_first_that_can_be_made_is_left(sent: list[Json], expected: list[Any]) -> None:
    assert sorted(said(*sent)) == sorted(expected)


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([direct(), *BY_PERCENT], [("direct", "0.9"), SECOND]),
        ([direct(), share()], [("direct", "0.9")]),
        ([direct(), wbc("2", None), share()], [("direct", "0.9")]),
        ([direct(), segmented()], [("direct", "0.9")]),
        ([direct(status="preliminary"), share()], [(CALCULATED, Reason.UNREADABLE), ("direct", "0.9")]),
        ([direct(status="preliminary"), share(status="preliminary")], [("direct", "0.9")]),
        ([direct(status="preliminary"), segmented()], [(SEGMENTED, ">=0.8"), ("direct", "0.9")]),
        ([direct(effectiveDateTime=LATER), share()], [(CALCULATED, Reason.UNREADABLE), ("direct", "0.9")]),
        ([direct(effectiveDateTime=LATER), segmented()], [(SEGMENTED, ">=0.8"), ("direct", "0.9")]),
        ([direct(valueQuantity={"value": 1}), *BY_PERCENT], [SECOND, ("direct", Reason.WRONG_UNIT)]),
        ([direct(valueQuantity={"value": 1}), share()],
         [(CALCULATED, Reason.UNREADABLE), ("direct", Reason.WRONG_UNIT)]),
        ([direct(**SPECIMEN), share(**SPECIMEN, effectiveDateTime="2026-11-20")], [("direct", "0.9")]),
    ],
)  # fmt: skip
def test_a_direct_count_stands_beside_a_calculated_one_and_in_place_of_none(sent: list[Json], expected: Any) -> None:
    assert sorted(said(*sent)) == sorted(expected)


def test_two_leukocytes_of_one_specimen_make_two_counts() -> None:
    assert sorted(said(wbc("2.0"), wbc("1.0", id="other"), share())) == [(CALCULATED, "0.4"), (CALCULATED, "0.8")]


@pytest.mark.parametrize("of_percent", [{}, {"effectiveDateTime": "2026-11-20"}])
def test_leukocytes_of_the_very_time_and_of_the_day_make_two_counts(of_percent: Json) -> None:
    whole_day = wbc("9.0", id="day", effectiveDateTime="2026-11-20", **SPECIMEN)
    found = said(wbc(**SPECIMEN), whole_day, share(**SPECIMEN, **of_percent))
    assert sorted(found) == [(CALCULATED, "0.8"), (CALCULATED, "3.6")]


@pytest.mark.parametrize(("count", "expected"), [(12, None), (13, Reason.CONFLICTING), (60, Reason.CONFLICTING)])
def test_more_leukocytes_than_one_specimen_has_are_a_conflict(count: int, expected: Reason | None) -> None:
    many = [wbc(id=f"w{n}") for n in range(count)]
    found = read(*many, share()).results["neutrophils"]
    assert {x.fault.reason if x.fault else None for x in found} == {expected}
    assert len(found) == (1 if expected else count)


@pytest.mark.parametrize(("count", "expected"), [(12, None), (13, Reason.CONFLICTING)])
def test_more_bands_than_one_specimen_has_are_a_conflict(count: int, expected: Reason | None) -> None:
    found = read(segmented(), *(bands(id=f"b{n}") for n in range(count))).results["neutrophils"]
    assert {x.fault.reason if x.fault else None for x in found} == {expected}


@pytest.mark.parametrize(("count", "expected"), [(49, None), (50, Reason.CONFLICTING)])
def test_among_more_results_of_one_time_than_a_laboratory_has_none_is_looked_for(
    count: int, expected: Reason | None
) -> None:
    many = [wbc(id=f"w{n}", specimen={"reference": f"Specimen/s{n}"}) for n in range(count)]
    [found] = read(*many, share(specimen={"reference": "Specimen/s7"})).results["neutrophils"]
    assert (found.fault.reason if found.fault else None) == expected


def test_a_report_of_many_days_is_told_apart_by_its_times() -> None:
    days = [f"2026-{month:02}-{day:02}" for month in (9, 10) for day in range(1, 31)]
    named, sent = [], []
    for n, day in enumerate(days):
        sent += [wbc(f"{n + 1}", id=f"w{n}", effectiveDateTime=day), share("10", id=f"p{n}", effectiveDateTime=day)]
        named += [{"reference": f"Observation/w{n}"}, {"reference": f"Observation/p{n}"}]
    found = read(report(result=named), *sent).results["neutrophils"]
    assert sorted(x.value for x in found if x.value is not None) == [Decimal(n + 1) / 10 for n in range(len(days))]


def test_bands_of_other_days_in_one_report_are_no_bands_of_this_one() -> None:
    days = [f"2026-{month:02}-{day:02}T07:30:00Z" for month in (9, 10) for day in range(1, 31)]
    others = [bands(id=f"b{n}", effectiveDateTime=day) for n, day in enumerate(days)]
    named = [{"reference": f"Observation/{x['id']}"} for x in (*others, segmented())]
    assert [x.derived for x in read(report(result=named), segmented(), *others).results["neutrophils"]] == [SEGMENTED]


@pytest.mark.parametrize(("count", "expected"), [(49, CALCULATED), (50, Reason.UNREADABLE)])
def test_what_more_resources_name_than_one_report_has_is_of_no_report(count: int, expected: str) -> None:
    holders = [report(result=NAMED, id=f"r{n}") for n in range(count)]
    [found] = read(wbc(), share(**UNTIMED), *holders).results["neutrophils"]
    assert (found.fault.reason if found.fault else found.derived) == expected


def validated(*sent: Any) -> Labs:
    return validate_newest(read(*sent))


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("sent", [[wbc(**INVALID), share()], [wbc(), share(**INVALID)]])
def test_every_part_of_the_newest_calculated_count_is_validated(sent: list[Json]) -> None:
    [found] = validated(*sent).results["neutrophils"]
    assert fault(found) == (Reason.UNREADABLE, "Observation/percent", "performer.0.reference is not valid")
    assert (found.value, found.derived, found.parts) == (None, CALCULATED, ("Observation/percent", "Observation/wbc"))


def test_a_valid_calculated_count_stays_and_an_older_one_is_not_validated() -> None:
    old = {"effectiveDateTime": "2026-11-01T07:30:00Z"}
    found = validated(wbc(), share(), wbc(id="w", **old), share(id="p", **old, **INVALID)).results["neutrophils"]
    assert [x.fault for x in found] == [None, None]
