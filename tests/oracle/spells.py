"""Spells: every order of a course, and every phase of it, as a time at one dose."""

from dataclasses import dataclass

from tests.oracle.dose import Dose
from tests.oracle.orders import Order
from tests.oracle.times import FAR_AHEAD, LONG_AGO


@dataclass(frozen=True)
class Spell:
    """`start` and `end` are pairs (first, last instant of that edge), None where unknown."""

    order: Order
    dose: Dose
    start: tuple | None
    end: tuple | None

    @property
    def first(self):
        return self.start[0] if self.start else LONG_AGO

    @property
    def last(self):
        return self.end[1] if self.end else FAR_AHEAD


def spells_of(order):
    return [Spell(order, one.dose, one.start or order.start, one.end or order.end) for one in order.doses]


def begun_spells(course, moment):
    """The spells of a course that have begun by then, in their order."""
    found = [spell for order in course.orders for spell in spells_of(order) if spell.first <= moment]
    return sorted(found, key=lambda spell: (spell.first, -(spell.dose.most or 0)))


def latest_start(order, moment):
    """When the last spell of an order that has begun by then began, at its earliest."""
    return max((spell.first for spell in spells_of(order) if spell.first <= moment), default=order.first)
