"""Decision -> what a clinician can accept with one click, as edits of the EHR's own orders."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cds_service.clinical import decision as d
from cds_service.clinical.decision import Decision, Suggestion
from cds_service.clinical.facts import COUNTS
from cds_service.fhir import actions
from cds_service.fhir.rewriting.wording import Wording
from cds_service.fhir.site import NO_SITE, Site

Resource = Mapping[str, Any]
_STOPPING = frozenset({d.INTERRUPT, d.KEEP_INTERRUPTED})
_REWRITING = frozenset(
    {d.OVER_MAXIMUM, d.RESTART_REDUCED, d.REDUCE, d.OVER_STARTING_DOSE, d.ESCALATION_NOT_SUPPORTED, d.ESCALATE}
)


def suggestions(
    decision: Decision,
    resources: Mapping[str, Resource],
    tablets: Mapping[str, Fraction],
    patient: str,
    wording: Wording,
    site: Site = NO_SITE,
) -> tuple[Suggestion, ...]:
    """The suggestions of the card about the dose, the recommended one, if any, first.

    `resources` are the orders as the EHR sent them and `tablets` the mg in one tablet of each, by the source that
    `decision` names them by; `wording` is how a dosage is said, `site` what the site's own codes mean.
    What an EHR cannot edit, for want of an id or of
    a structure that can be rewritten exactly, is left out: the card then says it in words.
    """
    draft = resources.get(decision.draft.source) if decision.draft else None
    if decision.topic in _STOPPING:
        return (*_delete(draft, recommended=True), *_holds(decision, resources), *_recount(patient))
    if decision.topic == d.REDUCE and decision.draft is None and "no-lower-level" in decision.refer:
        return _holds(decision, resources)
    if decision.topic in _REWRITING and decision.doses.proposed is not None:
        tablet = tablets.get(decision.draft.source) if decision.draft else None
        new = actions.rewrite(draft, decision.doses.proposed, wording, tablet, site) if draft else None
        return _rewrite(new, decision.doses.proposed, recommended=decision.topic != d.ESCALATE)
    if decision.topic in (d.REDUCE, d.DUPLICATE_ORDER):
        return _delete(draft, recommended=decision.topic == d.REDUCE)
    if any(x.what in (*COUNTS, "counts") for x in decision.unknown):
        return _recount(patient)
    return ()


def beside(decision: Decision, patient: str) -> tuple[Suggestion, ...]:
    """The suggestions of the card of what is due beside the dose, for the patient with this FHIR id."""
    due = decision.monitoring.topic if decision.monitoring else ""
    return _recount(patient) if due == d.COUNT_DUE else ()


def _delete(draft: Resource | None, recommended: bool) -> tuple[Suggestion, ...]:
    action = actions.delete(draft) if draft else None
    return (Suggestion("delete-draft", (action,), recommended=recommended),) if action else ()


def _rewrite(rewritten: Resource | None, dose: Decimal, recommended: bool) -> tuple[Suggestion, ...]:
    action = actions.update(rewritten) if rewritten else None
    return (Suggestion("rewrite-draft", (action,), dose, recommended),) if action else ()


def _holds(decision: Decision, resources: Mapping[str, Resource]) -> tuple[Suggestion, ...]:
    running = dict.fromkeys(x.source for x in decision.active if x.source in resources)
    held = [actions.on_hold(resources[x]) for x in running]
    updates = tuple(y for y in (actions.update(x) for x in held if x) if y)
    return (Suggestion("hold-active", updates, recommended=decision.draft is None),) if updates else ()


def _recount(patient: str) -> tuple[Suggestion, ...]:
    return (Suggestion("repeat-count", (actions.repeat_count(patient),)),)
