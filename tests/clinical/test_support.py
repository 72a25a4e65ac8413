"""Transfusions and growth factors: what they may have raised is no proof of recovery, nor of tolerance."""

import pytest

from cds_service.clinical.facts import (
    G_CSF,
    G_CSF_PEGYLATED,
    PLATELET_TRANSFUSION,
    RED_CELLS,
    SUPPORTS,
    Support,
    When,
)
from tests.clinical.builders import ago, counts, day, decided, draft, order, support

AT_100 = order(100, ago(days=30))
SAMPLE = ago(days=2)


def lacking(*given: Support, sample: When = SAMPLE) -> set[str]:
    """What the escalation of a patient with good counts lacks."""
    return set(decided(counts(sample), [AT_100], [draft(150, AT_100)], supports=given).missing)


def of(*analytes: str) -> set[str]:
    return {f"count-supported:{x}" for x in analytes}


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(
    ("kind", "days", "raised"),
    [
        (PLATELET_TRANSFUSION, 7, of("platelets")),
        (RED_CELLS, 14, of("haemoglobin")),
        (G_CSF, 7, of("leukocytes", "neutrophils")),
        (G_CSF_PEGYLATED, 14, of("leukocytes", "neutrophils")),
    ],
)
def test_what_was_given_within_its_window_spoils_the_counts_that_it_raises(
    kind: str, days: int, raised: set[str]
) -> None:
    assert lacking(support(kind, ago(days=2, seconds=1))) == raised
    assert lacking(support(kind, ago(days=2 + days))) == raised
    assert lacking(support(kind, ago(days=2 + days, seconds=1))) == set()


@pytest.mark.parametrize("kind", SUPPORTS)
def test_what_was_given_after_the_sample_does_not(kind: str) -> None:
    assert lacking(support(kind, ago(days=1, hours=23))) == set()


def test_a_day_without_a_time_counts_as_early_and_as_late_as_it_may_be() -> None:
    assert lacking(support(PLATELET_TRANSFUSION, day(2))) == of("platelets")
    assert lacking(support(PLATELET_TRANSFUSION, day(9))) == of("platelets")
    assert lacking(support(PLATELET_TRANSFUSION, day(10))) == set()


@pytest.mark.hazard("H13")
def test_a_restart_needs_counts_that_nothing_raised() -> None:
    orders = [order(150, ago(days=60), ago(days=20), "stopped")]
    results = [*counts(ago(days=20), platelets="40"), *counts(SAMPLE)]
    recovered = decided(results, orders, [draft(100)])
    transfused = decided(results, orders, [draft(100)], supports=(support(PLATELET_TRANSFUSION, ago(days=4)),))
    assert (recovered.conclusion, recovered.topic) == ("restart-reduced", "")
    assert (transfused.conclusion, transfused.topic) == ("keep-interrupted", "keep-interrupted")
    assert transfused.missing == ("count-supported:platelets",)


def test_the_table_of_counts_marks_what_may_have_been_raised() -> None:
    decision = decided(counts(SAMPLE), [AT_100], supports=(support(RED_CELLS, ago(days=4)),))
    assert {x.analyte for x in decision.counts if x.supported} == {"haemoglobin"}


def test_what_was_given_at_the_moment_of_the_sample_may_have_raised_it() -> None:
    assert lacking(support(PLATELET_TRANSFUSION, SAMPLE)) == of("platelets")
