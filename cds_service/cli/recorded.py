"""One decision as it was recorded: shown again (`cds explain --decision`), or made again (`cds replay-decision`)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
import msgspec

from cds_service.app import now_utc, wording
from cds_service.cli.explain import decision_lines, fact_lines
from cds_service.cli.store import account, at_hand
from cds_service.clinical.decide import decide
from cds_service.clinical.decision import Decision
from cds_service.clinical.facts import Facts
from cds_service.clinical.protocol import MAINTENANCE, Protocol
from cds_service.render.cards import Renderer
from cds_service.render.extension import extension, pruned
from cds_service.settings import load
from cds_service.store import reading
from cds_service.store.frozen import thaw
from cds_service.store.reading import Kept

# What a change of the protocol's wording or of its number changes by itself.
_OF_PROTOCOL = frozenset({"protocolVersion", "protocolDigest"})
_OF_CARD = ("topic", "indicator", "summary", "detail")
_Made = TypeVar("_Made")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Replay:
    """Whether a decision made again is the same, and what there is to say of it."""

    same: bool
    lines: tuple[str, ...]


def shown(identifier: str) -> Iterator[str]:
    """A recorded decision in words: its answer, what was made of it, and what it rested on.

    `identifier` is the id of the decision or of the request, or the uuid of a card. Raises ClickException.
    """
    kept = _found(identifier, "explain")
    yield from _head(kept)
    for card in kept.record.get("cards", []):
        yield from ("", f"Card {card['uuid']}: {card['topic']}", *_indented(card.get("summary", "")))
        yield from _indented(card.get("detail", ""))
    yield from ("", "Feedback", *(map(_told, kept.feedback) if kept.feedback else ["  none"]))
    yield from ("", "Decision as recorded", *_indented(_pretty(kept.record.get("decision", {}))))
    if kept.facts is not None:
        yield from fact_lines(_thawed(Facts, kept.facts))


def replayed(identifier: str) -> Replay:
    """A recorded decision made again, from the facts it rested on and by the protocol as it was in force then.

    What an earlier release recorded without its protocol is made again by the protocol as it is now. Suggestions are
    not made again: they are edits of the EHR's own orders, which are not kept. Raises ClickException.
    """
    kept = _found(identifier, "replay")
    if kept.facts is None:
        raise click.ClickException("An earlier release recorded this decision, without what it rested on.")
    made_by = None if kept.made_by is None else _thawed(Protocol, kept.made_by)
    protocols, renderers = wording(load(), made_by)
    zone = ZoneInfo(kept.zone or "UTC")
    decision = decide(protocols, _thawed(Facts, kept.facts), kept.answered_at.astimezone(zone))
    protocol = protocols[decision.protocol or MAINTENANCE]
    differing = [*_differences(kept, decision, protocol), *_reworded(kept, renderers, decision)]
    return Replay(
        not differing, (*_head(kept), *_protocol(kept, protocol), *_verdict(differing), *decision_lines(decision))
    )


def _found(identifier: str, action: str) -> Kept:
    with at_hand(load()) as store:
        kept = reading.find(store.engines, identifier, account(), action, now_utc())
    if kept is None:
        raise click.ClickException(f"No decision, request or card {identifier} is recorded.")
    return kept


def _thawed(kind: type[_Made], data: bytes) -> _Made:
    try:
        return thaw(kind, data)
    except ValueError as error:
        raise click.ClickException(f"Another release recorded this decision: {error}.") from None


def _head(kept: Kept) -> Iterator[str]:
    yield f"Decision {kept.id}, request {kept.request_id or 'unknown'}, hook instance {kept.hook_instance}"
    made = kept.answered_at.astimezone(ZoneInfo(kept.zone or "UTC")).isoformat(timespec="seconds")
    yield f"{kept.service}, called by {kept.client or 'an unnamed client'}, {kept.mode or 'live'}, decided as of {made}"
    yield f"Protocol {kept.protocol} {kept.protocol_version}, {kept.protocol_hash[:12]}"


def _protocol(kept: Kept, protocol: Protocol) -> Iterator[str]:
    if kept.protocol != protocol.id:
        yield f"Another protocol speaks now: {protocol.id} {protocol.version}, {protocol.digest[:12]}"
    elif kept.protocol_hash != protocol.digest:
        yield f"The protocol of then was not kept: made again by {protocol.version}, {protocol.digest[:12]}"


def _verdict(differing: Sequence[str]) -> Iterator[str]:
    yield ""
    yield from differing or ["The decision made again is the same."]


def _differences(kept: Kept, decision: Decision, protocol: Protocol) -> Iterator[str]:
    """The members of the decision that are not as they were recorded."""
    before = kept.record.get("decision", {})
    after = _exact(pruned(extension(decision, protocol)))
    aside = _OF_PROTOCOL if kept.protocol_hash != protocol.digest else frozenset()
    for name in sorted((before.keys() | after.keys()) - aside):
        if before.get(name) != after.get(name):
            yield f"DIFFERENT  {name}: {_pretty(before.get(name))} was recorded, it is {_pretty(after.get(name))} now"


def _reworded(kept: Kept, renderers: Mapping[str, Renderer], decision: Decision) -> Iterator[str]:
    """The cards that do not say what they said, in their language; until 0.1.0 there was English alone."""
    renderer = renderers.get(kept.record.get("language", "en"))
    if renderer is None:
        yield f"DIFFERENT  the cards were in {kept.record['language']}, which is not there now"
        return
    before = [{x: card[x] for x in _OF_CARD if x in card} for card in kept.record.get("cards", [])]
    made = [x | {"topic": x["source"]["topic"]["code"]} for x in renderer.cards(decision, (), lambda: "")]
    if len(before) != len(made):
        yield f"DIFFERENT  cards: {len(before)} were recorded, there are {len(made)} now"
    for was, now in zip(before, made, strict=False):
        yield from (f"DIFFERENT  the card's {x}: {was[x]!r} was recorded" for x in was if was[x] != now.get(x))


def _told(told: Mapping[str, Any]) -> str:
    content = json.loads(told["content"])
    more = [
        *content.get("acceptedSuggestions", []),
        *content.get("reason", {}).values(),
        content.get("userComment", ""),
    ]
    said = "".join(x if x.isprintable() else " " for x in ", ".join(filter(None, more)))
    return f"  {told['outcome_at']:%Y-%m-%d %H:%M:%S} UTC  {told['outcome']}{f': {said}' if said else ''}"


def _indented(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield "".join(x if x.isprintable() else " " for x in f"  {line}")


def _exact(value: Any) -> Any:
    return json.loads(_ENCODER.encode(value), parse_float=Decimal)


def _pretty(value: Any) -> str:
    text = msgspec.json.format(_ENCODER.encode(value), indent=1 if isinstance(value, dict) else 0)
    return text.decode()
