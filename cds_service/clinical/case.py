"""One patient at one instant, as the rules see it: the facts, and what follows from them before any rule is asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from cds_service.clinical import chart, episodes, toxicity
from cds_service.clinical import course as courses
from cds_service.clinical.chart import Reading, Series, unclear
from cds_service.clinical.course import Course
from cds_service.clinical.ctcae import grade, limit_text
from cds_service.clinical.decision import Criterion, Finding
from cds_service.clinical.episodes import Episode
from cds_service.clinical.facts import Facts, Order, Reason, Result, Toxicity, Unknown, When, local_day
from cds_service.clinical.orders import drafted, rank
from cds_service.clinical.protocol import Parameters, Protocol


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules are asked about. `drafts` are those of the call that would give the drug.

    `declared` is a protocol that was declared and that this product cannot tell, "" where it can. `checklist` is who
    the protocol is for, where a draft would start a course of it.
    """

    protocol: Protocol
    facts: Facts
    now: datetime
    course: Course | None
    series: Mapping[str, Series]
    episodes: tuple[Episode, ...]
    drafts: tuple[Order, ...]
    declared: str = ""
    checklist: tuple[Criterion, ...] = ()

    @property
    def p(self) -> Parameters:
        return self.protocol.parameters

    @property
    def giving(self) -> tuple[Order, ...]:
        """The orders that give the drug now."""
        return self.course.giving if self.course else ()

    @property
    def current(self) -> Decimal | None:
        """The current dose level in mg per day; None where unknown, not continuous, or where no course runs."""
        return self.course.level if self.course else None

    @property
    def last_episode(self) -> Episode | None:
        return self.episodes[-1] if self.episodes else None

    @property
    def ceiling(self) -> Decimal | None:
        """The highest dose that the toxicity of this course leaves; None without one, or where it is unknown."""
        return episodes.ceiling(self.episodes, self.p)

    @property
    def protocol_unknown(self) -> bool:
        return bool(self.declared)

    @property
    def gaps(self) -> tuple[Unknown, ...]:
        """What could not be read in whole, and the toxicities of the blood of which nobody recorded since when."""
        dateless = toxicity.undated(self.facts, self.protocol.ctcae, self.p)
        return tuple(sorted((*self.facts.gaps, *dateless), key=str))

    def unresolved(self, grade: int) -> tuple[Toxicity, ...]:
        """The recorded toxicities that are not of the blood, of at least this grade, and not over."""
        return toxicity.unresolved(self.facts, self.protocol.ctcae, grade)

    def citation(self, name: str) -> str:
        return self.protocol.sources[name].citation

    def finding(self, rule: str, source: str, reading: Reading, grade: int) -> Finding:
        """One reading, held against the limit of a grade; `source` names the rule that is cited."""
        if reading.recorded:
            return self.recorded(rule, source, reading.recorded)
        analyte = reading.result.analyte
        baseline = self.series[analyte].baseline
        criterion = self.protocol.ctcae.criteria[analyte]
        limit = limit_text(criterion, grade, reading.result, baseline.result if baseline else None)
        return Finding(rule, self.citation(source), reading.result, reading.grade, limit)

    def recorded(self, rule: str, source: str, found: Toxicity) -> Finding:
        """One recorded toxicity; its grade was given by who recorded it."""
        term = self.protocol.ctcae.terms.get(found.code)
        name = term.name if term else found.display
        return Finding(rule, self.citation(source), grade=(found.grade, found.grade), toxicity=found, term=name)


def build(protocol: Protocol, facts: Facts, now: datetime, declared: str = "") -> Case:
    """Everything that follows from the facts alone; `declared` as in `Case`."""
    p = protocol.parameters
    course = courses.running(facts.orders, now, p)
    series = chart.chart(facts, course, protocol.ctcae, p)
    recorded = toxicity.severe_readings(facts, course, protocol.ctcae, p) if course else ()
    found = episodes.episodes(course, series, recorded, now, p) if course else ()
    drafts = tuple(sorted((x for x in dict.fromkeys(facts.drafts) if drafted(x)), key=lambda x: (x.source, rank(x))))
    return Case(protocol, facts, now, course, series, found, drafts, declared)


