"""What one order does: whether it gives the drug, from when to when, and which orders replace each other."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from itertools import combinations

from cds_service.clinical.facts import ANY_TIME, Dose, Order, When, local_day

GAVE = frozenset({"active", "on-hold", "stopped", "completed"})
ENDED = frozenset({"stopped", "completed", "on-hold", "cancelled", "entered-in-error"})


def gave(order: Order, now: datetime) -> bool:
    """True where the order gave the drug at some time up to now; an unreadable status counts as giving."""
    started = order.start is None or order.start.start <= now
    return _meant(order) and started and (order.status in GAVE or _unreadable(order))


def gives(order: Order, now: datetime) -> bool:
    """True where the order gives the drug now."""
    running = order.end is None or order.end.end >= now
    return gave(order, now) and running and stands(order)


def stands(order: Order) -> bool:
    """True where the order is meant to give the drug, now or later, as far as its status can be read."""
    return _meant(order) and (order.status == "active" or _unreadable(order))


def drafted(order: Order) -> bool:
    """True where a draft, once signed, would give the drug: it neither stops, holds, cancels nor forbids it."""
    return order.status not in ENDED and not order.forbids


def known_dose(order: Order) -> Decimal | None:
    """The dose that limits are held against: mg per day, the high end of a range; None where it is undetermined."""
    return order.dose.high if isinstance(order.dose, Dose) else None


def level(order: Order) -> Decimal | None:
    """The known dose of an order that gives it every day; None else: an intermittent regimen has no level."""
    return order.dose.high if isinstance(order.dose, Dose) and order.dose.continuous else None


def replaces(newer: Order, older: Order, zone: tzinfo | None) -> bool:
    """True where one order names the other, is the same one, or the older is known to end by the newer one's day."""
    if newer.names & older.names or newer.replaces & older.names:
        return True
    if older.end is None or newer.start is None:
        return False
    return local_day(older.end.end, zone) <= local_day(newer.start.start, zone)


def conflict(orders: Iterable[Order], zone: tzinfo | None) -> tuple[Order, ...]:
    """The first two orders that contradict each other; () without any.

    Those are two of which neither replaces the other, two contents of one order, and two that each replace the other
    from the same time on with another dose.
    """
    return next((pair for pair in combinations(orders, 2) if _contradict(*pair, zone)), ())


def standing(orders: Sequence[Order]) -> tuple[Order, ...]:
    """The orders that no other one among them replaces by name; both of two that name each other."""
    kept = tuple(x for x in orders if not any(_names(y, x) and not _names(x, y) for y in orders))
    return kept or tuple(orders)


def overlap(one: Order, other: Order) -> bool:
    """True where the two orders may give the drug on the same day; an unknown start or end counts as overlapping."""
    return _not_over(one.end, other.start) and _not_over(other.end, one.start)


def rank(order: Order) -> tuple[datetime, datetime, str, str, str, str, str]:
    """Orders sorted by this stand by their start, an unknown one first, whatever order they came in."""
    begin = order.start or When(ANY_TIME.start, ANY_TIME.start)
    return begin.start, begin.end, order.source, order.status, str(order.end), str(order.dose), order.text


def _contradict(one: Order, other: Order, zone: tzinfo | None) -> bool:
    forth, back = replaces(one, other, zone), replaces(other, one, zone)
    if one.source == other.source:
        return overlap(one, other)
    if forth and back:
        return one.start == other.start and one.dose != other.dose
    return not (forth or back)


def _names(newer: Order, older: Order) -> bool:
    return newer is not older and bool(newer.replaces & older.names)


def _not_over(end: When | None, start: When | None) -> bool:
    return end is None or start is None or end.end >= start.start


def _meant(order: Order) -> bool:
    return order.intended and not order.forbids


def _unreadable(order: Order) -> bool:
    return order.fault is not None and order.status not in ENDED and order.status not in ("draft", "unknown")
