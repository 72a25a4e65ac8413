"""Codes, units, bands and limits, restated from the protocol page and its reference tables."""

from fractions import Fraction

ACTING = ("haemoglobin", "leukocytes", "neutrophils", "platelets")
CHEMISTRY = ("creatinine", "bilirubin", "alt", "ast")

LOINC = "http://loinc.org"
MASS, MOLE, EITHER, COUNT, ENZYME = "mass", "mole", "mass or mole", "count", "enzyme"
PERCENT, HEAT = "percent", "heat"

CODES = {
    ("haemoglobin", MASS): "718-7 20509-6 30350-3 30313-1 30352-9 30351-1 55782-7 14775-1 76769-9 97550-8",
    ("haemoglobin", MOLE): "59260-0 93846-4 75928-2",
    ("leukocytes", COUNT): "6690-2 26464-8 804-5 12227-5",
    ("neutrophils", COUNT): "751-8 26499-4 753-4",
    ("lymphocytes", COUNT): "731-0 26474-7 732-8",
    ("platelets", COUNT): "777-3 26515-7 778-1 97995-5",
    ("creatinine", MASS): "2160-0 38483-4 21232-4",
    ("creatinine", MOLE): "14682-9 59826-8 77140-2 101475-2",
    ("bilirubin", MASS): "1975-2 42719-5",
    ("bilirubin", MOLE): "14631-6 77137-8 54363-7",
    ("alt", ENZYME): "1742-6 1743-4 1744-2 76625-3 77144-4",
    ("ast", ENZYME): "1920-8 30239-8 88112-8",
    ("creatinine", EITHER): "35203-9",
    ("bilirubin", EITHER): "35194-0",
    ("segmented", COUNT): "768-2 30451-9",
    ("bands", COUNT): "763-3 26507-4 30229-9",
    ("neutrophil percent", PERCENT): "770-8 23761-0 26511-6",
    ("segmented percent", PERCENT): "769-0 26505-8",
    ("band percent", PERCENT): "764-1 26508-2 35332-6",
    ("temperature", HEAT): "8310-5",
}
ANALYTE_OF = {code: key for key, listed in CODES.items() for code in listed.split()}

THOUSANDS = (
    "10*9/L 10*3/uL 10^3/uL 10^9/L /nL 10*6/mL 10*3/mm3 10*3/mcL 1000/uL K/uL K/mm3 K/cumm G/L G/l Gpt/L Tsd/ul "
    "x10^3/ul x10E3/uL X10E3/UL x10*9/L 10E3/uL 10e9/L Thousand/uL THOU/UL Thou/mcL GI/L x10^9/L /nl GPt/l GPt/L "
    "10*9/l 10^9/l"
)
SINGLES = "Mpt/L /uL /ul /mm3 cells/uL {cells}/uL #/uL /cumm 10*6/L 10*3/mL M/L Leu/ul"
COUNT_UNITS = {
    **dict.fromkeys(THOUSANDS.split(), Fraction(1)),
    **dict.fromkeys(SINGLES.split(), Fraction(1, 1000)),
    **dict.fromkeys(("/L", "/l"), Fraction(1, 10**9)),
}
MMOL_HB = Fraction("1.6114")
UMOL_CREATININE = 1 / Fraction("88.42")
UMOL_BILIRUBIN = 1 / Fraction("17.104")
CREATININE_MASS = dict.fromkeys(("mg/dL", "mg/dl"), Fraction(1))
CREATININE_MOLE = {
    **dict.fromkeys(("umol/L", "umol/l"), UMOL_CREATININE),
    **dict.fromkeys(("mmol/L", "mmol/l"), 1000 * UMOL_CREATININE),
}
BILIRUBIN_MASS = dict.fromkeys(("mg/dL", "mg/dl"), Fraction(1))
BILIRUBIN_MOLE = dict.fromkeys(("umol/L", "umol/l"), UMOL_BILIRUBIN)
ENZYME_UNITS = {
    **dict.fromkeys("U/L U/l IU/L IU/l [IU]/L".split(), Fraction(1)),
    **dict.fromkeys(("ukat/L", "ukat/l"), Fraction(60)),
}

