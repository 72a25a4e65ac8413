"""The course that runs now, the doses in force in it, and how long the present one has been given."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from tests.oracle.dose import GAPS, KNOWN, NO_DOSE, holds_at
from tests.oracle.orders import gave, gives_now, has_status_reason, level, one_dose, replaces_by_name
from tests.oracle.spells import begun_spells, latest_start
from tests.oracle.times import FAR_AHEAD, day_of, days


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
    """The last instant of an order; one that ended on an unknown day runs until the next one surely starts."""
    if order.end or order.status not in ("stopped", "completed", "on-hold"):
        return order.last
    following = [other.first for other in course.orders if order.start and other.first > order.start[1]]
    return min(following, default=FAR_AHEAD)


def covers(order, course, moment):
    last = effective_last(order, course)
    if order.first > moment or not holds_at(order.doses, moment):
        return False
    return last >= moment if order.end else last > moment


def dose_in_force(course, moment):
    """The dose that the course gave then, else the last one before; undetermined where that cannot be told."""
    if course is None:
        return NO_DOSE
    then = [order for order in course.orders if covers(order, course, moment)]
    if not then:
        then = last_begun([order for order in course.orders if order.first <= moment], moment)
    return lowest(then, moment) if then else NO_DOSE


def level_in_force(course, first, last):
    """mg/day: the lowest level that held from `first` to `last`, None where one cannot be told.

    What is told by its day may have begun before or after an order that begins that day, but in the course.
    """
    if course is None:
        return None
    moments = [first, *(order.first for order in course.orders if first < order.first <= last)]
    levels = [level(dose_in_force(course, moment)) for moment in moments if moment >= course.first]
    return min(levels) if levels and None not in levels else None


def lowest(orders, moment):
    """Their one dose; where one ends, or is replaced, as the next begins both are in force: the lower counts."""
    told = one_dose(orders, moment)
    rivals = [(old, [new for new in orders if new is not old]) for old in orders]
    ending = [old for old, others in rivals if not any(replaced_by(new, old, moment) for new in others)]
    doses = [told, *(old.dose(moment) for old in ending)]
    known = told.kind == KNOWN and all(level(one) is not None for one in doses)
    return min(doses, key=level) if known else told if told.kind != KNOWN else NO_DOSE


def replaced_by(new, old, moment):
    """Whether an order that names the old one had surely begun before."""
    return replaces_by_name(new, old) and bool(new.start and new.start[1] < moment)


def last_begun(orders, moment):
    latest = max((latest_start(order, moment) for order in orders), default=None)
    return [order for order in orders if latest_start(order, moment) == latest]


def current_dose(course, now):
    """Of the orders that give the drug now; in a pause the last one of the course."""
    giving = [order for order in course.orders if gives_now(order, now)]
    return one_dose(giving or last_begun(course.orders, now), now)


def earlier_fall(course, now):
    """Any fall of the dose without a coded reason, or a dose among several that cannot be told."""
    steps = [(spell.order, level(spell.dose)) for spell in begun_spells(course, now)]
    if len(steps) > 1 and any(mg is None for _, mg in steps):
        return True
    for (old, before), (new, after) in pairwise(steps):
        fell = before is not None and after is not None and after < before
        if fell and (old is new or not has_status_reason(old)):
            return True
    return False


def at_this_dose_since(course, order, now):
    """When the run of adjoining spells at the present dose of an order began, at its latest; None where unknown."""
    begun = begun_spells(course, now)
    spell = max((one for one in begun if one.order is order), key=lambda one: one.first)
    while spell.start is not None and spell.dose.kind != GAPS:
        before = [other for other in begun if other is not spell and other.first < spell.first]
        latest = max(before, key=lambda other: other.first, default=None)
        if latest is None or not adjoins(latest, spell):
            break
        spell = latest
    return spell.start[1] if spell.start else None


def adjoins(old, new):
    if old.order.status == "on-hold" or old.start is None or old.dose != new.dose:
        return False
    return old.end is None or day_of(old.end[1]) >= day_of(new.first) - days(1)
