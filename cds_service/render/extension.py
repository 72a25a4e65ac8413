"""Decision -> the same decision for machines, as `cards/decision.schema.json` describes it; codes and exact numbers."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from cds_service.clinical.decision import Criterion, Decision, Doses, Finding, Monitoring
from cds_service.clinical.facts import Result, Toxicity, Unknown, When
from cds_service.clinical.protocol import Protocol

NAME = "org.example.trofosfamide-cds.decision"
SCHEMA_VERSION = "1.0"


def extension(decision: Decision, protocol: Protocol) -> dict[str, Any]:
    """The machine-readable decision; what is unknown is left out, never null."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "conclusion": decision.conclusion,
        "refer": list(decision.refer),
        "protocol": protocol.id,
        "protocolVersion": protocol.version,
        "protocolDigest": protocol.digest,
        "ctcae": protocol.ctcae.version,
        "evaluatedAt": decision.evaluated_at.isoformat(),
        "dose": _doses(decision.doses),
        "findings": [_finding(x) for x in decision.findings],
        "unknown": _different(_unknown(x) for x in decision.unknown),
        "missing": list(decision.missing),
        "also": list(decision.also),
        "checklist": [_criterion(x) for x in decision.checklist],
        "monitoring": _monitoring(decision.monitoring) if decision.monitoring else {},
    }


def pruned(value: Any) -> Any:
    """The same JSON without empty objects, arrays and strings, which CDS Hooks does not allow."""
    if isinstance(value, dict):
        kept = {x: pruned(y) for x, y in value.items()}
        return {x: y for x, y in kept.items() if y not in ({}, [], "", None)}
    return [pruned(x) for x in value] if isinstance(value, list) else value


def _different(items: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Each once: two reasons of one item may differ in their words alone."""
    return list({tuple(x.items()): x for x in items}.values())


def _doses(doses: Doses) -> dict[str, str]:
    named = {"current": doses.current, "draft": doses.draft, "ceiling": doses.ceiling, "proposed": doses.proposed}
    return {x: plain(y) for x, y in named.items() if y is not None}


def plain(number: Decimal) -> str:
    """An exact number without an exponent or trailing zeros."""
    text = format(number, "f") if abs(number.adjusted()) < 40 else str(number)
    return text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text


def _finding(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {"rule": finding.rule, "citation": finding.citation, "limit": finding.limit}
    if finding.result is not None:
        found |= _result(finding.result)
    if finding.toxicity is not None:
        found |= _toxicity(finding.toxicity)
    if finding.grade is not None:
        found["grade"] = finding.grade[0]
    return found


def _result(result: Result) -> dict[str, Any]:
    return {
        "analyte": result.analyte,
        "value": result.comparator + plain(result.shown) if result.shown is not None else "",
        "unit": result.unit,
        "source": result.source,
        "parts": list(result.parts),
        "time": _time(result.when),
        "status": "" if result.final else "preliminary",
        "basis": "bound" if result.bound_of else result.derived,
    }


def _toxicity(toxicity: Toxicity) -> dict[str, Any]:
    return {
        "term": toxicity.code,
        "source": toxicity.source,
        "time": _time(toxicity.onset) if toxicity.onset else "",
        "basis": "recorded",
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    sources = [x.source for x in criterion.evidence] + [x.source for x in criterion.results]
    return {
        "criterion": criterion.name,
        "state": criterion.state,
        "citation": criterion.citation,
        "source": list(dict.fromkeys([*sources, *(x.source for x in criterion.toxicities)])),
    }


def _monitoring(due: Monitoring) -> dict[str, Any]:
    return {
        "topic": due.topic,
        "citation": due.citation,
        "since": _time(due.since) if due.since else "",
        "due": due.due.isoformat() if due.due else "",
        "source": list(dict.fromkeys(x.source for x in due.evidence if x.source)),
    }


def _unknown(unknown: Unknown) -> dict[str, str]:
    return {"what": unknown.what, "reason": unknown.reason, "source": unknown.source}


def _time(when: When) -> str:
    return when.start.isoformat() if when.start == when.end else f"{_text(when.start)}/{_text(when.end)}"


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
