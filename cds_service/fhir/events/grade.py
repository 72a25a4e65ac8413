"""The CTCAE grade that a resource records. Only a code of a grading system is one; words and seriousness are none."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cds_service.fhir.events.codes import GRADE_EXTENSION_ENDING, grades_of, plain_grade

Element = Mapping[str, Any]

# Where each resource may carry a concept that is a grade. German records put theirs into `severity`, later ones into
# `seriousness`, since R4 binds `severity` to words: the code system tells a grade from words and from a seriousness.
_CONCEPTS = {
    "AdverseEvent": ("severity", "seriousness"),
    "Condition": ("severity",),
    "Observation": ("valueCodeableConcept",),
}


class Graded(NamedTuple):
    """The worst grade recorded, None where there is none; `sent` is what stands in the place of a grade and is none."""

    grade: int | None
    sent: str = ""


def grade_of(resource: Element) -> Graded:
    """The grade of a valid AdverseEvent, Condition or Observation; the worst of several."""
    found = list(_found(resource))
    grades = [grade for _, grade in found if grade is not None]
    return Graded(max(grades)) if grades else Graded(None, ", ".join(sent for sent, _ in found))


def _found(resource: Element) -> Iterator[tuple[str, int | None]]:
    """Each thing sent as a grade, with the grade that it is."""
    for coding in _codings(resource):
        grades, code = grades_of(coding.get("system") or ""), coding.get("code")
        if grades and code:
            yield code, grades.get(code)
    for extension in resource.get("extension") or []:
        value = extension.get("valueInteger", extension.get("valueCode"))
        if value is not None and extension["url"].endswith(GRADE_EXTENSION_ENDING):
            yield str(value), plain_grade(value)


def _codings(resource: Element) -> Iterator[Element]:
    kind = resource["resourceType"]
    components = (resource.get("component") or []) if kind == "Observation" else []
    concepts = [resource.get(name) for name in _CONCEPTS[kind]]
    concepts += [x.get("valueCodeableConcept") for x in components]
    concepts += [x.get("valueCodeableConcept") for x in resource.get("extension") or []]
    for concept in concepts:
        yield from (concept or {}).get("coding") or []
    yield from (x["valueCoding"] for x in resource.get("extension") or [] if x.get("valueCoding"))
