"""What is exported of a protocol, and what all of its definitions have in common."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cds_service.clinical.protocol import Protocol

BASE = "https://trofosfamide-cds.example.org/fhir/"
PUBLISHER = "trofosfamide-cds"
SYSTEMS = f"{BASE}CodeSystem/"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Definition:
    """A protocol as it is in force, with the content and the texts of its files by name, its own file first."""

    protocol: Protocol
    data: Mapping[str, Any]
    files: Mapping[str, str]

    @property
    def version(self) -> str:
        """The version of the protocol file; that of a site with changes of its own says so, and names its content."""
        protocol = self.protocol
        return f"{protocol.version}+site.{protocol.digest[:12]}" if protocol.changes else protocol.version


def url(kind: str, name: str) -> str:
    """The canonical URL of a definition, without its version."""
    return f"{BASE}{kind}/{name}"


def canonical(kind: str, definition: Definition) -> str:
    """The canonical URL of a definition with its version, as another one refers to it."""
    return f"{url(kind, definition.protocol.id)}|{definition.version}"


def head(kind: str, definition: Definition) -> Json:
    """The elements that every definition of a protocol begins with."""
    protocol, data = definition.protocol, definition.data
    return {
        "resourceType": kind,
        "id": protocol.id,
        "url": url(kind, protocol.id),
        "version": definition.version,
        "name": named(protocol.id),
        "title": protocol.title,
        "status": protocol.status,
        "experimental": True,
        "publisher": PUBLISHER,
        "description": "\n\n".join(_description(definition)),
        "purpose": data["purpose"],
        "usage": data["use"],
    }


def named(identifier: str) -> str:
    """A computer-friendly name: "TrofosfamideMaintenance"."""
    return "".join(x.capitalize() for x in identifier.split("-"))


def cited(item: Mapping[str, Any], references: Mapping[str, Any]) -> Json:
    """Where a rule, a criterion or a parameter comes from, as a RelatedArtifact."""
    if item["source"] == "default":
        return {
            "type": "justification",
            "label": references["default"]["label"],
            "display": item["reason"],
            "citation": references[item["reference"]]["text"],
        }
    source = item["source"]
    return {
        "type": "citation",
        "label": references[source["ref"]]["label"],
        "display": f"{source['section']}: {source['says']}",
        "citation": references[source["ref"]]["text"],
    }


def published(definition: Definition) -> list[Json]:
    """The publication that a protocol encodes, and everything else that it refers to."""
    protocol, references = definition.protocol, definition.data["references"]
    source = {"type": "derived-from", "display": protocol.publication, "url": protocol.publication_url}
    others = [{"type": "citation", "label": x["label"], "citation": x["text"]} for x in references.values()]
    return [source, *others]


def _description(definition: Definition) -> Iterator[str]:
    yield definition.data["misuse"]
    yield "For research use. It advises; the clinician decides."
    changes = definition.protocol.changes
    if changes:
        yield "Changed by the hospital:\n\n" + "\n".join(
            f"* {x.parameter}: {x.after} in place of {x.before} {x.unit}. {x.reason} "
            f"(signed off by {x.signed_off_by}, {x.signed_on})"
            for x in changes
        )
