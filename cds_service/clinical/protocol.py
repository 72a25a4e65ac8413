"""The typed view of a protocol file: what a decision needs, each value with the place it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
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


@dataclass(frozen=True, slots=True)
class Source:
    """Where a parameter or a rule comes from; `says` is what stands there, in the product's own words."""

    ref: str
    section: str
    says: str

    @property
    def citation(self) -> str:
        """One line for a card: document and place in it."""
        return f"{self.ref}, {self.section}" if self.section else self.ref


@dataclass(frozen=True, slots=True)
class Parameters:
    """Every number that a decision uses; doses in mg per day, temperatures in degrees Celsius, counts in 10*9/L."""

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
class Protocol:
    """One protocol as data. `digest` names the content of its files; `sources` are by parameter and rule name."""

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
