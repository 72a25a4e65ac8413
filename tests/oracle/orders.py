"""MedicationRequests of the drug: what they say about time, and which of them gives the drug."""

from dataclasses import dataclass
from datetime import timedelta

from tests.oracle.amounts import span_of_days
from tests.oracle.dose import KNOWN, NO_DOSE, RANGE, Phase, dose_at, highest, holds_at, phases
from tests.oracle.limits import STEP
from tests.oracle.times import FAR_AHEAD, LONG_AGO, day_of, read_period, read_time
from tests.oracle.timing import bounds
from tests.oracle.wire import as_dict, as_list, codings, identifiers, reference_id

STATUSES = ("active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown")
INTENTS = ("proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option")
GAVE = ("active", "on-hold", "stopped", "completed")
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


@dataclass(frozen=True)
class Order:
    """Edges are None where unknown; `start` and `end` are pairs (first, last instant of that edge)."""

    raw: dict
    status: str
    start: tuple | None
    end: tuple | None
    authored: tuple | None
    doses: list
    malformed: bool
    server: str | None

    @property
    def first(self):
        return self.start[0] if self.start else LONG_AGO

    @property
    def last(self):
        return self.end[1] if self.end else FAR_AHEAD

    def dose(self, moment):
        return dose_at(self.doses, moment)

    @property
    def most(self):
        return highest(self.doses)


def read_order(raw, medication, server):
    spans, broken = bound_spans(raw)
    valid = read_edges(as_dict(raw.get("dispenseRequest")).get("validityPeriod"))
    authored = read_time(raw.get("authoredOn"))
    broken = broken or valid == "malformed" or ("authoredOn" in raw and authored is None)
    valid = (None, None) if valid == "malformed" else valid
    start = starting(spans) or valid[0] or authored
    end = ending(spans, start) or valid[1] or supplied(raw, authored)
    status = raw.get("status")
    broken = broken or status not in STATUSES or raw.get("intent", "order") not in INTENTS
    broken = broken or bool(raw.get("modifierExtension"))
    broken = broken or not isinstance(raw.get("doNotPerform", False), bool)
    if broken:  # nothing of it is relied on: it may have given the drug at any time, at any dose
        return Order(raw, status, None, None, None, [Phase(NO_DOSE)], True, server)
    return Order(raw, status, start, end, authored, phases(raw, medication), False, server)


def read_edges(period):
    """(start pair or None, end pair or None) of a Period; "malformed" where it is one."""
    if period is None:
        return None, None
    if read_period(period) is None:
        return "malformed"
    return read_time(period.get("start")), read_time(period.get("end"))


def bound_spans(raw):
    """What bounds each dosage instruction: (start pair, end pair or number of days); and whether one is malformed."""
    found, broken = [], False
    for instruction in as_list(raw.get("dosageInstruction")):
        bound = bounds(as_dict(instruction).get("timing"))
        span = (None, None)
        if bound and bound[0] == "boundsPeriod":
            span = read_edges(bound[1])
            broken = broken or span == "malformed"
        elif bound and bound[0] == "boundsDuration":
            span = (None, span_of_days(bound[1]))
        found.append((None, None) if span == "malformed" else span)
    return found, broken


def starting(spans):
    starts = [start for start, _ in spans]
    return min(starts) if starts and None not in starts else None


def ending(spans, start):
    ends = []
    for _, end in spans:
        if end is None:
            return None
        ends.append(end if isinstance(end, tuple) else plus(start, end))
    if not ends or None in ends:
        return None
    return max(ends, key=lambda pair: pair[1])


def plus(edge, number_of_days):
    if edge is None or number_of_days > 100_000:
        return None
    length = timedelta(microseconds=int(number_of_days * 86_400_000_000))
    return edge[0] + length, edge[1] + length


def supplied(raw, authored):
    length = span_of_days(as_dict(raw.get("dispenseRequest")).get("expectedSupplyDuration"))
    return plus(authored, length) if length is not None and authored else None


def is_an_order(order):
    raw = order.raw
    return raw.get("intent") in ORDERS and not set_aside(raw)


def set_aside(raw):
    return raw.get("doNotPerform") is True or raw.get("reportedBoolean") is True


def unreadable(order):
    """An order that may give the drug, and of which that cannot be told."""
    return order.malformed and order.status not in ("cancelled", "draft", "entered-in-error", "unknown")


def gave(order, now):
    if order.malformed:
        return unreadable(order)
    return order.status in GAVE and is_an_order(order) and order.first <= now


def is_active(order, now):
    if order.malformed:
        return unreadable(order) and order.status not in GAVE[1:]
    return order.status == "active" and is_an_order(order) and order.last >= now


def gives_now(order, now):
    return is_active(order, now) and order.first <= now and holds_at(order.doses, now)


def names(new, old):
    listed = [new.raw.get("priorPrescription"), *as_list(new.raw.get("basedOn"))]
    for reference in map(as_dict, listed):
        ident = reference_id(reference.get("reference"), "MedicationRequest", new.server)
        if ident and ident == old.raw.get("id"):
            return True
        sent = identifiers({"identifier": [reference.get("identifier")]})
        if not old.malformed and sent & identifiers(old.raw):
            return True
    return False


def replaces(new, old):
    return replaces_by_name(new, old) or (bool(old.end and new.start) and day_of(old.end[1]) <= day_of(new.start[0]))


def replaces_by_name(new, old):
    """Of what is unusable nothing is believed but its id."""
    if new.raw.get("id") and new.raw.get("id") == old.raw.get("id"):
        return True
    if new.malformed:
        return False
    return names(new, old) or (not old.malformed and bool(identifiers(new.raw) & identifiers(old.raw)))


def not_replaced(orders):
    """Without those that another one of them replaces; of two that replace each other the later one stays."""
    kept = []
    for old in orders:
        rivals = [new for new in orders if new is not old and replaces(new, old)]
        if not any(not replaces(old, new) or new.first > old.first for new in rivals):
            kept.append(old)
    return kept


def not_renamed(orders):
    """Without those that another one of them names as the one it follows."""
    follows = [(new, old) for old in orders for new in orders if new is not old and replaces_by_name(new, old)]
    gone = [old for new, old in follows if not replaces_by_name(old, new)]
    return [one for one in orders if all(one is not old for old in gone)] or orders


def one_dose(orders, moment):
    """The dose that these orders give together then: undetermined unless one is left that the others do not gainsay."""
    left = not_replaced(orders)
    if len(left) == 1:
        return left[0].dose(moment)
    mutual = all(replaces(a, b) for a in left for b in left)
    doses = {one.dose(moment) for one in left}
    return doses.pop() if mutual and len(doses) == 1 else NO_DOSE


def level(dose):
    """mg/day of a dose that is one (of a range the high end)."""
    return dose.most if dose.kind in (KNOWN, RANGE) else None


def one_level_below(mg):
    """The highest multiple of 50 that is at least 50 below; 0 where there is none."""
    return max((mg - STEP) // STEP * STEP, type(mg)(0))


def has_status_reason(order):
    return bool(codings(order.raw.get("statusReason")))
