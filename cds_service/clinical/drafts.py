"""The draft order held against the conclusion and the protocol: the rows of the draft table, in their order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from cds_service.clinical import decision as d
from cds_service.clinical import orders as of
from cds_service.clinical.case import Case, completed_years, starts
from cds_service.clinical.decision import Finding
from cds_service.clinical.eligibility import MET, NOT_MET
from cds_service.clinical.episodes import whole_levels
from cds_service.clinical.facts import Dose, Order, Unknown, When
from cds_service.clinical.proof import lacking_for_escalation
from cds_service.clinical.rules import Outcome, reduce, unassessed


@dataclass(frozen=True, slots=True)
class Row:
    """One row that applies to one draft. `proposed` is the daily dose in mg to rewrite the draft to, None without one.

    `why` are the codes of an unclear dose; `clashing` the orders that the draft overlaps, `total` their sum in mg/day.
    `findings` are those that the row rests on, where they are not those of the conclusion.
    """

    number: int
    topic: str
    indicator: str
    draft: Order
    proposed: Decimal | None = None
    why: tuple[str, ...] = ()
    clashing: tuple[Order, ...] = ()
    total: Decimal | None = None
    findings: tuple[Finding, ...] = ()


UNCLEAR = ("malformed", "undetermined", "intermittent", "off-grid", "not-coded", "child")
TOO_HIGH = ("dose-range", "more-than-one-level")

Ask = Callable[[Case, Outcome, Order], Row | None]


def rows(case: Case, outcome: Outcome) -> tuple[Row, ...]:
    """Every row that applies to any draft of the call, the first one first."""
    asked: Iterable[Ask] = ROWS_OF_ANY_PROTOCOL if case.protocol_unknown else ROWS
    found = [row for draft in case.drafts for ask in asked if (row := ask(case, outcome, draft))]
    return tuple(sorted(found, key=_first))


def _first(row: Row) -> tuple[int, bool, Decimal, str]:
    """Which of several rows speaks: the first in the table, of one row the critical one, then the higher dose."""
    return row.number, row.indicator != d.CRITICAL, -(of.known_dose(row.draft) or Decimal(0)), row.draft.source


def stopped(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 1: the draft gives the drug where it must not be given."""
    if outcome.conclusion not in (d.INTERRUPT, d.KEEP_INTERRUPTED):
        return None
    return Row(1, outcome.conclusion, d.CRITICAL, draft)


