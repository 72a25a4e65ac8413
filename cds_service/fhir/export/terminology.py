"""The code systems of this product, those of cards, of suggestions and of errors, and a value set of each."""

from collections.abc import Iterator, Mapping

from cds_service import errors
from cds_service.clinical.decision import NONE
from cds_service.fhir import reasons
from cds_service.fhir.export.definition import PUBLISHER, SYSTEMS, Json, named, url

Displays = Mapping[str, Mapping[str, str]]
_TITLES = {
    "conclusion": ("Topics and conclusions", "What a card about trofosfamide is about: the topic of its source."),
    "override-reason": ("Override reasons", "Why a clinician did not follow a card."),
    "hold-reason": ("Reasons of a hold", "Why an order of trofosfamide is on hold."),
    "error": ("Errors", "What can go wrong in a call of this service, in the details of an OperationOutcome."),
}
_NOT_OF_CARDS: Mapping[str, Displays] = {
    "hold-reason": {reasons.TOXICITY: {"en": reasons.TOXICITY_DISPLAY}},
    "error": {x.code: {"en": x.meaning} for x in errors.every()},
}


def terminology(version: str, topics: Displays, overrides: Displays) -> Iterator[Json]:
    """Every code system and its value set, of a version. `topics` and `overrides`: code -> language -> display."""
    conclusions = {**topics, NONE: {"en": "nothing has to be said"}}
    codes: Mapping[str, Displays] = {"conclusion": conclusions, "override-reason": overrides, **_NOT_OF_CARDS}
    for name, concepts in codes.items():
        yield _code_system(name, version, concepts)
        yield _value_set(name, version)


def _head(kind: str, name: str, version: str) -> Json:
    title, description = _TITLES[name]
    return {
        "resourceType": kind,
        "id": name,
        "url": url(kind, name),
        "version": version,
        "name": f"Trofosfamide{named(name)}{'Codes' if kind == 'ValueSet' else ''}",
        "title": title,
        "status": "draft",
        "experimental": True,
        "publisher": PUBLISHER,
        "description": description,
    }


def _code_system(name: str, version: str, concepts: Displays) -> Json:
    return {
        **_head("CodeSystem", name, version),
        "caseSensitive": True,
        "valueSet": url("ValueSet", name),
        "content": "complete",
        "count": len(concepts),
        "concept": [_concept(x, displays) for x, displays in concepts.items()],
    }


def _concept(code: str, displays: Mapping[str, str]) -> Json:
    """English is the display, every other language a designation."""
    others = [{"language": x, "value": y} for x, y in displays.items() if x != "en"]
    return {"code": code, "display": displays["en"], **({"designation": others} if others else {})}


def _value_set(name: str, version: str) -> Json:
    system = {"system": f"{SYSTEMS}{name}", "version": version}
    return {**_head("ValueSet", name, version), "compose": {"include": [system]}}
