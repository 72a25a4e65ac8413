"""The prefetch that the service asks for, and what came of it, joined to the facts of one call."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from msgspec import Raw

from cds_service.clinical.course import running
from cds_service.clinical.facts import Facts, Reason, Unknown, When
from cds_service.clinical.protocol import Parameters
from cds_service.errors import PrefetchMissing
from cds_service.fhir import bundle, labs, medication
from cds_service.fhir.codes import CONTEXT_RESULTS, LOINC, RESULTS
from cds_service.fhir.labs import Labs
from cds_service.fhir.medication import Concern, Found
from cds_service.fhir.order import Resource, Scope
from cds_service.fhir.patient import born

_CODES = ",".join(f"{LOINC}|{code}" for code in (*RESULTS, *CONTEXT_RESULTS))

TEMPLATES: dict[str, str] = {
    "patient": "Patient/{{context.patientId}}",
    "medications": "MedicationRequest?patient={{context.patientId}}&_sort=-authoredon&_count=200",
    "results": f"Observation?patient={{{{context.patientId}}}}&code={_CODES}&_sort=-date&_count=200",
}
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
    """What was found among the orders: in the record and in the call, each once more for those that nothing names."""

    record: tuple[Found, ...]
    call: tuple[Found, ...]

    @property
    def every(self) -> tuple[Found, ...]:
        return self.record + self.call


def read(
    scope: Scope, draft_orders: Raw, prefetch: Mapping[str, Raw], now: datetime, parameters: Parameters
) -> Record | None:
    """What a call tells of the patient; None where no draft of it is for the drug, and nothing else was read.

    `now` is an aware instant. Raises PrefetchMissing where the call concerns the drug and came without the orders or
    the results of the record. What came and cannot be read, or was not all, is in the facts as unknown.
    """
    orders = _read_orders(scope, draft_orders, prefetch, now, parameters)
    if orders is None:
        return None
    page = bundle.read(_sent(prefetch, "results"))
    read_labs = labs.read([page], scope.patient, scope.server, scope.zone, now + CLOCK_SKEW)
    birth = born(prefetch.get("patient"), scope.patient, scope.zone)
    sent = {source: resource for found in orders.every for source, resource in found.resources.items()}
    tablets = {source: strength for found in orders.every for source, strength in found.tablets.items()}
    return Record(_facts(orders, labs.validate_newest(read_labs), birth), sent, tablets)


def _read_orders(
    scope: Scope, draft_orders: Raw, prefetch: Mapping[str, Raw], now: datetime, parameters: Parameters
) -> _Orders | None:
    """The orders of the record and of the call, None where no draft is for the drug."""
    concern = medication.concern(draft_orders, scope.server)
    if concern is Concern.NO:
        return None
    drafts = medication.drafts(draft_orders, prefetch.get("medications"), scope)
    if not _concerns(drafts) and not drafts.unnamed:
        return None
    if _concerns(drafts):
        _sent(prefetch, "results")  # what is missing is said before anything is read
    record = medication.orders(_sent(prefetch, "medications"), draft_orders, scope)
    if running(record.orders, now, parameters) is None:
        return _Orders((record,), (drafts,)) if _concerns(drafts) else None
    # A course of the drug is running: what nothing names may be the drug.
    unnamed = medication.unnamed(drafts.unnamed, scope)
    return _Orders((record, medication.unnamed(record.unnamed, scope)), (drafts, unnamed))


def _concerns(drafts: Found) -> bool:
    return bool(drafts.orders or drafts.foreign or drafts.gaps)


def _sent(prefetch: Mapping[str, Raw], key: str) -> Raw:
    if key not in prefetch:
        raise PrefetchMissing(f"prefetch.{key} is missing.")
    return prefetch[key]


def _facts(orders: _Orders, read: Labs, birth: When | Unknown) -> Facts:
    foreign = [x for found in orders.every for x in found.foreign]
    if isinstance(birth, Unknown) and birth.reason is Reason.OTHER_PATIENT:
        foreign.append(birth)
    unfetched = [birth] if isinstance(birth, Unknown) and birth.reason is Reason.FETCH_FAILED else []
    return Facts(
        results=read.results,
        orders=tuple(x for found in orders.record for x in found.orders),
        drafts=tuple(x for found in orders.call for x in found.orders),
        born=birth,
        foreign=_listed([*foreign, *read.foreign]),
        gaps=_listed([*(x for found in orders.every for x in found.gaps), *read.gaps, *unfetched]),
        absent=_listed(read.absent),
    )


def _listed(unknowns: Iterable[Unknown]) -> tuple[Unknown, ...]:
    """Each once, in an order that does not hang on the order of what was sent."""
    return tuple(sorted(set(unknowns), key=lambda x: (x.what, x.reason, x.source, x.detail)))
