"""How the oracle reads results and orders: cases worked out by hand from the protocol page."""

import pytest

from tests.oracle.asking import DRUG, RUNNING, ask, bundle, counts, draft, obs, order

GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
UCUM = "http://unitsofmeasure.org"


def mg(number):
    return {"doseQuantity": {"value": number, "unit": "mg", "system": UCUM, "code": "mg"}}


def dosed(*instructions):
    return draft(0) | {"dosageInstruction": list(instructions)}


def often(amounts, **repeat):
    return {"timing": {"repeat": repeat}, "doseAndRate": amounts}


def without(name):
    return [one for one in counts(1) if one["code"]["coding"][0]["code"] != name]


def test_twice_daily_tablets_of_a_contained_medication():
    medication = {
        "resourceType": "Medication", "id": "m", "code": DRUG,
        "ingredient": [{
            "itemCodeableConcept": DRUG,
            "strength": {"numerator": {"value": 50, "unit": "mg"}, "denominator": {"value": 1, "unit": "tablet"}},
        }],
    }  # fmt: skip
    quantity = {"value": 1, "system": "http://unitsofmeasure.org", "code": "{tbl}", "unit": "tablet"}
    timing = {
        "code": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation", "code": "BID"}]}
    }
    tablets = draft(0, contained=[medication], medicationReference={"reference": "#m"}) | {
        "dosageInstruction": [{"timing": timing, "doseAndRate": [{"doseQuantity": quantity}]}]
    }
    del tablets["medicationCodeableConcept"]
    assert ask([tablets], RUNNING, counts(1))["draft"] == 100


DAILY = {"period": 1, "periodUnit": "d"}


@pytest.mark.parametrize(
    ("instruction", "daily"),
    [
        (often([mg(50)], frequency=2, **DAILY), 100),
        (often([mg(50)], when=["MORN", "EVE"]), 100),
        (often([mg(50)], timeOfDay=["08:00:00", "16:00:00", "22:00:00"]), 150),
        (often([mg(50)], frequency=1, period=12, periodUnit="h"), 100),
        (often([mg(50), mg(50)], frequency=2, **DAILY), 100),
        (often([mg(50), mg(100)], frequency=2, **DAILY), None),
        (often([mg(50)], frequency=2, when=["MORN"], **DAILY), None),
        (often([mg(50)], when=["MORN"], timeOfDay=["08:00:00"]), None),
        (often([mg(100)], frequency=1, period=2, periodUnit="d"), None),
        (often([mg(100)], frequency=1, dayOfWeek=["mon", "tue"], **DAILY), None),
        (often([mg(100)], frequency=1, **DAILY) | {"asNeededBoolean": True}, None),
        (often([mg(100)], frequency=1, **DAILY) | {"route": {"coding": [{"code": "47625008"}]}}, None),
        ({"doseAndRate": [{"rateQuantity": {"value": 100, "unit": "mg/d"}}]}, 100),
    ],
)
def test_the_daily_dose(instruction, daily):
    answer = ask([dosed(instruction)], RUNNING, counts(1))
    assert answer["draft"] == daily
    assert (answer["topic"] == "dose-unclear") == (daily is None)


def test_instructions_of_the_same_day_are_summed():
    twice = [often([mg(50)], when=["MORN"], **DAILY), often([mg(100)], when=["EVE"], **DAILY)]
    assert ask([dosed(*twice)], RUNNING, counts(1))["draft"] == 150
    in_turn = [one | {"sequence": number} for number, one in enumerate(twice)]
    assert ask([dosed(*in_turn)], RUNNING, counts(1))["draft"] is None


def test_phases_of_a_draft_count_by_the_highest():
    phases = [
        often([mg(50)], frequency=1, **DAILY, boundsPeriod={"start": "2026-11-23", "end": "2026-11-30"}),
        often([mg(250)], frequency=1, **DAILY, boundsPeriod={"start": "2026-12-01"}),
    ]
    assert ask([dosed(*phases)], RUNNING, counts(1))["topic"] == "over-maximum"


