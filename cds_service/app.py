"""create_app: the only place where the rooms of the house are joined."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from cds_service import store
from cds_service.clinical.protocol import Protocol
from cds_service.data import data_dir
from cds_service.errors import DataFileError
from cds_service.fhir import validate
from cds_service.protocols import load as protocols
from cds_service.protocols.strict_yaml import Faulty
from cds_service.render import cards
from cds_service.settings import Settings
from cds_service.web import demo, discovery, door, health, hooks, log

LANGUAGE = "en"


def now_utc() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


def create_app(settings: Settings, *, clock: Callable[[], datetime] = now_utc, ehr: demo.Ehr | None = None) -> Flask:
    """The service as a WSGI app. `ehr` is the built-in FHIR server, shown at /fhir where it is given.

    Raises StartError: a service that starts has read its protocol and cards in whole and can open its store.
    """
    log.configure(settings.log_level)
    house = build(settings, clock)
    app = Flask("cds_service", static_folder=Path(demo.__file__).parent / "static")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    door.install(app)
    app.register_blueprint(discovery.blueprint())
    app.register_blueprint(hooks.blueprint(house))
    app.register_blueprint(health.blueprint(house.store))
    if ehr is not None:
        app.register_blueprint(demo.blueprint(ehr))
    return app


def build(settings: Settings, clock: Callable[[], datetime]) -> hooks.House:
    """What a walk needs, each part loaded once. Raises StartError."""
    protocol, renderer = wording(settings)
    validate.preload()
    return hooks.House(
        protocol=protocol,
        renderer=renderer,
        store=store.opened(settings.store_url),
        clock=clock,
        zone=settings.zone,
        last_words=[renderer.internal_error(clock(), hooks.new_id)],
    )


def wording(settings: Settings) -> tuple[Protocol, cards.Renderer]:
    """The protocol and the cards that word it. Raises DataFileError naming every fault of their files."""
    try:
        protocol = protocols.load()
        return protocol, cards.load(data_dir("cards"), LANGUAGE, protocol, settings.public_base_url, demo=True)
    except (Faulty, FileNotFoundError) as fault:
        raise DataFileError(f"{fault}.") from fault
