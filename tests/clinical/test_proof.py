"""What an escalation and a restart still lack: each condition by its own name, and nothing where all are met."""

from dataclasses import replace

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.case import build
from cds_service.clinical.decide import decide
from cds_service.clinical.facts import COUNTS, Facts, Order, Reason, Result, Unknown
from cds_service.clinical.proof import ESCALATION_LACKS, RESTART_LACKS, lacking_for_escalation, lacking_for_restart
from cds_service.clinical.rules import KEPT_FOR
from tests.clinical.builders import (
    NAUSEA,
    NOW,
    PROTOCOL,
    PROTOCOLS,
    P,
    ago,
    counts,
    dose,
    draft,
    facts,
    issued,
    order,
    result,
    support,
    toxicity,
    undetermined,
    unusable,
)

RUNNING = order(100, ago(days=40))
GAP = Unknown("results", Reason.INCOMPLETE)
UNCLEAR = Unknown("toxicity", Reason.UNREADABLE, "Condition/1")


def known(results: list[Result] | None = None, *orders: Order, **more: object) -> Facts:
    return facts(counts() if results is None else results, orders or (RUNNING,), **more)


def every(code: str) -> tuple[str, ...]:
    return tuple(f"{code}:{x}" for x in COUNTS)


WANTING = {
    "nothing": (known(), ()),
    "no course": (facts(counts()), ("no-course",)),
    "a gap": (known(gaps=(GAP,)), ("data-unknown",)),
    "a pause": (known(None, order(100, ago(days=40), ago(days=1))), ("paused",)),
    "an unclear dose": (known(None, order(undetermined(), ago(days=40))), ("dose-unknown",)),
    "two doses": (known(None, RUNNING, order(100, ago(days=39), source="MedicationRequest/b")), ("dose-unknown",)),
    "days without": (known(None, order(dose(100, continuous=False), ago(days=40))), ("not-continuous",)),
    "a range": (known(None, order(dose(50, 100), ago(days=40))), ("dose-not-escalatable",)),
    "another level": (known(None, order(150, ago(days=40))), ("dose-not-escalatable",)),
    "20 days": (known(None, order(100, ago(days=20))), ("time-at-dose",)),
    "no first day": (known(None, order(100, None)), ("time-at-dose",)),
    "no counts": (known([]), every("count-unknown")),
    "an early result": (
        known([*counts(), result("platelets", "200", ago(days=1), final=False)]),
        ("count-preliminary:platelets",),
    ),
    "old counts": (known(counts(ago(days=8))), every("count-stale")),
    "reported counts": (known(counts(issued(ago(days=2)))), every("count-untimed")),
    "platelets given": (
        known(supports=(support("platelet-transfusion", ago(days=3)),)),
        ("count-supported:platelets",),
    ),
    "counts apart": (
        known([x for x in counts(ago(days=1)) if x.analyte != "platelets"] + [result("platelets", "250", ago(days=5))]),
        ("counts-too-far-apart",),
    ),
    "grade 2": (known(counts(platelets="60")), ("count-grade:platelets",)),
    "grade 1 or 2": (known(counts(platelets=">=60")), ("count-grade:platelets",)),
    "an episode": (
        known([*counts(ago(days=30), platelets="40"), *counts(ago(days=20)), *counts()]),
        ("episode-in-course",),
    ),
    "a reduction": (
        known(None, order(150, ago(days=90), ago(days=40)), RUNNING),
        ("earlier-reduction",),
    ),
    "an unusable result": (
        known([*counts(), unusable("platelets", ago(days=20))]),
        ("unusable-result:platelets",),
    ),
    "liver": (known([*counts(), result("alt", "151")]), ("toxicity:alt",)),
    "nausea": (known(toxicities=(toxicity(NAUSEA, 2, ago(days=5)),)), ("recorded-toxicity",)),
    "an unclear toxicity": (known(unclear=(UNCLEAR,)), ("unclear-toxicity",)),
}  # fmt: skip
HARMLESS = {
    "21 days": known(None, order(100, ago(days=21))),
    "7 days old": known(counts(ago(days=7))),
    "grade 1": known(counts(platelets="75")),
    "an early result before": known([*counts(), result("platelets", "60", ago(days=3), final=False)]),
    "an unusable one before the course": known([*counts(), unusable("platelets", ago(days=41))]),
    "an early one that is unusable": known([*counts(), unusable("platelets", ago(days=1), final=False)]),
    "liver, grade 1": known([*counts(), result("alt", "150")]),
    "liver, long ago": known([*counts(), result("alt", "400", ago(days=14, seconds=1))]),
    "mild nausea": known(toxicities=(toxicity(NAUSEA, 1, ago(days=5)),)),
    "not asked for": known(unclear=(Unknown("toxicity", Reason.NOT_READ),)),
    "an unclear support": known(unclear=(Unknown("support", Reason.UNREADABLE),)),
    "a higher dose": known(None, order(50, ago(days=90), ago(days=40)), RUNNING),
    "a reduction with a reason": known(None, order(150, ago(days=90), ago(days=40), reason_coded=True), RUNNING),
}


