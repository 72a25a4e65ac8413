"""Everything that is exported, in the order in which a server can take it in."""

from collections.abc import Iterable, Iterator

from cds_service.fhir.export.definition import Definition, Json
from cds_service.fhir.export.parts import activity_definition, library
from cds_service.fhir.export.plan import plan_definition
from cds_service.fhir.export.terminology import Displays, terminology


def resources(definitions: Iterable[Definition], version: str, topics: Displays, overrides: Displays) -> Iterator[Json]:
    """Every resource; one is always behind those that it refers to. `version` is that of the code systems."""
    yield from terminology(version, topics, overrides)
    for definition in definitions:
        yield library(definition)
        yield activity_definition(definition)
        yield plan_definition(definition)


def transaction(exported: Iterable[Json]) -> Json:
    """A Bundle that puts every resource onto a FHIR server under its own id, new or in place of an older one."""
    entries = [
        {
            "fullUrl": x["url"],
            "resource": x,
            "request": {"method": "PUT", "url": f"{x['resourceType']}/{x['id']}"},
        }
        for x in exported
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}
