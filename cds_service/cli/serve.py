"""`cds serve`: gunicorn around the app, loaded once and then forked into workers."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from ipaddress import ip_address
from typing import Any

import structlog

from cds_service.demo.fixtures import ehr
from cds_service.errors import SettingsError
from cds_service.settings import Settings, load

# Calls that wait for an EHR hold a thread each, at most 16 of one EHR (fhir.reading.reader.Limits).
_THREADS = 64
# A call may take as long as the time budget of its client, at most a minute; one under way at a stop is finished.
_GRACE_SECONDS = 65
_DEMO_MODE = "demo mode: callers are not checked and any web page may call; loopback addresses only"
_BASE_URL = "Tokens are for the address that was called: write for example https://cds.hospital.example there."
_QUIET = {x: {"level": "WARNING", "handlers": [], "propagate": True} for x in ("gunicorn.error", "gunicorn.access")}


def run(bind: str) -> None:
    """Serve until stopped. Raises SettingsError for an address that must not be served on, StartError otherwise."""
    settings = load()
    host, port = address(bind, trusted=settings.clients is not None)
    if "public_base_url" not in settings.model_fields_set:
        if settings.clients is not None:
            raise SettingsError(f"CDS_PUBLIC_BASE_URL is not set. {_BASE_URL}")
        settings = settings.model_copy(update={"public_base_url": f"http://{bracketed(host)}:{port}"})
    with _folder_of_metrics() as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # read when the metrics are imported, with the app
        app = _App(settings, f"{bracketed(host)}:{port}")
        import_module("cds_service.cli.worker").Master(app).run()


@contextmanager
def _folder_of_metrics() -> Iterator[str]:
    """A folder for as long as this process runs: a worker that ends leaves it to the others, who count in it."""
    folder, starter = tempfile.mkdtemp(prefix="cds-metrics-"), os.getpid()
    try:
        yield folder
    finally:
        if os.getpid() == starter:
            shutil.rmtree(folder, ignore_errors=True)


def address(bind: str, trusted: bool = False) -> tuple[str, int]:
    """Host and port to listen on. Raises SettingsError where they are none.

    Unless callers are `trusted`, by a table of clients, only a loopback address is one.
    """
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit() or int(port) > 65535:
        raise SettingsError(f"--bind {bind} is not HOST:PORT. Write for example --bind 127.0.0.1:8080.")
    if not trusted and not _is_loopback(host):
        raise SettingsError(
            f"--bind {bind} is reached from other machines, and there is no table of trusted EHRs: anyone could call. "
            "Bind to 127.0.0.1 or [::1], or name the table of the EHRs that may call: CDS_CLIENTS (docs/security.md)."
        )
    return host, int(port)


def bracketed(host: str) -> str:
    """The host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _App:
    """What gunicorn wants of an application: its configuration, and the app, which was loaded before any fork."""

    def __init__(self, settings: Settings, bind: str) -> None:
        app, log = (import_module(x) for x in ("cds_service.app", "cds_service.web.log"))
        is_demo = settings.clients is None
        self._app = app.create_app(settings, ehr=ehr(app.now_utc) if is_demo else None)
        if is_demo:
            structlog.get_logger().warning(_DEMO_MODE, bind=bind)
        self.cfg = import_module("gunicorn.config").Config()
        for name, value in _chosen(settings, bind, log.FOREIGN).items():
            self.cfg.set(name, value)

    def wsgi(self) -> Any:
        """The app, for the master and each worker."""
        return self._app


def _chosen(settings: Settings, bind: str, log: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of gunicorn that differ from its own defaults."""
    return {
        "bind": bind,
        "workers": settings.workers,
        "worker_class": "cds_service.cli.worker.Worker",
        "threads": _THREADS,
        "graceful_timeout": _GRACE_SECONDS,
        "preload_app": True,
        "control_socket_disable": True,
        # No header says where a call came from or which address it was for: a proxy may pass on what a stranger wrote.
        "forwarded_allow_ips": "",
        "proc_name": "cds",
        "logconfig_dict": {**log, "loggers": _QUIET},
    }
