"""`cds check`: is everything there that the service needs? One line each, with what to do where it fails."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import requests

from cds_service import store
from cds_service.app import site, wording
from cds_service.cli import table
from cds_service.clinical.protocol import Protocol
from cds_service.errors import CdsError, StartError
from cds_service.settings import Settings, load, variable

_SECONDS = 5


class Line(NamedTuple):
    """One thing that was looked at."""

    ok: bool
    text: str


def findings() -> Iterator[Line]:
    """Every check in turn; nothing else can be looked at while the settings are wrong."""
    settings_line, settings = _settings()
    yield settings_line
    if settings is None:
        return
    yield from _misspelt()
    yield _tried("protocols and cards", partial(_wording, settings))
    yield _tried("site map", partial(_site, settings))
    yield _tried("store", partial(_store, settings))
    if settings.clients:
        yield from (Line(ok, text) for ok, text in table.check(settings.clients))
    for server in settings.fhir_servers:
        yield _tried(f"FHIR server {server}", partial(_reached, server))


def _settings() -> tuple[Line, Settings | None]:
    try:
        settings = load()
    except CdsError as error:
        return Line(False, f"FAILED  settings: {error}"), None
    given = ", ".join(sorted(map(variable, settings.model_fields_set))) or "all at their defaults"
    return Line(True, f"ok      settings: {given}"), settings


def _misspelt() -> Iterator[Line]:
    known = {variable(x) for x in Settings.model_fields}
    for name in sorted(x for x in os.environ if x.startswith("CDS_") and x not in known):
        yield Line(
            False, f"FAILED  settings: {name} is not a setting. Remove it or correct its name (docs/settings.md)."
        )


def _tried(what: str, check: Callable[[], str]) -> Line:
    try:
        return Line(True, f"ok      {what}: {check()}")
    except (CdsError, requests.RequestException) as error:
        return Line(False, f"FAILED  {what}: {error}")


def _site(settings: Settings) -> str:
    found = site(settings)
    counted = {"results": len(found.laboratory), "products": len(found.products), "timings": len(found.timings)}
    said = ", ".join(f"{x} {name}" for name, x in {**counted, "protocols": len(found.protocols)}.items())
    return f"codes of the site for {said}" if settings.site_map else "none; no code of the site is known"


def _wording(settings: Settings) -> str:
    protocols, renderers = wording(settings)
    return f"{'; '.join(map(_protocol, protocols.values()))}; cards in {', '.join(renderers)}"


def _protocol(protocol: Protocol) -> str:
    changed = [f"{x.parameter} {x.after} {x.unit} instead of {x.before}" for x in protocol.changes]
    site = f", changed by the site: {', '.join(changed)}" if changed else ""
    return f"{protocol.id} {protocol.version}, CTCAE {protocol.ctcae.version}, {protocol.digest[:12]}{site}"


def _store(settings: Settings) -> str:
    name = store.shown(settings.store_url)
    kept = store.opened(settings.store_url, settings.data_dir)
    fault = kept.fault()
    kept.close()
    if fault:
        raise StartError(f"The database {name} cannot be written: {fault}.")
    return f"{name} can be written"


def _reached(url: str) -> str:
    response = requests.get(f"{url}/metadata", timeout=_SECONDS, headers={"Accept": "application/fhir+json"})
    if not response.ok:
        raise StartError(f"GET {url}/metadata answered {response.status_code}; correct CDS_FHIR_SERVERS or the server.")
    return f"answers, FHIR {response.json().get('fhirVersion', 'of unknown version')}"
