"""What is due beside the dose: progression, counts, imaging, a pause; the first that applies is said."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cds_service.clinical import decision as d
from cds_service.clinical import evidence as record
from cds_service.clinical.case import Case, count_interval
from cds_service.clinical.decision import Decision, Monitoring
from cds_service.clinical.facts import COUNTS, Evidence, When, later_by, local_day
from cds_service.clinical.months import months_later

# The keys of the record, and what of them has to be read in whole before anything is said to be missing.
_CANCER, _IMAGES = "cancer", ("imaging", "imagingReports")
_YEAR = 12


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its name (a source of the protocol file), what answers it, and the evidence that it looks for."""

    name: str
    ask: Callable[[Case, Decision], Monitoring | None] = field(repr=False)
    kind: str = ""


def due(case: Case, said: Decision) -> Monitoring | None:
    """The first topic of the protocol that applies, beside what is said about the dose; None where none does.

    Nothing is due beside a critical card, at a start, where no order gives the drug and no draft would, or where the
    protocol is not known.
    """
    if said.indicator == d.CRITICAL or not _asked(case):
        return None
    asked = (x.ask(case, said) for x in TOPICS if x.name in case.protocol.monitoring)
    return next((x for x in asked if x), None)


def kinds(case: Case, found: Monitoring) -> frozenset[str]:
    """The kinds of evidence that were looked for until a topic applied."""
    asked = [x for x in TOPICS if x.name in case.protocol.monitoring]
    until = [x.name for x in asked].index(found.topic) + 1
    return frozenset(x.kind for x in asked[:until] if x.kind)


def progression_recorded(case: Case, said: Decision) -> Monitoring | None:
    """Of the newest records of how the disease stands one says progression, and is not surely of before the course."""
    newest = record.newest(record.of_kind(case.facts, "response"))
    found = [(x.when, x) for x in newest if x.when and x.state == "progression" and _of_course(case, x)]
    if not found:
        return None
    when, last = max(found, key=lambda x: (x[0].end, x[0].start, str(x[1])))
    return Monitoring(d.PROGRESSION_RECORDED, case.citation(d.PROGRESSION_RECORDED), when, evidence=(last,))


def count_due(case: Case, said: Decision) -> Monitoring | None:
    """The oldest of the four counts is older than the interval at which they are due."""
    spoken = [x.speaking.result.when for x in (case.series[y] for y in COUNTS) if x.speaking]
    oldest = min(spoken, key=lambda x: (x.start, x.end), default=None)
    if oldest is None or d.NOT_ASSESSED in (said.topic, said.conclusion):
        return None
    limit = later_by(oldest.start, count_interval(case))
    return _overdue(case, d.COUNT_DUE, oldest, limit) if case.now > limit else None


def imaging_due(case: Case, said: Decision) -> Monitoring | None:
    """The last image, else the start, is longer ago than the interval and its grace; unread images tell nothing."""
    if not any(record.read_in_whole(case.facts, "imaging", x) for x in _IMAGES):
        return None
    images = [(x.when, x) for x in record.of_kind(case.facts, "imaging") if x.when]
    since, last = max(images, key=lambda x: (x[0].start, str(x[1])), default=(_start(case), None))
    if since is None:
        return None
    limit = months_later(since.start, case.p.imaging_months, case.now.tzinfo)
    evidence = (last,) if last else ()
    late = case.now > later_by(limit, case.p.imaging_grace)
    return _overdue(case, d.IMAGING_DUE, since, limit, evidence) if late else None


def pause_consider(case: Case, said: Decision) -> Monitoring | None:
    """So many years of treatment, and all that was recorded since the start is known and no progression."""
    start = _start(case)
    if start is None or record.unseen(case.facts, "response"):
        return None
    limit = months_later(start.start, case.p.pause_years * _YEAR, case.now.tzinfo)
    since = [x for x in record.of_kind(case.facts, "response") if x.when is None or _of_course(case, x)]
    if case.now < limit or any(x.state == "progression" for x in since):
        return None
    return _overdue(case, d.PAUSE_CONSIDER, start, limit)


TOPICS = (
    Topic(d.PROGRESSION_RECORDED, progression_recorded, "response"),
    Topic(d.COUNT_DUE, count_due),
    Topic(d.IMAGING_DUE, imaging_due, "imaging"),
    Topic(d.PAUSE_CONSIDER, pause_consider, "response"),
)


def _asked(case: Case) -> bool:
    stops = bool(case.facts.drafts) and not case.drafts
    runs = case.course is not None and bool(case.giving or case.drafts)
    return runs and not stops and not case.protocol_unknown


def _start(case: Case) -> When | None:
    return case.course.start if case.course else None


def _of_course(case: Case, item: Evidence) -> bool:
    """True unless an item with a time is surely of before the first dose."""
    return case.course is not None and item.when is not None and case.course.holds(item.when)


def _overdue(case: Case, topic: str, since: When, limit: datetime, evidence: tuple[Evidence, ...] = ()) -> Monitoring:
    return Monitoring(topic, case.citation(topic), since, local_day(limit, case.now.tzinfo), evidence)
