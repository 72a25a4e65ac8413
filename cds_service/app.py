"""create_app: the only place where the rooms of the house are joined."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, request

from cds_service import store
from cds_service.clinical.protocol import Protocol
from cds_service.data import data_dir
from cds_service.errors import DataFileError, SettingsError
from cds_service.fhir import site_map, validate
from cds_service.fhir.reading.reader import Limits, Reader
from cds_service.fhir.site import NO_SITE, Site
from cds_service.hook import clients, strict
from cds_service.hook.clients import Clients
from cds_service.hook.keys import KeySets
from cds_service.hook.limits import Limits as Buckets
from cds_service.protocols import profile
from cds_service.protocols.strict_yaml import Faulty
from cds_service.render import cards
from cds_service.settings import Settings
from cds_service.web import cors, demo, discovery, door, feedback, health, hooks, log, metrics
from cds_service.web import protocols as protocol_pages
from cds_service.web.gate import FEEDBACK, REFUSED_TOKENS, DemoGate, Gate


def now_utc() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


def create_app(settings: Settings, *, clock: Callable[[], datetime] = now_utc, ehr: demo.Ehr | None = None) -> Flask:
    """The service as a WSGI app. `ehr` is the built-in FHIR server, shown at /fhir where it is given.

    Raises StartError: a service that starts has read its protocol and cards in whole and can open its store.
    """
    log.configure(settings.log_level)
    table = clients.load(settings.clients) if settings.clients else None
    house = build(settings, clock, table)
    app = Flask("cds_service", static_folder=Path(demo.__file__).parent / "static")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    door.install(app)
    cors.install(app, table.browser_origins if table else None)
    app.register_blueprint(discovery.blueprint())
    app.register_blueprint(hooks.blueprint(house))
    app.register_blueprint(feedback.blueprint(house.store, clock, _teller(house.gate)))
    app.register_blueprint(health.blueprint(house.store))
    app.register_blueprint(protocol_pages.blueprint(tuple(house.protocols.values())))
    if ehr is not None:
        app.register_blueprint(demo.blueprint(ehr))
    return app


def build(settings: Settings, clock: Callable[[], datetime], table: Clients | None) -> hooks.House:
    """What a walk needs, each part loaded once. Raises StartError."""
    protocols, renderers = wording(settings)
    _spoken(renderers, settings, table)
    validate.preload()
    kept = store.opened(settings.store_url, settings.data_dir, _options(settings, clock, tuple(protocols.values())))
    return hooks.House(
        protocols=protocols,
        renderers=renderers,
        language=settings.language,
        store=kept,
        clock=clock,
        zone=settings.zone,
        site=site(settings),
        last_words=[renderers[settings.language].internal_error(clock(), hooks.new_id)],
        gate=_gate(settings, clock, table, kept),
        reader=Reader(strict.text, Limits(bytes=settings.max_body_bytes), clock=time.perf_counter),
    )


def _teller(gate: Gate | DemoGate) -> Callable[[], str]:
    """What tells whose feedback a request is; it raises TooMany where a client sends too much of it."""
    told = Buckets(FEEDBACK)

    def client() -> str:
        caller = gate.caller(request)
        told.take(caller.id)
        return caller.id

    return client


def _options(settings: Settings, clock: Callable[[], datetime], protocols: tuple[Protocol, ...]) -> store.Options:
    def noticed(_: object) -> None:
        metrics.count(metrics.TOKENS_ALONE)

    return store.Options(keep_days=settings.keep_days, clock=clock, noticed=noticed, protocols=protocols)


def _gate(
    settings: Settings, clock: Callable[[], datetime], table: Clients | None, seen: store.Store
) -> Gate | DemoGate:
    if table is None:
        return DemoGate((f"{settings.public_base_url}/fhir", *settings.fhir_servers))
    return Gate(settings.public_base_url, table, KeySets(table), seen, Buckets(REFUSED_TOKENS), clock)


def site(settings: Settings) -> Site:
    """What the site's own codes mean. Raises DataFileError naming every fault of the file."""
    try:
        return site_map.load(settings.site_map) if settings.site_map else NO_SITE
    except Faulty as fault:
        raise DataFileError(f"{fault}.") from fault


def wording(
    settings: Settings, made_by: Protocol | None = None
) -> tuple[Mapping[str, Protocol], Mapping[str, cards.Renderer]]:
    """The protocols by id, as the site changes them, and the cards that word them, by language.

    `made_by` stands in for the protocol of its id, where an earlier decision is made again. Raises DataFileError
    naming every fault of their files.
    """
    try:
        protocols, folder = dict(profile.in_force(settings.site_profile)), data_dir("cards")
        protocols |= {made_by.id: made_by} if made_by else {}
        languages = cards.languages(folder) or [settings.language]  # where none is there, what is missing is said
        base, demo_mode = settings.public_base_url, settings.clients is None
        return protocols, _worded(languages, lambda x: cards.load(folder, x, protocols, base, demo_mode))
    except (Faulty, FileNotFoundError) as fault:
        raise DataFileError(f"{fault}.") from fault


def _worded(languages: Iterable[str], load: Callable[[str], cards.Renderer]) -> Mapping[str, cards.Renderer]:
    """The renderers by language. Raises `Faulty` with the faults of every language."""
    renderers, faults = {}, []
    for language in languages:
        try:
            renderers[language] = load(language)
        except Faulty as fault:
            faults.append(str(fault))
    if faults:
        raise Faulty("\n".join(faults))
    return renderers


def _spoken(renderers: Mapping[str, cards.Renderer], settings: Settings, table: Clients | None) -> None:
    """Raises SettingsError where a language is asked for that no cards are in."""
    wanted = {"CDS_LANGUAGE": settings.language}
    wanted |= {f"Client {x.id}": x.language.partition("-")[0] for x in table or () if x.language}
    missing = [f"{who} asks for cards in {x}." for who, x in wanted.items() if x not in renderers]
    if missing:
        raise SettingsError(f"{' '.join(missing)} There are cards in {', '.join(sorted(renderers))}.")
