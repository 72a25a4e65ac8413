"""One decision for each topic of a card, as the service makes it."""

from collections.abc import Mapping

from cds_service.clinical import decision as d
from cds_service.clinical.decision import Decision
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
}
