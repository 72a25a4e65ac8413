"""The oracle's answer to one order-sign call."""

from decimal import Context

from tests.oracle.eligibility import checklist
from tests.oracle.facts import read_facts
from tests.oracle.ladder import conclude, gives, refer
from tests.oracle.monitoring import monitoring
from tests.oracle.rows import card_for

EXACT = Context(prec=500)
NOT_ASSESSED = "not-assessed"
SILENT = {
    "status": 200, "silent": True, "conclusion": None, "refer": [], "topic": None, "indicator": None,
    "proposed": None, "ceiling": None, "current": None, "draft": None, "protocol": None, "checklist": {},
    "monitoring": None,
}  # fmt: skip


def oracle(request, now):
    """What the service must conclude.

    `request` is the body of the call, parsed with `json.loads(..., parse_float=Decimal)`; `now` is an aware datetime.
    Doses are Decimals in mg/day, None where unknown or not there. `protocol` is the id of the one that spoke,
    `checklist` {criterion: state} at the start of a course, else empty, `monitoring` the topic of the card beside that
    of the dose.
    """
    facts = read_facts(request, now)
    if not facts.drafts:
        return dict(SILENT)
    if facts.missing_prefetch:
        return {**SILENT, "status": 412, "silent": False}
    if facts.foreign:
        return {**SILENT, "silent": False, "conclusion": NOT_ASSESSED, "topic": NOT_ASSESSED, "indicator": "warning"}
    conclusion = conclude(facts)
    card, draft = card_for(facts, conclusion)
    return {
        **SILENT,
        "silent": False,
        "conclusion": conclusion,
        "refer": refer(facts, conclusion),
        "topic": card.topic,
        "indicator": card.indicator,
        "proposed": decimal(card.proposed),
        "ceiling": decimal(facts.ceiling or None),
        "current": decimal(facts.current.daily if facts.course else None),
        "draft": decimal(draft.order.most.daily),
        **beside(facts, conclusion, card),
    }


def beside(facts, conclusion, card):
    """What is told beside the dose, by a protocol that is known."""
    if facts.protocol is None:
        return {}
    giving = any(map(gives, facts.drafts))
    return {
        "protocol": facts.protocol.ident,
        "checklist": checklist(facts) if facts.starting and giving else {},
        "monitoring": monitoring(facts, conclusion, card) if giving else None,
    }


def decimal(number):
    return None if number is None else EXACT.divide(number.numerator, number.denominator).normalize(EXACT) + 0
