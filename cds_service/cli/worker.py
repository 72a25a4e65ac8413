"""The worker of gunicorn, with a stop that nobody waits for in vain."""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]


class Worker(ThreadWorker):  # type: ignore[misc]
    """Takes no connection once it was told to stop.

    The worker of gunicorn keeps its listening socket open until its last call is answered: who connects meanwhile is
    let in by the kernel, waits, and is cut off at the end. Closed at once, the caller or its proxy goes elsewhere.
    """

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
