"""The lines one by one: what counts as resumed, how long a toxicity has lasted, and what each finding names."""

from decimal import Decimal

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.case import Case, build
from cds_service.clinical.decision import Finding
from cds_service.clinical.facts import Order, Result, When
from cds_service.clinical.rules import (
    Outcome,
    keep_interrupted,
    lasting,
    reduce,
    restart_reduced,
    resumed,
    toxic_onsets,
)
from tests.clinical.builders import (
    ANAEMIA,
    NAUSEA,
    NOW,
    PROTOCOL,
    ago,
    counts,
    day,
    decided,
    dose,
    draft,
    facts,
    order,
    result,
    toxicity,
    undetermined,
    unusable,
)

CLOSED = ago(days=20)
# An episode at 200 mg a day that closed 20 days ago: 150 is what may be given again.
EPISODE = [*counts(ago(days=30), neutrophils="0.9"), *counts(CLOSED), *counts(ago(days=2))]
AT_200 = order(200, ago(days=60), ago(days=28), "stopped")


def case(results: list[Result], *orders: Order, drafts: tuple[Order, ...] = (), **more: object) -> Case:
    return build(PROTOCOL, facts(results, orders, drafts, **more), NOW)


def again(*orders: Order) -> bool:
    """Whether these orders gave the drug since the episode closed, at 150 mg a day or less."""
    found = case(EPISODE, AT_200, *orders)
    assert found.last_episode is not None
    assert found.last_episode.closed == CLOSED
    return resumed(found, found.last_episode, Decimal(150))


@pytest.mark.parametrize(
    ("orders", "wanted"),
    [
        ([], False),
        ([order(100, ago(days=19), ago(days=10), "stopped")], True),
        ([order(150, ago(days=19), ago(days=10), "completed")], True),
        ([order(200, ago(days=19), ago(days=10), "completed")], False),
        ([order(undetermined(), ago(days=19), ago(days=10), "completed")], False),
        ([order(dose(50, 100), ago(days=19), ago(days=10), "completed")], True),
        ([order(100, CLOSED, ago(days=20), "completed")], False),
        ([order(100, ago(days=25), ago(days=19), "completed")], True),
        ([order(100, ago(days=25), CLOSED, "completed")], False),
        ([order(100, ago(days=25), ago(days=19), "stopped")], False),
        ([order(100, ago(days=25), ago(days=19), "on-hold")], False),
        ([order(100, ago(days=19), ago(days=10), "on-hold")], True),
        ([order(100, ago(days=25), status="stopped")], False),
        ([order(100, None, ago(days=19), "completed")], True),
        ([order(100, None, ago(days=21), "completed")], False),
    ],
    ids=[
        "nothing", "less", "the ceiling itself", "more", "an unknown dose", "a range below", "from that moment only",
        "into the time after", "up to that moment", "stopped before its bounds", "held before its bounds",
        "held later", "stopped at an unknown time", "from an unknown day on", "from an unknown day, ended before",
    ],
)  # fmt: skip
def test_the_drug_was_resumed_where_an_order_surely_gave_the_ceiling_or_less(orders: list[Order], wanted: bool) -> None:
    assert again(*orders) is wanted


def test_of_an_open_episode_or_without_a_course_nothing_was_resumed() -> None:
    later = order(100, ago(days=19), ago(days=10), "stopped")
    opened = case([*counts(ago(days=30), neutrophils="0.9")], AT_200, later)
    (episode,) = opened.episodes
    assert not resumed(opened, episode, Decimal(150))
    closed = case(EPISODE, AT_200, later).episodes[0]
    assert not resumed(case(EPISODE), closed, Decimal(150))


def test_what_was_resumed_after_the_episode_needs_no_second_proof() -> None:
    """The pause after it is one without an episode of its own: neither line 2 nor line 3 speaks of it."""
    paused = order(150, ago(days=19), ago(days=10), "completed")
    found = decided(EPISODE, [AT_200, paused], [draft(150)])
    assert found.conclusion == d.NONE
    assert decided(EPISODE, [AT_200], [draft(150)]).conclusion == d.RESTART_REDUCED


@pytest.mark.parametrize(
    ("results", "days"),
    [
        ([("400", 9), ("400", 6), ("400", 2)], [9, 6, 2]),
        ([("400", 9), ("60", 6), ("400", 2)], [2]),
        ([("400", 9), ("400", 6), ("60", 2)], []),
        ([("250", 6), ("251", 2)], [2]),
        ([(">200", 6), ("400", 2)], [2]),
    ],
    ids=["always", "better for a while", "over", "on the limit", "perhaps not so bad"],
)
def test_a_toxicity_has_lasted_since_the_first_of_the_unbroken_row(
    results: list[tuple[str, int]], days: list[int]
) -> None:
    found = lasting(case([result("alt", x, ago(days=y)) for x, y in results], AT_200), "alt")
    assert [x.result.when for x in found] == [ago(days=x) for x in days]


