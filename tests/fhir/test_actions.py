"""What an EHR is offered: a dosage rewritten and nothing else, a draft removed, an order held, a count ordered."""

import copy
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.decision import OVER_MAXIMUM
from cds_service.clinical.facts import Dose, Unknown
from cds_service.data import data_dir
from cds_service.fhir.actions import delete, on_hold, repeat_count, rewrite, update
from cds_service.fhir.dosage.phases import Context
from cds_service.fhir.site import Site
from cds_service.fhir.suggestions import suggestions
from cds_service.fhir.validate import fault_of
from cds_service.protocols.strict_yaml import read
from tests.clinical.builders import counts, decided
from tests.clinical.builders import draft as a_draft
from tests.fhir.orders import (
    GTS,
    ORAL,
    SNOMED,
    WORDING,
    code,
    daily,
    daily_dose,
    dose,
    instruction,
    medication,
    mg,
    number,
    order,
    parsed,
    plain,
    repeat,
    tablets,
    text,
)

GERMAN = read((data_dir("cards") / "de" / "words.yaml").read_text("utf-8"), "words.yaml")["dosage"]
WORDINGS = st.sampled_from([WORDING, GERMAN])
FIFTY = Fraction(50)
CONTEXT = Context("", ZoneInfo("UTC"), FIFTY)
TABLET = {
    "medicationCodeableConcept": None,
    "medicationReference": {"reference": "#m"},
    "contained": [medication(id="m")],
}


def rewritten(resource: dict[str, Any], level: int, tablet: Fraction | None = None) -> dict[str, Any] | None:
    return rewrite(parsed(resource), Decimal(level), WORDING, tablet)


def instructions_of(resource: dict[str, Any] | None) -> Any:
    assert resource is not None
    return plain(resource["dosageInstruction"])


def one_of(resource: dict[str, Any] | None) -> Any:
    (only,) = instructions_of(resource)
    return only


def timing_of(timing: dict[str, Any], level: int) -> Any:
    return one_of(rewritten(order(instruction(timing)), level))["timing"]


def test_the_number_of_intakes_stays_where_each_is_whole_tablets() -> None:
    found = one_of(rewritten(order(instruction(daily(2), dose(mg(100)))), 100))
    assert (found["timing"], found["doseAndRate"]) == (daily(2), [dose(mg(50))])
    found = one_of(rewritten(order(instruction(daily(1), dose(mg(200)))), 150))
    assert (found["timing"], found["doseAndRate"]) == (daily(1), [dose(mg(150))])


def test_otherwise_every_intake_is_one_of_50_mg() -> None:
    found = one_of(rewritten(order(instruction(daily(2), dose(mg(100)))), 150))
    assert (found["timing"], found["doseAndRate"]) == (daily(3), [dose(mg(50))])
    found = one_of(rewritten(order(instruction(daily(4), dose(mg(50)))), 100))
    assert (found["timing"], found["doseAndRate"]) == (daily(2), [dose(mg(50))])


