"""The generated records are worth asking: each kind of answer is at least one in a hundred of them."""

from collections import Counter
from functools import cache

import pytest

from tests.generative.asking import RECORDS, heard, told
from tests.generative.comparing import MONITORING, PERMISSIVENESS
from tests.generative.records import record
from tests.oracle import eligibility, protocols

STATES = (eligibility.MET, eligibility.NOT_MET, eligibility.NOT_RECORDED)
TOPICS = (
    "interrupt", "keep-interrupted", "over-maximum", "restart-reduced", "reduce", "over-starting-dose",
    "escalation-not-supported", "dose-unclear", "duplicate-order", "not-assessed", "eligibility",
    "escalate",
)  # fmt: skip
PROTOCOLS = (protocols.MAINTENANCE.ident, protocols.FIRST_LINE.ident)
# Of nothing that is recorded does it follow that there are no metastases, or that nothing was ever given.
NEVER = {
    "advanced-disease": "not-met", "metastatic": "not-met", "anthracycline-unsuitable": "not-met", "untreated": "met",
}  # fmt: skip
CRITERIA = [(name, state) for name in eligibility.CRITERIA for state in STATES if NEVER.get(name) != state]
SILENCES = ("another drug", "row 0", "row 11", "412")
REASONS_TO_REFER = (
    "grade-4", "febrile-neutropenia", "second-episode", "long-interruption", "no-lower-level", "onset-dose-unknown",
    "baseline-grade-3",
)  # fmt: skip
# Of section 6 of the protocol, without the one that no record can bring about: `internal-error`.
REASONS_UNKNOWN = (
    "absent", "stale", "unreadable", "wrong-unit", "not-final", "conflicting", "other-patient", "fetch-failed",
    "incomplete", "not-read", "future", "too-far-apart", "undetermined-dose", "unknown-protocol",
)  # fmt: skip


def silence(seed: int) -> str:
    """Why there is no card."""
    if told(seed)["status"] == 412:
        return "412"
    if told(seed)["silent"]:
        return "another drug"
    return "row 0" if "row-0" in record(seed).tags else "row 11"


@cache
def counts() -> Counter[str]:
    """How many records of each kind there are, as the oracle sees them; the unknown as the product lists it."""
    found: Counter[str] = Counter()
    for seed in range(RECORDS):
        answer = told(seed)
        found[f"topic {answer['topic']}" if answer["topic"] else f"silence {silence(seed)}"] += 1
        found[f"conclusion {answer['conclusion']}"] += 1
        found.update(f"{key} {answer[key]}" for key in ("protocol", "monitoring") if answer[key])
        found.update(f"criterion {name} {state}" for name, state in answer["checklist"].items())
        found.update(f"refer {reason}" for reason in answer["refer"])
        found.update(f"unknown {reason}" for reason in heard(seed).unknown)
    return found


KINDS = [
    *(f"conclusion {name}" for name in PERMISSIVENESS),
    *(f"topic {name}" for name in TOPICS),
    *(f"protocol {name}" for name in PROTOCOLS),
    *(f"monitoring {name}" for name in MONITORING),
    *(f"criterion {name} {state}" for name, state in CRITERIA),
    *(f"silence {name}" for name in SILENCES),
    *(f"refer {name}" for name in REASONS_TO_REFER),
    *(f"unknown {name}" for name in REASONS_UNKNOWN),
]


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_answer_is_rare_among_the_records(kind: str) -> None:
    assert counts()[kind] >= RECORDS / 100, f"{kind}: {counts()[kind]} of {RECORDS}"


def test_nothing_but_the_known_kinds_comes_out() -> None:
    assert set(counts()) <= {*KINDS, "conclusion None"}
