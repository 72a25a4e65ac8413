"""What all steps of reading a dosage share: exact numbers, spans of them, and the refusal of what is not understood."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


class Undetermined(ValueError):
    """A part of a dosage is not understood. The message says which and why in plain words."""


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


def number(value: object, name: str) -> Fraction:
    """A number of the wire (int or Decimal) as it is, above zero. Raises Undetermined for everything else.

    Numbers of more than 20 digits before or after the point are no doses, and would be slow to reckon with.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Undetermined(f"{name} is not a number")
    exact = Decimal(value)
    exponent = exact.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_DIGITS or exact.adjusted() > _DIGITS:
        raise Undetermined(f"{name} is out of all measure")
    if exact <= 0:
        raise Undetermined(f"{name} is not above zero")
    return Fraction(exact)


def decimal(number: Fraction) -> Decimal:
    """The same number in decimals, without trailing zeros. Raises Undetermined where no finite decimal is equal."""
    for places in range(2 * _DIGITS + 1):
        scaled = number * 10**places
        if scaled.denominator == 1:
            digits = tuple(int(x) for x in str(abs(scaled.numerator)))
            return Decimal((int(number < 0), digits, -places))
    raise Undetermined("the daily dose is no exact decimal")


_DIGITS = 20
