"""The invented patients of fhir_fixtures/, brought to a clock, and their calls as an EHR would send them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cds_service.data import data_dir

# {now}, {now-3d-2h}, {today-90d}, {today+14d}
_TOKEN = re.compile(r"\{(now|today)((?:[+-]\d+[dhm])*)\}")
_STEP = re.compile(r"([+-]\d+)([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
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
    """The hook request of a fixture, its prefetch resolved from its own bundle as a FHIR server would resolve it.

    `templates` are prefetch templates by key: reads, and searches by `patient` and `code` with `_sort`. Raises
    ValueError for a template that asks for anything else.
    """
    prefetch = {key: _resolved(template, fixture) for key, template in templates.items()}
    return {**fixture.hook, "prefetch": prefetch}


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


def _resolved(template: str, fixture: Fixture) -> dict[str, Any] | None:
    query = re.sub(r"\{\{context\.(\w+)\}\}", lambda found: str(fixture.hook["context"][found[1]]), template)
    path, searches, parameters = query.partition("?")
    entries: list[dict[str, Any]] = fixture.bundle["entry"]
    if not searches:
        return next((x["resource"] for x in entries if x["request"]["url"] == path), None)
    found = [x for x in entries if x["resource"]["resourceType"] == path]
    for name, value in parse_qsl(parameters, strict_parsing=True):
        found = _apply(name, value, found)
    return _searchset(found)


def _apply(name: str, value: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries that a search parameter leaves, in its order; no fixture fills a page, so `_count` takes none."""
    if name == "_sort":
        return sorted(found, key=_SORTS[value], reverse=True)
    if name == "_count":
        return found
    if name not in _FILTERS:
        raise ValueError(f"The search parameter {name} is not known here.")
    return [x for x in found if _FILTERS[name](x["resource"], value)]


def _of_patient(resource: dict[str, Any], patient: str) -> bool:
    return bool(resource["subject"]["reference"] == f"Patient/{patient}")


def _coded(resource: dict[str, Any], codes: str) -> bool:
    return not {f"{x['system']}|{x['code']}" for x in resource["code"]["coding"]}.isdisjoint(codes.split(","))


# Newest first; what has no time comes last.
_SORTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "-date": lambda entry: str(entry["resource"].get("effectiveDateTime", "")),
    "-authoredon": lambda entry: str(entry["resource"].get("authoredOn", "")),
}
_FILTERS: dict[str, Callable[[dict[str, Any], str], bool]] = {"patient": _of_patient, "code": _coded}


def _searchset(found: list[dict[str, Any]]) -> dict[str, Any]:
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    entries = [{"fullUrl": x["fullUrl"], "resource": x["resource"], "search": {"mode": "match"}} for x in found]
    return {**bundle, "entry": entries} if entries else bundle
