"""What the study knows of a patient: measurements, orders, and everything that is not known, each with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum


class Reason(StrEnum):
    """Why something is not known; the closed list of PROTOCOL.md section 6."""

    ABSENT = "absent"
    STALE = "stale"
    UNREADABLE = "unreadable"
    WRONG_UNIT = "wrong-unit"
    NOT_FINAL = "not-final"
    CONFLICTING = "conflicting"
    OTHER_PATIENT = "other-patient"
    FETCH_FAILED = "fetch-failed"
    INCOMPLETE = "incomplete"
    NOT_READ = "not-read"
    FUTURE = "future"
    TOO_FAR_APART = "too-far-apart"
    UNDETERMINED_DOSE = "undetermined-dose"
    UNKNOWN_PROTOCOL = "unknown-protocol"
    INTERNAL_ERROR = "internal-error"


HAEMOGLOBIN = "haemoglobin"
LEUKOCYTES = "leukocytes"
NEUTROPHILS = "neutrophils"
PLATELETS = "platelets"
LYMPHOCYTES = "lymphocytes"
CREATININE = "creatinine"
BILIRUBIN = "bilirubin"
ALT = "alt"
AST = "ast"

COUNTS = (HAEMOGLOBIN, LEUKOCYTES, NEUTROPHILS, PLATELETS)
CHEMISTRY = (CREATININE, BILIRUBIN, ALT, AST)

# How a value was made that no laboratory sent.
CALCULATED = "calculated"
SEGMENTED = "segmented"

RED_CELLS = "red-cells"
PLATELET_TRANSFUSION = "platelet-transfusion"
G_CSF = "g-csf"
G_CSF_PEGYLATED = "g-csf-pegylated"
SUPPORTS = (RED_CELLS, PLATELET_TRANSFUSION, G_CSF, G_CSF_PEGYLATED)

# What of the oncology record bears on eligibility and monitoring, each with what it may say. A `response` says how the
# disease stands, `performance-status` the ECOG grade, and the others that something is there.
EVIDENCE: Mapping[str, tuple[str, ...]] = {
    "histology": ("sarcoma", "other"),
    "metastasis": ("present",),
    "response": ("complete", "partial", "stable", "no-evidence", "progression", "mixed", "not-assessable"),
    "systemic-therapy": ("given",),
    "anthracycline": ("unsuitable",),
    "performance-status": ("0", "1", "2", "3", "4"),
    "imaging": ("done",),
}

# Whatever else may be unknown; together with the analytes the closed list of `Unknown.what`.
OTHER_WHATS = (
    "counts", "results", "orders", "dose", "age", "protocol", "toxicity", "support", "temperature", "decision",
)  # fmt: skip
WHATS = (*COUNTS, LYMPHOCYTES, *CHEMISTRY, *OTHER_WHATS, *EVIDENCE)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that could not be understood.

    `what` is one of `WHATS`, `source` the FHIR reference of the item ("" where there is none), `detail` what was sent,
    verbatim, or the path of the fault. These two come from outside: escape them before showing.
    """

    what: str
    reason: Reason
    source: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """A time as precisely as it was recorded: all instants from `start` to `end`, both inclusive, in UTC.

    `issued` marks the time of reporting, standing in for a collection time that was not sent.
    """

    start: datetime
    end: datetime
    issued: bool = False

    def after(self, other: "When") -> bool:
        """True where this is surely later than `other`."""
        return self.start > other.end


def local_day(instant: datetime, zone: tzinfo | None) -> date:
    """The day of an instant in a time zone; at the edges of the calendar its day in UTC, since no other one exists."""
    return instant.date() if instant.year in (1, 9999) else instant.astimezone(zone).date()


def later_by(instant: datetime, span: timedelta) -> datetime:
    """`instant` + `span`, which may be negative; never beyond the edges of the calendar."""
    try:
        return instant + span
    except OverflowError:
        return ANY_TIME.end if span > timedelta(0) else ANY_TIME.start


