"""Baselines, episodes of grade >= 3 in the course, and the ceiling that they leave behind."""

from dataclasses import dataclass
from datetime import datetime

from tests.oracle.course import level_in_force
from tests.oracle.limits import ACTING
from tests.oracle.newest import newest
from tests.oracle.orders import gives_now, level, one_level_below
from tests.oracle.results import PRELIMINARY, later
from tests.oracle.spells import begun_spells
from tests.oracle.times import days


@dataclass(frozen=True)
class Episode:
    """`closed` is None while it is open."""

    onset: datetime
    bad: list
    closed: datetime | None


def finals_of(results, analyte):
    return [one for one in results if one.analyte == analyte and one.status != PRELIMINARY and not one.absent]


def baseline(results, analyte, course):
    """The last usable final result within 28 days before the first dose, None where there is none."""
    if course is None:
        return None
    before = [
        one
        for one in finals_of(results, analyte)
        if one.usable and not one.issued and one.end < course.first and course.first - one.start <= days(28)
    ]
    last = newest(before)
    if last and last[0].low is None:
        return min(last, key=lambda one: one.value)
    return min(last, key=lambda one: (one.low, one.high), default=None)


def accepted_grade(baselines, analyte):
    """The grade at which an analyte counts as recovered."""
    found = baselines.get(analyte)
    return max(1, found.low) if found else 1


def in_course(result, course):
    return course is not None and result.end >= course.first and result.start <= course.until


def episodes(results, recorded, baselines, course):
    """`recorded`: results that recorded toxicities count as; they open and lengthen an episode, and close none."""
    acting = [one for analyte in ACTING for one in finals_of(results, analyte) if in_course(one, course)]
    bad = [one for one in acting if one.usable and one.low >= 3]
    bad += [one for one in recorded if in_course(one, course)]
    bad.sort(key=lambda one: (one.start, one.end))
    found, current = [], []
    for number, one in enumerate(bad):
        current.append(one)
        closed = closing(acting, current, bad[number + 1 :], baselines)
        if closed or number == len(bad) - 1:
            found.append(Episode(current[0].start, current, closed))
            current = []
    return found


def closing(acting, bad, to_come, baselines):
    """The first moment at which every analyte has recovered after these bad results and before the next, or None."""
    between = [
        one
        for one in acting
        if all(later(one, old) for old in bad) and all(later(new, one) for new in to_come)
    ]  # fmt: skip
    for moment in sorted({one.end for one in between}):
        seen = [one for one in between if one.end <= moment]
        if all(recovered(seen, analyte, accepted_grade(baselines, analyte)) for analyte in ACTING):
            return moment
    return None


def recovered(seen, analyte, accepted):
    last = newest([one for one in seen if one.analyte == analyte])
    return bool(last) and all(one.usable and not one.issued and one.high <= accepted for one in last)


def doses_at_grade_3(course, found):
    """mg/day in force at each grade >= 3 of the course; None for one that cannot be told."""
    return [level_in_force(course, one.start, one.end) for episode in found for one in episode.bad]


def ceiling(course, found):
    """(mg/day, whether it can be told): no ceiling is (None, True); no level below is (0, True)."""
    doses = doses_at_grade_3(course, found)
    if not doses:
        return None, True
    if None in doses:
        return None, False
    return one_level_below(min(doses)), True


def resumed(course, episode, limit, now):
    """Whether an order has given the ceiling or less since the episode closed."""
    for spell in begun_spells(course, now):
        dose = level(spell.dose)
        if dose is None or limit is None or dose > limit or gives_now(spell.order, now):
            continue
        if spell.start and spell.start[0] > episode.closed:
            return True
        if spell.end and spell.end[0] > episode.closed and spell.order.status not in ("stopped", "on-hold"):
            return True
    return False


def second_below_first(course, found):
    """Whether a later episode began at a dose below that of the first."""
    onsets = [level_in_force(course, episode.bad[0].start, episode.bad[0].end) for episode in found]
    return any(dose is not None and onsets[0] is not None and dose < onsets[0] for dose in onsets[1:])