TIMINGS = [
    (daily(2), 50, daily(1)),
    (daily(2), 150, daily(3)),
    (repeat(frequency=2, frequencyMax=3, period=1, periodUnit="d"), 100, daily(2)),
    (repeat(frequency=1, period=12, periodUnit="h"), 150, repeat(frequency=1, period=8, periodUnit="h")),
    (repeat(frequency=1, period=6, periodMax=8, periodUnit="h"), 100, repeat(frequency=1, period=12, periodUnit="h")),
    (repeat(frequency=2, period=24, periodUnit="h"), 150, repeat(frequency=3, period=24, periodUnit="h")),
    (repeat(when=["MORN", "EVE"]), 50, repeat(when=["MORN"])),
    (repeat(when=["MORN", "EVE"]), 150, repeat(when=["MORN", "NOON", "EVE"])),
    (repeat(when=["MORN"]), 100, repeat(when=["MORN"])),  # 100 mg once
    (repeat(when=["CM", "CD", "CV"]), 100, repeat(when=["CM", "CV"])),
    (repeat(when=["CM", "CV"]), 150, repeat(when=["CM", "CD", "CV"])),
    (repeat(when=["MORN", "NOON", "EVE", "NIGHT"]), 150, repeat(when=["MORN", "NOON", "EVE"])),
    (repeat(when=["MORN", "NOON", "EVE", "NIGHT"]), 100, repeat(when=["MORN", "EVE"])),
    (repeat(when=["MORN", "HS"]), 150, repeat(when=["MORN"])),  # no code fits to add: 150 mg once
    (
        repeat(frequency=2, period=1, periodUnit="d", when=["MORN", "EVE"]),
        150,
        repeat(frequency=3, period=1, periodUnit="d", when=["MORN", "NOON", "EVE"]),
    ),
    (repeat(timeOfDay=["08:00:00", "20:00:00"]), 50, repeat(timeOfDay=["08:00:00"])),
    (repeat(timeOfDay=["08:00:00", "20:00:00"]), 150, repeat(timeOfDay=["08:00:00", "14:00:00", "20:00:00"])),
    (repeat(timeOfDay=["08:00:00", "14:00:00", "20:00:00"]), 100, repeat(timeOfDay=["08:00:00", "20:00:00"])),
    (repeat(timeOfDay=["08:00:00", "11:00:00"]), 150, repeat(timeOfDay=["08:00:00"])),  # none comes between
    (code("BID"), 150, code("TID")),
    (code("TID"), 100, code("BID")),
    (code("Q8H"), 100, code("BID")),
    (code("229798009", SNOMED), 100, code("229799001", SNOMED)),
    (code("BID") | daily(2), 150, code("TID") | daily(3)),
    (
        {"code": {"coding": [{"system": GTS, "code": "TID", "display": "TID"}], "text": "3 x"}} | daily(3),
        100,
        {"code": {"coding": [{"system": GTS, "code": "BID", "display": "BID"}], "text": "twice a day"}} | daily(2),
    ),
]


@pytest.mark.parametrize(("timing", "level", "expected"), TIMINGS)
def test_the_structure_of_the_timing_stays(timing: dict[str, Any], level: int, expected: dict[str, Any]) -> None:
    assert timing_of(timing, level) == expected


@pytest.mark.hazard("H16")
def test_every_entry_keeps_its_type_and_its_unit() -> None:
    entries = [
        {"type": {"text": "calculated"}, **dose(mg(100))},
        {"type": {"text": "ordered"}, **dose(mg(number("0.100"), "g"))},
        {"type": {"text": "admin-amount"}, **dose(tablets(2))},
    ]
    found = one_of(rewritten(order({"timing": daily(2), "doseAndRate": entries}, **TABLET), 100))
    assert found["doseAndRate"] == [
        {"type": {"text": "calculated"}, **dose(mg(50))},
        {"type": {"text": "ordered"}, **dose(mg(number("0.05"), "g"))},
        {"type": {"text": "admin-amount"}, **dose(tablets(1))},
    ]


def test_rates_and_ranges() -> None:
    ratio = {"rateRatio": {"numerator": mg(200), "denominator": mg(1, "d")}}
    found = one_of(rewritten(order({"timing": daily(2), "doseAndRate": [ratio]}), 150))
    assert found == {"timing": daily(2), "doseAndRate": [{"rateRatio": ratio["rateRatio"] | {"numerator": mg(150)}}]}
    found = one_of(rewritten(order({"doseAndRate": [{"rateQuantity": mg(200, "mg/d")}]}), 150))
    assert found == {"doseAndRate": [{"rateQuantity": mg(150, "mg/d")}]}
    both = dose(mg(100)) | {"rateQuantity": mg(200, "mg/d")}
    found = one_of(rewritten(order(instruction(daily(2), both)), 100))
    assert found["doseAndRate"] == [dose(mg(50)) | {"rateQuantity": mg(100, "mg/d")}]
    found = one_of(rewritten(order(instruction(daily(2), {"doseRange": {"low": mg(50), "high": mg(100)}})), 100))
    assert found["doseAndRate"] == [dose(mg(50))]


def at(*times: str, **more: Any) -> list[dict[str, Any]]:
    return [instruction(repeat(when=[x]), **more) for x in times]


@pytest.mark.parametrize(
    ("before", "level", "after"),
    [
        (("MORN", "NOON", "EVE"), 100, ("MORN", "EVE")),
        (("MORN", "NOON", "EVE"), 50, ("MORN",)),
        (("MORN", "EVE"), 150, ("MORN", "NOON", "EVE")),
        (("MORN", "EVE"), 100, ("MORN", "EVE")),
    ],
)
def test_several_instructions_lose_or_gain_one(before: tuple[str, ...], level: int, after: tuple[str, ...]) -> None:
    found = instructions_of(rewritten(order(*at(*before)), level))
    assert found == at(*after)


