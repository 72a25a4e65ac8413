"""Decision -> what a template says: every value worded and, where it came from outside, escaped."""

from collections.abc import Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from cds_service.clinical.ctcae import UNGRADED
from cds_service.clinical.decision import Count, Decision, Finding
from cds_service.clinical.facts import EVIDENCE, Order, Reason, Toxicity, Unknown, local_day
from cds_service.clinical.orders import known_dose
from cds_service.clinical.protocol import Protocol
from cds_service.render import beside
from cds_service.render.shown import day, grade, marks, not_known, safe, shown, value, with_count
from cds_service.render.words import Words, escape

NAMES = frozenset(
    "findings lead rows unknown unknown_lead unseen missing missing_lead recovery_shown also refer clashing total over "
    "dose drafted giving draft_text limits citation protocol checklist due demo".split()
)


def view(decision: Decision, protocol: Protocol, words: Words, page: str) -> dict[str, Any]:
    """What a card template may use, all of `NAMES` but `demo`; strings are ready to stand in Markdown.

    `page` is the address of the page of the protocol.
    """
    zone = decision.evaluated_at.tzinfo
    return {
        **_told(decision, words, zone),
        **_ordered(decision, protocol, words),
        "limits": words.limits,
        "citation": _citation(decision, protocol, words, page),
        "protocol": _protocol(protocol, words),
        "checklist": beside.checklist(decision, words),
        "due": beside.due(decision.monitoring, words, zone),
    }


def _told(decision: Decision, words: Words, zone: tzinfo | None) -> dict[str, Any]:
    """What was found, and what was not."""
    findings = [_finding(x, words, zone) for x in decision.findings]
    missing = [_missing(x, words) for x in decision.missing]
    return {
        "findings": findings,
        "lead": _lead(decision.findings, findings, words),
        "rows": [_row(x, words, zone) for x in decision.counts],
        "unknown": _unknowns(decision.unknown, words),
        "unknown_lead": _unknown_lead(decision.unknown, words),
        "unseen": _unknowns([x for x in decision.unknown if x.what in EVIDENCE], words),
        "missing": missing,
        "missing_lead": _more(missing, words),
        "recovery_shown": not set(decision.missing).isdisjoint(_AFTER_RECOVERY),
        "also": [words.say("topics", x) for x in decision.also],
        "refer": [words.say("refer", x) for x in decision.refer],
    }


def _ordered(decision: Decision, protocol: Protocol, words: Words) -> dict[str, Any]:
    """What is ordered, and what may be."""
    return {
        "clashing": [_order(x, words) for x in decision.clashing],
        "total": words.dose(decision.total),
        "over": decision.total is not None and decision.total > protocol.parameters.maximum_dose,
        "dose": _doses(decision, protocol, words),
        "drafted": decision.draft is not None,
        "giving": bool(decision.active),
        "draft_text": escape(decision.draft.text) if decision.draft else "",
    }


def _protocol(protocol: Protocol, words: Words) -> dict[str, Any]:
    return {
        "title": words.say("protocols", protocol.id),
        "version": protocol.version,
        "status": words.say("statuses", protocol.status),
        "ctcae": protocol.ctcae.version,
        "by_analogy": protocol.by_analogy,
        "escalates": bool(protocol.parameters.escalate_from),
        "changes": beside.changes(protocol.changes, words),
    }


_AFTER_RECOVERY = ("no-lower-level", "onset-dose-unknown")

CITED_PARAMETERS = {
    "over-maximum": "maximum_dose",
    "over-starting-dose": "starting_dose",
    "escalation-not-supported": "escalate",
    "dose-unclear": "not-assessed",
    "duplicate-order": "not-assessed",
}


def _citation(decision: Decision, protocol: Protocol, words: Words, page: str) -> str:
    """Where the rule stands, linked to its line of the protocol page; a default of this product stands nowhere else."""
    name = CITED_PARAMETERS.get(decision.topic, decision.topic or decision.conclusion)
    source = protocol.sources[name]
    text = source.citation if source.section else words.data["locale"]["default"]
    return f"[{text}]({page}#{name})"


def _doses(decision: Decision, protocol: Protocol, words: Words) -> dict[str, str]:
    doses, p = decision.doses, protocol.parameters
    return {
        "current": words.dose(doses.current),
        "draft": words.dose(doses.draft),
        "on_dosing_days": words.dose(known_dose(decision.draft)) if decision.draft else "",
        "ceiling": words.dose(doses.ceiling),
        "proposed": words.dose(doses.proposed),
        "maximum": words.dose(p.maximum_dose),
        "starting": words.dose(p.starting_dose),
    }