def test_a_range_counts_by_its_high_end():
    ends = {side: {"value": value, "unit": "mg"} for side, value in (("low", 50), ("high", 250))}
    answer = ask([dosed(often([{"doseRange": ends}], frequency=1, **DAILY))], RUNNING, counts(1))
    assert (answer["draft"], answer["topic"]) == (250, "over-maximum")


@pytest.mark.parametrize(("mmol", "said"), [("4.8", "interrupt"), ("4.9", "interrupt"), ("5.0", "none")])
def test_haemoglobin_in_mmol_counts_by_the_worse_of_two_limits(mmol, said):
    quantity = {"value": float(mmol), "unit": "mmol/L", "system": UCUM, "code": "mmol/L"}
    code = {"coding": [{"system": "http://loinc.org", "code": "59260-0"}]}
    found = [*without("718-7"), obs("hb", 0, 1, code=code, valueQuantity=quantity)]
    assert ask([draft(100)], RUNNING, found)["conclusion"] == said


@pytest.mark.parametrize(
    ("comparator", "value", "said"),
    [("<", 1.0, "interrupt"), ("<=", 1.0, "not-assessed"), (">", 1.5, "escalate"), ("<", 500, "not-assessed")],
)
def test_a_bound_counts_where_it_decides(comparator, value, said):
    quantity = {"value": value, "comparator": comparator, "unit": "10*9/L"}
    found = [*without("751-8"), obs("anc", 0, 1, valueQuantity=quantity if value < 100 else quantity | {"value": 99})]
    assert ask([draft(100)], RUNNING, found)["conclusion"] == said


@pytest.mark.parametrize(("unit", "said"), [("/uL", "interrupt"), ("10^3/µL", "escalate"), ("g/L", "not-assessed")])
def test_the_unit_decides(unit, said):
    found = [*without("777-3"), obs("plt", 0, 1, valueQuantity={"value": 300, "unit": unit})]
    assert ask([draft(100)], RUNNING, found)["conclusion"] == said


def test_a_future_result_is_refused_and_a_withdrawn_one_is_none():
    assert ask([draft(100)], RUNNING, [*counts(1), obs("anc", 3, -1)])["conclusion"] == "not-assessed"
    withdrawn = obs("anc", 0.1, 0.5, status="entered-in-error")
    assert ask([draft(100)], RUNNING, [*counts(1), withdrawn])["conclusion"] == "escalate"


def test_a_time_of_issue_never_escalates():
    issued = obs("anc", 3, 1) | {"issued": "2026-11-22T09:00:00Z"}
    del issued["effectiveDateTime"]
    assert ask([draft(100)], RUNNING, [*without("751-8"), issued])["conclusion"] == "none"


def test_a_day_and_an_hour_of_it_are_not_in_order():
    day = obs("anc", 0.7, 0, effectiveDateTime="2026-11-22")
    assert ask([draft(100)], RUNNING, [*counts(0.9), day])["conclusion"] == "interrupt"


def test_the_corrected_result_replaces_the_final_one():
    wrong, right = obs("anc", 0.3, 1), obs("anc", 3, 1, status="corrected")
    assert ask([draft(100)], RUNNING, [*without("751-8"), wrong, right])["conclusion"] == "escalate"


def test_a_course_ends_90_days_after_the_last_dose():
    for gap, topic in ((89, "escalation-not-supported"), (91, "over-starting-dose")):
        before = [order("o1", 100, 300, gap, "stopped")]
        assert ask([draft(150)], before, counts(1))["topic"] == topic


def test_orders_that_gave_nothing_make_no_course():
    planned = [order("o1", 50, 40, intent="plan"), order("o2", 50, 40, status="cancelled")]
    assert ask([draft(100, None)], planned, counts(1))["topic"] == "eligibility"


def test_what_could_not_be_fetched_is_unknown():
    failed = {"resourceType": "OperationOutcome"}
    answer = ask([draft(150, None)], (), counts(1), medications=failed)
    assert (answer["conclusion"], answer["topic"]) == ("not-assessed", "not-assessed")
    partly = bundle([*counts(1, anc=0.2), failed])
    assert ask([draft(100)], RUNNING, (), results=partly)["conclusion"] == "interrupt"
