"""The processes of gunicorn, with a stop that nobody waits for in vain."""

import signal
from typing import Any

from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


class Master(Arbiter):  # type: ignore[misc]
    """Starts the workers, and tells them to stop.

    A worker of gunicorn that is told to stop before it listens for that goes on, and the whole service waits for it
    until the time of grace is over. Here the word waits for the worker: it is held back from the fork until then.
    """

    def spawn_worker(self) -> Any:
        """Fork a worker; its process id."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Worker(ThreadWorker):  # type: ignore[misc]
    """Takes no connection once it was told to stop.

    The worker of gunicorn keeps its listening socket open until its last call is answered: who connects meanwhile is
    let in by the kernel, waits, and is cut off at the end. Closed at once, the caller or its proxy goes elsewhere.
    """

    def init_signals(self) -> None:
        """Listen to the master, and hear what it said since the fork."""
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Begin or cease to accept connections; at the end for good, and after those that the kernel let in before."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for each in self.sockets:
                self._empty(each)
                each.close()

    def _empty(self, listener: Any) -> None:
        before = -1
        while self.nr_conns > before:
            before = self.nr_conns
            self.accept(listener)
