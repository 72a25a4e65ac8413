"""The built-in FHIR R4 server over the invented patients: reading only, and no more than a client of prefetch needs.

Pure: a question is a path and its parameters, an answer is a status and a resource.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Resource = Mapping[str, Any]
Parameters = Sequence[tuple[str, str]]
Answer = tuple[int, Resource]

TYPES = (
    "Patient", "MedicationRequest", "Medication", "Observation", "Practitioner", "AdverseEvent", "Condition",
    "Procedure", "MedicationAdministration", "MedicationStatement", "DiagnosticReport", "ImagingStudy", "CarePlan",
)  # fmt: skip
_PAGE = "_offset"
_DEFAULT_COUNT = 50
_LARGEST_COUNT = 500


class _Wrong(ValueError):
    """A search that is not understood; the message says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """The resources by reference ("Patient/abc"), and the URL under which they are served."""

    base_url: str
    resources: Mapping[str, Resource]

    def get(self, path: str, parameters: Parameters = ()) -> Answer:
        """The answer to GET of a path below the base URL: a resource, a page of a search, or an OperationOutcome."""
        if path == "metadata":
            return 200, self._capabilities()
        if path in TYPES:
            try:
                return 200, self._search(path, parameters)
            except _Wrong as error:
                return 400, _outcome("invalid", str(error))
        if path in self.resources:
            return 200, self.resources[path]
        return 404, _outcome("not-found", f"There is no {path[:128]} here. /metadata lists what can be read.")

    def _search(self, kind: str, parameters: Parameters) -> Resource:
        found = [x for x in self.resources.values() if x["resourceType"] == kind]
        filters = {**_FILTERS, **_FILTERS_OF.get(kind, {})}
        for name, value in parameters:
            if name in filters:
                found = [x for x in found if filters[name](x, value)]
            elif name not in ("_sort", "_count", "_format", _PAGE):
                known = ", ".join((*filters, "_sort"))
                raise _Wrong(f"The search parameter {name[:64]} is not supported; {known} and _count are.")
        given = dict(parameters)
        return self._page(kind, _sorted(found, given.get("_sort", "")), given)

    def _page(self, kind: str, found: Sequence[Resource], given: Mapping[str, str]) -> Resource:
        start, count = _number(given, _PAGE, 0), min(_number(given, "_count", _DEFAULT_COUNT), _LARGEST_COUNT)
        end = start + max(count, 1)
        links = [_link("self", f"{self.base_url}/{kind}?{urlencode(given)}")]
        if end < len(found):
            links.append(_link("next", f"{self.base_url}/{kind}?{urlencode({**given, _PAGE: str(end)})}"))
        page: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": links}
        entries = [self._entry(x) for x in found[start:end]]
        return page | ({"entry": entries} if entries else {})

    def _entry(self, resource: Resource) -> Resource:
        url = f"{self.base_url}/{resource['resourceType']}/{resource['id']}"
        return {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}

    def _capabilities(self) -> Resource:
        rest = [{"type": x, "interaction": [{"code": "read"}, {"code": "search-type"}]} for x in TYPES]
        return {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": "2026-01-01",
            "kind": "instance",
            "implementation": {"description": "Invented patients, read only", "url": self.base_url},
            "fhirVersion": "4.0.1",
            "format": ["json"],
            "rest": [{"mode": "server", "resource": rest}],
        }


def _of_patient(resource: Resource, wanted: str) -> bool:
    reference = resource.get("subject", {}).get("reference", "")
    return bool(reference) and reference in (wanted, f"Patient/{wanted}")


def _of_code(resource: Resource, wanted: str) -> bool:
    concept = resource.get("code") or resource.get("medicationCodeableConcept") or {}
    has = {y for x in concept.get("coding", ()) for y in (f"{x.get('system', '')}|{x.get('code', '')}", x.get("code"))}
    return not has.isdisjoint(wanted.split(","))


def _of_id(resource: Resource, wanted: str) -> bool:
    return resource["id"] in wanted.split(",")


def _of_category(resource: Resource, wanted: str) -> bool:
    has = {y.get("code") for x in resource.get("category", ()) for y in x.get("coding", ())}
    return not has.isdisjoint(wanted.split(","))


def _of_status(resource: Resource, wanted: str) -> bool:
    return resource.get("status") in wanted.split(",")


_FILTERS: Mapping[str, Callable[[Resource, str], bool]] = {
    "patient": _of_patient,
    "subject": _of_patient,
    "code": _of_code,
    "category": _of_category,
    "_id": _of_id,
}
_FILTERS_OF: Mapping[str, Mapping[str, Callable[[Resource, str], bool]]] = {"CarePlan": {"status": _of_status}}
_TIMES = ("effectiveDateTime", "performedDateTime")
_SORTS = {"date": _TIMES, "effective-time": _TIMES, "authoredon": ("authoredOn",), "_id": ("id",)}


def _sorted(found: Sequence[Resource], by: str) -> Sequence[Resource]:
    if not by:
        return sorted(found, key=lambda x: str(x["id"]))
    elements = _SORTS.get(by.removeprefix("-"))
    if elements is None:
        raise _Wrong(f"_sort={by[:64]} is not supported; {', '.join(_SORTS)} are, with or without a minus.")

    def named(resource: Resource) -> str:
        return next((str(resource[x]) for x in elements if x in resource), "")

    return sorted(found, key=named, reverse=by.startswith("-"))


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    value = given.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 8):
        raise _Wrong(f"{name} is not a number of entries.")
    return int(value)


def _link(relation: str, url: str) -> Resource:
    return {"relation": relation, "url": url}


def _outcome(code: str, said: str) -> Resource:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code, "diagnostics": said}]}
