"""The course that runs now, the doses in force in it, and how long the present one has been given."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from tests.oracle.dose import GAPS, NO_DOSE
from tests.oracle.orders import gave, gives_now, has_status_reason, level, one_dose
from tests.oracle.times import FAR_AHEAD, LONG_AGO, day_of, days


@dataclass(frozen=True)
class Course:
    orders: list
    first: datetime
    until: datetime


def holds_until(order, now):
    """Up to when an order keeps its course running."""
    if order.end:
        return order.end[1] + days(90)
    if order.status == "active":
        return now + days(90)
    begun = order.authored or order.start
    return begun[1] + days(180) if begun else now


def running_course(orders, now):
    """The course that runs now, or None."""
    orders = sorted((order for order in orders if gave(order, now)), key=lambda order: order.first)
    course = None
    for order in orders:
        until = holds_until(order, now)
        if course and order.first <= course.until:
            course = Course([*course.orders, order], course.first, max(course.until, until))
        else:
            course = Course([order], order.first, until)
    return course if course and course.until >= now else None


def effective_last(order, course):
    """The last instant of an order; one that ended on an unknown day runs until the next one starts."""
    if order.end or order.status not in ("stopped", "completed"):
        return order.last
    following = [other.first for other in course.orders if other.first > order.first]
    return min(following, default=FAR_AHEAD)


def covers(order, course, moment):
    last = effective_last(order, course)
    if order.first > moment:
        return False
    return last >= moment if order.end else last > moment


def dose_in_force(course, moment):
    """The dose that the course gave then, else the last one before; undetermined where that cannot be told."""
    if course is None:
        return NO_DOSE
    then = [order for order in course.orders if covers(order, course, moment)]
    if not then:
        before = [order for order in course.orders if order.first <= moment]
        latest = max((order.first for order in before), default=None)
        then = [order for order in before if order.first == latest]
    return one_dose(then, moment) if then else NO_DOSE


def last_dose(course, now):
    latest = max(order.first for order in course.orders)
    return one_dose([order for order in course.orders if order.first == latest], now)


def current_dose(course, now):
    """Of the orders that give the drug now; in a pause the last one of the course."""
    giving = [order for order in course.orders if gives_now(order, now)]
    return one_dose(giving, now) if giving else last_dose(course, now)


def earlier_fall(course, now):
    """Any fall of the dose without a coded reason, or a dose among several orders that cannot be told."""
    steps = []
    for order in sorted(course.orders, key=lambda order: (order.first, -(order.most.most or 0))):
        begun = [phase for phase in order.doses if phase[0] <= now] or order.doses[:1]
        steps.extend((order, level(phase[2])) for phase in begun)
    if len(course.orders) > 1 and any(mg is None for _, mg in steps):
        return True
    for (old, before), (new, after) in pairwise(steps):
        fell = before is not None and after is not None and after < before
        if fell and (old is new or not has_status_reason(old)):
            return True
    return False


def begins(order, now):
    """The latest instant at which the present dose of an order can have begun, None where unknown."""
    if len(order.doses) > 1:
        begun = [phase[0] for phase in order.doses if phase[0] <= now]
        return begun[-1] if begun and begun[-1] > LONG_AGO else None
    return order.start[1] if order.start else None


def at_this_dose_since(course, order, now):
    """When the run of adjoining orders at the present dose began, at its latest; None where unknown."""
    since = begins(order, now)
    dose = order.dose(now)
    while since is not None and len(order.doses) == 1 and dose.kind != GAPS:
        before = [other for other in course.orders if other is not order and other.first < order.first]
        latest = max(before, key=lambda other: other.first, default=None)
        if latest is None or not adjoins(latest, order, dose, now):
            return since
        order, since = latest, begins(latest, now)
    return since


def adjoins(old, new, dose, now):
    if old.status == "on-hold" or old.start is None or len(old.doses) > 1 or old.dose(now) != dose:
        return False
    return old.end is None or day_of(old.end[1]) >= day_of(new.first) - days(1)