ANY_TIME = When(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Result:
    """One laboratory result of one analyte.

    `value` is exact, in the analyte's canonical unit (haemoglobin g/dL, counts 10*9/L, creatinine and bilirubin umol/L,
    ALT and AST U/L), None where `fault` says why the result is unusable. `molar` is haemoglobin in mmol/L where it was
    sent so. `shown` and `unit` are number and unit as a reader is to see them. `low` and `high` are the limits of the
    reference range in the canonical unit. `bound_of` is the analyte whose value is an upper bound of this one.
    `derived` says how a value was made that no laboratory sent: `CALCULATED` from others, or `SEGMENTED`, segmented
    neutrophils without the bands, a lower bound. `parts` are the references of what it was made from.
    """

    analyte: str
    source: str
    when: When
    final: bool
    fault: Unknown | None = None
    value: Decimal | None = None
    comparator: str = ""
    shown: Decimal | None = None
    unit: str = ""
    molar: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    bound_of: str = ""
    derived: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Toxicity:
    """A toxicity recorded with a CTCAE term and grade, by its MedDRA `code`; `display` as sent, escape it.

    `onset` is None where no time was recorded; `marked` says that it is the time of recording, not of onset.
    `resolved` is True where it is recorded as over by now. `assessed` marks an Observation, which tells the grade of
    its time only: of several assessments of one code the newest speaks.
    """

    code: str
    grade: int
    source: str
    onset: When | None
    resolved: bool = False
    display: str = ""
    marked: bool = False
    assessed: bool = False


@dataclass(frozen=True, slots=True)
class Support:
    """A transfusion or growth factor that was given: one of `SUPPORTS`, and when."""

    kind: str
    source: str
    when: When


@dataclass(frozen=True, slots=True)
class Temperature:
    """A body temperature in degrees Celsius, exact."""

    celsius: Decimal
    source: str
    when: When


@dataclass(frozen=True, slots=True)
class Evidence:
    """One item of the oncology record: a `kind` of `EVIDENCE` and the `state` that it gives to it.

    `when` is None where no time was recorded; `display` is the code or text as sent, escape it. An item that could not
    be understood is an `Unknown` of that kind in `Facts.unseen`.
    """

    kind: str
    state: str
    source: str
    when: When | None = None
    display: str = ""


@dataclass(frozen=True, slots=True)
class Dose:
    """A daily dose in mg, exact. `low` < `high` for a range; not `continuous`: the dose of the dosing days.

    `mean` is mg per day over the cycle of a regimen that is not continuous; `intakes` are the different amounts in mg
    that are taken at one time, where that is known.
    """

    low: Decimal
    high: Decimal
    continuous: bool = True
    mean: Decimal | None = None
    intakes: tuple[Decimal, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Order:
    """One order of trofosfamide, as recorded or as drafted; one for each phase where its dose changes by date.

    `intended` is False for proposals, plans, options, patient-reported orders and those that forbid the drug.
    `coded` is False where only words name the drug. `names` are its own reference and identifiers, `replaces` those of
    the orders that it names as its predecessors. `reason_coded` says that its end has a coded reason.
    `text` is the dosage as written, verbatim: escape it before showing. An order with a `fault` has no known `dose`.
    """

    source: str
    status: str
    dose: Dose | Unknown
    intended: bool = True
    forbids: bool = False
    coded: bool = True
    start: When | None = None
    end: When | None = None
    authored: When | None = None
    names: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    reason_coded: bool = False
    protocols: tuple[str, ...] = ()
    fault: Unknown | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was understood of one patient's record for one call.

    `results` by analyte, in no particular order; `orders` those of trofosfamide in the record, `drafts` those of the
    call that it is about, `beside` its other ones: they are not judged, but a draft may overlap them. `foreign` are
    items of the kind used that belong to another patient. `gaps` are the parts of the record that could not be read in
    whole, `absent` items without a value; both are shown. `unclear` are toxicities, transfusions, growth factors and
    temperatures that could not be understood or were not read; they are shown, an unclear toxicity also stands in the
    way of an escalation. `evidence` is the oncology record, `declared` the canonical URLs, without a version, of the
    protocols of this product that active care plans name; `unseen` are the kinds of evidence, or "protocol" for the
    care plans, that were not read or not in whole, and items that could not be understood: they block nothing.
    """

    results: Mapping[str, tuple[Result, ...]] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()
    drafts: tuple[Order, ...] = ()
    born: When | Unknown = Unknown("age", Reason.ABSENT)
    foreign: tuple[Unknown, ...] = ()
    gaps: tuple[Unknown, ...] = ()
    absent: tuple[Unknown, ...] = ()
    toxicities: tuple[Toxicity, ...] = ()
    supports: tuple[Support, ...] = ()
    temperatures: tuple[Temperature, ...] = ()
    unclear: tuple[Unknown, ...] = ()
    beside: tuple[Order, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    declared: tuple[str, ...] = ()
    unseen: tuple[Unknown, ...] = ()
