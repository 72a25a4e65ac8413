"""The answers to the invented patients: `python -m tests.journeys.golden` shows them, with --write it writes them down.

--write puts the product's answers into the expected.json files, those of the other languages for one patient of every
topic and indicator into worded/<language>/, and the table of patients into fhir_fixtures/README.md.
What each why.md expects was written from the protocol, by hand: it is never written from the product.
"""

import atexit
import json
import re
import sys
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from cds_service.app import create_app
from cds_service.data import data_dir
from cds_service.demo.fixtures import Fixture, fixtures, request_for
from cds_service.render.cards import languages
from cds_service.settings import Settings
from tests.support import FIXED_NOW, ORDER_SIGN, CheckedClient, normalise, parsed

ALL = fixtures(FIXED_NOW)
ENGLISH = "en"
OTHERS = tuple(x for x in languages(data_dir("cards")) if x != ENGLISH)
WORDED = Path(__file__).parent / "worded"
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_HEADER = "| patient | shows | expected |\n|---|---|---|\n"

# A card by its topic and indicator.
Kind = tuple[str, str]
Answer = dict[str, Any]


@cache
def speaking(language: str) -> CheckedClient:
    """A client of a service of this language, at the clock of the tests, with a database of its own."""
    folder = TemporaryDirectory(prefix="cds-test-")
    atexit.register(folder.cleanup)
    settings = Settings(data_dir=Path(folder.name), log_level="error", language=language)
    app = create_app(settings, clock=lambda: FIXED_NOW)
    app.test_client_class = CheckedClient
    made = app.test_client()
    assert isinstance(made, CheckedClient)
    return made


def answered(fixture: Fixture, language: str = ENGLISH) -> Answer:
    """What the service answers to a fixture, its prefetch resolved as it advertises it; uuids renamed."""
    asked = speaking(language)
    service = asked.get("/cds-services").get_json()["services"][0]
    body = CheckedClient.encoded(request_for(fixture, service["prefetch"]))
    response = asked.post(ORDER_SIGN, data=body, content_type="application/json")
    assert response.status_code == 200, response.text
    answer: Answer = normalise(parsed(response.data))
    return answer


def kind(card: Mapping[str, Any]) -> Kind:
    """The topic and the indicator of a card."""
    return card["source"]["topic"]["code"], card["indicator"]


def chosen(answers: Mapping[str, Answer]) -> dict[Kind, str]:
    """For every topic and indicator the first patient, by name, who gets such a card."""
    found: dict[Kind, str] = {}
    for name in sorted(answers):
        for card in answers[name]["cards"]:
            found.setdefault(kind(card), name)
    return found


def written(name: str, language: str) -> Answer:
    """The answer to a patient that was written down. Raises OSError where none was in this language."""
    if language == ENGLISH:
        return ALL[name].expected
    answer: Answer = json.loads((WORDED / language / f"{name}.json").read_text("utf-8"), parse_float=Decimal)
    return answer


def row(fixture: Fixture, name: str) -> str:
    """A row of the table at the top of a why.md; "" where it is not there."""
    found = re.search(rf"^\| {re.escape(name)} \| (.*) \|$", fixture.why, re.MULTILINE)
    return found[1].strip("`") if found else ""


def expectation(fixture: Fixture, name: str = "Expected") -> dict[str, str]:
    """What the why.md expects: topic, indicator, conclusion and more by name; nothing where it expects no card.

    `name` is the row that says it: "Expected" for the card about the dose, "Beside" for what is due beside it.
    """
    said = row(fixture, name)
    return {} if said == "no card" else dict(part.split("=", 1) for part in said.split())


def expectations(fixture: Fixture) -> list[dict[str, str]]:
    """One for each card of the answer, in their order."""
    return [x for x in (expectation(fixture), expectation(fixture, "Beside")) if x]


def table() -> str:
    """The Markdown table of all patients, for the README."""
    rows = (f"| [{x.name}]({x.name}/why.md) | {x.title} | {_in_short(expectations(x))} |\n" for x in ALL.values())
    return _HEADER + "".join(rows)


def _in_short(expected: list[dict[str, str]]) -> str:
    return ", ".join(f"`{x['topic']}` ({x['indicator']})" for x in expected) or "no card"


def _write() -> None:
    folder = data_dir("fhir_fixtures")
    answers = {name: answered(x) for name, x in ALL.items()}
    for name, answer in answers.items():
        _put(folder / name / "expected.json", answer)
    for language in OTHERS:
        _write_worded(WORDED / language, language, set(chosen(answers).values()))
    readme = folder / "README.md"
    before, _, after = readme.read_text("utf-8").partition(_HEADER)
    rest = re.sub(r"\A(\|.*\n)*", "", after)
    readme.write_text(before + table() + rest, "utf-8")


def _write_worded(folder: Path, language: str, names: set[str]) -> None:
    """The answers of another language; those of patients who are not among `names` any more go."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.json"):
        left.unlink()
    for name in names:
        _put(folder / f"{name}.json", answered(ALL[name], language))


def _put(path: Path, answer: Answer) -> None:
    path.write_bytes(msgspec.json.format(_ENCODER.encode(answer), indent=2) + b"\n")


def _show() -> None:
    for fixture in ALL.values():
        print(f"{fixture.name}: {row(fixture, 'Expected')}")
        for card in answered(fixture)["cards"]:
            print(f"  {card['indicator']}: {card['summary']}")


if __name__ == "__main__":
    _write() if sys.argv[1:] == ["--write"] else _show()
