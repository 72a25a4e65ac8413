"""One decision for each topic of a card, as the service makes it; and for each that needs no draft, by its wording."""

from collections.abc import Mapping

from cds_service.clinical import decision as d
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import Evidence, Reason, Unknown
from tests.clinical.builders import ago, counts, decided, draft, order, result, undetermined

RUNNING = order(100, ago(days=40))
STOPPED = order(150, ago(days=60), ago(days=20), "stopped")
RECOVERED = [result("neutrophils", "0.4", ago(days=21)), *counts()]

SAMPLES: Mapping[str, Decision] = {
    d.INTERRUPT: decided(counts(neutrophils="0.7"), [RUNNING], [draft(100, RUNNING)]),
    d.KEEP_INTERRUPTED: decided(RECOVERED[:1], [STOPPED], [draft(100)]),
    d.RESTART_REDUCED: decided(RECOVERED, [STOPPED], [draft(150)]),
    d.REDUCE: decided([*counts(), result("alt", "300")], [RUNNING], [draft(100, RUNNING)]),
    d.NOT_ASSESSED: decided(counts()[1:], [RUNNING], [draft(100, RUNNING)]),
    d.ESCALATE: decided(counts(), [RUNNING], [draft(100, RUNNING)]),
    d.OVER_MAXIMUM: decided(counts(), [RUNNING], [draft(250, RUNNING)]),
    d.OVER_STARTING_DOSE: decided(counts(), [], [draft(150)]),
    d.ESCALATION_NOT_SUPPORTED: decided(counts(), [RUNNING], [draft(200, RUNNING)]),
    d.DOSE_UNCLEAR: decided(counts(), [RUNNING], [draft(undetermined(), RUNNING, text="as told")]),
    d.DUPLICATE_ORDER: decided(counts(), [RUNNING], [draft(100)]),
    d.ELIGIBILITY: decided(counts(), [], [draft(100)]),
}

PROGRESSION = Evidence("response", "progression", "Observation/1", ago(days=7))
IMAGE = Evidence("imaging", "done", "ImagingStudy/1", ago(days=7))


def _raised(days: int, *evidence: Evidence) -> Decision:
    """What is said where 150 mg/day runs since so many days: of the dose nothing."""
    return decided(counts(), [order(150, ago(days=days))], evidence=evidence)


# What is due beside the dose, where nothing is to be said of the dose.
DUE: Mapping[str, Decision] = {
    d.PROGRESSION_RECORDED: _raised(40, PROGRESSION),
    d.COUNT_DUE: decided(counts(ago(days=30)), [order(100, ago(days=90))]),
    d.IMAGING_DUE: _raised(200),
    d.PAUSE_CONSIDER: _raised(800, IMAGE),
}

HIGH_ALT = [*counts(), result("alt", "300")]
LOWERED = order(50, ago(days=20), ago(days=10), "stopped")
UNDRAFTED: Mapping[str, Decision] = {
    "interrupt": decided(counts(neutrophils="0.7"), [RUNNING]),
    "interrupt, stopped": decided(counts(neutrophils="0.7"), [STOPPED]),
    "keep-interrupted": decided(RECOVERED[:1], [STOPPED]),
    "keep-interrupted, running": decided(RECOVERED[:1], [RUNNING]),
    "restart-reduced": decided(RECOVERED, [STOPPED]),
    "restart-reduced, running": decided(RECOVERED, [RUNNING]),
    "restart-reduced, conflict": decided(RECOVERED, [RUNNING, order(150, ago(days=10))]),
    "restart-reduced, no level": decided([*RECOVERED, result("alt", "300", ago(days=12))], [STOPPED, LOWERED]),
    "reduce": decided(HIGH_ALT, [RUNNING]),
    "reduce, stopped": decided(HIGH_ALT, [STOPPED]),
    "reduce, lowest": decided(HIGH_ALT, [order(50, ago(days=40))]),
    "reduce, dose unknown": decided(HIGH_ALT, [order(undetermined(), ago(days=40))]),
    "not-assessed": decided(counts()[1:], [RUNNING]),
    "not-assessed, orders": decided(gaps=(Unknown("orders", Reason.FETCH_FAILED),)),
    "escalate": decided(counts(), [RUNNING]),
}
