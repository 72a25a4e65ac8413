"""The typed view of a protocol file: what a decision needs, each value with the place it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from cds_service.clinical.ctcae import Ctcae


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
    """Every number that a decision uses; doses in mg per day."""

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
