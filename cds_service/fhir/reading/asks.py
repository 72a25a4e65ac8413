"""What to ask a FHIR server for: the prefetch that did not come, the pages that follow what came, Medications."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, Raw, UnsetType

from cds_service.fhir import bundle
from cds_service.fhir.reading.failures import Failure
from cds_service.fhir.references import local
from cds_service.fhir.shelf import find, shelf

_PATIENT = "{{context.patientId}}"
_FAULTS = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class Rest:
    """A search of which a part came along: the rest is wanted.

    Where `first` has a link to the next page, that is followed. Where it has none that can be followed, `query` is
    asked from the start; and where that brings nothing, `first` is what there is.
    """

    first: Raw
    query: str


Ask = str | Rest


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a query brought: a resource, a searchset of all pages, or an OperationOutcome where it brought nothing.

    A search that failed after its first page is the searchset of what came, with a link `next`. `failure` says why it
    is not all, and is None where it is. `milliseconds` is the time from the call to the end of this query.
    """

    value: Raw
    failure: Failure | None
    milliseconds: float


def queries(templates: Mapping[str, str], patient: str) -> dict[str, str]:
    """The queries, relative to the base of a server, that prefetch templates ask for a patient."""
    return {key: template.replace(_PATIENT, patient) for key, template in templates.items()}


def lacking(prefetch: Mapping[str, Raw], wanted: Mapping[str, str]) -> dict[str, Ask]:
    """What to fetch of the `wanted` queries: keys that did not come, that came as a failure, and rests of pages.

    null and an empty Bundle are answers: the record has none. So is what came and cannot be read: it is said to be so.
    """
    asks: dict[str, Ask] = {}
    for key, query in wanted.items():
        page = bundle.read(prefetch[key]) if key in prefetch else None
        if page is None or (page.failed and not page.unreadable and not page.resources):
            asks[key] = query
        elif page.more or (page.failed and not page.unreadable):
            asks[key] = Rest(prefetch[key], query)
    return asks


def joined(prefetch: Mapping[str, Raw], fetched: Mapping[str, Fetched]) -> dict[str, Raw]:
    """The prefetch with what was fetched in its place."""
    return {**prefetch, **{key: x.value for key, x in fetched.items()}}


class _Reference(msgspec.Struct, gc=False):
    reference: str | None = None


class _Request(msgspec.Struct, gc=False):
    resourceType: str
    contained: Raw | UnsetType = UNSET
    medicationReference: _Reference | None = None


_REQUEST = msgspec.json.Decoder(_Request)
_NAMING_DRUGS = ("MedicationRequest", "MedicationStatement")


def medications(orders: Raw, along: Iterable[Raw], server: str) -> dict[str, str]:
    """The reads of the Medications that orders or statements in the Bundle `orders` refer to and that did not come.

    They may be contained, in `orders`, or in one of the Bundles that came `along`. `server` is the base of the FHIR
    server of the call: only what is relative, or absolute below it, can be read there. Keys and queries are the same:
    `Medication/<id>`, without a version.
    """
    shelved = shelf([orders, *along], server)
    wanted: dict[str, str] = {}
    for raw in bundle.read(orders).resources:
        request = _request(raw)
        reference = request.medicationReference.reference or "" if request and request.medicationReference else ""
        name = local(reference, server)
        if request and name.startswith("Medication/") and find(reference, request.contained, shelved, server) is None:
            wanted[name] = name
    return wanted


def _request(raw: Raw) -> _Request | None:
    try:
        found = _REQUEST.decode(raw)
    except _FAULTS:
        return None
    return found if found.resourceType in _NAMING_DRUGS else None


def bundled(fetched: Mapping[str, Fetched]) -> Raw:
    """The Medications that were read, in one Bundle: one more place where references may lead (`fhir.shelf`).

    In place of one that could not be read there is an OperationOutcome, to which no reference leads.
    """
    entries = b",".join(b'{"resource":%b}' % bytes(x.value) for x in fetched.values())
    return Raw(b'{"resourceType":"Bundle","type":"collection","entry":[%b]}' % entries)
