"""When a conclusion should also be discussed with a specialist: the reasons, each a stable code."""

from datetime import datetime

from cds_service.clinical.case import Case
from cds_service.clinical.decision import INTERRUPT, KEEP_INTERRUPTED, REDUCE, RESTART_REDUCED
from cds_service.clinical.fever import febrile_neutropenia
from cds_service.clinical.rules import Outcome, toxic_onsets

REASONS = (
    "baseline-grade-3", "febrile-neutropenia", "grade-4", "long-interruption", "no-lower-level", "onset-dose-unknown",
    "second-episode",
)  # fmt: skip
_HAEMATOLOGICAL = (INTERRUPT, KEEP_INTERRUPTED, RESTART_REDUCED)


def reasons(case: Case, outcome: Outcome) -> tuple[str, ...]:
    """The reasons that hold beside a conclusion of lines 1 to 4, in alphabetical order; () beside the others."""
    if outcome.conclusion not in (*_HAEMATOLOGICAL, REDUCE):
        return ()
    held = {
        "grade-4": outcome.conclusion in _HAEMATOLOGICAL and _deepest(case) >= case.p.refer_grade,
        "febrile-neutropenia": febrile_neutropenia(case),
        "second-episode": _second_episode_lower(case),
        "long-interruption": _long_interruption(case),
        "no-lower-level": _no_lower_level(case, outcome),
        "onset-dose-unknown": bool(case.episodes) and case.ceiling is None,
        "baseline-grade-3": _poor_baseline(case),
    }
    return tuple(sorted(x for x, holds in held.items() if holds))


def _deepest(case: Case) -> int:
    """The worst grade of the current episode, and of what speaks today."""
    today = (
        x.speaking.grade[0]
        for x in (case.series[y] for y in case.p.acting_analytes)
        if x.speaking and x.fresh(case.now, case.p.interrupt_window)
    )
    return max(*today, case.last_episode.worst if case.last_episode else 0, 0)


def _second_episode_lower(case: Case) -> bool:
    if len(case.episodes) < 2:
        return False
    first, latest = case.episodes[0].doses[0], case.episodes[-1].doses[0]
    return first is not None and latest is not None and latest < first


def _long_interruption(case: Case) -> bool:
    if case.course is None or not case.course.paused:
        return False
    since = _stopped(case)
    return since is not None and case.now - since > case.p.long_interruption


def _stopped(case: Case) -> datetime | None:
    """Since when no order gives the drug: the last end of its orders, else the onset of the toxicity."""
    orders = case.course.orders if case.course else ()
    ends = [x.end.end for x in orders if x.end and x.end.end <= case.now]
    if ends and orders[-1].end and orders[-1].end.end <= case.now:
        return max(ends)
    if case.last_episode:
        return case.last_episode.onset.result.when.start
    return min(toxic_onsets(case), default=None)


def _no_lower_level(case: Case, outcome: Outcome) -> bool:
    if outcome.conclusion == REDUCE:
        return outcome.level == 0
    return case.ceiling == 0


def _poor_baseline(case: Case) -> bool:
    baselines = (case.series[x].baseline for x in case.p.acting_analytes)
    return any(x is not None and x.grade[0] >= case.p.interrupt_grade for x in baselines)
