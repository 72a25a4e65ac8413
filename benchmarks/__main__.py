"""CPU milliseconds per request, beside two floors in the same run: `make bench`.

Every figure is of this process alone, called as a WSGI server calls it, so neither network nor server is in it. Paths
take turns in short rounds, and the fastest round counts: what else the machine does slows all of them alike.
"""

import gc
import io
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from unittest.mock import patch

from benchmarks import bodies, facts, floors
from cds_service.app import create_app
from cds_service.settings import Settings

ROUNDS = 15
ROUND_SECONDS = 0.08
Wsgi = Callable[..., object]


def main() -> None:
    """Measure, and print a table of milliseconds and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        product = create_app(Settings(data_dir=Path(folder)), clock=lambda: bodies.NOW).wsgi_app
        floor = floors.create_app().wsgi_app
        for count in (20, 200, 2000):
            _report(count, floor, product)
        _report_other_drug(floor, product)
    facts.main()


def _report(count: int, floor: Wsgi, product: Wsgi) -> None:
    body = bodies.order_sign(count)
    paths = {
        "read and drop": (floor, "/read-and-drop", nullcontext),
        "typed decode": (floor, "/typed-decode", nullcontext),
        "decide": (product, bodies.SERVICE, _Bare),
        "decide + validate": (product, bodies.SERVICE, _unrecorded),
        "decide + validate + record": (product, bodies.SERVICE, nullcontext),
    }
    figures = _measure(body, paths)
    base = figures["typed decode"]
    print(f"\n{count} Observations, {len(body) / 1000:.0f} kB")
    for name, milliseconds in figures.items():
        print(f"  {name:28} {milliseconds:8.3f} ms   {milliseconds / base:5.2f} x typed decode")


def _report_other_drug(floor: Wsgi, product: Wsgi) -> None:
    body = bodies.order_sign(200, drug="omeprazole")
    paths = {
        "read and drop": (floor, "/read-and-drop", nullcontext),
        "draft of another drug": (product, bodies.SERVICE, nullcontext),
    }
    figures = _measure(body, paths)
    print(f"\nAnother drug, 200 Observations, {len(body) / 1000:.0f} kB")
    for name, milliseconds in figures.items():
        print(f"  {name:28} {milliseconds:8.3f} ms   {milliseconds / figures['read and drop']:5.2f} x read and drop")


Paths = dict[str, tuple[Wsgi, str, Callable[[], AbstractContextManager[object]]]]


def _measure(body: bytes, paths: Paths) -> dict[str, float]:
    best = dict.fromkeys(paths, float("inf"))
    for _ in range(ROUNDS):
        for name, (app, url, around) in paths.items():
            with around():
                best[name] = min(best[name], _round(app, url, body))
    return best


def _round(app: Wsgi, url: str, body: bytes) -> float:
    """Milliseconds of CPU per call, over as many calls as a round has time for."""
    _call(app, url, body)
    gc.collect()
    calls, start = 0, time.process_time()
    while time.process_time() - start < ROUND_SECONDS:
        _call(app, url, body)
        calls += 1
    return (time.process_time() - start) / calls * 1000


def _call(app: Wsgi, url: str, body: bytes) -> None:
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": url, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080", "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    answered: list[str] = []
    chunks = app(environ, lambda status, headers, *_: answered.append(status))
    b"".join(chunks)  # type: ignore[call-overload]
    if answered != ["200 OK"]:
        raise SystemExit(f"{url} answered {answered}; nothing was measured")


def _unrecorded() -> AbstractContextManager[object]:
    return patch("cds_service.store.Store.record", lambda *_, **__: None)


class _Bare:
    """Neither validation of the used resources nor the record of the decision."""

    def __enter__(self) -> None:
        self._patches = [
            _unrecorded(),
            patch("cds_service.fhir.labs.fault_of", lambda *_: ""),
            patch("cds_service.fhir.order.fault_of", lambda *_: ""),
        ]
        for each in self._patches:
            each.__enter__()

    def __exit__(self, *_: object) -> None:
        for each in self._patches:
            each.__exit__(None, None, None)


if __name__ == "__main__":
    main()
