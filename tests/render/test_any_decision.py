"""What holds of the card of every decision: its length, its extension, and that outside text shapes nothing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from cds_service.clinical import decision as d
from cds_service.clinical import refer, rules
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Decision, Doses
from cds_service.clinical.facts import WHATS, Facts, Reason, Unknown
from cds_service.data import data_dir
from cds_service.render.cards import Renderer, load
from cds_service.render.extension import NAME, plain
from cds_service.render.words import MISSING, TOPICS, escape
from tests.clinical.builders import (
    NOW,
    PROTOCOL,
    PROTOCOLS,
    ago,
    counts,
    day,
    decided,
    dose,
    draft,
    order,
    result,
    undetermined,
)
from tests.clinical.strategies import patients
from tests.render.samples import DUE, RUNNING, SAMPLES
from tests.render.test_words import NASTY

RENDERER = load(data_dir("cards"), "en", PROTOCOLS, "https://cds.example.org", demo=True)
SCHEMA = json.loads((data_dir("cards") / "decision.schema.json").read_text(encoding="utf-8"))
EVERY = {**SAMPLES, **DUE}
VALIDATOR = Draft202012Validator(SCHEMA)
MARK = "OUTSIDE"


def said(decision: Decision, renderer: Renderer = RENDERER) -> list[dict[str, Any]]:
    """The cards of a decision, each with an id that is the same every time."""
    numbers: Iterator[int] = iter(range(1000))
    return renderer.cards(decision, (), lambda: f"uuid-{next(numbers)}")


def worded(decision: Decision, renderer: Renderer = RENDERER) -> dict[str, Any]:
    """The one card of a decision."""
    (card,) = said(decision, renderer)
    return card


def checked(card: dict[str, Any]) -> None:
    """Raises AssertionError where a card is longer, emptier or looser than it may be."""
    assert 0 < len(card["summary"]) < 140
    assert card["summary"].isprintable()
    extension = json.loads(msgspec.json.encode(card["extension"][NAME]))
    assert [f"{x.json_path}: {x.message}" for x in VALIDATOR.iter_errors(extension)] == []
    assert not _empty(card)


def _empty(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value in (None, "", [], {}) or any(map(_empty, inner))


def test_the_schema_is_one_and_lists_the_codes_of_the_service() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    properties = SCHEMA["properties"]
    assert properties["conclusion"]["enum"] == [x.name for x in (*rules.LINES[:5], rules.LINES[6], rules.LINES[5])]
    assert sorted(properties["refer"]["items"]["enum"]) == sorted(refer.REASONS)
    due = properties["monitoring"]["properties"]["topic"]["enum"]
    assert sorted([*properties["also"]["items"]["enum"], *due]) == sorted(TOPICS)
    unknown = SCHEMA["$defs"]["unknown"]["properties"]
    assert unknown["reason"]["enum"] == list(Reason)
    assert {*SCHEMA["$defs"]["analyte"]["enum"], *unknown["what"]["anyOf"][1]["enum"]} == set(WHATS)


@pytest.mark.parametrize("code", MISSING)
def test_every_code_of_what_is_missing_is_in_the_schema(code: str) -> None:
    items = Draft202012Validator(SCHEMA["properties"]["missing"]["items"])
    assert any(items.is_valid(x) for x in (code, f"{code}:platelets", f"{code}:alt"))


@pytest.mark.parametrize(
    "said", ["", "count-stale", "count-stale:alt", "toxicity:platelets", "unheard-of", "paused:alt"]
)
def test_no_other_code_is(said: str) -> None:
    assert not Draft202012Validator(SCHEMA["properties"]["missing"]["items"]).is_valid(said)


@pytest.mark.parametrize(
    "extra", [{"patient": "x"}, {"conclusion": "stop"}, {"dose": {"current": 100}}, {"missing": []}]
)
def test_the_schema_is_strict(extra: dict[str, object]) -> None:
    sound = json.loads(msgspec.json.encode(worded(SAMPLES[d.INTERRUPT])["extension"][NAME]))
    assert VALIDATOR.is_valid(sound)
    assert not VALIDATOR.is_valid({**sound, **extra})


@pytest.mark.requirement(65)
@pytest.mark.hazard("H25")
@settings(max_examples=120, deadline=None)
@given(patients())
def test_every_decision_has_a_sound_card(facts: Facts) -> None:
    for card in said(decide(PROTOCOLS, facts, NOW)):
        checked(card)


@pytest.mark.requirement(65)
@pytest.mark.hazard("H25")
@settings(max_examples=120, deadline=None)
@given(patients())
def test_every_decision_without_a_draft_has_a_sound_card(facts: Facts) -> None:
    for card in said(decide(PROTOCOLS, replace(facts, drafts=()), NOW)):
        checked(card)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_same_decision_gives_the_same_bytes(topic: str) -> None:
    first, second = (msgspec.json.encode(worded(EVERY[topic])) for _ in range(2))
    assert first == second


LONG = ("0." + "9" * 60, "9" * 60, "1E+60", "1E-60", "123456789.123456789")


@pytest.mark.requirement(65)
@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("number", LONG)
def test_a_summary_is_short_however_long_the_numbers_are(topic: str, number: str) -> None:
    amount, sample = Decimal(number), EVERY[topic]
    findings = tuple(replace(x, result=x.result and replace(x.result, shown=amount)) for x in sample.findings)
    doses = Doses(amount, amount, amount, amount)
    drafted = sample.draft and replace(sample.draft, dose=dose(number))
    checked(worded(replace(sample, findings=findings, doses=doses, draft=drafted, total=sample.total and amount)))


@pytest.mark.requirement(65)
@pytest.mark.parametrize("what", WHATS)
def test_a_summary_is_short_whatever_is_unknown(what: str) -> None:
    for reason in Reason:
        many = tuple(Unknown(what, reason, f"Observation/{n}", "x" * 500) for n in range(20))
        checked(worded(replace(SAMPLES[d.NOT_ASSESSED], unknown=many)))


@pytest.mark.requirement(65)
@pytest.mark.parametrize("code", MISSING)
@pytest.mark.parametrize("topic", [d.KEEP_INTERRUPTED, d.DOSE_UNCLEAR])
def test_a_summary_is_short_whatever_is_missing(topic: str, code: str) -> None:
    analyte = ":haemoglobin" if "{what}" in RENDERER.words.data["missing"][code] else ""
    card = worded(replace(SAMPLES[topic], missing=(f"{code}{analyte}",) * 40))
    assert 0 < len(card["summary"]) < 140


def of_draft(text: str) -> Decision:
    return decided(counts(), [RUNNING], [draft(undetermined(text=text), RUNNING, text=text)])


def of_orders(text: str) -> Decision:
    other = order(100, ago(days=10), source=text or MARK, text=text)
    return decided(counts(), [RUNNING, other], [draft(100)])


def of_unknown(text: str) -> Decision:
    gap = Unknown("results", Reason.UNREADABLE, text, text)
    return decided(counts(), [RUNNING], [draft(100, RUNNING)], gaps=(gap,))


def of_protocol(text: str) -> Decision:
    return decided(counts(), [RUNNING], [replace(draft(100, RUNNING), protocols=(text or MARK,))])


def of_unit(text: str) -> Decision:
    strange = replace(result("platelets", "250"), unit=text)
    return decided([*counts()[:3], strange], [RUNNING], [draft(100, RUNNING)])


@pytest.mark.requirement(66)
@pytest.mark.hazard("H17", "H26")
@pytest.mark.parametrize("made", [of_draft, of_orders, of_unknown, of_protocol, of_unit])
@settings(max_examples=40, deadline=None)
@given(text=NASTY.filter(lambda x: bool(escape(x).strip())))
def test_text_from_outside_stands_in_a_card_only_escaped(made: Callable[[str], Decision], text: str) -> None:
    """The card is that of a harmless word, with the escaped text in its place."""
    found, harmless = worded(made(text)), worded(made(MARK))
    wanted = harmless["detail"].replace(MARK, escape(text))
    assert found["detail"].splitlines() == [x.rstrip() for x in wanted.splitlines()]
    assert found["summary"] == harmless["summary"]


def test_numbers_for_machines_are_exact_and_plain() -> None:
    assert [plain(Decimal(x)) for x in ("0.70", "1E+2", "100", "0", "1E-9")] == [
        "0.7",
        "100",
        "100",
        "0",
        "0.000000001",
    ]
    assert plain(Decimal("1E+60")) == "1E+60"


def test_the_extension_says_the_same_as_the_card() -> None:
    extension = worded(SAMPLES[d.RESTART_REDUCED])["extension"][NAME]
    assert extension["dose"] == {"current": "150", "draft": "150", "ceiling": "100", "proposed": "100"}
    assert extension["protocolDigest"] == PROTOCOL.digest
    assert extension["evaluatedAt"] == "2026-11-23T09:00:00+00:00"
    (finding,) = extension["findings"]
    assert finding == {
        "rule": "episode",
        "citation": "BenchChem 2025, Protocol 1, 4, item 1",
        "limit": "< 1.0 10*9/L",
        "analyte": "neutrophils",
        "value": "0.4",
        "unit": "10*9/L",
        "source": "Observation/neutrophils-1102T090000-02-0.4",
        "time": "2026-11-02T09:00:00+00:00",
        "grade": 4,
    }


def test_a_time_that_is_not_exact_is_a_span_and_a_comparator_is_kept() -> None:
    low = result("platelets", "<20", day(2))
    finding = worded(decided([low], [RUNNING], [draft(100, RUNNING)]))["extension"][NAME]["findings"][0]
    assert finding["time"] == "2026-11-21T00:00:00+00:00/2026-11-21T23:59:59+00:00"
    assert finding["value"] == "<20"
