"""Neutrophils from their parts: cases worked out by hand, leukocytes 5.0 wherever nothing else is said."""

import pytest

from tests.oracle.asking import ago, ask, counts, draft, lab, obs, order, says, without

SEGMENTED, BANDS, PERCENT, SEGMENTED_PERCENT, BAND_PERCENT = "768-2", "30229-9", "770-8", "26505-8", "35332-6"
REST = without("anc")


def share(code, value, days_ago=1, **more):
    return lab(code, value, "%", days_ago, **more)


def cells(code, value, days_ago=1, **more):
    return lab(code, value, "10*9/L", days_ago, **more)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([cells(SEGMENTED, 0.8), cells(BANDS, 0.199)], "interrupt"),
        ([cells(SEGMENTED, 0.8), cells(BANDS, 0.2)], "none"),
        ([cells(SEGMENTED, 1.4), cells(BANDS, 0.1)], "escalate"),
        ([share(PERCENT, 19.9)], "interrupt"),
        ([share(PERCENT, 20)], "none"),
        ([share(PERCENT, 30)], "escalate"),
        ([share(SEGMENTED_PERCENT, 18), share(BAND_PERCENT, 1.9)], "interrupt"),
        ([share(SEGMENTED_PERCENT, 18), share(BAND_PERCENT, 2)], "none"),
        ([share(SEGMENTED_PERCENT, 28), share(BAND_PERCENT, 2)], "escalate"),
    ],
)
def test_parts_are_summed_or_taken_of_the_leukocytes(parts, said):
    assert says(*REST, *parts) == said


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (cells(SEGMENTED, 1.5), "escalate"),
        (cells(SEGMENTED, 1.499), "not-assessed"),
        (cells(SEGMENTED, 0.4), "not-assessed"),
        (share(SEGMENTED_PERCENT, 30), "escalate"),
        (share(SEGMENTED_PERCENT, 29.9), "not-assessed"),
        (cells(BANDS, 3), "not-assessed"),
        (share(BAND_PERCENT, 60), "not-assessed"),
    ],
)
def test_segmented_without_bands_is_a_lower_bound(part, said):
    assert says(*REST, part) == said


def test_a_sum_counts_before_a_percent_and_a_percent_before_a_bound():
    assert says(*REST, cells(SEGMENTED, 3), cells(BANDS, 0), share(PERCENT, 10)) == "escalate"
    assert says(*REST, cells(SEGMENTED, 2), share(PERCENT, 10)) == "interrupt"


@pytest.mark.parametrize("wrong", [("{ratio}", 0.6), ("10*-3", 600), ("10*9/L", 3), ("%", 100.1), ("", 60)])
def test_a_percent_has_one_unit(wrong):
    unit, value = wrong
    assert says(*REST, lab(PERCENT, value, unit, 1)) == "not-assessed"


BLOOD, SERUM = ({"specimen": {"reference": f"Specimen/{name}"}} for name in ("blood", "serum"))
NUMBERED = {"specimen": {"identifier": {"system": "urn:lab", "value": "4711"}}}


@pytest.mark.parametrize(
    ("white", "percent", "said"),
    [
        ({}, {}, "escalate"),
        ({}, {"effectiveDateTime": ago(1.01)}, "not-assessed"),
        (BLOOD, BLOOD, "escalate"),
        (BLOOD, SERUM, "not-assessed"),
        (BLOOD, BLOOD | {"effectiveDateTime": ago(1.01)}, "not-assessed"),
        (NUMBERED, NUMBERED | {"effectiveDateTime": "2026-11-22"}, "escalate"),
        ({}, {"effectiveDateTime": "2026-11-22"}, "not-assessed"),
        (BLOOD, {}, "escalate"),
    ],
)
def test_a_percent_needs_the_leukocytes_of_its_own_specimen_or_time(white, percent, said):
    found = [*without("anc")[:1], obs("wbc", 5, 1, **white), *without("anc")[2:], share(PERCENT, 60, **percent)]
    assert says(*found) == said


