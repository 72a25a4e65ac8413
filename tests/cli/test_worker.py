"""A worker hears that it has to stop, however early it is told."""

import signal
from collections.abc import Iterator

import pytest

from cds_service.cli.worker import Arbiter, Master, ThreadWorker, Worker

STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


@pytest.fixture(autouse=True)
def mask() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def held_back() -> set[int]:
    """The words to stop that would wait now."""
    return STOPS & signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_stop_waits_while_a_worker_is_forked_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Arbiter, "spawn_worker", lambda _: held_back())
    assert Master.spawn_worker(object.__new__(Master)) == STOPS
    assert held_back() == set()


def test_a_worker_hears_what_it_was_told_since_the_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    monkeypatch.setattr(ThreadWorker, "init_signals", lambda _: heard.extend(held_back()))
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    Worker.init_signals(object.__new__(Worker))
    assert set(heard) == STOPS
    assert held_back() == set()
