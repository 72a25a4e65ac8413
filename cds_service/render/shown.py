"""How single things are shown on a card: a result, its grade, its day; whatever came from outside is escaped."""

from datetime import tzinfo

from cds_service.clinical.ctcae import UNGRADED, Grade
from cds_service.clinical.facts import Result, Unknown, When, local_day
from cds_service.render.words import Words, escape


def value(result: Result, words: Words) -> str:
    """A result in plain text as a reader is to see it: '0.7 x10^9/L', '< 0.1 x10^9/L'."""
    if result.shown is None:
        return "?"
    sign = {"<": "< ", "<=": "≤ ", ">": "> ", ">=": "≥ "}.get(result.comparator, "")
    return sign + words.quantity(result.shown, result.unit)


def shown(result: Result, words: Words) -> str:
    """The same in Markdown, where a bare < would open HTML."""
    return safe(value(result, words))


def safe(text: str) -> str:
    """Text of our own in Markdown, where a bare < would open HTML."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def marks(result: Result, words: Words) -> str:
    """How a value came about, where no final result says it: ', preliminary', ', calculated'."""
    named = {"preliminary": not result.final, "bound": bool(result.bound_of), result.derived: bool(result.derived)}
    return "".join(f", {words.data['locale'][x]}" for x, holds in named.items() if holds)


def grade(interval: Grade | None) -> str:
    """'3', '0-1' where the reference range that tells them apart is not known, '≥ 3' where only a bound is."""
    if interval is None or interval == UNGRADED:
        return "?"
    low, high = interval
    if low == high:
        return str(low)
    return f"{low}-{high}" if high < UNGRADED[1] else f"≥ {low}"


def day(when: When, words: Words, zone: tzinfo | None) -> str:
    """The day of a result; one that is only known from its report says so."""
    said = words.day(local_day(when.start, zone))
    return f"{said} ({words.data['locale']['reported']})" if when.issued else said


def with_count(clause: str, others: int, words: Words) -> str:
    """A clause, and how many more there are: 'neutrophils too old (+2 more)'."""
    return words.data["locale"]["more"].format(lead=clause, count=others) if others > 0 else clause


def not_known(item: Unknown, words: Words) -> str:
    """What is not known, why, what was sent, and where: 'platelets: unit not understood (...) [Observation/1]'."""
    parts = [f"{words.what(item.what)}: {words.say('reasons', item.reason)}"]
    parts += [f"({escape(item.detail)})"] if item.detail else []
    parts += [f"[{escape(item.source)}]"] if item.source else []
    return " ".join(parts)
