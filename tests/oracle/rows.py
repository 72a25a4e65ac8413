"""The draft order held against the conclusion: rows 0 to 11."""

from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.dose import GAPS, KNOWN, RANGE
from tests.oracle.eligibility import NOT_MET, NOT_RECORDED, checklist
from tests.oracle.ladder import gives, level_of_line_4, line_5
from tests.oracle.limits import MAXIMUM, STEP
from tests.oracle.orders import replaces

WARNING, CRITICAL, INFO = "warning", "critical", "info"
NO_CARD = 99


@dataclass(frozen=True)
class Card:
    row: int
    topic: str | None = None
    indicator: str | None = None
    proposed: Fraction | None = None


def card_for(facts, conclusion):
    """(the first card among the drafts of the call, its draft)."""
    cards = [(judge(facts, conclusion, draft), draft) for draft in facts.drafts]
    return min(cards, key=lambda pair: (pair[0].row, pair[0].indicator != CRITICAL))


def judge(facts, conclusion, draft):
    if not gives(draft):
        return Card(NO_CARD)
    if conclusion in ("interrupt", "keep-interrupted"):
        return Card(1, conclusion, CRITICAL)
    if facts.protocol is None:
        return Card(8, "not-assessed", WARNING)
    for row in (row_2, row_3, row_4, row_5, row_6, row_7):
        card = row(facts, conclusion, draft)
        if card:
            return card
    if line_5(facts):
        return Card(8, "not-assessed", WARNING)
    return row_9(facts) or row_10(facts, conclusion, draft)


def row_2(facts, conclusion, draft):
    if (drafted(draft) or 0) > MAXIMUM:
        return Card(2, "over-maximum", CRITICAL, highest_allowed(facts))
    return None


def row_3(facts, conclusion, draft):
    dose = drafted(draft)
    over_ceiling = conclusion == "restart-reduced" and dose is not None and dose > facts.ceiling
    over_level = above_line_4(facts, dose)
    if not over_ceiling and not over_level:
        return None
    level = level_of_line_4(facts) if over_level else None
    lower = level is not None and (not over_ceiling or level < facts.ceiling)
    topic = "reduce" if lower or not over_ceiling else "restart-reduced"
    levels = [facts.ceiling] if over_ceiling else []
    if facts.toxicities:
        levels.append(level_of_line_4(facts))
    return Card(3, topic, WARNING, lowest(levels))


def above_line_4(facts, dose):
    """Above the level of line 4; where no course tells a level, every draft is."""
    if not facts.toxicities:
        return False
    if facts.starting:
        return True
    limit = level_of_line_4(facts)
    return limit is not None and (limit == 0 or (dose is not None and dose > limit))


def row_4(facts, conclusion, draft):
    if facts.starting and (drafted(draft) or 0) > facts.protocol.starting:
        return Card(4, "over-starting-dose", WARNING, highest_allowed(facts))
    return None


def row_5(facts, conclusion, draft):
    dose, current = drafted(draft), facts.current.most if facts.course else None
    if dose is None or current is None or dose <= current:
        return None
    supported = conclusion == "escalate" and draft.order.most.kind == KNOWN and dose <= current + STEP
    return None if supported else Card(5, "escalation-not-supported", WARNING, highest_allowed(facts))


def row_6(facts, conclusion, draft):
    dose = draft.order.most
    unclear = dose.kind not in (KNOWN, RANGE) or dose.off_grid or draft.order.malformed or not draft.coded
    return Card(6, "dose-unclear", WARNING) if unclear or facts.child else None


def row_7(facts, conclusion, draft):
    """Overlaps an active order that it does not replace, or another draft."""
    beside = [order for order in facts.active if overlaps(draft, order) and not replaces(draft.order, order)]
    for other in facts.drafts:
        apart = replaces(draft.order, other.order) or replaces(other.order, draft.order)
        if other is not draft and gives(other) and overlaps(draft, other.order) and not apart:
            beside.append(other.order)
    if not beside:
        return None
    most = {}  # an order and the draft that rewrites it are one: its highest dose counts
    for index, order in enumerate([draft.order, *beside]):
        name = order.raw.get("id") or index
        most[name] = max(most.get(name, 0), order.most.most or 0)
    total = sum(most.values())
    return Card(7, "duplicate-order", CRITICAL if total > MAXIMUM else WARNING)


def overlaps(draft, order):
    return order.malformed or (draft.span[0] <= order.last and order.first <= draft.span[1])


def row_9(facts):
    states = set(checklist(facts).values()) if facts.starting else set()
    if not states & {NOT_MET, NOT_RECORDED}:
        return None
    return Card(9, "eligibility", WARNING if NOT_MET in states else INFO)


def row_10(facts, conclusion, draft):
    if conclusion == "escalate" and draft.order.most == facts.current:
        return Card(10, "escalate", INFO, facts.current.most + STEP)
    return Card(11)


def drafted(draft):
    """mg on a dosing day, None where undetermined: what a draft is held against limits with."""
    return draft.order.most.most


def highest_allowed(facts):
    """The lowest of the maximum, the ceiling, the level of line 4, the starting dose, the current dose."""
    bounds = [Fraction(MAXIMUM)]
    if facts.episodes:
        bounds.append(facts.ceiling)
    if facts.toxicities:
        bounds.append(level_of_line_4(facts))
    if facts.starting:
        bounds.append(Fraction(facts.protocol.starting))
    elif facts.course is None or facts.current.kind == GAPS:
        bounds.append(None)
    else:
        bounds.append(facts.current.daily)
    return lowest(bounds)


def lowest(levels):
    """Floored to the 50 mg grid; None where one is unknown or nothing is left."""
    if None in levels:
        return None
    mg = min(levels) // STEP * STEP
    return mg or None