def test_unequal_instructions_become_equal_ones() -> None:
    unequal = [instruction(repeat(when=["MORN"]), dose(mg(100))), *at("EVE")]
    assert instructions_of(rewritten(order(*unequal), 100)) == at("MORN", "EVE")
    mixed = [instruction(daily(2)), *at("NIGHT")]
    assert instructions_of(rewritten(order(*mixed), 100)) == [instruction(daily(2))]
    assert instructions_of(rewritten(order(*mixed), 50)) == at("NIGHT")


def test_an_added_instruction_has_no_id_of_another() -> None:
    first, second = at("MORN", "EVE")
    found = instructions_of(rewritten(order(first | {"id": "a"}, second | {"id": "b"}), 150))
    assert [x.get("id") for x in found] == ["a", None, "b"]


SENTENCES = [
    (instruction(daily(2), dose(mg(100)), text="x", route=ORAL), 150, "50 mg three times a day by mouth"),
    (instruction(daily(2), dose(mg(100)), text="x"), 100, "50 mg twice a day"),
    (instruction(code("BID"), text="x"), 50, "50 mg once a day"),
    (
        instruction(repeat(when=["MORN", "NOON", "EVE"]), text="x"),
        100,
        "50 mg twice a day, in the morning and in the evening",
    ),
    (instruction(repeat(timeOfDay=["08:00:00", "20:00:00"]), text="x"), 50, "50 mg once a day, at 08:00"),
    ({"doseAndRate": [{"rateQuantity": mg(200, "mg/d")}], "text": "x"}, 150, "150 mg a day"),
]


@pytest.mark.hazard("H30")
@pytest.mark.parametrize(("one", "level", "expected"), SENTENCES)
def test_text_says_what_the_new_structure_says(one: dict[str, Any], level: int, expected: str) -> None:
    assert one_of(rewritten(order(one), level))["text"] == expected


@pytest.mark.hazard("H30")
def test_text_counts_tablets_where_their_strength_is_known() -> None:
    def said(level: int) -> Any:
        one = instruction(daily(1), dose(tablets(4)), text="4 Tbl.")
        return one_of(rewritten(order(one, **TABLET), level))["text"]

    assert said(50) == "50 mg (1 tablet) once a day"
    assert said(150) == "150 mg (3 tablets) once a day"


SENTENCES_IN_GERMAN = [
    (instruction(daily(2), dose(mg(100)), text="x", route=ORAL), 150, "50 mg dreimal täglich oral"),
    (
        instruction(repeat(when=["MORN", "NOON", "EVE"]), text="x"),
        150,
        "50 mg dreimal täglich, morgens, mittags und abends",
    ),
    (instruction(repeat(timeOfDay=["08:00:00", "20:00:00"]), text="x"), 50, "50 mg einmal täglich, um 08:00 Uhr"),
    ({"doseAndRate": [{"rateQuantity": mg(200, "mg/d")}], "text": "x"}, 150, "150 mg am Tag"),
    (instruction(daily(1), dose(tablets(4)), text="4 Tbl."), 150, "150 mg (3 Tabletten) einmal täglich"),
    (instruction(daily(1), dose(tablets(4)), text="4 Tbl."), 50, "50 mg (1 Tablette) einmal täglich"),
]


@pytest.mark.hazard("H30")
@pytest.mark.parametrize(("one", "level", "expected"), SENTENCES_IN_GERMAN)
def test_text_is_written_in_the_language_of_its_words(one: dict[str, Any], level: int, expected: str) -> None:
    more = TABLET if expected.count("Tablette") else {}
    found = rewrite(parsed(order(one, **more)), Decimal(level), GERMAN)
    assert one_of(found)["text"] == expected


def test_a_text_that_was_not_there_is_not_written() -> None:
    assert "text" not in one_of(rewritten(order(), 50))


