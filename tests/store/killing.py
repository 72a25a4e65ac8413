"""Load on a real server, the server killed in the midst of it, and what was acknowledged before looked for."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from cds_service.store.tables import CARDS, FEEDBACK
from tests.store.places import Place
from tests.store.server import DECIDE
from tests.store.server import FEEDBACK as TELL

_WAIT = 30
_CALLERS = 4


@dataclass
class Acknowledged:
    """The cards whose feedback was answered with 200, and those whose decision was answered."""

    feedback: set[str] = field(default_factory=set)
    decisions: set[str] = field(default_factory=set)


def kill_under_load(place: Place, acknowledged: Acknowledged) -> None:
    """Start a server, load it, kill all its processes at once at some moment, and note what it acknowledged."""
    process, url = _served(place)
    with ThreadPoolExecutor(_CALLERS) as pool:
        callers = [pool.submit(_call, url, acknowledged) for _ in range(_CALLERS)]
        time.sleep(random.uniform(0.2, 0.7))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(_WAIT)
        for caller in callers:
            caller.result(_WAIT)


def stopped_gently(place: Place) -> Acknowledged:
    """Start a server, let it decide a few times, and stop it as an operator does."""
    process, url = _served(place)
    acknowledged = Acknowledged()
    for _ in range(10):
        card = str(uuid4())
        requests.post(f"{url}{DECIDE}", data=card, timeout=_WAIT).raise_for_status()
        acknowledged.decisions.add(card)
    process.terminate()
    process.wait(_WAIT)
    return acknowledged


def lost(place: Place, acknowledged: Acknowledged) -> Acknowledged:
    """What was acknowledged and is not there, once a new process has caught up."""
    kept = place.store()
    kept.background.chores()
    there = {x["card"] for x in place.rows(FEEDBACK)}, {x["uuid"] for x in place.rows(CARDS)}
    kept.close()
    return Acknowledged(acknowledged.feedback - there[0], acknowledged.decisions - there[1])


def _served(place: Place) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.store.server", str(port), place.url, str(place.folder)]
    process = subprocess.Popen(command, start_new_session=True, cwd=Path(__file__).parents[2])
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + _WAIT
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{url}/readyz", timeout=5).json() == {"fault": ""}:
                return process, url
        except requests.ConnectionError:
            time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    raise TimeoutError(url)


def _call(url: str, acknowledged: Acknowledged) -> None:
    """Decisions and feedback in turn, some in batches, until nobody answers."""
    with requests.Session() as session:
        session.trust_env = False
        while True:
            cards = [str(uuid4()) for _ in range(random.choice((1, 1, 5, 50)))]
            try:
                decided = session.post(f"{url}{DECIDE}", data=cards[0], timeout=_WAIT)
                if decided.json() == {"kept": True}:
                    acknowledged.decisions.add(cards[0])
                if session.post(f"{url}{TELL}", json={"feedback": _items(cards)}, timeout=_WAIT).status_code == 200:
                    acknowledged.feedback.update(cards)
            except (requests.RequestException, ValueError):
                return


def _items(cards: list[str]) -> list[dict[str, Any]]:
    fixed = {"outcome": "overridden", "outcomeTimestamp": "2026-11-23T09:00:00Z"}
    return [{"card": x, **fixed} for x in cards]
