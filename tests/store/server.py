"""A real server for the tests that kill it: gunicorn with two workers, the service's own door and store, feedback, and
an address that answers as a hook does, once the decision is recorded.

    python -m tests.store.server PORT DATABASE_URL FOLDER
"""

import sys
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication

from cds_service import store
from cds_service.store import Store
from cds_service.web import door, feedback, log
from tests.store.places import NOW, answer

DECIDE = "/decide"
FEEDBACK = "/cds-services/trofosfamide-order-sign/feedback"


def app(kept: Store) -> Flask:
    """The service without its hooks."""
    log.configure("error")
    made = Flask("cds_service")
    made.config["MAX_CONTENT_LENGTH"] = 10_000_000
    door.install(made)
    made.register_blueprint(feedback.blueprint(kept, lambda: NOW, lambda: ""))

    @made.post(DECIDE)
    def decide() -> Response:
        card = request.get_data(as_text=True)
        return door.json_answer({"kept": kept.record(answer(card))})

    @made.get("/readyz")
    def ready() -> Response:
        return door.json_answer({"fault": kept.fault()})

    return made


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn around it, as the product has it: loaded once, then forked."""

    def __init__(self, port: int, kept: Store) -> None:
        self._port = port
        self._app = app(kept)
        super().__init__()

    def load_config(self) -> None:
        """Two workers of four threads."""
        options: dict[str, Any] = {
            "bind": f"127.0.0.1:{self._port}",
            "workers": 2,
            "worker_class": "gthread",
            "threads": 4,
            "preload_app": True,
            "control_socket_disable": True,
            "loglevel": "error",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The app."""
        return self._app


if __name__ == "__main__":
    Server(int(sys.argv[1]), store.opened(sys.argv[2], Path(sys.argv[3]))).run()
