"""The lines where something is not quite known: a dose, an onset, a grade, a proof that has grown old."""

from decimal import Decimal

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.case import Case, build
from cds_service.clinical.facts import Order, Result
from cds_service.clinical.rules import LINES, interrupt, keep_interrupted, lasting, reduce, restart_reduced
from tests.clinical.builders import (
    ANAEMIA,
    NAUSEA,
    NOW,
    PROTOCOL,
    ago,
    counts,
    decided,
    draft,
    facts,
    order,
    result,
    toxicity,
    undetermined,
)

# An episode at the dose of the order, which closed 20 days ago; nothing was measured since.
EPISODE = [*counts(ago(days=30), neutrophils="0.9"), *counts(ago(days=20))]
RECOVERED = [*EPISODE, *counts(ago(days=2))]
AT_200 = order(200, ago(days=60), ago(days=28), "stopped")


def case(results: list[Result], *orders: Order, drafts: tuple[Order, ...] = (), **more: object) -> Case:
    return build(PROTOCOL, facts(results, orders, drafts, **more), NOW)


@pytest.mark.hazard("H04")
@pytest.mark.parametrize(("drafts", "indicator"), [((), d.WARNING), ((draft(150),), d.CRITICAL)])
def test_a_proof_of_recovery_that_has_grown_old_restarts_nothing(drafts: tuple[Order, ...], indicator: str) -> None:
    found = keep_interrupted(case(EPISODE, AT_200, drafts=drafts))
    assert found is not None
    assert (found.conclusion, found.indicator) == (d.KEEP_INTERRUPTED, indicator)
    assert found.missing
    (opened,) = found.findings
    assert opened.result is not None
    assert (opened.result.analyte, opened.result.when) == ("neutrophils", ago(days=30))


def test_where_no_lower_dose_can_be_named_the_episode_is() -> None:
    for dose, missing in ((50, "no-lower-level"), (undetermined(), "onset-dose-unknown")):
        found = keep_interrupted(case(RECOVERED, order(dose, ago(days=60), ago(days=28), "stopped")))
        assert found is not None
        assert (found.indicator, found.missing) == (d.WARNING, (missing,))
        assert [x.result.when for x in found.findings if x.result] == [ago(days=30)]


def test_good_counts_from_before_a_recorded_toxicity_show_no_recovery_of_it() -> None:
    recorded = toxicity(ANAEMIA, 3, ago(days=1))
    found = keep_interrupted(case(counts(ago(days=2)), order(100, ago(days=60)), toxicities=(recorded,)))
    assert found is not None
    assert found.missing == ("recovery-not-shown",)


def test_a_restart_needs_a_ceiling() -> None:
    unknown = order(undetermined(), ago(days=60), ago(days=28), "stopped")
    assert restart_reduced(case(RECOVERED, unknown, drafts=(draft(50),))) is None
    assert restart_reduced(case(counts(), drafts=(draft(50),))) is None


@pytest.mark.parametrize(("ended", "level"), [(200, Decimal(150)), (50, Decimal(0))])
def test_a_draft_of_an_unknown_dose_is_not_surely_above_the_ceiling(ended: int, level: Decimal) -> None:
    stopped = order(ended, ago(days=60), ago(days=28), "stopped")
    found = restart_reduced(case(RECOVERED, stopped, drafts=(draft(undetermined()),)))
    assert found is not None
    assert (found.conclusion, found.indicator, found.level) == (d.RESTART_REDUCED, d.INFO, level)


@pytest.mark.parametrize(("value", "severe"), [("<1.0", True), ("<1.2", False)])
def test_only_what_is_surely_severe_interrupts(value: str, severe: bool) -> None:
    found = interrupt(case(counts(neutrophils=value), order(100, ago(days=60))))
    assert bool(found) is severe


@pytest.mark.parametrize("name", ["Observation/0", "Observation/z"])
def test_of_results_of_one_time_the_one_that_is_surely_worse_is_the_later_one(name: str) -> None:
    when = ago(days=5)
    perhaps = result("alt", "<400", when, source=name)
    row = lasting(case([result("alt", "300", when), perhaps], AT_200), "alt")
    assert [str(x.result.value) for x in row] == ["300"]


def test_an_interruption_is_counted_from_the_onset_where_the_last_order_tells_no_end() -> None:
    earlier, stopped = order(150, ago(days=90), ago(days=70), "completed"), order(150, ago(days=60), status="stopped")
    severe = result("neutrophils", "0.9", ago(days=20))
    assert "long-interruption" not in decided([severe], [earlier, stopped], [draft(50)]).refer


def test_an_interruption_of_which_no_beginning_is_known_is_not_called_long() -> None:
    stopped = order(150, ago(days=60), status="stopped")
    found = case(counts(), stopped, toxicities=(toxicity(NAUSEA, 3, None),))
    assert reduce(found) is not None
    assert decided(counts(), [stopped], toxicities=(toxicity(NAUSEA, 3, None),)).refer == ()


def test_a_line_is_shown_by_its_name() -> None:
    assert [repr(x) for x in LINES[:2]] == ["Line(name='interrupt')", "Line(name='keep-interrupted')"]
