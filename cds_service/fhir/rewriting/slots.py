"""Times of the day: which to leave out, and which to add, so that the intakes stay spread over the day."""

from collections.abc import Sequence
from itertools import pairwise

# Which of so many times remain as so many.
_KEPT = {(3, 2): (0, 2), (4, 2): (0, 2), (4, 3): (0, 1, 2)}

# The times that one way of naming them knows, and which of them make one, two, three and four a day.
_FAMILIES = (
    ("MORN", "NOON", "EVE", "NIGHT"),
    ("CM", "CD", "CV"),
    ("ACM", "ACD", "ACV"),
    ("PCM", "PCD", "PCV"),
)
_SPREAD = {1: (0,), 2: (0, 2), 3: (0, 1, 2), 4: (0, 1, 2, 3)}
_DAY = 24 * 60
_CLOSEST = 4 * 60  # minutes between two intakes, at the least


def kept(of: int, number: int) -> tuple[int, ...]:
    """The places that remain where `number` of `of` times do."""
    return _KEPT.get((of, number), tuple(range(number)))


def events(named: Sequence[str], number: int) -> list[str] | None:
    """`number` codes of EventTiming in place of those named; None where no code fits to add."""
    if number <= len(named):
        return [named[x] for x in kept(len(named), number)]
    for family in _FAMILIES:
        if set(named) <= set(family) and number <= len(family):
            wanted = [family[x] for x in _SPREAD[number]] + list(family)
            chosen = list(dict.fromkeys([*named, *wanted]))[:number]
            return sorted(chosen, key=family.index)
    return None


def clock(named: Sequence[str], number: int) -> list[str] | None:
    """`number` times of the clock (HH:MM:SS) in place of those named; None where an added one came too close."""
    times = sorted(named)
    if number <= len(times):
        return [times[x] for x in kept(len(times), number)]
    while len(times) < number:
        added = _between(times)
        if added is None:
            return None
        times = sorted([*times, added])
    return times


def _between(times: Sequence[str]) -> str | None:
    """The middle of the longest stretch of the day; half a day from a single time."""
    minutes = [int(x[:2]) * 60 + int(x[3:5]) for x in times]
    if len(minutes) == 1:
        return _written((minutes[0] + _DAY // 2) % _DAY)
    length, start = max((later - earlier, -earlier) for earlier, later in pairwise(minutes))
    return _written(length // 2 - start) if length >= 2 * _CLOSEST else None


def _written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}:00"
