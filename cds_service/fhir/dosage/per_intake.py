"""The first step: how much is taken at a time (or in a day), from `doseAndRate`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cds_service.fhir.concepts import codings
from cds_service.fhir.dosage.reading import Span, Undetermined, exactly
from cds_service.fhir.dosage.units import TABLET, days, milligrams, milligrams_per_day, unit_of
from cds_service.fhir.dosage.why import Why

Entry = Mapping[str, Any]

# Japan says of an amount whether it is that of the formulation or of the drug in it, which differ but for tablets.
_FORMULATION = ("urn:oid:1.2.392.100495.20.2.22", "1")


@dataclass(frozen=True, slots=True)
class Given:
    """What is taken: mg per intake, mg per day, or both; None where the dosage does not say."""

    intake: Span | None
    rate: Span | None


def given(entries: Iterable[Entry], tablet: Fraction | None) -> Given:
    """The one dose that all entries describe: they must agree, and are never summed.

    `tablet` is the strength of one tablet in mg, None where unknown. Raises Undetermined.
    """
    read = [_entry(x, tablet) for x in entries]
    intake = _agreed(x.intake for x in read)
    rate = _agreed(x.rate for x in read)
    if intake is None and rate is None:
        raise Undetermined(Why.NO_FIGURES)
    return Given(intake, rate)


def _agreed(spans: Iterable[Span | None]) -> Span | None:
    different = {x for x in spans if x is not None}
    if len(different) > 1:
        raise Undetermined(Why.ENTRIES_DISAGREE)
    return different.pop() if different else None


def _entry(entry: Entry, tablet: Fraction | None) -> Given:
    if entry.get("rateRange") is not None:
        raise Undetermined(Why.RATE_RANGE)
    one = Given(_intake(entry, tablet), _rate(entry, tablet))
    if one == Given(None, None):
        raise Undetermined(Why.ENTRY_WITHOUT_DOSE)
    if _FORMULATION in codings(entry.get("type") or {}) and not _in_tablets(entry):
        raise Undetermined(Why.OF_FORMULATION)
    return one


def _in_tablets(entry: Entry) -> bool:
    limits, ratio = entry.get("doseRange") or {}, entry.get("rateRatio") or {}
    amounts = (entry.get("doseQuantity"), limits.get("low"), limits.get("high"), ratio.get("numerator"))
    return not entry.get("rateQuantity") and all(unit_of(x) == TABLET for x in amounts if x)


def _intake(entry: Entry, tablet: Fraction | None) -> Span | None:
    dose, limits = entry.get("doseQuantity"), entry.get("doseRange")
    if dose is not None:
        return exactly(milligrams(dose, tablet))
    return None if limits is None else _range(limits, tablet)


def _range(limits: Entry, tablet: Fraction | None) -> Span:
    if not limits.get("low") or not limits.get("high"):
        raise Undetermined(Why.RANGE_ONE_END)
    span = Span(milligrams(limits["low"], tablet), milligrams(limits["high"], tablet))
    if span.low > span.high:
        raise Undetermined(Why.RANGE_UPSIDE_DOWN)
    return span


def _rate(entry: Entry, tablet: Fraction | None) -> Span | None:
    quantity, ratio = entry.get("rateQuantity"), entry.get("rateRatio")
    if quantity is not None:
        return exactly(milligrams_per_day(quantity))
    if ratio is None:
        return None
    if not ratio.get("numerator") or days(ratio.get("denominator") or {}) != 1:
        raise Undetermined(Why.RATE_NOT_PER_DAY)
    return exactly(milligrams(ratio["numerator"], tablet))