@pytest.mark.hazard("H07", "H21")
@pytest.mark.parametrize(("asked", "lacks"), WANTING.values(), ids=WANTING)
def test_an_escalation_lacks_what_is_not_shown(asked: Facts, lacks: tuple[str, ...]) -> None:
    assert lacking_for_escalation(build(PROTOCOL, asked, NOW)) == lacks
    assert (decide(PROTOCOLS, asked, NOW).conclusion == d.ESCALATE) is (not lacks)


@pytest.mark.parametrize("asked", HARMLESS.values(), ids=HARMLESS)
def test_an_escalation_lacks_nothing_for_what_is_harmless(asked: Facts) -> None:
    assert lacking_for_escalation(build(PROTOCOL, asked, NOW)) == ()


@pytest.mark.parametrize("analyte", ["creatinine", "bilirubin", "alt", "ast"])
@pytest.mark.parametrize(("days", "toxic"), [(13, True), (14, True), (14.001, False)])
def test_chemistry_that_is_unknown_or_early_may_be_toxic_for_14_days(analyte: str, days: float, toxic: bool) -> None:
    for spoiled in (unusable(analyte, ago(days=days)), result(analyte, "1", ago(days=days), final=False)):
        lacks = lacking_for_escalation(build(PROTOCOL, known([*counts(), spoiled]), NOW))
        assert lacks == ((f"toxicity:{analyte}",) if toxic else ())
    nothing = unusable(analyte, ago(days=days), final=False)
    assert lacking_for_escalation(build(PROTOCOL, known([*counts(), nothing]), NOW)) == ()


def test_all_that_an_escalation_may_lack_is_of_the_closed_list() -> None:
    named = {x.partition(":")[0] for _, lacks in WANTING.values() for x in lacks}
    assert named == set(ESCALATION_LACKS)


PAUSED = order(150, ago(days=60), ago(days=9), "stopped")
BAD = counts(ago(days=10), platelets="40")
RECOVERY = {
    "nothing": (counts(), ()),
    "a worse count": (counts(platelets="74"), ("count-not-recovered:platelets",)),
    "perhaps a worse one": (counts(platelets=">=60"), ("count-not-recovered:platelets",)),
    "old counts": (counts(ago(days=8)), every("count-stale")),
    "an unusable count": (
        [*counts(), unusable("platelets", ago(days=1))],
        ("count-unknown:platelets",),
    ),
    "an early count": ([*counts(), result("platelets", "90", final=False)], ("count-preliminary:platelets",)),
    "reported counts": (counts(issued(ago(days=2))), every("count-untimed")),
    "counts apart": (
        [x for x in counts(ago(days=1)) if x.analyte != "platelets"] + [result("platelets", "250", ago(days=5))],
        ("counts-too-far-apart",),
    ),
}  # fmt: skip


@pytest.mark.hazard("H11")
@pytest.mark.parametrize(("results", "lacks"), RECOVERY.values(), ids=RECOVERY)
def test_a_restart_lacks_what_is_not_shown(results: list[Result], lacks: tuple[str, ...]) -> None:
    asked = facts([*BAD, *results], (PAUSED,))
    assert lacking_for_restart(build(PROTOCOL, asked, NOW)) == lacks


def test_all_that_a_restart_may_lack_is_of_the_closed_list() -> None:
    named = {x.partition(":")[0] for _, lacks in RECOVERY.values() for x in lacks} | {"count-supported"}
    assert named == set(RESTART_LACKS)
    assert set(KEPT_FOR) == named | {"recovery-not-shown", "no-lower-level", "onset-dose-unknown"}


def test_a_raise_that_only_line_5_stands_against_has_its_reason() -> None:
    """A site may ask for counts more often than an escalation does."""
    weekly = replace(P, count_interval_early=P.count_grace / 7, count_grace=P.count_grace / 7)
    strict = replace(PROTOCOL, parameters=weekly)
    found = decide({strict.id: strict}, facts(counts(ago(days=5)), (order(100, ago(days=30)),), (draft(150),)), NOW)
    assert found.conclusion == d.NOT_ASSESSED
    assert (found.topic, found.missing) == (d.ESCALATION_NOT_SUPPORTED, ("data-unknown",))