def over_maximum(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 2: the draft is above the maximum dose."""
    dose = of.known_dose(draft)
    if dose is None or dose <= case.p.maximum_dose:
        return None
    return Row(2, d.OVER_MAXIMUM, d.CRITICAL, draft, highest_allowed(case))


def over_level(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 3: the draft is above the level that a toxicity leaves, the lowest one where there are several."""
    lowest = min(toxic_levels(case, outcome), key=lambda x: x[0], default=None)
    if lowest is None:
        return None
    level, line = lowest
    dose = of.known_dose(draft)
    if level and (dose is None or dose <= level):  # where no level is left any dose is above it, an unknown one too
        return None
    return Row(3, line.conclusion, d.WARNING, draft, level or None, findings=line.findings)


def toxic_levels(case: Case, outcome: Outcome) -> list[tuple[Decimal, Outcome]]:
    """The levels of lines 3 and 4, whichever of them gave the conclusion; 0 where no dose is known that has one below.

    A patient without a course has no dose, so that there is no level below it; an unknown dose is left to row 8.
    """
    lines = [outcome] if outcome.conclusion in (d.RESTART_REDUCED, d.REDUCE) else []
    lines += [x for x in (reduce(case),) if x and outcome.conclusion == d.RESTART_REDUCED]
    levels = [(Decimal(0) if starts(case) else x.level, x) for x in lines]
    return [(level, x) for level, x in levels if level is not None]


def over_starting_dose(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 4: the draft starts a course above the starting dose."""
    dose = of.known_dose(draft)
    if not starts(case) or dose is None or dose <= case.p.starting_dose:
        return None
    return Row(4, d.OVER_STARTING_DOSE, d.WARNING, draft, highest_allowed(case))


def unsupported_escalation(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 5: the draft raises a known current dose without support, by a range, or by more than one level."""
    dose, current = draft.dose, case.course.dose if case.course else None
    if current is None or not isinstance(dose, Dose) or dose.high <= current:
        return None
    too_high = {"dose-range": dose.low < dose.high, "more-than-one-level": dose.high - current > case.p.dose_step}
    why = (*lacking_for_escalation(case), *(x for x, holds in too_high.items() if holds))
    if outcome.conclusion == d.ESCALATE and not why:
        return None
    proposed = highest_allowed(case)
    return Row(5, d.ESCALATION_NOT_SUPPORTED, d.WARNING, draft, proposed, why or ("data-unknown",))


def unclear(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 6: what the draft gives per day, or to whom, is not clear enough to be held against the protocol."""
    why = tuple(x for x, holds in _unclear(case, draft).items() if holds)
    return Row(6, d.DOSE_UNCLEAR, d.WARNING, draft, why=why) if why else None


def duplicate(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 7: the draft overlaps an active order that it does not replace, or another draft, chosen or not."""
    zone = case.now.tzinfo
    begun = _from_today(case, draft)
    standing = (x for x in dict.fromkeys(case.facts.orders) if of.stands(x) and not of.replaces(begun, x, zone))
    active = [x for x in standing if _clash(case, draft, x)]
    others = [x for x in case.drafts if x is not draft and not _follow(case, draft, x) and _clash(case, draft, x)]
    unchosen = (x for x in dict.fromkeys(case.facts.beside) if of.drafted(x) and not _follow(case, draft, x))
    beside = [x for x in unchosen if _clash(case, draft, x)]
    clashing = (*sorted(active, key=of.rank), *others, *sorted(beside, key=of.rank))
    if not clashing:
        return None
    least, complete = _sum((draft, *clashing))  # what is known may be too much already
    indicator = d.CRITICAL if least > case.p.maximum_dose else d.WARNING
    return Row(7, d.DUPLICATE_ORDER, indicator, draft, clashing=clashing, total=least if complete else None)


def unknown(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 8: something that the decision needs is not known, whichever line gave the conclusion."""
    return Row(8, d.NOT_ASSESSED, d.WARNING, draft) if unassessed(case) else None


def not_eligible(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 9: the draft starts a course, and a criterion of the protocol is not met, or not recorded."""
    states = {x.state for x in case.checklist}
    if states <= {MET}:
        return None
    return Row(9, d.ELIGIBILITY, d.WARNING if NOT_MET in states else d.INFO, draft)


def escalation_possible(case: Case, outcome: Outcome, draft: Order) -> Row | None:
    """Row 10: the draft keeps the dose while an escalation is supported."""
    current = case.course.current if case.course else None
    keeps = current is not None and draft.dose == current.dose
    return Row(10, d.ESCALATE, d.INFO, draft, outcome.level) if keeps and outcome.conclusion == d.ESCALATE else None


ROWS: tuple[Ask, ...] = (
    stopped, over_maximum, over_level, over_starting_dose, unsupported_escalation, unclear, duplicate, unknown,
    not_eligible, escalation_possible,
)  # fmt: skip
ROWS_OF_ANY_PROTOCOL: tuple[Ask, ...] = (stopped, unknown)


def highest_allowed(case: Case) -> Decimal | None:
    """The highest daily dose in mg that may be proposed now, a whole level; None where one of its bounds is unknown."""
    bounds: list[Decimal | None] = [case.p.maximum_dose]
    bounds.append(case.p.starting_dose if starts(case) else case.current)
    if case.episodes:
        bounds.append(case.ceiling)
    if toxic := reduce(case):
        bounds.append(toxic.level)
    known = [x for x in bounds if x is not None]
    return whole_levels(min(known), case.p) or None if len(known) == len(bounds) else None


def _unclear(case: Case, draft: Order) -> dict[str, bool]:
    dose = draft.dose
    return {
        "malformed": draft.fault is not None,
        "undetermined": isinstance(dose, Unknown) and draft.fault is None,
        "intermittent": isinstance(dose, Dose) and not dose.continuous,
        "off-grid": isinstance(dose, Dose) and any(_off_grid(case, x) for x in (dose.low, dose.high, *dose.intakes)),
        "not-coded": not draft.coded,
        "child": child(case),
    }


def child(case: Case) -> bool:
    """True where the patient may be under age; an unknown date of birth is not a child's."""
    born = case.facts.born
    if isinstance(born, Unknown):
        return False
    return completed_years(born.end, case.now) < case.p.adult_age


def _off_grid(case: Case, dose: Decimal) -> bool:
    return dose <= 0 or dose != whole_levels(dose, case.p)


def _sum(orders: Sequence[Order]) -> tuple[Decimal, bool]:
    """The known doses together, of the phases of one order the highest; and whether all of them are known."""
    doses = {x.source: Decimal(0) for x in orders}
    for order in orders:
        doses[order.source] = max(doses[order.source], of.known_dose(order) or Decimal(0))
    return sum(doses.values(), Decimal(0)), all(of.known_dose(x) is not None for x in orders)


def _clash(case: Case, draft: Order, other: Order) -> bool:
    """True where both may give the drug on one day from now on."""
    return of.overlap(draft, other) and (other.end is None or other.end.end >= case.now)


def _from_today(case: Case, draft: Order) -> Order:
    """A draft that tells no start starts when it is signed: today at the earliest."""
    return draft if draft.start or draft.fault else replace(draft, start=When(case.now, case.now))


def _follow(case: Case, one: Order, other: Order) -> bool:
    """True where either of two drafts replaces the other."""
    return of.replaces(one, other, case.now.tzinfo) or of.replaces(other, one, case.now.tzinfo)
