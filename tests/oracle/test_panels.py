"""Results in panels, in reports, and of codes whose unit decides: cases worked out by hand."""

import pytest

from tests.oracle.asking import COUNTS, FOUR, ME, ago, ask, bundle, counts, draft, lab, obs, order, says, without

PANEL = {"coding": [{"system": "http://loinc.org", "code": "58410-2"}]}
OTHER = {"reference": "Patient/p2"}


def part(name, value=None):
    code, unit, usual = COUNTS[name]
    quantity = {"value": usual if value is None else value, "unit": unit}
    return {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": quantity}


def panel(days_ago, *parts, **more):
    found = obs("hb", 0, days_ago, code=PANEL, component=list(parts)) | more
    del found["valueQuantity"]
    return found


def report(*contained, **more):
    found = {
        "resourceType": "DiagnosticReport", "id": "r1", "status": "final", "subject": ME,
        "effectiveDateTime": ago(1), "contained": list(contained),
    }  # fmt: skip
    return found | more


def inside(name, value=None, **more):
    return {"resourceType": "Observation", "id": name, "status": "final"} | part(name, value) | more


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "escalate"),
        ({"status": "preliminary"}, "not-assessed"),
        ({"status": "entered-in-error"}, "not-assessed"),
        ({"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}, "not-assessed"),
        ({"effectiveDateTime": ago(-1)}, "not-assessed"),
        ({"subject": OTHER}, "not-assessed"),
    ],
)
def test_components_take_all_but_code_and_value_from_their_panel(more, said):
    assert says(panel(1, *map(part, FOUR), **more)) == said


def test_each_component_has_a_value_of_its_own():
    assert says(panel(1, part("hb"), part("wbc"), part("anc", 0.999), part("plt"))) == "interrupt"
    absent = {name: value for name, value in part("anc").items() if name == "code"} | {"dataAbsentReason": PANEL}
    assert says(panel(1, part("hb"), part("wbc"), absent, part("plt"))) == "not-assessed"
    assert says(panel(1, part("hb"), part("wbc"), absent, part("plt")), obs("anc", 3, 1)) == "escalate"


def test_a_corrected_panel_replaces_each_of_its_values():
    first, second = (panel(1, *map(part, FOUR), part("plt", value), id="p") for value in (30, 200))
    assert says(first) == "interrupt"
    assert says(panel(1, part("plt", 30), id="p"), panel(1, *map(part, FOUR), id="p", status="corrected")) == "escalate"
    assert says(second) == "escalate"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "escalate"),
        ({"status": "cancelled"}, "not-assessed"),
        ({"status": "entered-in-error"}, "not-assessed"),
        ({"status": "registered"}, "escalate"),
        ({"effectiveDateTime": ago(30)}, "not-assessed"),
        ({"subject": OTHER}, "not-assessed"),
    ],
)
def test_contained_results_take_time_and_subject_from_the_report(more, said):
    assert says(reports=bundle([report(*map(inside, FOUR), **more)])) == said


def test_contained_results_keep_what_they_say_themselves():
    own = [inside(name, effectiveDateTime=ago(1), subject=ME) for name in FOUR]
    assert says(reports=bundle([report(*own, effectiveDateTime=ago(30), subject=ME)])) == "escalate"
    low = inside("anc", 0.5, status="entered-in-error")
    assert says(*counts(1), reports=bundle([report(low)])) == "escalate"
    early = inside("anc", 0.999, status="preliminary")
    assert says(*without("anc"), reports=bundle([report(early)])) == "interrupt"


def test_a_result_met_twice_counts_once():
    low = obs("anc", 0.7, 1, id="a")
    answer = ask(
        [draft(100)], [order("o1", 100, 40)], [low], reports=bundle([low, report(result=[{"reference": "#a"}])])
    )
    assert (answer["conclusion"], answer["ceiling"]) == ("interrupt", 50)


DAY = {"effectiveDateTime": "2026-11-22"}
PERCENT = lab("770-8", 60, "%", 1, id="b")
WHITE = obs("wbc", 5, 1, id="a") | DAY


