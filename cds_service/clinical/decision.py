"""What was concluded and why: the one record that cards, explanations and the audit trail all word."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from cds_service.clinical.ctcae import Grade
from cds_service.clinical.facts import Evidence, Order, Result, Toxicity, Unknown, When

INTERRUPT = "interrupt"
KEEP_INTERRUPTED = "keep-interrupted"
RESTART_REDUCED = "restart-reduced"
REDUCE = "reduce"
NOT_ASSESSED = "not-assessed"
NONE = "none"
ESCALATE = "escalate"

OVER_MAXIMUM = "over-maximum"
OVER_STARTING_DOSE = "over-starting-dose"
ESCALATION_NOT_SUPPORTED = "escalation-not-supported"
DOSE_UNCLEAR = "dose-unclear"
DUPLICATE_ORDER = "duplicate-order"
ELIGIBILITY = "eligibility"

PROGRESSION_RECORDED = "progression-recorded"
COUNT_DUE = "count-due"
IMAGING_DUE = "imaging-due"
PAUSE_CONSIDER = "pause-consider"

CRITICAL = "critical"
WARNING = "warning"
INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule held against one result or recorded toxicity: what was observed, the limit, and where that stands.

    `term` is the CTCAE term of a recorded toxicity, or what was sent where the criteria do not list it: escape it.
    """

    rule: str
    citation: str
    result: Result | None = None
    grade: Grade | None = None
    limit: str = ""
    toxicity: Toxicity | None = None
    term: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """One row of the table of counts: the result that speaks, the one before it, the baseline, or why none speaks.

    `supported` says that a transfusion or a growth factor may have raised the result.
    """

    analyte: str
    result: Result | None
    grade: Grade | None
    previous: Result | None
    baseline: Result | None
    unknown: Unknown | None
    supported: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One rule in the order it was asked. `outcome`: applies, does-not-apply, cannot-tell; `why`: codes."""

    rule: str
    outcome: str
    why: tuple[str, ...] = ()
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the eligibility checklist. `state`: met, not-met, not-recorded.

    `evidence` and `results` are what it rests on, `unknown` why it could not be told; `age` in completed years.
    """

    name: str
    state: str
    citation: str
    evidence: tuple[Evidence, ...] = ()
    results: tuple[Result, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    toxicities: tuple[Toxicity, ...] = ()
    age: int | None = None


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What is due beside the dose: its topic, since when (the last count, image or start), and on what it rests."""

    topic: str
    citation: str
    since: When | None = None
    due: date | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Doses:
    """Daily doses in mg; None where unknown or where there is none."""

    current: Decimal | None = None
    draft: Decimal | None = None
    ceiling: Decimal | None = None
    proposed: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one patient at one instant.

    `topic` is "" where no card is due. `draft` is the order of the call that gave the topic, `active` the orders
    that give the drug now. `missing` names what a restart or an escalation still lacks,
    `also` the other topics that apply. `protocol` is the id of the protocol that spoke, "" where none did; `checklist`
    stands on the start of a course; `monitoring` is a card of its own beside the dosing card.
    """

    conclusion: str
    evaluated_at: datetime
    topic: str = ""
    indicator: str = ""
    refer: tuple[str, ...] = ()
    doses: Doses = field(default_factory=Doses)
    draft: Order | None = None
    active: tuple[Order, ...] = ()
    findings: tuple[Finding, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    missing: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    clashing: tuple[Order, ...] = ()
    total: Decimal | None = None
    counts: tuple[Count, ...] = ()
    declared: str = ""
    steps: tuple[Step, ...] = ()
    protocol: str = ""
    checklist: tuple[Criterion, ...] = ()
    monitoring: Monitoring | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing a clinician can accept with a click: its kind, the daily dose in mg it leads to, its actions."""

    kind: str
    actions: tuple[Mapping[str, Any], ...]
    dose: Decimal | None = None
    recommended: bool = False