@pytest.mark.parametrize(("time", "said"), [(ago(7), "escalate"), ("2026-11-16", "none")])
def test_of_two_times_the_wider_is_kept(time, said):
    """The leukocytes are exactly 7 days old; the whole day of the percent began earlier."""
    white, percent = obs("wbc", 5, 7, **BLOOD), share(PERCENT, 60, 7, **BLOOD, effectiveDateTime=time)
    assert says(obs("hb", 13, 7), white, obs("plt", 200, 7), percent) == said


@pytest.mark.parametrize(("value", "said"), [(19.9, "interrupt"), (60, "not-assessed")])
def test_what_rests_on_a_preliminary_part_is_preliminary(value, said):
    assert says(*REST, share(PERCENT, value, status="preliminary")) == said


@pytest.mark.parametrize(
    ("direct", "percent", "said"),
    [(3, 18, "interrupt"), (0.9, 60, "interrupt"), (1.2, 60, "none"), (3, 24, "escalate")],
)
def test_beside_a_direct_count_only_the_other_side_of_grade_3_acts(direct, percent, said):
    assert says(*counts(1, anc=direct), share(PERCENT, percent)) == said


def test_an_unusable_differential_matters_only_without_a_direct_count_of_its_own():
    odd = lab(PERCENT, 0.6, "{ratio}", 1)
    assert says(*counts(1), odd) == "escalate"
    assert says(*counts(1), lab(PERCENT, 0.6, "{ratio}", 0.5)) == "not-assessed"
    assert says(*counts(1), share(PERCENT, 60, 0.5)) == "not-assessed"


@pytest.mark.parametrize(
    ("white", "percent", "said"),
    [("<", None, "interrupt"), (None, "<", "interrupt"), ("<", "<=", "interrupt"), ("<", ">", "not-assessed")],
)
def test_bounds_of_the_parts_must_point_one_way(white, percent, said):
    few = {"value": 5, "unit": "10*9/L"} | ({"comparator": white} if white else {})
    part = {"value": 10, "unit": "%"} | ({"comparator": percent} if percent else {})
    found = [obs("hb", 13, 1), obs("wbc", 0, 1, valueQuantity=few), obs("plt", 200, 1)]
    assert says(*found, lab(PERCENT, 0, "%", 1, valueQuantity=part)) == said


def test_an_unusable_part_makes_the_whole_unusable():
    bad = cells(BANDS, 0.1) | {"valueQuantity": {"value": 0.1, "unit": "mg"}}
    assert says(*REST, cells(SEGMENTED, 3), bad) == "not-assessed"
    assert says(*REST, cells(SEGMENTED, 3), bad, share(PERCENT, 60)) == "escalate"


def test_a_calculated_count_opens_and_closes_an_episode():
    nadir = [obs("wbc", 5, 10), share(PERCENT, 14, 10)]
    answer = ask([draft(100)], [order("o1", 100, 40)], [*counts(20), *nadir, *without("anc", 2), share(PERCENT, 60, 2)])
    assert (answer["conclusion"], answer["ceiling"]) == ("restart-reduced", 50)


def test_a_count_that_cannot_be_is_unusable():
    crowd = [obs("hb", 13, 1), obs("wbc", 200, 1), obs("plt", 200, 1)]
    assert says(*crowd, share(PERCENT, 50)) == "escalate"
    assert says(*crowd, share(PERCENT, 50.1)) == "not-assessed"


def test_very_few_leukocytes_speak_where_no_count_of_their_time_does():
    few = [obs("hb", 13, 1), obs("wbc", 0.99, 1), obs("plt", 200, 1)]
    fever = lab("8310-5", 39, "Cel", 1)
    assert "febrile-neutropenia" in ask([draft(100)], [order("o1", 100, 40)], [*few, fever])["refer"]
    newer = cells(SEGMENTED, 2, 0.5), cells(BANDS, 0, 0.5)
    assert "febrile-neutropenia" not in ask([draft(100)], [order("o1", 100, 40)], [*few, *newer, fever])["refer"]