@pytest.mark.parametrize(
    ("holder", "said"),
    [
        (report(result=[{"reference": "Observation/a"}, {"reference": "Observation/b"}]), "escalate"),
        (report(result=[{"reference": "Observation/a"}]), "not-assessed"),
        (report(result=[{"reference": f"Observation/{one}"} for one in "ab"], status="cancelled"), "not-assessed"),
    ],
)
def test_results_of_one_report_belong_together(holder, said):
    found = [obs("hb", 13, 1), obs("plt", 200, 1), WHITE, PERCENT]
    assert says(*found, reports=bundle([holder])) == said


def test_members_and_components_of_one_panel_belong_together():
    found = [obs("hb", 13, 1), obs("plt", 200, 1), PERCENT]
    members = [{"reference": "Observation/a"}, {"reference": "Observation/b/_history/2"}]
    assert says(*found, WHITE, panel(1, hasMember=members)) == "escalate"
    assert says(*found, panel(1, part("wbc"), hasMember=members[1:]) | DAY) == "escalate"
    nested = report(result=[{"reference": "Observation/a"}, {"reference": "Observation/p"}])
    assert says(*found, WHITE, panel(1, id="p", hasMember=members[1:]), reports=bundle([nested])) == "escalate"


def test_a_report_of_several_days_brings_nothing_together():
    old = obs("wbc", 5, 3, id="a")
    both = report(result=[{"reference": "Observation/a"}, {"reference": "Observation/b"}])
    assert says(obs("hb", 13, 1), obs("plt", 200, 1), old, PERCENT, reports=bundle([both])) == "not-assessed"


@pytest.mark.parametrize(
    ("code", "value", "unit", "said"),
    [
        ("35203-9", 3.1, "mg/dL", "reduce"),
        ("35203-9", 265.3, "µmol/l", "reduce"),
        ("35203-9", 265.2, "umol/L", "none"),
        ("35203-9", 0.2654, "mmol/l", "reduce"),
        ("35203-9", 3.1, None, "none"),
        ("35194-0", 3.1, "mg/dl", "reduce"),
        ("35194-0", 51.4, "umol/L", "reduce"),
        ("35194-0", 51.3, "umol/L", "none"),
        ("2160-0", 300, "umol/L", "none"),
    ],
)
def test_of_some_codes_the_unit_decides(code, value, unit, said):
    """Grade 3 is above 3.0 mg/dL, 265.26 or 51.312 umol/L; what cannot be read bars an escalation and no more."""
    quantity = {"value": value} | ({"unit": unit} if unit else {})
    limit = [{"high": {"value": 1, "unit": "mg/dL"}}]
    assert says(*counts(1), lab(code, 0, "", 1, valueQuantity=quantity, referenceRange=limit)) == said


@pytest.mark.parametrize(
    ("name", "value", "unit", "said"),
    [
        ("hb", 130, "g/l", "escalate"),
        ("hb", 79, "g/l", "interrupt"),
        ("hb", 13, "G/L", "not-assessed"),
        ("plt", 49, "10*9/l", "interrupt"),
        ("plt", 49, "10^9/l", "interrupt"),
        ("plt", 49_000_000_000, "/l", "interrupt"),
        ("plt", 50_000_000_000, "/l", "none"),
        ("plt", 49, "GPt/l", "interrupt"),
        ("plt", 49, "Tsd/µl", "interrupt"),
        ("plt", 200, "Tpt/L", "not-assessed"),
    ],
)
def test_spellings_of_units(name, value, unit, said):
    assert says(*without(name), lab(COUNTS[name][0], value, unit, 1)) == said


@pytest.mark.parametrize("unit", ["U/l", "IU/l", "ukat/l", "µkat/l", "μkat/l"])
def test_spellings_of_enzyme_units(unit):
    value = 5 if "kat" in unit else 300
    limit = [{"high": {"value": 50, "unit": "U/L"}}]
    assert says(*counts(1), lab("1742-6", value, unit, 1, referenceRange=limit)) == "reduce"
