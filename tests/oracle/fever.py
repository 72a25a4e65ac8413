"""Febrile neutropenia: very low neutrophils and, near them, a temperature that counts; or a record of it."""

from fractions import Fraction
from itertools import permutations

from tests.oracle.grades import surely_above
from tests.oracle.recorded import FEBRILE_NEUTROPENIA
from tests.oracle.times import days

ONCE, TWICE = Fraction("38.3"), 38
HOUR = days(1) / 24


def febrile_neutropenia(facts):
    return any(feverish(facts, count) for count in low_counts(facts)) or is_recorded(facts)


def low_counts(facts):
    """Neutrophils surely below 1.0: the one that speaks, and those of the current episode."""
    spoken = facts.voices["neutrophils"].result
    low = [one for one in facts.results if one.analyte == "neutrophils" and one.usable]
    low = [one for one in [*low, *([spoken] if spoken else [])] if one.low >= 3]
    return [one for one in low if in_last_episode(facts, one.end) or (one is spoken and fresh(facts, one))]


def fresh(facts, one):
    return facts.now - one.start <= days(14)


def in_last_episode(facts, moment):
    return bool(facts.episodes) and moment >= facts.episodes[-1].onset


def feverish(facts, count):
    near = [one for one in facts.temperatures if one.start <= count.end + days(1)]
    near = [one for one in near if one.end >= count.start - days(1)]
    if any(surely_above(one.value, one.comparator, ONCE) for one in near):
        return True
    warm = [one for one in near if one.value >= TWICE and one.comparator in (None, ">", ">=")]
    return any(second.start - first.end >= HOUR for first, second in permutations(warm, 2))


def is_recorded(facts):
    for one in facts.records:
        if FEBRILE_NEUTROPENIA in one.codes and one.confirmed and one.grade >= 3:
            recent = one.onset is not None and in_last_episode(facts, one.onset[1])
            if not one.resolved or recent:
                return True
    return False
