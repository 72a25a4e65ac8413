"""What all steps of reading a dosage share: exact numbers, spans of them, and the refusal of what is not understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from cds_service.fhir.dosage.why import Why


class Undetermined(ValueError):
    """A part of a dosage is not understood: `why` is one of the closed list, the message adds what was meant."""

    def __init__(self, why: Why, what: str = "") -> None:
        super().__init__(f"{why} ({what})" if what else str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class Local:
    """What a dosage does not say itself: mg in one `tablet` of the order (None where unknown), and how many intakes a
    day the site's own codes of `timings` mean, by (system, code).
    """

    tablet: Fraction | None = None
    timings: Mapping[tuple[str, str], int] = field(default_factory=dict)


NOTHING_LOCAL = Local()


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high`, both exact and inclusive; equal where it is one number."""

    low: Fraction
    high: Fraction

    def __mul__(self, other: "Span") -> "Span":
        return Span(self.low * other.low, self.high * other.high)


def exactly(number: Fraction | int) -> Span:
    """The span of one number."""
    return Span(Fraction(number), Fraction(number))


def number(value: object, name: str = "") -> Fraction:
    """A number of the wire (int or Decimal) as it is, above zero. Raises Undetermined for everything else.

    `name` is its place, for a reason that is shown to readers.

    Numbers of more than 20 digits before or after the point are no doses, and would be slow to reckon with.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Undetermined(Why.NOT_A_NUMBER, name)
    exact = Decimal(value)
    exponent = exact.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_DIGITS or exact.adjusted() > _DIGITS:
        raise Undetermined(Why.OUT_OF_MEASURE, name)
    if exact <= 0:
        raise Undetermined(Why.NOT_ABOVE_ZERO, name)
    return Fraction(exact)


def decimal(number: Fraction) -> Decimal:
    """The same number in decimals, without trailing zeros. Raises Undetermined where no finite decimal is equal."""
    for places in range(2 * _DIGITS + 1):
        scaled = number * 10**places
        if scaled.denominator == 1:
            digits = tuple(int(x) for x in str(abs(scaled.numerator)))
            return Decimal((int(number < 0), digits, -places))
    raise Undetermined(Why.NOT_EXACT)


_DIGITS = 20
