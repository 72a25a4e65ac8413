"""Invented patients in a few words, and what is decided on them.

decided(counts(days=2) + [result("neutrophils", "0.7", ago(days=1))], [order(100, ago(days=40))], [draft(100)])
"""

from collections.abc import Iterable, Sequence
from typing import Any

from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import COUNTS, Order, Result, When
from cds_service.protocols.cases.builders import (
    ANAEMIA,
    BORN,
    ELIGIBLE,
    FEBRILE_NEUTROPENIA,
    GOOD,
    NAUSEA,
    NOW,
    ULN,
    UNITS,
    ago,
    day,
    dose,
    draft,
    evidence,
    facts,
    issued,
    order,
    result,
    support,
    temperature,
    toxicity,
    undetermined,
    unusable,
    whole,
)
from cds_service.protocols.load import load_all

__all__ = [
    "ANAEMIA",
    "BORN",
    "ELIGIBLE",
    "FEBRILE_NEUTROPENIA",
    "GOOD",
    "NAUSEA",
    "NOW",
    "PROTOCOL",
    "PROTOCOLS",
    "ULN",
    "UNITS",
    "P",
    "ago",
    "counts",
    "day",
    "decided",
    "dose",
    "draft",
    "evidence",
    "facts",
    "issued",
    "order",
    "result",
    "support",
    "temperature",
    "toxicity",
    "undetermined",
    "unusable",
    "whole",
]

PROTOCOLS = load_all()
PROTOCOL = PROTOCOLS["trofosfamide-maintenance"]
P = PROTOCOL.parameters


def counts(when: When | None = None, **values: str) -> list[Result]:
    """The four counts of one sample, all good where no value is given."""
    return [result(x, values.get(x, GOOD[x]), when) for x in COUNTS]


def decided(
    results: Iterable[Result] = (), orders: Sequence[Order] = (), drafts: Sequence[Order] = (), **more: Any
) -> Decision:
    """The decision on such a patient."""
    return decide(PROTOCOLS, facts(results, orders, drafts, **more), NOW)
