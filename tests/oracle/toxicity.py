"""Unresolved toxicity that is not haematological: what chemistry of the last 14 days shows, and what is recorded."""

from dataclasses import dataclass
from datetime import datetime

from tests.oracle.course import level_in_force
from tests.oracle.episodes import baseline, finals_of, in_course
from tests.oracle.limits import CHEMISTRY
from tests.oracle.newest import newest, voice
from tests.oracle.results import PRELIMINARY, graded_chemistry, later
from tests.oracle.times import days


@dataclass(frozen=True)
class Toxicity:
    """`onset`, its first and last possible moment, is None where unknown; `analyte` is None of a recorded one."""

    analyte: str | None
    onset: tuple[datetime, datetime] | None


def grade_all(results, course):
    """Chemistry results with their grades, the others as they were."""
    bases = {}
    for analyte in CHEMISTRY:
        exact = [one for one in results if one.analyte == analyte and one.comparator is None]
        found = baseline(exact, analyte, course)
        bases[analyte] = found.value if found and found.value > 0 else None
    return [graded_chemistry(one, bases[one.analyte]) if one.analyte in CHEMISTRY else one for one in results]


def toxicities(results, course, now):
    found = []
    for analyte in CHEMISTRY:
        said = voice(results, analyte).result
        if said and said.low >= 3 and now - said.start <= days(14):
            found.append(Toxicity(analyte, onset(results, said, course)))
    return found


def recorded_toxicities(records):
    """Line 4, whatever their age."""
    grave = [one for one in records if unresolved(one) and one.grade >= 3]
    return [Toxicity(None, one.onset) for one in grave]


def unresolved(record):
    return record.confirmed and not record.resolved and not record.haematological


def records_bar_escalation(records):
    """An unresolved one of grade 2 or more, or one of which the record does not tell enough."""
    return any(one.unclear or (unresolved(one) and one.grade >= 2) for one in records)


def records_gap(records):
    """An unresolved haematological one that cannot be placed in time."""
    return any(one.counts_as_result and not one.onset and not one.resolved for one in records)


def onset(results, said, course):
    """The first of the trailing run of grade >= 3 in the course."""
    run = [one for one in finals_of(results, said.analyte) if one is not said and not later(one, said)]
    first = (said.start, said.end) if in_course(said, course) else None
    for one in sorted(run, key=lambda one: (one.start, one.end), reverse=True):
        if not (one.usable and one.low >= 3 and in_course(one, course)):
            break
        first = (one.start, one.end)
    return first


def holds(toxicity, course, current):
    """Whether the dose is not already below that at the onset."""
    then = level_in_force(course, *toxicity.onset) if toxicity.onset else None
    return then is None or current is None or current >= then


def bars_escalation(results, now):
    """Chemistry of the last 14 days that is, or may be, of grade >= 2."""
    for analyte in CHEMISTRY:
        finals = newest(finals_of(results, analyte))
        early = [one for one in results if one.analyte == analyte and one.status == PRELIMINARY]
        early = [
            one
            for one in newest([one for one in early if one.value is not None])
            if not any(later(final, one) for final in finals)
        ]
        for one in finals + early:
            old = now - one.start > days(14) and one.end < now
            if not old and not (one.usable and one.high < 2):
                return True
    return False