NO_BUTTON = [
    ("the level is no level", order(), 75),
    ("there is no level", order(), 0),
    ("words only", order({"text": "2 x 1"}), 50),
    ("as needed", order(instruction(asNeededBoolean=True)), 50),
    ("every other day", order(instruction(repeat(frequency=1, period=2, periodUnit="d"))), 50),
    ("on weekdays", order(instruction(repeat(when=["MORN"], dayOfWeek=["mon"]))), 50),
    ("tablets of unknown strength", order(instruction(daily(3), dose(tablets(1)))), 50),
    ("entries that disagree", order(instruction(daily(2), dose(mg(50)), dose(mg(100)))), 50),
    (
        "a maximum below the new dose",
        order(instruction(maxDosePerPeriod={"numerator": mg(100), "denominator": mg(1, "d")})),
        150,
    ),
    ("no instruction", order(dosageInstruction=[]), 50),
    (
        "another system of codes",
        order(instruction({"code": {"coding": [{"system": GTS, "code": "QID"}, {"system": "urn:x", "code": "4"}]}})),
        150,
    ),
    (
        "the dose changes by date",
        order(
            instruction(repeat(when=["MORN"], boundsPeriod={"end": "2026-11-10"})),
            instruction(repeat(when=["MORN"], boundsPeriod={"start": "2026-11-11"})),
        ),
        50,
    ),
    ("the patient is told in words", order(instruction(patientInstruction="two tablets a day")), 50),
    ("in another language, too", order(instruction(patientInstruction="deux comprimés")), 50),
    ("and in figures", order(instruction(patientInstruction="2 with food")), 50),
    ("more is told in words", order(instruction(additionalInstruction=[{"text": "two in all"}])), 50),
    ("the text is translated", order(instruction(text="x", _text={"extension": [{"url": "urn:t"}]})), 50),
    (
        "the narrative tells the dose",
        order(text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">100 mg a day</div>'}),
        50,
    ),
    (
        "the dosage is rendered",
        order(
            extension=[
                {
                    "url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-MedicationRequest.renderedDosageInstruction",
                    "valueMarkdown": "100 mg a day",
                }
            ]
        ),
        50,
    ),
    (
        "a contained tablet of another kind",
        order(
            instruction(daily(3), dose(tablets(1))),
            **TABLET | {"contained": [medication(id="m", modifierExtension=[{"url": "urn:x", "valueBoolean": True}])]},
        ),
        50,
    ),
]


@pytest.mark.hazard("H17", "H18", "H30")
@pytest.mark.parametrize(("resource", "level"), [x[1:] for x in NO_BUTTON], ids=[x[0] for x in NO_BUTTON])
def test_where_there_is_no_button(resource: dict[str, Any], level: int) -> None:
    assert rewritten(resource, level) is None


def test_harmless_words_leave_the_button() -> None:
    narrative = '<div xmlns="http://www.w3.org/1999/xhtml">trofosfamide</div>'
    coded = {"coding": [{"system": SNOMED, "code": "311504000"}], "text": "With or after food"}
    one = instruction(
        additionalInstruction=[coded, {"text": "Unzerkaut mit Wasser schlucken"}],
        patientInstruction="Take with food and plenty of water. Do not crush.",
    )
    resource = order(one, text={"status": "generated", "div": narrative})
    assert rewritten(resource, 50) is not None


def test_the_strength_may_come_from_elsewhere() -> None:
    resource = order(instruction(daily(3), dose(tablets(1))))
    assert one_of(rewritten(resource, 100, FIFTY)) == instruction(daily(2), dose(tablets(1)))


QUANTITIES = st.one_of(
    st.sampled_from([50, 100, 150, 200, 25, 75]).map(lambda x: dose(mg(x))),
    st.sampled_from(["0.05", "0.050", "0.1"]).map(lambda x: dose(mg(number(x), "g"))),
    st.sampled_from([1, 2, 3, number("0.5"), number("1.0")]).map(lambda x: dose(tablets(x))),
    st.sampled_from([(50, 100), (50, 50)]).map(lambda x: {"doseRange": {"low": mg(x[0]), "high": mg(x[1])}}),
    st.sampled_from([100, 150, 250]).map(lambda x: {"rateQuantity": mg(x, "mg/d")}),
)
ENTRIES = st.one_of(
    st.lists(QUANTITIES, min_size=1, max_size=1),
    st.sampled_from([50, 100]).map(
        lambda x: [dose(mg(x)), dose(tablets(x // 50)), {"type": {"text": "c"}} | dose(mg(x))]
    ),
)
EVENTS = ["MORN", "NOON", "EVE", "NIGHT", "HS", "CM", "CD", "CV", "ACM", "PCV", "AFT", "WAKE"]
CLOCK = ["06:00:00", "08:00:00", "12:30:00", "14:00:00", "20:00:00", "23:59:59"]
REPEATS = st.one_of(
    st.integers(1, 6).map(lambda x: {"frequency": x, "period": 1, "periodUnit": "d"}),
    st.tuples(st.integers(1, 2), st.integers(1, 2)).map(
        lambda x: {"frequency": x[0], "frequencyMax": x[0] + x[1], "period": 1, "periodUnit": "d"}
    ),
    st.sampled_from([4, 6, 8, 12, 24, 48, number("8.0")]).map(
        lambda x: {"frequency": 1, "period": x, "periodUnit": "h"}
    ),
    st.lists(st.sampled_from(EVENTS), min_size=1, max_size=4, unique=True).map(lambda x: {"when": x}),
    st.lists(st.sampled_from(CLOCK), min_size=1, max_size=4, unique=True).map(lambda x: {"timeOfDay": x}),
    st.lists(st.sampled_from(EVENTS), min_size=1, max_size=4, unique=True).map(
        lambda x: {"frequency": len(x), "period": 1, "periodUnit": "d", "when": x}
    ),
    st.just({"when": ["MORN"], "dayOfWeek": ["mon", "fri"]}),
)
BOUNDS = st.sampled_from([{}, {"boundsPeriod": {"start": "2026-11-01"}}, {"boundsDuration": mg(28, "d")}])
CODES = st.sampled_from(["QD", "BID", "TID", "QID", "Q8H", "AM", "QOD"]).map(code)
TIMING = st.one_of(st.tuples(REPEATS, BOUNDS).map(lambda x: {"repeat": x[0] | x[1]}), CODES)
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.just("as it was"),
        "route": st.just(ORAL),
        "id": st.just("d1"),
        "extension": st.just([{"url": "https://ehr.example/x", "valueDecimal": number("1.10")}]),
        "site": st.just({"text": "mouth"}),
        "maxDosePerPeriod": st.just({"numerator": mg(200), "denominator": mg(1, "d")}),
    },
)
INSTRUCTION = st.tuples(TIMING, ENTRIES, EXTRAS).map(lambda x: {"timing": x[0], "doseAndRate": x[1], **x[2]})
INSTRUCTIONS = st.one_of(
    st.lists(INSTRUCTION, min_size=1, max_size=1),
    st.lists(INSTRUCTION, min_size=2, max_size=3),
    st.lists(st.sampled_from(EVENTS[:4]), min_size=2, max_size=4, unique=True).map(lambda x: at(*x, text="as it was")),
)
DRESS = {
    "meta": {"versionId": "3", "lastUpdated": "2026-11-20T08:00:00.000Z"},
    "extension": [{"url": "https://ehr.example/price", "valueDecimal": number("1.10")}],
    "note": [{"text": "keep 100 mg in mind"}],
    "dispenseRequest": {"quantity": {"value": number("90.0")}, "numberOfRepeatsAllowed": 3},
}


def built(instructions: list[dict[str, Any]]) -> dict[str, Any]:
    return parsed(order(*instructions, **TABLET, **DRESS, status="draft"))


def paths(value: Any, here: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, f"{here}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, f"{here}[{index}]")
    else:
        yield here, text(value)


MAY_CHANGE = re.compile(
    r"\.text$"
    r"|\.timing\.repeat\.(frequency|frequencyMax|period|periodMax|when\[\d\]|timeOfDay\[\d\])$"
    r"|\.timing\.code\.(text|coding\[\d\]\.(code|display))$"
    r"|\.doseAndRate\[\d\]\.(doseQuantity|doseRange)\."
    r"|\.doseAndRate\[\d\]\.(rateQuantity|rateRatio\.numerator)\.value$"
)


@pytest.mark.hazard("H30")
@given(INSTRUCTIONS, st.sampled_from([50, 100, 150, 200]), WORDINGS)
def test_a_rewritten_order_reads_back_as_the_dose_and_nothing_else_changed(
    instructions: list[dict[str, Any]], level: int, wording: dict[str, str]
) -> None:
    resource = built(instructions)
    before = copy.deepcopy(resource)
    found = rewrite(resource, Decimal(level), wording)
    assert text(resource) == text(before)  # the EHR's own JSON is not touched
    now = daily_dose(resource["dosageInstruction"], CONTEXT)
    if found is None:
        return
    assert isinstance(now, Dose)
    assert now.continuous
    assert daily_dose(found["dosageInstruction"], CONTEXT) == Dose(Decimal(level), Decimal(level))
    assert fault_of(found) == ""
    MedicationRequest.model_validate(parsed(found))
    assert list(found) == list(resource)
    assert text({**found, "dosageInstruction": []}) == text({**resource, "dosageInstruction": []})


@pytest.mark.hazard("H30")
@given(st.tuples(TIMING, ENTRIES, EXTRAS), st.sampled_from([50, 100, 150, 200]))
def test_in_an_instruction_only_what_tells_the_dose_changes(parts: tuple[Any, Any, Any], level: int) -> None:
    resource = built([{"timing": parts[0], "doseAndRate": parts[1], **parts[2]}])
    found = rewrite(resource, Decimal(level), WORDING)
    if found is None:
        return
    (before,), (after,) = resource["dosageInstruction"], found["dosageInstruction"]
    different = dict(paths(before)).items() ^ dict(paths(after)).items()
    assert [x for x, _ in different if not MAY_CHANGE.search(x)] == []
    assert ("text" in after) == ("text" in before)
    assert all(len(x) == len(y) for x, y in zip(before["doseAndRate"], after["doseAndRate"], strict=True))


@pytest.mark.parametrize("level", [50, 100, 150, 200])
@pytest.mark.parametrize(
    "timing",
    [
        daily(1),
        daily(2),
        daily(3),
        daily(4),
        code("TID"),
        repeat(when=["MORN", "NOON", "EVE"]),
        repeat(timeOfDay=["08:00:00"]),
    ],
)
@pytest.mark.parametrize("quantity", [mg(50), mg(100), tablets(1), tablets(2)])
def test_every_common_order_can_be_rewritten(timing: dict[str, Any], quantity: dict[str, Any], level: int) -> None:
    found = rewrite(built([instruction(timing, dose(quantity), text="x", route=ORAL)]), Decimal(level), WORDING)
    assert found is not None
    assert not isinstance(daily_dose(found["dosageInstruction"], CONTEXT), Unknown)


@pytest.mark.hazard("H30")
def test_digits_that_are_not_the_dose_keep_their_form() -> None:
    found = rewrite(built([instruction()]), Decimal(50), WORDING)
    assert '"valueDecimal":1.10' in text(found)
    assert '"value":90.0' in text(found)


@pytest.mark.requirement(88)
def test_actions_on_a_draft() -> None:
    assert delete(order()) == {"type": "delete", "resourceId": "MedicationRequest/trofo"}
    assert update(order()) == {"type": "update", "resource": order()}
    assert delete(order(id=None)) is None
    assert update(order(id=None)) is None


@pytest.mark.hazard("H30")
def test_a_hold_changes_status_and_reason_only() -> None:
    resource = order(**DRESS)
    held = on_hold(resource)
    reason = held.pop("statusReason")
    assert held == resource | {"status": "on-hold"}
    assert resource["status"] == "active"
    (coding,) = reason["coding"]
    assert (coding["system"].endswith("/hold-reason"), coding["code"]) == (True, "toxicity")
    assert coding["display"] == reason["text"]
    assert fault_of(parsed(on_hold(resource))) == ""


def test_a_repeat_count() -> None:
    action = repeat_count("anna")
    request = action["resource"]
    assert action["type"] == "create"
    assert (request["status"], request["intent"]) == ("draft", "proposal")
    assert request["code"]["coding"][0]["code"] == "57021-8"
    assert request["subject"] == {"reference": "Patient/anna"}
    ServiceRequest.model_validate(request)


@pytest.mark.hazard("H30")
def test_a_suggestion_is_written_in_the_codes_of_the_site() -> None:
    decision = decided(counts(), [], [a_draft(300)])
    assert decision.topic == OVER_MAXIMUM
    local = "https://ehr.hospital.example/codeSet/timing"
    sent = {"MedicationRequest/draft": parsed(order(instruction(code("2110", local), dose(tablets(2)))))}
    strength = {"MedicationRequest/draft": FIFTY}
    site = Site(timings={(local, "2110"): 3, (local, "2111"): 2, (local, "2112"): 4})
    (made,) = suggestions(decision, sent, strength, "anna", WORDING, site)
    found = one_of(made.actions[0]["resource"])
    assert (made.kind, made.dose) == ("rewrite-draft", decision.doses.proposed)
    assert (found["timing"], found["doseAndRate"]) == (code("2111", local), [dose(tablets(1))])
    assert suggestions(decision, sent, strength, "anna", WORDING) == ()