def window(case: Case) -> timedelta:
    """How old a count may be for treatment to start or to go on as it is."""
    p = case.p
    if case.course is None:
        return p.start_window
    if case.course.paused:
        return p.restart_window if case.episodes else p.pause_window
    return count_interval(case) + p.count_grace


def count_interval(case: Case) -> timedelta:
    """How often counts are due: more often early after a start, a change of dose or a restart, as after a pause."""
    since = case.course.since if case.course and not case.course.paused else None
    early = since is None or since.end > case.now - case.p.early_period
    return case.p.count_interval_early if early else case.p.count_interval_late


def starts(case: Case) -> bool:
    """True where no course runs and the record of orders was read in whole, so that a draft would start one."""
    return case.course is None and not any(x.what == "orders" for x in case.facts.gaps)


def completed_years(born: datetime, now: datetime) -> int:
    """The age of somebody born at an instant, by the calendar of the zone of `now`."""
    birthday, today = local_day(born, now.tzinfo), now.date()
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))


def together(case: Case, span: timedelta) -> bool:
    """True where usable results, one of each count and none older than `span`, lie within the time allowed."""
    oldest, counts = case.now - span, case.p.acting_analytes
    spoken = [x.result.when for x in (case.series[y].speaking for y in counts) if x and x.result.final]
    if len(spoken) == len(counts) and _close(spoken, oldest, case.p.counts_together):
        return True
    times = [_times(case, x, oldest) for x in counts]
    starts = {when.start for every in times for when in every}
    return any(all(_one_within(every, first, case.p.counts_together) for every in times) for first in starts)


def count_unknowns(case: Case) -> tuple[Unknown, ...]:
    """Each count that is missing, stale or unusable for what is asked today, and counts that lie too far apart."""
    span = window(case)
    each = [x for x in (count_unknown(case, case.series[y], span) for y in case.p.acting_analytes) if x]
    if not each and not together(case, span):
        return (Unknown("counts", Reason.TOO_FAR_APART),)
    return tuple(each)


def dose_unknowns(case: Case) -> tuple[Unknown, ...]:
    """Why the current dose is unknown; () where it is known or no course runs."""
    course = case.course
    if course is None:
        return ()
    if course.current is None:
        return tuple(Unknown("orders", Reason.CONFLICTING, x.source) for x in course.conflict)
    dose = course.current.dose
    return (dose,) if isinstance(dose, Unknown) else ()


def count_unknown(case: Case, series: Series, span: timedelta) -> Unknown | None:
    """Why nothing final and not older than `span` is known of an analyte; None where it is."""
    if series.speaking is None:
        return series.unknown
    result = series.speaking.result
    if not series.fresh(case.now, span):
        return Unknown(series.analyte, Reason.STALE, result.source)
    return None if result.final else Unknown(series.analyte, Reason.NOT_FINAL, result.source)


def _times(case: Case, analyte: str, oldest: datetime) -> tuple[When, ...]:
    """The times of every usable result of the record: those before the first dose count too."""
    spoken = case.series[analyte].speaking
    results = (x for x in case.facts.results.get(analyte, ()) if x.fault is None and x.final and _recent(x, oldest))
    criterion = case.protocol.ctcae.criteria[analyte]
    usable = (x.when for x in results if not unclear(Reading(x, grade(criterion, x)), case.p))
    return tuple({x for x in (*usable, *((spoken.result.when,) if spoken else ())) if x.start >= oldest})


def _recent(result: Result, oldest: datetime) -> bool:
    return result.when.start >= oldest


def _close(times: Sequence[When], oldest: datetime, span: timedelta) -> bool:
    first = min(x.start for x in times)
    return first >= oldest and max(x.end for x in times) - first <= span


def _one_within(times: Iterable[When], first: datetime, span: timedelta) -> bool:
    return any(x.start >= first and x.end - first <= span for x in times)
