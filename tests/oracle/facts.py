"""All that the ladder asks about, read once from the request."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction

from tests.oracle import drug
from tests.oracle.course import Course, current_dose, running_course
from tests.oracle.differential import with_neutrophils
from tests.oracle.dose import NO_DOSE, Dose
from tests.oracle.episodes import accepted_grade, baseline, ceiling, episodes
from tests.oracle.limits import ACTING
from tests.oracle.newest import neutrophils_bounded, voice, without_superseded
from tests.oracle.oncology import KEYS as ONCOLOGY_KEYS
from tests.oracle.oncology import Evidence, read_evidence, resources_of, unclear_response
from tests.oracle.orders import Order, gives_now, is_active, not_renamed, read_order, unreadable
from tests.oracle.panels import unwrap
from tests.oracle.protocols import DEFAULT, Protocol, protocol_of
from tests.oracle.recorded import as_result, read_records, terms
from tests.oracle.results import own_codes, read_item
from tests.oracle.support import kinds_of, read_supports
from tests.oracle.times import day_of, read_time
from tests.oracle.toxicity import Toxicity, grade_all, holds, recorded_toxicities, records_gap, toxicities
from tests.oracle.wire import as_dict, belongs_to, of_type, open_bundle

# What each key of the record brings, and whether a failure there leaves a gap that counts.
TOXICITY_KEYS = {"adverseEvents": "AdverseEvent", "conditions": "Condition", "gradings": "Observation"}
SUPPORT_KEYS = {"transfusions": "Procedure", "administrations": "MedicationAdministration"}
GAP_KEYS = ("medications", "results", "reports", *TOXICITY_KEYS)


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
    born: tuple | None = None
    protocol: Protocol | None = DEFAULT
    evidence: list[Evidence] = field(default_factory=list)
    unclear_response: bool = False
    read: frozenset = frozenset()
    failed: frozenset = frozenset()
    course: Course | None = None
    current: Dose = NO_DOSE
    results: list = field(default_factory=list)
    baselines: dict = field(default_factory=dict)
    voices: dict = field(default_factory=dict)
    episodes: list = field(default_factory=list)
    ceiling: Fraction | None = None
    ceiling_known: bool = True
    toxicities: list[Toxicity] = field(default_factory=list)
    records: list = field(default_factory=list)
    supports: list = field(default_factory=list)
    temperatures: list = field(default_factory=list)

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
    server = request.get("fhirServer")
    opened = {key: open_bundle(prefetch.get(key)) for key in (*GAP_KEYS, *SUPPORT_KEYS, *ONCOLOGY_KEYS)}
    opened["drafts"] = open_bundle(context.get("draftOrders"))
    pool = [pair for entries, _ in opened.values() for pair in entries if pair[1]["resourceType"] == "Medication"]
    facts = read_orders(Facts(now), of_type(opened["medications"][0], "MedicationRequest"), pool, server)
    drafts = own(of_type(opened["drafts"][0], "MedicationRequest"), pool, server, facts.course)
    items = unwrap(opened["results"][0] + opened["reports"][0], server)
    toxic, given = toxic_resources(opened), given_resources(opened, pool, server)
    tumour = resources_of(opened, pool, server)
    used = [order.raw for order in facts.orders] + [raw for raw, _ in drafts] + given + tumour
    used += [item.raw for item in items if own_codes(item.raw)]
    used += [raw for raw in toxic if raw["resourceType"] != "Observation" or raw.get("subject")]
    facts = replace(
        facts,
        drafts=[read_draft(raw, said, pool, server, now) for raw, said in drafts],
        foreign=other_patient(prefetch, context.get("patientId"), used, server),
        child=is_child(prefetch, now),
        born=birth(prefetch),
        evidence=read_evidence(tumour, now),
        unclear_response=unclear_response(tumour, now),
        read=frozenset(key for key in opened if key in prefetch and not opened[key][1]),
        failed=frozenset(key for key in opened if opened[key][1]),
        supports=read_supports(given, pool, server, now),
        records=read_records(toxic, now),
    )
    return read_results(read_gaps(facts, prefetch, opened), items)


def read_gaps(facts, prefetch, opened):
    doubtful = [order for order in facts.orders if unreadable(order) and is_active(order, facts.now)]
    order_gap = opened["medications"][1] or bool(doubtful)
    gap = any(opened[key][1] for key in GAP_KEYS) or is_failure(prefetch.get("patient"))
    return replace(
        facts,
        missing_prefetch="medications" not in prefetch or "results" not in prefetch,
        order_gap=order_gap,
        gap=gap or records_gap(facts.records),
        protocol=declared_protocol(facts, opened),
    )


def toxic_resources(opened):
    """Resources that carry a term of toxicity."""
    listed = [raw for key, kind in TOXICITY_KEYS.items() for raw in of_type(opened[key][0], kind)]
    return [raw for raw in listed if terms(raw)]


def given_resources(opened, pool, server):
    """Transfusions and growth factors, whatever came of them."""
    listed = [raw for key, kind in SUPPORT_KEYS.items() for raw in of_type(opened[key][0], kind)]
    return [raw for raw in listed if kinds_of(raw, pool, server)]


def is_failure(resource):
    return as_dict(resource).get("resourceType") == "OperationOutcome"


def other_patient(prefetch, patient, used, server):
    """Whether anything that is used is of another patient."""
    person = as_dict(prefetch.get("patient"))
    if person.get("resourceType") == "Patient" and person.get("id") != patient:
        return True
    return any(not belongs_to(raw, patient, server) for raw in used)


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


def birth(prefetch):
    """(first, last) of the day of birth, None where it is not known."""
    return read_time(as_dict(prefetch.get("patient")).get("birthDate"))


def is_child(prefetch, now):
    """Whether the patient may be under 18, by the latest day of birth that the record allows."""
    born = birth(prefetch)
    if born is None:
        return False
    latest, today = day_of(born[1]), day_of(now)
    return today < birthday(latest, 18)


def birthday(born, years):
    if (born.month, born.day) == (2, 29):
        return date(born.year + years, 3, 1)
    return born.replace(year=born.year + years)


def declared_protocol(facts, opened):
    """The protocol that the patient is on, None where another one is declared than those that are known."""
    drafts = [one.order.raw for one in facts.drafts]
    orders = [one.raw for one in not_renamed(facts.giving) if not one.malformed]
    return protocol_of(drafts, orders, of_type(opened["carePlans"][0], "CarePlan"))


def read_results(facts, items):
    results = without_superseded([one for item in items for one in read_item(item, facts.now)])
    results = grade_all(with_neutrophils(results), facts.course)
    baselines = {analyte: baseline(results, analyte, facts.course) for analyte in ACTING}
    voices = {analyte: voice(results, analyte) for analyte in ACTING}
    voices["neutrophils"] = neutrophils_bounded(voices, results)
    recorded = [as_result(one) for one in facts.records if one.counts_as_result and one.onset]
    found = episodes(results, recorded, baselines, facts.course)
    limit, known = ceiling(facts.course, found)
    bad = toxicities(results, facts.course, facts.now) + recorded_toxicities(facts.records)
    return replace(
        facts, results=results, baselines=baselines, voices=voices, episodes=found, ceiling=limit,
        ceiling_known=known, toxicities=[one for one in bad if holds(one, facts.course, facts.current.daily)],
        temperatures=[one for one in results if one.analyte == "temperature" and one.usable and not one.issued],
    )  # fmt: skip
