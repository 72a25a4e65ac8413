"""The answers to the invented patients: `python -m tests.journeys.golden` shows them, with --write it writes them down.

--write puts the product's answers into the expected.json files and the table of patients into fhir_fixtures/README.md.
What each why.md expects was written from the protocol, by hand: it is never written from the product.
"""

import re
import sys
from typing import Any

import msgspec

from cds_service.data import data_dir
from cds_service.demo.fixtures import Fixture, fixtures, request_for
from tests.support import FIXED_NOW, answer, client, normalise

ALL = fixtures(FIXED_NOW)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_HEADER = "| patient | shows | expected |\n|---|---|---|\n"


def answered(fixture: Fixture) -> dict[str, Any]:
    """What the service answers to a fixture, its prefetch resolved as it advertises it; uuids renamed."""
    service = client().get("/cds-services").get_json()["services"][0]
    answered: dict[str, Any] = normalise(answer(request_for(fixture, service["prefetch"])))
    return answered


def row(fixture: Fixture, name: str) -> str:
    """A row of the table at the top of a why.md; "" where it is not there."""
    found = re.search(rf"^\| {re.escape(name)} \| (.*) \|$", fixture.why, re.MULTILINE)
    return found[1].strip("`") if found else ""


def expectation(fixture: Fixture) -> dict[str, str]:
    """What the why.md expects: topic, indicator, conclusion and more by name; nothing where it expects no card."""
    said = row(fixture, "Expected")
    return {} if said == "no card" else dict(part.split("=", 1) for part in said.split())


def table() -> str:
    """The Markdown table of all patients, for the README."""
    rows = (f"| [{x.name}]({x.name}/why.md) | {x.title} | {_in_short(expectation(x))} |\n" for x in ALL.values())
    return _HEADER + "".join(rows)


def _in_short(expected: dict[str, str]) -> str:
    return f"`{expected['topic']}` ({expected['indicator']})" if expected else "no card"


def _write() -> None:
    folder = data_dir("fhir_fixtures")
    for fixture in ALL.values():
        body = msgspec.json.format(_ENCODER.encode(answered(fixture)), indent=2)
        (folder / fixture.name / "expected.json").write_bytes(body + b"\n")
    readme = folder / "README.md"
    before, _, after = readme.read_text("utf-8").partition(_HEADER)
    rest = re.sub(r"\A(\|.*\n)*", "", after)
    readme.write_text(before + table() + rest, "utf-8")


def _show() -> None:
    for fixture in ALL.values():
        print(f"{fixture.name}: {row(fixture, 'Expected')}")
        for card in answered(fixture)["cards"]:
            print(f"  {card['indicator']}: {card['summary']}")


if __name__ == "__main__":
    _write() if sys.argv[1:] == ["--write"] else _show()
