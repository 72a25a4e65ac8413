"""Unit spellings -> exact decimal factors, for each analyte its own. What is not listed is refused, never guessed.

Spellings are compared exactly, apart from blanks around them and micro sign, mu and u, which are one: `G/L` is giga per
litre for a count and nothing for haemoglobin, `K/uL` is Kelvin to UCUM and thousand to laboratories.
"""

from decimal import Context, Decimal, Inexact
from typing import NamedTuple

from cds_service.clinical.facts import (
    ALT,
    AST,
    BILIRUBIN,
    CREATININE,
    HAEMOGLOBIN,
    LEUKOCYTES,
    LYMPHOCYTES,
    NEUTROPHILS,
    PLATELETS,
)
from cds_service.fhir.codes import (
    ACTIVITY,
    BAND_COUNT,
    BAND_PERCENT,
    DEGREES,
    MASS,
    MASS_OR_MOLAR,
    MOLAR,
    NEUTROPHIL_PERCENT,
    NUMBER,
    PERCENT,
    SEGMENTED_COUNT,
    SEGMENTED_PERCENT,
    TEMPERATURE,
)

UCUM = "http://unitsofmeasure.org"
CELSIUS = "Cel"
FAHRENHEIT = "[degF]"


class Band(NamedTuple):
    """The plausible values of an analyte in its canonical unit, limits included."""

    low: Decimal
    high: Decimal


class Conversion(NamedTuple):
    """The factor from what was sent to the canonical unit, and the `unit` in which readers see it.

    `as_sent`: they see the number that was sent, which is in `unit`; otherwise the canonical one. `molar` marks
    haemoglobin in mmol/L, which has limits of its own. `band` is given where a number is not converted here, since no
    factor alone does it, and is plausible between other limits.
    """

    factor: Decimal
    unit: str
    as_sent: bool = False
    molar: bool = False
    band: Band | None = None


_ONE = Decimal(1)
_GIGA = Conversion(_ONE, "10*9/L")
_PER_UL = Conversion(Decimal("0.001"), "10*9/L")
_PER_L = Conversion(Decimal("1E-9"), "10*9/L")
_G_DL = Conversion(_ONE, "g/dL")
_G_L = Conversion(Decimal("0.1"), "g/dL")
_HAEMOGLOBIN_MOLAR = Conversion(Decimal("1.6114"), "mmol/L", as_sent=True, molar=True)
_CREATININE_MASS = Conversion(Decimal("88.42"), "mg/dL", as_sent=True)
_BILIRUBIN_MASS = Conversion(Decimal("17.104"), "mg/dL", as_sent=True)
_UMOL = Conversion(_ONE, "umol/L")
_MMOL = Conversion(Decimal(1000), "umol/L")
_ENZYME = Conversion(_ONE, "U/L")
_KATAL = Conversion(Decimal(60), "U/L")
_PERCENT = Conversion(_ONE, "%")
_CELSIUS = Conversion(_ONE, CELSIUS)
_FAHRENHEIT = Conversion(_ONE, FAHRENHEIT, band=Band(Decimal(77), Decimal(113)))  # 25 and 45 Cel


