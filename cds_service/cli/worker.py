"""The worker of gunicorn, with a stop that nobody waits for in vain."""

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]


class Worker(ThreadWorker):  # type: ignore[misc]
    """Takes no connection once it was told to stop.

    The worker of gunicorn keeps its listening socket open until its last call is answered: who connects meanwhile is
    let in by the kernel, waits, and is cut off at the end. Closed at once, the caller or its proxy goes elsewhere.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Begin or cease to accept connections; at the end for good."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for each in self.sockets:
                each.close()