def test_an_unusable_result_breaks_the_row_and_a_preliminary_one_does_not() -> None:
    bad = [result("alt", "400", ago(days=x)) for x in (9, 2)]
    between = ago(days=5)
    assert [x.result.when for x in lasting(case([*bad, unusable("alt", between)], AT_200), "alt")] == [ago(days=2)]
    early = result("alt", "40", between, final=False)
    assert len(lasting(case([*bad, early], AT_200), "alt")) == 2


@pytest.mark.parametrize("name", ["Observation/0", "Observation/z"])
def test_of_results_of_one_time_the_worse_is_the_later_one(name: str) -> None:
    when = ago(days=5)
    better = result("alt", "60", when, source=name)
    row = lasting(case([result("alt", "400", when), better], AT_200), "alt")
    assert [str(x.result.value) for x in row] == ["400"]
    bound = result("alt", ">260", when, source=name)
    row = lasting(case([result("alt", "400", when), bound, result("alt", "40", ago(days=8))], AT_200), "alt")
    assert len(row) == 2


def finding(found: Outcome | None) -> Finding:
    assert found is not None
    assert len(found.findings) == 1
    return found.findings[0]


def test_an_episode_is_named_by_its_last_severe_result_and_the_limit_of_that_grade() -> None:
    results = [*counts(ago(days=9), neutrophils="0.9"), *counts(ago(days=5), neutrophils="0.4")]
    running = order(100, ago(days=60))
    for ask, more in ((keep_interrupted, []), (restart_reduced, counts(ago(days=2)))):
        opened = finding(ask(case([*results, *more], running)))
        assert (opened.rule, opened.limit) == ("episode", "< 1.0 10*9/L")
        assert opened.citation == PROTOCOL.sources["keep-interrupted"].citation
        assert opened.result is not None
        assert (opened.result.analyte, opened.result.when) == ("neutrophils", ago(days=5))


def test_an_episode_that_was_recorded_is_named_by_its_term() -> None:
    recorded = toxicity(ANAEMIA, 3, ago(days=9))
    opened = finding(keep_interrupted(case([], order(100, ago(days=60)), toxicities=(recorded,))))
    assert (opened.rule, opened.term, opened.toxicity) == ("episode", "Anemia", recorded)
    assert opened.citation == PROTOCOL.sources["keep-interrupted"].citation
    assert (opened.result, opened.limit) == (None, "")


def test_a_toxicity_is_held_against_the_arm_that_made_it_severe() -> None:
    running = order(100, ago(days=30))
    before, now = result("creatinine", "60", ago(days=40)), result("creatinine", "200", ago(days=2))
    found = finding(reduce(case([before, now], running)))
    assert (found.rule, found.limit, found.grade) == ("reduce", "> 3.0 x baseline", (3, 3))
    (other,) = (reduce(case([result("creatinine", "301", ago(days=2))], running)),)
    assert finding(other).limit == "> 3.0 x ULN"
    recorded = finding(reduce(case([], running, toxicities=(toxicity(NAUSEA, 3, ago(days=2)),))))
    assert (recorded.rule, recorded.citation) == ("reduce", PROTOCOL.sources["reduce"].citation)


@pytest.mark.parametrize(
    ("orders", "onset", "wanted"),
    [
        ([order(150, ago(days=60))], ago(days=10), True),
        ([order(150, ago(days=60), ago(days=5)), order(100, ago(days=5))], ago(days=10), False),
        ([order(150, ago(days=60), ago(days=5)), order(100, ago(days=5))], None, True),
        ([order(100, ago(days=60), ago(days=5)), order(150, ago(days=5))], ago(days=10), True),
        ([order(undetermined(), ago(days=60), ago(days=5)), order(100, ago(days=5))], ago(days=10), True),
        ([order(150, ago(days=60), ago(days=5)), order(undetermined(), ago(days=5))], ago(days=10), True),
        ([], ago(days=10), True),
    ],
    ids=["same dose", "lowered", "no onset", "raised", "dose then unknown", "dose now unknown", "no course"],
)
def test_a_lower_dose_is_asked_for_until_it_is_lower(orders: list[Order], onset: When | None, wanted: bool) -> None:
    found = case([], *orders, toxicities=(toxicity(NAUSEA, 3, onset),))
    assert bool(reduce(found)) is wanted
    assert toxic_onsets(found) == ([onset.start] if wanted and onset else [])


def test_onsets_are_those_of_results_and_of_records_that_still_ask_for_less() -> None:
    results = [result("alt", "400", ago(days=x)) for x in (9, 2)] + [result("ast", "400", ago(days=20))]
    recorded = (toxicity(NAUSEA, 2, ago(days=30)), toxicity(NAUSEA, 3, ago(days=12)))
    found = case(results, order(150, ago(days=60)), toxicities=recorded)
    assert toxic_onsets(found) == [ago(days=9).start, ago(days=12).start]


def test_the_day_of_a_result_is_asked_in_full() -> None:
    """The severe result of an unknown hour may be later than the better one of that noon."""
    noon = result("alt", "40", ago(days=5))
    row = lasting(case([noon, result("alt", "400", day(5))], AT_200), "alt")
    assert row == ()