_COUNT = {
    **dict.fromkeys(
        (
            "10*9/L 10*9/l 10*3/uL 10^3/uL 10^9/L 10^9/l /nL /nl 10*6/mL 10*3/mm3 10*3/mcL 1000/uL K/uL K/mm3 "
            "K/cumm G/L G/l Gpt/L GPt/L GPt/l Tsd/ul x10^3/ul x10E3/uL X10E3/UL x10*9/L x10^9/L 10E3/uL 10e9/L "
            "Thousand/uL THOU/UL Thou/mcL GI/L"
        ).split(),
        _GIGA,
    ),
    **dict.fromkeys("Mpt/L /uL /ul /mm3 cells/uL {cells}/uL #/uL /cumm 10*6/L 10*3/mL M/L Leu/ul".split(), _PER_UL),
    **dict.fromkeys("/L /l".split(), _PER_L),
}
_ENZYMES = {
    **dict.fromkeys("U/L U/l IU/L IU/l [IU]/L".split(), _ENZYME),
    **dict.fromkeys("ukat/L ukat/l".split(), _KATAL),
}
_CREATININE = {
    MASS: dict.fromkeys("mg/dL mg/dl".split(), _CREATININE_MASS),
    MOLAR: {**dict.fromkeys("umol/L umol/l".split(), _UMOL), **dict.fromkeys("mmol/L mmol/l".split(), _MMOL)},
}
_BILIRUBIN = {
    MASS: dict.fromkeys("mg/dL mg/dl".split(), _BILIRUBIN_MASS),
    MOLAR: dict.fromkeys("umol/L umol/l".split(), _UMOL),
}
_COUNTED = (LEUKOCYTES, NEUTROPHILS, LYMPHOCYTES, PLATELETS, SEGMENTED_COUNT, BAND_COUNT)
_SHARES = (NEUTROPHIL_PERCENT, SEGMENTED_PERCENT, BAND_PERCENT)
_ALLOWED: dict[tuple[str, str], dict[str, Conversion]] = {
    (HAEMOGLOBIN, MASS): {
        **dict.fromkeys("g/dL g/dl gm/dL gm% g% G/DL".split(), _G_DL),
        **dict.fromkeys("g/L g/l".split(), _G_L),
    },
    (HAEMOGLOBIN, MOLAR): dict.fromkeys("mmol/L mmol/l".split(), _HAEMOGLOBIN_MOLAR),
    **dict.fromkeys([(x, NUMBER) for x in _COUNTED], _COUNT),
    **{(CREATININE, of): allowed for of, allowed in _CREATININE.items()},
    (CREATININE, MASS_OR_MOLAR): {**_CREATININE[MASS], **_CREATININE[MOLAR]},
    **{(BILIRUBIN, of): allowed for of, allowed in _BILIRUBIN.items()},
    (BILIRUBIN, MASS_OR_MOLAR): {**_BILIRUBIN[MASS], **_BILIRUBIN[MOLAR]},
    (ALT, ACTIVITY): _ENZYMES,
    (AST, ACTIVITY): _ENZYMES,
    **dict.fromkeys([(x, PERCENT) for x in _SHARES], dict.fromkeys("%".split(), _PERCENT)),
    (TEMPERATURE, DEGREES): {
        **dict.fromkeys("Cel °C".split(), _CELSIUS),
        **dict.fromkeys("[degF]".split(), _FAHRENHEIT),
    },
}
# Everything that is a unit to somebody: beside a code that is understood, such a text contradicts it.
_MEANINGFUL = {spelling for allowed in _ALLOWED.values() for spelling in allowed} | set(
    "Tpt/L {ratio} 10*-3 mg MG mg/m2 {tbl} {pill} tablet TAB".split()
)
_NOTHING: dict[str, Conversion] = {}

_NO_BAND = Band(Decimal(0), Decimal("Infinity"))
BANDS = {
    HAEMOGLOBIN: Band(Decimal(2), Decimal(25)),
    LEUKOCYTES: Band(Decimal(0), Decimal(500)),
    NEUTROPHILS: Band(Decimal(0), Decimal(100)),
    LYMPHOCYTES: Band(Decimal(0), Decimal(500)),
    PLATELETS: Band(Decimal(0), Decimal(3000)),
    CREATININE: Band(Decimal("8.842"), Decimal("2652.6")),  # 0.1 and 30 mg/dL
    **dict.fromkeys((BILIRUBIN, ALT, AST), _NO_BAND),
    **dict.fromkeys((SEGMENTED_COUNT, BAND_COUNT, *_SHARES), Band(Decimal(0), Decimal(100))),
    TEMPERATURE: Band(Decimal(25), Decimal(45)),
}
_FOLDED = str.maketrans({"\N{MICRO SIGN}": "u", "\N{GREEK SMALL LETTER MU}": "u"})
# 100 digits are more than any laboratory sends; what would have to be rounded even so is refused.
_EXACT = Context(prec=100, traps=[Inexact])


def factor(analyte: str, of: str, text: str | None, code: str | None, system: str | None) -> Conversion | None:
    """How to convert an amount of an analyte whose LOINC code is `of` a property (codes.MASS, ...); None: refused.

    `text` is Quantity.unit, `code` counts where `system` is UCUM or absent. Both, where both are understood, must mean
    the same. A text that is no unit at all is not asked where the code is understood. A pair of analyte and property
    that nothing is known of, which only a site can name, has no units.
    """
    allowed = _ALLOWED.get((analyte, of), _NOTHING)
    by_text = _fold(text)
    by_code = _fold(code) if system in (None, "", UCUM) else ""
    if not by_code:
        return allowed.get(by_text)
    conversion = allowed.get(by_code)
    if by_text in _MEANINGFUL and allowed.get(by_text) != conversion:
        return None
    return conversion


def band(analyte: str, conversion: Conversion) -> Band:
    """Between which numbers, converted, a value of the analyte is plausible."""
    return conversion.band or BANDS[analyte]


def times(value: Decimal, by: Decimal) -> Decimal | None:
    """The exact product; None where more than 100 digits were needed. A factor of 1 leaves the value as it was sent."""
    if by is _ONE:
        return value
    try:
        return _EXACT.multiply(value, by)
    except Inexact:
        return None


def _fold(spelling: str | None) -> str:
    return spelling.strip().translate(_FOLDED) if spelling else ""