UNITS = {
    ("haemoglobin", MASS): {
        **dict.fromkeys("g/dL g/dl gm/dL gm% g% G/DL".split(), Fraction(1)),
        **dict.fromkeys(("g/L", "g/l"), Fraction(1, 10)),
    },
    ("haemoglobin", MOLE): dict.fromkeys(("mmol/L", "mmol/l"), MMOL_HB),
    **{(name, COUNT): COUNT_UNITS for name in ("leukocytes", "neutrophils", "lymphocytes", "platelets")},
    **{(name, COUNT): COUNT_UNITS for name in ("segmented", "bands")},
    **{(f"{name} percent", PERCENT): {"%": Fraction(1)} for name in ("neutrophil", "segmented", "band")},
    ("creatinine", MASS): CREATININE_MASS,
    ("creatinine", MOLE): CREATININE_MOLE,
    ("creatinine", EITHER): CREATININE_MASS | CREATININE_MOLE,
    ("bilirubin", MASS): BILIRUBIN_MASS,
    ("bilirubin", MOLE): BILIRUBIN_MOLE,
    ("bilirubin", EITHER): BILIRUBIN_MASS | BILIRUBIN_MOLE,
    ("alt", ENZYME): ENZYME_UNITS,
    ("ast", ENZYME): ENZYME_UNITS,
    ("temperature", HEAT): {"Cel": Fraction(1), "°C": Fraction(1), "[degF]": Fraction(5, 9)},
}
FREEZING = {("temperature", Fraction(5, 9)): 32}

BANDS = {
    "haemoglobin": (2, 25),
    "leukocytes": (0, 500),
    "neutrophils": (0, 100),
    "lymphocytes": (0, 500),
    "platelets": (0, 3000),
    "creatinine": (Fraction(1, 10), 30),
    "segmented": (0, 100),
    "bands": (0, 100),
    "neutrophil percent": (0, 100),
    "segmented percent": (0, 100),
    "band percent": (0, 100),
    "temperature": (25, 45),
}

# Below the limit: at least this grade.
FALLING = {
    "haemoglobin": ((Fraction(8), 3), (Fraction(10), 2)),
    "leukocytes": ((Fraction(1), 4), (Fraction(2), 3), (Fraction(3), 2)),
    "neutrophils": ((Fraction("0.5"), 4), (Fraction(1), 3), (Fraction("1.5"), 2)),
    "lymphocytes": ((Fraction("0.2"), 4), (Fraction("0.5"), 3), (Fraction("0.8"), 2)),
    "platelets": ((Fraction(25), 4), (Fraction(50), 3), (Fraction(75), 2)),
}
HB_MMOL_FALLING = ((Fraction("4.9"), 3), (Fraction("6.2"), 2))

# Above so many times the upper limit of normal: at least this grade.
ULN_ARM = {
    "creatinine": ((1, 1), (Fraction("1.5"), 2), (3, 3), (6, 4)),
    "bilirubin": ((1, 1), (Fraction("1.5"), 2), (3, 3), (10, 4)),
    "alt": ((1, 1), (3, 2), (5, 3), (20, 4)),
    "ast": ((1, 1), (3, 2), (5, 3), (20, 4)),
}
# Above so many times the baseline: at least this grade.
BASELINE_ARM = {
    "creatinine": ((Fraction("1.5"), 2), (3, 3)),
    "bilirubin": ((1, 1), (Fraction("1.5"), 2), (3, 3), (10, 4)),
    "alt": ((Fraction("1.5"), 1), (3, 2), (5, 3), (20, 4)),
    "ast": ((Fraction("1.5"), 1), (3, 2), (5, 3), (20, 4)),
}

STEP = 50
MAXIMUM = 200
