"""What is counted: numbers and codes only, never anything of a patient."""

import os
from collections.abc import Callable
from contextlib import suppress

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

ANSWERS = Counter(
    "cds_answers", "Hook calls answered with 200, by topic of the card and client", ["service", "topic", "client"]
)
LAST = Gauge(
    "cds_last_answer_seconds", "When a client was last answered with 200", ["client"], multiprocess_mode="mostrecent"
)
CALLS = Counter(
    "cds_calls", "Calls of known clients, by what they are of (hooks, feedback) and status", ["client", "of", "status"]
)
KEYS = Gauge(
    "cds_client_keys", "Whether a client's keys can be used: 1 or 0, of the last /readyz", ["client"],
    multiprocess_mode="mostrecent",
)  # fmt: skip
REFUSALS = Counter("cds_refusals", "Requests answered with 4xx or 5xx, by error code", ["code"])
READS = Counter("cds_fhir_reads", "Reads of FHIR servers, by client, key and failure", ["client", "key", "failure"])
FAULTS = Counter("cds_faults", "Decisions that failed by our own fault and were answered as not assessed", ["service"])
TOKENS_ALONE = Counter("cds_tokens_alone", "Tokens that only one process could look up, for want of the database")
UNRECORDED = Counter("cds_unrecorded", "Decisions that were answered but could not be recorded", ["service"])
SECONDS = Histogram(
    "cds_seconds",
    "Time to answer a hook call with 200",
    ["service"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)


def count(counter: Counter, *labels: str, by: float = 1) -> None:
    """Add to a counter. Where its file cannot be written nothing is counted: no answer is lost for that."""
    with suppress(OSError, ValueError):
        (counter.labels(*labels) if labels else counter).inc(by)


def answered(service: str, client: str, seconds: float) -> None:
    """Note the time that an answer took, and that it was given now; as with `count`, no answer is lost for that."""
    with suppress(OSError, ValueError):
        LAST.labels(client).set_to_current_time()
        SECONDS.labels(service).observe(seconds)


def exposition() -> bytes:
    """All metrics as Prometheus reads them: of all workers where PROMETHEUS_MULTIPROC_DIR is set, else of this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    collect: Callable[[CollectorRegistry], object] = MultiProcessCollector
    collect(registry)
    return generate_latest(registry)
