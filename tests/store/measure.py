"""What a decision's record costs: CPU of the whole process per record, and how long the caller waits.

    python -m tests.store.measure

Beside it the way that was not taken: the row written to SQLite while the caller waits, without a wait for the disk.
"""

import gc
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks import bodies
from cds_service.app import wording
from cds_service.clinical.decide import decide
from cds_service.clinical.facts import Facts
from cds_service.clinical.protocol import MAINTENANCE, Protocol
from cds_service.fhir import prefetch
from cds_service.fhir.order import Scope
from cds_service.hook.request import read
from cds_service.render.extension import extension, pruned
from cds_service.settings import Settings
from cds_service.store import Answer, Store, insert, records
from tests.store.places import Place, answer, told
from tests.store.postgresql import server

_COUNT = 2000
_A_SECOND = 50


def main() -> None:
    """Measure both ways on both databases, with the facts of 20 and of 200 results."""
    protocols, _ = wording(Settings())
    for results in (20, 200):
        made = _answer(protocols, results)
        for name in ("sqlite", "postgresql"):
            with tempfile.TemporaryDirectory() as folder:
                url = f"sqlite:///{folder}/decisions.sqlite" if name == "sqlite" else server(durable=True).database()
                place = Place(url, Path(folder))
                kept = place.store()
                _report(f"{name}, {results} results, spool", kept, lambda s=kept, a=made: s.record(a))
                _report(f"{name}, {results} results, at once", kept, lambda s=kept, a=made: _at_once(s, a))
                _feedback(kept)
                place.close()


def _answer(protocols: Mapping[str, Protocol], results: int) -> Answer:
    protocol = protocols[MAINTENANCE]
    facts = _facts(protocol, results)
    decision = decide(protocols, facts, bodies.NOW)
    record = {"decision": pruned(extension(decision, protocol))}
    return answer("card", record=record, facts=facts)


def _facts(protocol: Protocol, results: int) -> Facts:
    call = read(bodies.order_sign(results), "order-sign")
    scope = Scope(call.patient_id, call.fhir_server, ZoneInfo("UTC"))
    record = prefetch.read(scope, call.draft_orders, call.prefetch, bodies.NOW, protocol.parameters)
    assert record is not None
    return record.facts


def _at_once(kept: Store, made: Answer) -> None:
    lines, _ = records.parsed([records.line(made, kept.key)])
    with kept.engines.quick.begin() as connection:
        insert.decisions(connection, lines)


def _report(name: str, kept: Store, work: Callable[[], object]) -> None:
    work()
    assert kept.flush(30)
    gc.collect()
    start = time.process_time()
    for _ in range(_COUNT):
        work()
    assert kept.flush(60)
    cpu = (time.process_time() - start) / _COUNT * 1000
    waits = []
    start = time.process_time()
    for _ in range(10 * _A_SECOND):
        begun = time.perf_counter()
        work()
        waits.append((time.perf_counter() - begun) * 1000)
        time.sleep(1 / _A_SECOND)
    assert kept.flush(60)
    paced = (time.process_time() - start) / len(waits) * 1000
    waits.sort()
    print(
        f"{name:36} CPU {cpu:.3f} ms, at {_A_SECOND}/s {paced:.3f} ms; "
        f"waits {waits[len(waits) // 2]:.3f} ms, p99 {waits[len(waits) * 99 // 100]:.3f} ms, worst {waits[-1]:.3f} ms"
    )


def _feedback(kept: Store) -> None:
    waits = []
    for number in range(300):
        begun = time.perf_counter()
        kept.feedback([told(f"card-{number}")])
        waits.append((time.perf_counter() - begun) * 1000)
    waits.sort()
    print(f"{'':36} feedback {waits[150]:.2f} ms, p99 {waits[297]:.2f} ms")


if __name__ == "__main__":
    main()
