"""The course of treatment: which orders make it, how long it has run at its dose, and whether the dose ever fell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from cds_service.clinical import orders as of
from cds_service.clinical.facts import ANY_TIME, Order, When, later_by
from cds_service.clinical.protocol import Parameters

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Course:
    """The running course: its orders by start, those that give the drug now, and the current dose in mg per day.

    `start` is None where the first order has no date. `current` is None where it is unknown; `conflict` then names the
    orders that contradict each other, if that is why. `since` is the start of the time at the current dose, None where
    unknown, as in a hold: no record says on which day it began. `paused` says that no order gives the drug now.
    """

    orders: tuple[Order, ...]
    giving: tuple[Order, ...]
    start: When | None
    current: Order | None
    conflict: tuple[Order, ...]
    since: When | None

    @property
    def paused(self) -> bool:
        return not self.giving

    @property
    def dose(self) -> Decimal | None:
        """What limits are held against: of a regimen that is not continuous the dose of its dosing days."""
        return of.known_dose(self.current) if self.current else None

    @property
    def level(self) -> Decimal | None:
        """The dose that levels are counted from: one that is given every day."""
        return of.level(self.current) if self.current else None

    def holds(self, when: When) -> bool:
        """True unless `when` is surely before the first dose."""
        return self.start is None or when.end >= self.start.start


def running(record: Sequence[Order], now: datetime, p: Parameters) -> Course | None:
    """The course that runs at `now`, or None. `now` carries the site's time zone."""
    given = sorted((x for x in dict.fromkeys(record) if of.gave(x, now)), key=of.rank)
    members = _last_run(given, now, p)
    if not members:
        return None
    giving = of.standing([x for x in members if of.gives(x, now)])
    clash = of.conflict(giving, now.tzinfo) if giving else _last_two(members, now)
    unreadable = next((x for x in members if x.fault and of.gives(x, now)), None)
    current = None if clash else unreadable or (giving or members)[-1]
    since = _at_dose_since(members, current) if current else None
    return Course(members, giving, members[0].start, current, clash, since)


def dose_at(course: Course, when: When, now: datetime) -> Decimal | None:
    """The dose level in force at a time of the course, else the last before it; None where unknown or conflicting.

    Of a day on which the dose may have changed the lowest.
    """
    started = [x for x in course.orders if x.start is None or x.start.start <= when.end]
    before = [x for x in started if x.start is None or x.start.start <= when.start]
    running_then = [x for x in started if _ended(course.orders, x, now) >= when.start]
    in_force = [x for x in running_then if not _replaced(x, running_then, when)]
    if not any(x in before for x in in_force):
        in_force += before[-1:]
    if not in_force:
        return None
    doses = [of.level(x) for x in in_force]
    if None in doses or of.conflict(in_force, now.tzinfo):
        return None
    return min(x for x in doses if x is not None)


def fell(course: Course) -> bool:
    """True where the dose fell in the course without another coded reason, or may have: one that is no level counts."""
    return any(_lower(older, newer) for older, newer in pairwise(course.orders))


def _lower(older: Order, newer: Order) -> bool:
    before, after = of.level(older), of.level(newer)
    return before is None or after is None or (after < before and not older.reason_coded)


def _last_two(members: Sequence[Order], now: datetime) -> tuple[Order, ...]:
    """Two orders, of those that started last, that leave open which dose came last; () where one is known."""
    last = of.standing([x for x in members if x.start == members[-1].start])
    return of.conflict(last, now.tzinfo) if len({x.dose for x in last}) > 1 else ()


def _last_run(given: Sequence[Order], now: datetime, p: Parameters) -> tuple[Order, ...]:
    run: list[Order] = []
    reach = ANY_TIME.start
    for order in given:
        if run and order.start is not None and order.start.start > reach:
            run, reach = [], ANY_TIME.start
        run.append(order)
        reach = max(reach, _reach(order, now, p))
    return tuple(run) if reach >= now else ()


def _reach(order: Order, now: datetime, p: Parameters) -> datetime:
    """How long an order keeps its course running."""
    if order.end is not None:
        return later_by(order.end.end, p.course_gap)
    dated = order.authored or order.start
    if order.status == "active" or order.fault or dated is None:
        return later_by(now, p.course_gap)
    return later_by(dated.end, p.unknown_end_span)


def _ended(orders: Sequence[Order], order: Order, now: datetime) -> datetime:
    """When an order ended; one that ended at an unknown time ran until the next one started."""
    if order.end is not None:
        return order.end.end
    if of.gives(order, now):
        return ANY_TIME.end
    later = (x.start.start for x in orders if x.start and order.start and x.start.start > order.start.end)
    return later_by(min(later, default=ANY_TIME.end), -timedelta.resolution)


def _replaced(order: Order, others: Sequence[Order], when: When) -> bool:
    """True where an order that names this one as its predecessor had surely started by then."""
    return any(x.replaces & order.names and x.start and when.after(x.start) for x in others if x is not order)


def _at_dose_since(members: Sequence[Order], current: Order) -> When | None:
    """The start of the first of the adjoining orders at the current dose.

    Holds are left out: an order that was held was given for an unknown part of its time, so that only what came after
    it counts; while it is held nothing can be said.
    """
    if current.status == "on-hold":
        return None
    first = current
    for older in reversed(members[: members.index(current)]):
        if older.dose != current.dose or older.status == "on-hold" or not _adjoin(older, first):
            break
        first = older
    return first.start


def _adjoin(older: Order, newer: Order) -> bool:
    if newer.start is None:
        return False
    return older.end is None or newer.start.start - older.end.end <= _ONE_DAY
