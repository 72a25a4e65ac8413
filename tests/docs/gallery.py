"""The gallery of docs/gallery.md: a card of every topic and indicator in every language, as it was written down."""

from collections.abc import Mapping
from typing import Any

from cds_service.clinical.decision import CRITICAL, INFO, WARNING
from cds_service.render.words import TOPICS
from tests.journeys.golden import ALL, ENGLISH, OTHERS, Kind, chosen, kind, written

_INDICATORS = (CRITICAL, WARNING, INFO)


def page() -> str:
    """A section for each topic and indicator, in the order of the topics, the gravest first."""
    found = chosen({name: x.expected for name, x in ALL.items()})
    return "\n\n".join(_section(x, found[x]) for x in sorted(found, key=_order))


def _order(of: Kind) -> tuple[int, int]:
    topic, indicator = of
    return TOPICS.index(topic), _INDICATORS.index(indicator)


def _section(of: Kind, name: str) -> str:
    topic, indicator = of
    why = f"[{ALL[name].title}](../fhir_fixtures/{name}/why.md)"
    cards = (f"`{x}`\n\n{_card(_the_card(of, name, x))}" for x in (ENGLISH, *OTHERS))
    return "\n\n".join((f"## {topic}, {indicator}", why, *cards))


def _the_card(of: Kind, name: str, language: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(x for x in written(name, language)["cards"] if kind(x) == of)
    return found


def _card(card: Mapping[str, Any]) -> str:
    """A card as it looks: indicator and summary, the detail, the buttons, and the reasons for overriding it."""
    buttons = " ".join(_button(x) for x in card.get("suggestions", []))
    reasons = " / ".join(x["display"] for x in card.get("overrideReasons", []))
    head = f"`{card['indicator']}` **{card['summary']}**"
    parts = [x for x in (head, card["detail"], buttons, reasons) if x]
    return "\n".join(f"> {x}".rstrip() for x in "\n\n".join(parts).splitlines())


def _button(suggestion: Mapping[str, Any]) -> str:
    label = f"\\[ {suggestion['label']} \\]"
    return f"**{label}**" if suggestion.get("isRecommended") else label
