"""All that the ladder asks about, read once from the request."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction

from tests.oracle import drug
from tests.oracle.course import Course, current_dose, running_course
from tests.oracle.dose import NO_DOSE, Dose
from tests.oracle.episodes import accepted_grade, baseline, ceiling, episodes
from tests.oracle.limits import ACTING, PROTOCOL
from tests.oracle.newest import neutrophils_bounded, voice, without_superseded
from tests.oracle.orders import Order, gives_now, is_active, read_order, unreadable
from tests.oracle.results import own_codes, read_observation
from tests.oracle.times import day_of, read_time
from tests.oracle.toxicity import Toxicity, grade_all, holds, toxicities
from tests.oracle.wire import as_dict, as_list, belongs_to, of_type, open_bundle


@dataclass(frozen=True)
class Draft:
    order: Order
    coded: bool
    span: tuple


@dataclass(frozen=True)
class Facts:
    now: datetime
    drafts: list = field(default_factory=list)
    missing_prefetch: bool = False
    foreign: bool = False
    orders: list = field(default_factory=list)
    gap: bool = False
    order_gap: bool = False
    child: bool = False
    other_protocol: bool = False
    course: Course | None = None
    current: Dose = NO_DOSE
    results: list = field(default_factory=list)
    baselines: dict = field(default_factory=dict)
    voices: dict = field(default_factory=dict)
    episodes: list = field(default_factory=list)
    ceiling: Fraction | None = None
    ceiling_known: bool = True
    toxicities: list[Toxicity] = field(default_factory=list)

    @property
    def giving(self):
        return [order for order in self.orders if gives_now(order, self.now)]

    @property
    def active(self):
        return [order for order in self.orders if is_active(order, self.now)]

    @property
    def starting(self):
        return self.course is None and not self.order_gap

    def accepted(self, analyte):
        return accepted_grade(self.baselines, analyte)


def read_facts(request, now):
    context, prefetch = as_dict(request.get("context")), as_dict(request.get("prefetch"))
    patient, server = context.get("patientId"), request.get("fhirServer")
    drafted, _ = open_bundle(context.get("draftOrders"))
    written, order_gap = open_bundle(prefetch.get("medications"))
    observed, result_gap = open_bundle(prefetch.get("results"))
    pool = [pair for pair in drafted + written + observed if pair[1]["resourceType"] == "Medication"]
    facts = read_orders(Facts(now), of_type(written, "MedicationRequest"), pool, server)
    drafts = own(of_type(drafted, "MedicationRequest"), pool, server, facts.course)
    observations = of_type(observed, "Observation")
    facts = replace(
        facts,
        drafts=[read_draft(raw, said, pool, server, now) for raw, said in drafts],
        missing_prefetch="medications" not in prefetch or "results" not in prefetch,
        order_gap=order_gap or any(unreadable(order) for order in facts.orders),
        gap=order_gap or result_gap or is_failure(prefetch.get("patient")),
    )
    used = [order.raw for order in facts.orders] + [raw for raw, _ in drafts]
    used += [raw for raw in observations if own_codes(raw)]
    foreign = any(not belongs_to(raw, patient, server) for raw in used) or other_patient(prefetch, patient)
    facts = replace(facts, foreign=foreign, child=is_child(prefetch, now), other_protocol=other_protocol(facts))
    return read_results(facts, observations)


def is_failure(resource):
    return as_dict(resource).get("resourceType") == "OperationOutcome"


def other_patient(prefetch, patient):
    person = as_dict(prefetch.get("patient"))
    return person.get("resourceType") == "Patient" and person.get("id") != patient


def own(raws, pool, server, course):
    """The orders of the drug: (raw, whether coded); those that name nothing belong to a running course."""
    found = []
    for raw in raws:
        said = drug.identity(raw, pool, server)
        if said in (drug.CODED, drug.POSSIBLE) or (said == drug.NAMELESS and course is not None):
            found.append((raw, said))
    return found


def read_orders(facts, raws, pool, server):
    course = None
    for _ in range(2):  # the second time with the orders that name nothing
        mine = [raw for raw, _ in own(raws, pool, server, course)]
        orders = [read_order(raw, drug.medication_of(raw, pool, server), server) for raw in mine]
        course = running_course(orders, facts.now)
    dose = current_dose(course, facts.now) if course else NO_DOSE
    if any(order.malformed and is_active(order, facts.now) for order in orders):
        dose = NO_DOSE
    return replace(facts, orders=orders, course=course, current=dose)


def read_draft(raw, said, pool, server, now):
    order = read_order(raw, drug.medication_of(raw, pool, server), server)
    if order.start is None:
        order = replace(order, start=(now, now))
    return Draft(order, said == drug.CODED, (order.first, order.last))


def is_child(prefetch, now):
    """Whether the patient may be under 18, by the latest day of birth that the record allows."""
    born = read_time(as_dict(prefetch.get("patient")).get("birthDate"))
    if born is None:
        return False
    latest, today = day_of(born[1]), day_of(now)
    return today < birthday(latest, 18)


def birthday(born, years):
    if (born.month, born.day) == (2, 29):
        return date(born.year + years, 3, 1)
    return born.replace(year=born.year + years)


def other_protocol(facts):
    """Whether the drafts, else the active orders, declare a protocol other than this one."""
    declared = [url for draft in facts.drafts for url in as_list(draft.order.raw.get("instantiatesCanonical"))]
    if not declared:
        declared = [url for order in facts.active for url in as_list(order.raw.get("instantiatesCanonical"))]
    return any(str(url).split("|")[0] != PROTOCOL for url in declared)


def read_results(facts, observations):
    results = [one for raw in observations for one in read_observation(raw, facts.now)]
    results = grade_all(without_superseded(results), facts.course)
    baselines = {analyte: baseline(results, analyte, facts.course) for analyte in ACTING}
    voices = {analyte: voice(results, analyte) for analyte in ACTING}
    voices["neutrophils"] = neutrophils_bounded(voices, results)
    found = episodes(results, baselines, facts.course)
    limit, known = ceiling(facts.course, found)
    current = facts.current.daily
    bad = [one for one in toxicities(results, facts.course, facts.now) if holds(one, facts.course, current)]
    return replace(
        facts, results=results, baselines=baselines, voices=voices, episodes=found, ceiling=limit,
        ceiling_known=known, toxicities=bad,
    )  # fmt: skip
