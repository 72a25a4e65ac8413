"""Support and fever beside the counts: cases worked out by hand."""

import pytest

from tests.oracle.asking import (
    AFTER_NADIR,
    ME,
    RUNNING,
    ago,
    ask,
    bundle,
    counts,
    draft,
    lab,
    obs,
    order,
    says,
    without,
)
from tests.oracle.drug import ATC
from tests.oracle.test_recorded import FAILED, event

SCT = "http://snomed.info/sct"
STOPPED = [order("o1", 100, 40, 9, "stopped")]


def transfusion(snomed, days_ago, **more):
    found = {
        "resourceType": "Procedure", "status": "completed", "subject": ME,
        "code": {"coding": [{"system": SCT, "code": snomed}]}, "performedDateTime": ago(days_ago),
    }  # fmt: skip
    return {"transfusions": bundle([found | more])}


def injection(code, days_ago, system=ATC[0], **more):
    found = {
        "resourceType": "MedicationAdministration", "status": "completed", "subject": ME,
        "medicationCodeableConcept": {"coding": [{"system": system, "code": code}]}, "effectiveDateTime": ago(days_ago),
    }  # fmt: skip
    return {"administrations": bundle([found | more])}


@pytest.mark.parametrize(
    ("given", "code", "window"),
    [
        (transfusion, "12719002", 7),
        (transfusion, "116863004", 14),
        (transfusion, "71493000", 14),
        (injection, "L03AA02", 7),
        (injection, "L03AA10", 7),
        (injection, "L03AA13", 14),
        (injection, "L03AA14", 14),
    ],
)
def test_a_supported_count_proves_no_recovery(given, code, window):
    """Four counts of two days ago; only what was given within the window before them supports them."""
    found = [*AFTER_NADIR, *counts(2)]
    assert says(*found, orders=STOPPED, mg=50) == "restart-reduced"
    for days_ago, said in ((2, False), (window + 2, False), (window + 2.01, True), (1.99, True)):
        proven = "restart-reduced" if said else "keep-interrupted"
        assert says(*found, orders=STOPPED, mg=50, **given(code, days_ago)) == proven


def test_a_supported_count_supports_no_escalation_but_lowers_a_running_dose():
    assert says(*counts(1), **transfusion("12719002", 3)) == "none"
    assert says(*AFTER_NADIR, *counts(2), **transfusion("12719002", 3)) == "restart-reduced"


@pytest.mark.parametrize(
    "more",
    [
        {"status": "not-done"},
        {"status": "entered-in-error"},
        {"performedDateTime": ago(-1)},
        {"performedDateTime": "some day"},
        {"code": {"coding": [{"system": SCT, "code": "5447007"}]}},
    ],
)
def test_only_what_was_given_is_support(more):
    assert says(*counts(1), **transfusion("12719002", 3, **more)) == "escalate"


@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped"])
def test_a_period_supports_what_it_may_reach(status):
    span = {"performedPeriod": {"start": ago(20), "end": ago(8)}}
    found = transfusion("12719002", 3, status=status, **span)
    del found["transfusions"]["entry"][0]["resource"]["performedDateTime"]
    assert says(*counts(1), **found) == "none"
    assert says(*counts(0.9), **found) == "escalate"


def test_a_growth_factor_of_a_contained_medication():
    medication = {"resourceType": "Medication", "id": "m", "code": {"coding": [{"system": ATC[1], "code": "L03AA02"}]}}
    found = injection("", 3, contained=[medication], medicationReference={"reference": "#m"})
    del found["administrations"]["entry"][0]["resource"]["medicationCodeableConcept"]
    assert says(*counts(1), **found) == "none"


@pytest.mark.parametrize("key", ["transfusions", "administrations"])
def test_records_of_support_that_cannot_be_read_block_nothing(key):
    for value in (None, FAILED, bundle([]) | {"link": [{"relation": "next"}]}):
        assert says(*counts(1), **{key: value}) == "escalate"


def test_a_foreign_transfusion_stops_the_answer():
    foreign = transfusion("12719002", 30, subject={"reference": "Patient/p2"})
    assert ask([draft(100)], RUNNING, counts(1), **foreign)["conclusion"] == "not-assessed"


def heat(value, days_ago=1, unit="Cel", **more):
    return lab("8310-5", value, unit, days_ago, **more)


HOUR = 1 / 24


@pytest.mark.parametrize(
    ("temperatures", "fever"),
    [
        ([heat(38.31)], True),
        ([heat(38.3)], False),
        ([heat(39, 2)], True),
        ([heat(39, 2.01)], False),
        ([heat(39, 0)], True),
        ([heat(38.31, unit="°C")], True),
        ([heat(101, unit="[degF]")], True),
        ([heat(100.9, unit="[degF]")], False),
        ([heat(100.4, unit="[degF]"), heat(100.4, 1 + HOUR, unit="[degF]")], True),
        ([heat(38), heat(38, 1 + HOUR)], True),
        ([heat(38), heat(38, 1 + 0.99 * HOUR)], False),
        ([heat(38), heat(37.99, 1 + HOUR)], False),
        ([heat(39, status="preliminary")], True),
        ([heat(39, status="entered-in-error")], False),
        ([heat(45.01)], False),
        ([heat(45)], True),
        ([heat(39, unit="K")], False),
        ([heat(39, effectiveDateTime="2026-11-21")], True),
        ([heat(39, effectiveDateTime="2026-11-20")], False),
    ],
)
def test_febrile_neutropenia_by_temperature(temperatures, fever):
    """Neutrophils 0.9 of a day ago, 22 November 09:00."""
    answer = ask([draft(100)], RUNNING, [*counts(1, anc=0.9), *temperatures])
    assert answer["refer"] == (["febrile-neutropenia"] if fever else [])


def test_a_temperature_needs_a_time_of_its_own():
    issued = heat(39) | {"issued": "2026-11-22T09:00:00Z"}
    del issued["effectiveDateTime"]
    assert ask([draft(100)], RUNNING, [*counts(1, anc=0.9), issued])["refer"] == []


@pytest.mark.parametrize(
    ("observations", "refer"),
    [
        ([*counts(1, anc=1.0, plt=40), heat(39)], []),
        ([*without("anc"), obs("anc", 0.9, 1, status="preliminary"), heat(39)], ["febrile-neutropenia"]),
        ([*without("anc"), lab("770-8", 19, "%", 1), heat(39)], ["febrile-neutropenia"]),
        ([*AFTER_NADIR, heat(39, 10), *counts(2)], ["febrile-neutropenia"]),
        ([*AFTER_NADIR, heat(39, 5), *counts(2)], []),
    ],
)
def test_febrile_neutropenia_rests_on_a_low_count_of_now_or_of_the_episode(observations, refer):
    assert ask([draft(100)], RUNNING, observations)["refer"] == refer


@pytest.mark.parametrize(
    ("resource", "refer"),
    [
        (event("10016288", "3"), ["febrile-neutropenia"]),
        (event("10016288", "3", onset=50), ["febrile-neutropenia"]),
        (event("10016288", "2"), []),
        (event("10029366", "3"), []),
    ],
)
def test_a_recorded_febrile_neutropenia(resource, refer):
    answer = ask([draft(100)], RUNNING, [*AFTER_NADIR, *counts(2)], adverseEvents=bundle([resource]))
    assert (answer["conclusion"], answer["refer"]) == ("restart-reduced", refer)
