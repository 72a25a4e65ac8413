"""Ways to leave nothing of a result that can be read as its analyte's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random

from tests.generative.awkward_times import timed
from tests.generative.clock import NOW, instant
from tests.generative.codes import UCUM
from tests.generative.reading import Seen


def without_value(**instead: object) -> Callable[[Seen], None]:
    """Another member in the place of the quantity."""

    def change(seen: Seen) -> None:
        seen.element.pop("valueQuantity")
        seen.element.update(instead)

    return change


def with_quantity(**members: object) -> Callable[[Seen], None]:
    """Another quantity."""
    return without_value(valueQuantity=members)


def with_member(**members: object) -> Callable[[Seen], None]:
    """One more member of the Observation; None takes one away."""

    def change(seen: Seen) -> None:
        for key, value in members.items():
            seen.element.pop(key, None)
            if value is not None:
                seen.element[key] = value

    return change


def at_no_time(seen: Seen) -> None:
    timed(seen.element)


def to_come(seen: Seen) -> None:
    timed(seen.element, effectiveDateTime=instant(NOW + timedelta(minutes=6)))


MODIFIER = [{"url": "https://ehr.example.org/fhir/not-known", "valueBoolean": True}]
# Ways in which nothing is left that can be read as this analyte's; the latter ones of an Observation by itself.
UNUSABLE = (
    with_quantity(value=Decimal(4)),
    with_quantity(value=Decimal(4), unit="arbitrary"),
    with_quantity(value=Decimal(-1), unit="10*9/L", system=UCUM, code="10*9/L"),
    with_quantity(value=Decimal(400), unit="%", system=UCUM, code="%"),
    with_quantity(value=Decimal(4), unit="g/L", system=UCUM, code="10*9/L"),
    with_quantity(value=Decimal(99999), unit="10*9/L"),
    with_quantity(value=Decimal(99999), unit="g/dL"),
    with_quantity(unit="10*9/L"),
    without_value(valueString="4"),
    without_value(valueInteger=4),
    without_value(),
)
UNUSABLE_ALONE = (with_member(modifierExtension=MODIFIER), with_member(status=None), at_no_time, to_come)


def made_unusable(rng: Random, seen: Seen) -> None:
    """Leave nothing of the result that can be read as this analyte's."""
    rng.choice(UNUSABLE if seen.around else UNUSABLE + UNUSABLE_ALONE)(seen)
