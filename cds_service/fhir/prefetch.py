"""The prefetch that the service asks for, and what came of it, joined to the facts of one call."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from msgspec import Raw

from cds_service.clinical.course import running
from cds_service.clinical.facts import Facts, Reason, Unknown, When
from cds_service.clinical.protocol import Parameters
from cds_service.errors import PrefetchMissing
from cds_service.fhir import bundle, events, labs, medication, oncology
from cds_service.fhir.bundle import Page
from cds_service.fhir.codes import CONTEXT_RESULTS, LOINC, RESULTS
from cds_service.fhir.events import Events
from cds_service.fhir.events.view import View
from cds_service.fhir.labs import Labs
from cds_service.fhir.medication import Concern, Found
from cds_service.fhir.oncology import Oncology
from cds_service.fhir.order import Resource, Scope
from cds_service.fhir.patient import born, references
from cds_service.fhir.reading.asks import Ask, Fetched, bundled, joined, lacking, medications, queries
from cds_service.fhir.selection import NOTHING, parted
from cds_service.fhir.shelf import shelf

_CODES = ",".join(f"{LOINC}|{code}" for code in (*RESULTS, *CONTEXT_RESULTS))

TEMPLATES: dict[str, str] = {
    "patient": "Patient/{{context.patientId}}",
    "medications": "MedicationRequest?patient={{context.patientId}}&_sort=-authoredon&_count=200",
    "results": f"Observation?patient={{{{context.patientId}}}}&code={_CODES}&_sort=-date&_count=200",
}
# What is not asked for in advance, and is read where a call needs it.
ON_DEMAND: dict[str, str] = {**events.ON_DEMAND, **oncology.ON_DEMAND}
_ORDERS = {"medications": TEMPLATES["medications"]}
_EVERYTHING = {**TEMPLATES, **ON_DEMAND}
# Clocks of laboratories and ours differ; what lies further ahead is the future.
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Record:
    """The facts of a call; by the source that they name, the orders of the drug as sent and the mg in their tablets."""

    facts: Facts
    orders: Mapping[str, Resource]
    tablets: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class _Orders:
    """What was found among the orders, each once more for those that nothing names.

    `call` is of the drafts that the call is about, `beside` of its other ones. `enough` says that nothing else needs to
    be read: nobody knows whether the patient has the drug, and no draft would give it.
    """

    record: tuple[Found, ...]
    call: tuple[Found, ...] = ()
    beside: tuple[Found, ...] = ()
    enough: bool = False

    @property
    def every(self) -> tuple[Found, ...]:
        return self.record + self.call + self.beside


# Asks the FHIR server of the call, by key: what each query brought, a failure among it.
Reads = Callable[[Mapping[str, Ask]], Mapping[str, Fetched]]


class _Source:
    """What a call brought, and what may be read where it did not: each key once, all that is asked for at one time."""

    def __init__(self, scope: Scope, draft_orders: Raw, prefetch: Mapping[str, Raw], reads: Reads | None) -> None:
        self.sent = dict(prefetch)
        self.fetched: list[Raw] = []
        self._draft_orders = draft_orders
        self._scope = scope
        self._reads = reads
        self._asked: set[str] = set()

    def complete(self, templates: Mapping[str, str]) -> None:
        """Read the keys of these templates that did not come, and the pages that follow those that did."""
        if self._reads:
            self.sent = joined(self.sent, self._ask(lacking(self.sent, queries(templates, self._scope.patient))))

    def medications_of(self, orders: Raw) -> None:
        """Read the Medications that orders refer to and that did not come."""
        came = [self._draft_orders, *(y for x, y in self.sent.items() if x == "medications"), *self.fetched]
        found = self._ask(medications(orders, came, self._scope.server)) if self._reads else {}
        if found:
            self.fetched.append(bundled(found))

    def _ask(self, wanted: Mapping[str, Ask]) -> Mapping[str, Fetched]:
        """What was not asked for before: a read that failed is not tried again."""
        new = {key: ask for key, ask in wanted.items() if key not in self._asked}
        self._asked |= new.keys()
        return self._reads(new) if self._reads and new else {}

    def needed(self, key: str) -> Raw:
        """What came for a key. Raises PrefetchMissing where it did not, and there is nobody to ask."""
        if key not in self.sent:
            raise PrefetchMissing(f"prefetch.{key} is missing.")
        return self.sent[key]


def read(
    scope: Scope,
    draft_orders: Raw | None,
    prefetch: Mapping[str, Raw],
    now: datetime,
    parameters: Parameters,
    reads: Reads | None = None,
) -> Record | None:
    """What a call tells of the patient; None where it does not concern the drug, and nothing else was read.

    It does where a draft that it is about is for the drug; a call without drafts (`draft_orders` is None) where a
    course of the drug is running, or where the orders could not be read in whole. `now` is an aware instant; `reads`
    asks the FHIR server of the call, None where there is none to ask. Raises PrefetchMissing where the orders or the
    results of the record are needed and did not come, and nobody can be asked. What came and cannot be read, or was not
    all, is in the facts as unknown.
    """
    source = _Source(scope, NOTHING if draft_orders is None else draft_orders, prefetch, reads)
    if draft_orders is None:
        orders = _orders_of_record(scope, source, now, parameters)
    else:
        orders = _orders_of_call(scope, draft_orders, source, now, parameters)
    return None if orders is None else _record(scope, orders, source, now)


def _record(scope: Scope, orders: _Orders, source: _Source, now: datetime) -> Record:
    results = Page() if orders.enough else bundle.read(source.needed("results"))
    more = {key: bundle.read(source.sent[key]) for key in ON_DEMAND if key in source.sent and not orders.enough}
    read_labs = labs.read([results, *_reports(more)], scope, now + CLOCK_SKEW)
    seen = events.read(more, scope.patient, scope.server, scope.zone, now + CLOCK_SKEW)
    tumour = _tumour(orders.enough, more, scope, source, now)
    birth = born(source.sent.get("patient"), scope.patient, scope.zone)
    sent = {source: resource for found in orders.every for source, resource in found.resources.items()}
    tablets = {source: strength for found in orders.every for source, strength in found.tablets.items()}
    return Record(_facts(orders, labs.validate_newest(read_labs), seen, tumour, birth), sent, tablets)


def _tumour(enough: bool, more: Mapping[str, Page], scope: Scope, source: _Source, now: datetime) -> Oncology:
    """The oncology record; `more` are the pages of what was read beside orders and results."""
    pages = dict(more) if enough else {**more, "medications": bundle.read(source.needed("medications"))}
    if "statements" in more:
        source.medications_of(source.sent["statements"])
    along = [source.sent[x] for x in ("medications", "statements") if x in source.sent]
    own, shelved = references(scope.patient, scope.server), shelf([*along, *source.fetched], scope.server)
    return oncology.read(pages, View(own, scope.server, scope.zone, now + CLOCK_SKEW, shelved, scope.site))


def _orders_of_record(scope: Scope, source: _Source, now: datetime, parameters: Parameters) -> _Orders | None:
    """The orders of a call without drafts, None where they were read in whole and make no course of the drug."""
    source.complete(_ORDERS)
    record = _record_of(NOTHING, source, scope)
    if running(record.orders, now, parameters) is None:
        return _Orders((record,), enough=True) if record.gaps or record.foreign else None
    source.complete(_EVERYTHING)
    return _Orders((record, medication.unnamed(record.unnamed, scope)))


def _orders_of_call(
    scope: Scope, draft_orders: Raw, source: _Source, now: datetime, parameters: Parameters
) -> _Orders | None:
    """The orders of the record and of the call, None where no draft that it is about is for the drug."""
    chosen, others = parted(draft_orders, scope.selections, scope.server)
    if medication.concern(chosen, scope.server, scope.site) is Concern.NO:
        return None
    source.medications_of(chosen)
    drafts = medication.drafts(chosen, source.sent.get("medications"), scope, source.fetched)
    if not _concerns(drafts) and not drafts.unnamed:
        return None
    source.complete(_EVERYTHING if _concerns(drafts) else _ORDERS)
    if _concerns(drafts):
        source.needed("results")  # what is missing is said before anything is read
    record = _record_of(draft_orders, source, scope)
    if running(record.orders, now, parameters) is None:
        return _Orders((record,), (drafts,), (_beside(others, source, scope),)) if _concerns(drafts) else None
    # A course of the drug is running: what nothing names may be the drug.
    source.complete(_EVERYTHING)
    beside = _beside(others, source, scope)
    record_too, drafts_too, beside_too = (medication.unnamed(x.unnamed, scope) for x in (record, drafts, beside))
    return _Orders((record, record_too), (drafts, drafts_too), (beside, beside_too))


def _record_of(draft_orders: Raw, source: _Source, scope: Scope) -> Found:
    """The orders of the drug in the record; their references may lead to what lies among the drafts."""
    sent = source.needed("medications")
    source.medications_of(sent)
    return medication.orders(sent, draft_orders, scope, source.fetched)


def _beside(others: Raw, source: _Source, scope: Scope) -> Found:
    """The drafts of the drug that the call is not about."""
    if others == NOTHING:
        return Found()
    source.medications_of(others)
    return medication.drafts(others, source.needed("medications"), scope, source.fetched)


def _concerns(drafts: Found) -> bool:
    return bool(drafts.orders or drafts.foreign or drafts.gaps)


def _reports(pages: Mapping[str, Page]) -> list[Page]:
    return [pages["reports"]] if "reports" in pages else []


def _facts(orders: _Orders, read: Labs, seen: Events, tumour: Oncology, birth: When | Unknown) -> Facts:
    foreign = [x for found in orders.every for x in found.foreign]
    if isinstance(birth, Unknown) and birth.reason is Reason.OTHER_PATIENT:
        foreign.append(birth)
    unfetched = [birth] if isinstance(birth, Unknown) and birth.reason is Reason.FETCH_FAILED else []
    return Facts(
        results=read.results,
        orders=tuple(x for found in orders.record for x in found.orders),
        drafts=tuple(x for found in orders.call for x in found.orders),
        beside=tuple(x for found in orders.beside for x in found.orders),
        born=birth,
        foreign=_listed([*foreign, *read.foreign, *seen.foreign, *tumour.foreign]),
        gaps=_listed([*(x for found in orders.every for x in found.gaps), *read.gaps, *seen.gaps, *unfetched]),
        absent=_listed(read.absent),
        toxicities=seen.toxicities,
        supports=seen.supports,
        temperatures=read.temperatures,
        unclear=_listed([*read.unclear, *seen.unclear]),
        evidence=tumour.evidence,
        declared=tumour.declared,
        unseen=_listed(tumour.unseen),
    )


def _listed(unknowns: Iterable[Unknown]) -> tuple[Unknown, ...]:
    """Each once, in an order that does not hang on the order of what was sent."""
    return tuple(sorted(set(unknowns), key=lambda x: (x.what, x.reason, x.source, x.detail)))
