"""The typed view of a protocol file: what a decision needs, each value with the place it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from cds_service.clinical.ctcae import Ctcae
from cds_service.clinical.facts import (
    G_CSF,
    G_CSF_PEGYLATED,
    HAEMOGLOBIN,
    LEUKOCYTES,
    NEUTROPHILS,
    PLATELET_TRANSFUSION,
    PLATELETS,
    RED_CELLS,
)

MAINTENANCE = "trofosfamide-maintenance"
FIRST_LINE = "trofosfamide-first-line-elderly"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a parameter or a rule comes from; `says` is what stands there, in the product's own words.

    Of a default of this product `section` is "", `says` its reason and `reference` the work to read on in.
    `by_analogy` says that it is taken over from another protocol, where the source of this one is silent.
    """

    ref: str
    section: str
    says: str
    reference: str = ""
    by_analogy: bool = False

    @property
    def citation(self) -> str:
        """One line for a card: document and place in it."""
        return f"{self.ref}, {self.section}" if self.section else self.ref


@dataclass(frozen=True, slots=True)
class Parameters:
    """Every number that a decision uses; doses in mg per day, temperatures in degrees Celsius, counts in 10*9/L.

    `start_creatinine_uln` and `start_bilirubin_uln` are multiples of the upper limit of normal, `eligible_age`,
    `adult_age` and `pause_years` completed years, `imaging_months` calendar months, `performance_status_worst` is an
    ECOG grade.
    """

    starting_dose: Decimal
    dose_step: Decimal
    maximum_dose: Decimal
    escalate_from: tuple[Decimal, ...]
    acting_analytes: tuple[str, ...]
    interrupt_grade: int
    recovery_grade: int
    escalation_grade: int
    toxicity_grade: int
    tolerated_toxicity_grade: int
    refer_grade: int
    interrupt_window: timedelta
    toxicity_window: timedelta
    start_window: timedelta
    restart_window: timedelta
    escalate_window: timedelta
    pause_window: timedelta
    counts_together: timedelta
    count_interval_early: timedelta
    count_interval_late: timedelta
    early_period: timedelta
    count_grace: timedelta
    minimum_time_at_dose: timedelta
    baseline_window: timedelta
    course_gap: timedelta
    unknown_end_span: timedelta
    long_interruption: timedelta
    adult_age: int
    red_cell_window: timedelta
    platelet_transfusion_window: timedelta
    g_csf_window: timedelta
    g_csf_pegylated_window: timedelta
    febrile_neutrophils: Decimal
    fever_once: Decimal
    fever_sustained: Decimal
    fever_apart: timedelta
    fever_window: timedelta
    start_neutrophils: Decimal
    start_platelets: Decimal
    start_grade: int
    start_creatinine_uln: Decimal
    start_bilirubin_uln: Decimal
    eligible_age: int
    performance_status_worst: int
    imaging_months: int
    imaging_grace: timedelta
    pause_years: int

    @property
    def support_windows(self) -> Mapping[str, Mapping[str, timedelta]]:
        """By analyte the kinds of support that may raise it, each with how long before a sample it does."""
        g_csf = {G_CSF: self.g_csf_window, G_CSF_PEGYLATED: self.g_csf_pegylated_window}
        return {
            HAEMOGLOBIN: {RED_CELLS: self.red_cell_window},
            PLATELETS: {PLATELET_TRANSFUSION: self.platelet_transfusion_window},
            LEUKOCYTES: g_csf,
            NEUTROPHILS: g_csf,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """A parameter to which a hospital gave another value than the protocol file, and who answers for it.

    `before` and `after` are the values as the files write them, lists with commas; both in `unit`.
    """

    parameter: str
    before: str
    after: str
    unit: str
    reason: str
    signed_off_by: str
    signed_on: date


@dataclass(frozen=True, slots=True)
class Protocol:
    """One protocol as data. `digest` names the content of its files; `sources` are by name of what they are of.

    `criteria` are the lines of the eligibility checklist and `monitoring` the topics of monitoring, each in its order.
    `changes` is what the site profile changed in it; the values in force are those of `parameters`.
    """

    id: str
    version: str
    title: str
    status: str
    url: str
    digest: str
    ctcae: Ctcae
    parameters: Parameters
    sources: Mapping[str, Source]
    publication: str
    publication_url: str
    criteria: tuple[str, ...]
    monitoring: tuple[str, ...]
    changes: tuple[Change, ...] = ()

    @property
    def by_analogy(self) -> bool:
        """True where rules of this protocol are those of another one."""
        return any(x.by_analogy for x in self.sources.values())
