"""Toxicities that somebody recorded with a CTCAE term and grade: which are of the blood, and which still last."""

from collections.abc import Iterable

from cds_service.clinical.chart import Reading
from cds_service.clinical.course import Course
from cds_service.clinical.ctcae import Ctcae
from cds_service.clinical.facts import Facts, Reason, Result, Toxicity, Unknown
from cds_service.clinical.protocol import Parameters

FEBRILE_NEUTROPENIA = "10016288"  # MedDRA, as in CTCAE v5.0


def unresolved(facts: Facts, ctcae: Ctcae, grade: int) -> tuple[Toxicity, ...]:
    """The recorded toxicities of at least this grade that are not of the blood and not over.

    A term that the criteria do not list is taken for one that is not of the blood.
    """
    return tuple(
        x for x in _lasting(facts, grade) if x.code not in ctcae.terms or not ctcae.terms[x.code].haematological
    )


def severe_readings(facts: Facts, course: Course, ctcae: Ctcae, p: Parameters) -> tuple[Reading, ...]:
    """The recorded toxicities of the blood in a course that count as a grade that interrupts, each at its onset."""
    severe = (x for x in _of_blood(facts.toxicities, ctcae, p) if x.grade >= p.interrupt_grade)
    return tuple(_reading(x, ctcae) for x in severe if x.onset is not None and course.holds(x.onset))


def undated(facts: Facts, ctcae: Ctcae, p: Parameters) -> tuple[Unknown, ...]:
    """What is not known of toxicities of the blood that last at such a grade, and nobody recorded since when."""
    lasting = _of_blood(_lasting(facts, p.interrupt_grade), ctcae, p)
    return tuple(Unknown("toxicity", Reason.UNREADABLE, x.source, "onset") for x in lasting if x.onset is None)


def _lasting(facts: Facts, grade: int) -> Iterable[Toxicity]:
    return (x for x in sorted(facts.toxicities, key=str) if x.grade >= grade and not x.resolved)


def _of_blood(toxicities: Iterable[Toxicity], ctcae: Ctcae, p: Parameters) -> Iterable[Toxicity]:
    """Those of the blood, without the ones of a count that does not act."""
    terms = ((x, ctcae.terms.get(x.code)) for x in toxicities)
    return (x for x, y in terms if y and y.haematological and (not y.analyte or y.analyte in p.acting_analytes))


def _reading(toxicity: Toxicity, ctcae: Ctcae) -> Reading:
    assert toxicity.onset is not None
    result = Result(ctcae.terms[toxicity.code].analyte, toxicity.source, toxicity.onset, final=True)
    return Reading(result, (toxicity.grade, toxicity.grade), toxicity)