def _finding(finding: Finding, words: Words, zone: tzinfo | None) -> dict[str, Any]:
    if finding.toxicity:
        return _recorded(finding.toxicity, finding, words, zone)
    result = finding.result
    assert result is not None
    return {
        "recorded": False,
        "name": words.what(result.analyte),
        "value": shown(result, words),
        "plain_value": value(result, words),
        "date": day(result.when, words, zone),
        "short_date": words.day(local_day(result.when.start, zone), short=True),
        "grade": grade(finding.grade),
        "limit": _limit(finding.limit, words),
        "marks": marks(result, words),
    }


def _recorded(toxicity: Toxicity, finding: Finding, words: Words, zone: tzinfo | None) -> dict[str, Any]:
    """A recorded toxicity: its term and its grade, and since when, if that was recorded."""
    onset = local_day(toxicity.onset.start, zone) if toxicity.onset else None
    return {
        "recorded": True,
        "name": words.term(toxicity.code, finding.term),
        "date": words.day(onset) if onset else "",
        "short_date": words.day(onset, short=True) if onset else words.data["locale"]["undated"],
        "grade": grade(finding.grade),
        "marks": "",
    }


def _limit(limit: str, words: Words) -> str:
    """'> 5.0 x ULN' as readers write it; "" without a limit."""
    if not limit:
        return ""
    sign, number, unit = limit.split(" ", 2)
    return f"{safe(sign)} {words.number(Decimal(number))} {words.unit(unit)}"


def _lead(findings: Sequence[Finding], worded: Sequence[dict[str, Any]], words: Words) -> str:
    """The first of the worst findings in a clause: 'neutrophils 0.7 x10^9/L (CTCAE grade 3), 20 Nov (+1 more)'."""
    if not findings:
        return ""
    grades = [x.grade or UNGRADED for x in findings]
    first = worded[grades.index(max(grades))]
    pattern = words.data["locale"]["recorded" if first["recorded"] else "finding"]
    return with_count(pattern.format_map(first), len(findings) - 1, words)


def _unknown_lead(unknown: Sequence[Unknown], words: Words) -> str:
    if not unknown:
        return words.say("reasons", "absent")
    first = unknown[0]
    return with_count(f"{words.what(first.what)} {words.say('reasons', first.reason)}", len(unknown) - 1, words)


def _more(items: Sequence[str], words: Words) -> str:
    return with_count(items[0], len(items) - 1, words) if items else ""


def _unknowns(unknown: Sequence[Unknown], words: Words) -> list[str]:
    """A line for each; all that was not asked for in advance and did not come in one line."""
    unread = list(dict.fromkeys(words.say("sources", x.detail) for x in unknown if _is_unread(x, words)))
    lines = list(dict.fromkeys(not_known(x, words) for x in unknown if not _is_unread(x, words)))
    return [*lines, f"{words.say('reasons', Reason.NOT_READ)}: {', '.join(unread)}"] if unread else lines


def _is_unread(unknown: Unknown, words: Words) -> bool:
    return unknown.reason is Reason.NOT_READ and unknown.detail in words.data["sources"]


def _missing(code: str, words: Words) -> str:
    name, _, what = code.partition(":")
    return words.say("missing", name, what=words.what(what) if what else "")


def _order(order: Order, words: Words) -> str:
    dose = words.dose(known_dose(order)) or f"{words.what('dose')} {words.say('reasons', 'undetermined-dose')}"
    text = f": {escape(order.text)}" if order.text else ""
    return f"{escape(order.source)}, {dose}{text}"


def _row(count: Count, words: Words, zone: tzinfo | None) -> dict[str, str]:
    result, none = count.result, words.data["locale"]["none"]
    row = {"name": words.what(count.analyte), "trend": "", "baseline": none}
    if count.baseline:
        row["baseline"] = shown(count.baseline, words)
    if result is None:
        reason = words.say("reasons", count.unknown.reason) if count.unknown else none
        return {**row, "value": reason, "date": "", "grade": "?"}
    date = day(result.when, words, zone)
    supported = f", {words.data['locale']['supported']}" if count.supported else ""
    said = f"{shown(result, words)}{marks(result, words)}{supported}"
    return {**row, "value": said, "date": date, "grade": grade(count.grade), "trend": _trend(count)}


def _trend(count: Count) -> str:
    now, before = count.result, count.previous
    if now is None or before is None or now.value is None or before.value is None:
        return ""
    return "↑" if now.value > before.value else "↓" if now.value < before.value else "→"
