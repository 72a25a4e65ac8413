"""The invented patients of fhir_fixtures/, brought to a clock, and their calls as an EHR would send them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cds_service.data import data_dir
from cds_service.demo.server import Answer, Parameters, Resource, Server
from cds_service.fhir.prefetch import ON_DEMAND

# {now}, {now-3d-2h}, {today-90d}, {today+14d}
_TOKEN = re.compile(r"\{(now|today)((?:[+-]\d+[dhm])*)\}")
_STEP = re.compile(r"([+-]\d+)([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
_BASE = "https://ehr.example/fhir"
_FORMATS = {"now": "%Y-%m-%dT%H:%M:%SZ", "today": "%Y-%m-%d"}


@dataclass(frozen=True, slots=True)
class Fixture:
    """One invented patient: FHIR transaction bundle, hook request without prefetch, expected answer, reasons.

    Numbers are Decimals as they stand in the files. `expected` is the answer at the clock of the tests, its uuids
    renamed; it is empty while nobody has written it. `why` is Markdown.
    """

    name: str
    bundle: dict[str, Any]
    hook: dict[str, Any]
    expected: dict[str, Any]
    why: str

    @property
    def title(self) -> str:
        """What the patient shows, in a line."""
        return self.why.partition("\n")[0].removeprefix("# ")


def fixtures(now: datetime) -> dict[str, Fixture]:
    """All invented patients by name, in the order of names, as if `now` (aware, UTC) were the time of the call."""
    return {path.parent.name: _load(path.parent, now) for path in sorted(data_dir("fhir_fixtures").glob("*/why.md"))}


def materialise(text: str, now: datetime) -> str:
    """The text with each date token replaced: `{now-3d-2h}` by an instant, `{today-3d}` by a day, both in UTC."""
    return _TOKEN.sub(lambda found: _moved(now, found[2]).strftime(_FORMATS[found[1]]), text)


def request_for(fixture: Fixture, templates: Mapping[str, str]) -> dict[str, Any]:
    """The hook request of a fixture, its prefetch resolved from its own bundle by the built-in FHIR server.

    `templates` are prefetch templates by key; what the service reads on demand is sent as well. Raises ValueError for a
    template that the server does not understand.
    """
    server = Server(_BASE, {x["request"]["url"]: x["resource"] for x in fixture.bundle["entry"]})
    context = fixture.hook["context"]
    every = {**templates, **ON_DEMAND}
    return {**fixture.hook, "prefetch": {key: _resolved(server, x, context) for key, x in every.items()}}


def ehr(clock: Callable[[], datetime]) -> Callable[[str, str, Parameters], Answer]:
    """A server of all invented patients that follows the clock (aware, UTC), so that their results never grow old.

    What it returns takes a base URL, a path below it and parameters.
    """
    of_minute = lru_cache(maxsize=1)(_resources)

    def get(base_url: str, path: str, parameters: Parameters) -> Answer:
        return Server(base_url, of_minute(clock().replace(second=0, microsecond=0))).get(path, parameters)

    return get


def _resources(now: datetime) -> Mapping[str, Resource]:
    entries = (entry for fixture in fixtures(now).values() for entry in fixture.bundle["entry"])
    return {x["request"]["url"]: x["resource"] for x in entries}


def _load(folder: Path, now: datetime) -> Fixture:
    expected = folder / "expected.json"
    return Fixture(
        name=folder.name,
        bundle=_parsed(materialise((folder / "bundle.json").read_text("utf-8"), now)),
        hook=_parsed(materialise((folder / "hook.json").read_text("utf-8"), now)),
        expected=_parsed(expected.read_text("utf-8")) if expected.exists() else {},
        why=(folder / "why.md").read_text("utf-8"),
    )


def _parsed(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return parsed


def _moved(now: datetime, steps: str) -> datetime:
    return now + sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in _STEP.findall(steps)), timedelta())


def _resolved(server: Server, template: str, context: Mapping[str, Any]) -> Any:
    query = re.sub(r"\{\{context\.(\w+)\}\}", lambda found: str(context[found[1]]), template)
    path, _, parameters = query.partition("?")
    status, resource = server.get(path, parse_qsl(parameters, strict_parsing=bool(parameters)))
    if status not in (200, 404):
        raise ValueError(f"{template}: {resource['issue'][0]['diagnostics']}")
    return resource if status == 200 else None
