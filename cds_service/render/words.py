"""The words of one language, from `cards/<language>/words.yaml`, and how it writes numbers, dates and doses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cds_service.clinical import decision as d
from cds_service.clinical import drafts, proof, refer, rules
from cds_service.clinical.facts import WHATS, Reason
from cds_service.clinical.protocol import Parameters
from cds_service.protocols.strict_yaml import Faulty, read

TOPICS = (
    d.INTERRUPT, d.KEEP_INTERRUPTED, d.RESTART_REDUCED, d.REDUCE, d.NOT_ASSESSED, d.ESCALATE, d.OVER_MAXIMUM,
    d.OVER_STARTING_DOSE, d.ESCALATION_NOT_SUPPORTED, d.DOSE_UNCLEAR, d.DUPLICATE_ORDER,
)  # fmt: skip
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "locale": ("decimal_sign", "date", "short_date", "dose", "and", "none", "more", "finding"),
    "units": ("10*9/L", "g/dL", "mmol/L", "umol/L", "mg/dL", "U/L"),
    "whats": WHATS,
    "reasons": tuple(Reason),
    "refer": refer.REASONS,
    "missing": (*rules.KEPT_FOR, *proof.ESCALATION_LACKS, *drafts.UNCLEAR, *drafts.TOO_HIGH),
    "topics": TOPICS,
    "suggestions": ("delete-draft", "hold-active", "rewrite-draft", "repeat-count"),
    "overrides": (),
    "months": (),
}
_LONGEST_NUMBER = 12
_UNSAFE = str.maketrans({x: f"\\{x}" for x in "\\`*_{}[]()#+-.!|~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"})


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `limits` are the protocol's numbers as this language writes them."""

    language: str
    data: Mapping[str, Any]
    limits: Mapping[str, str]

    def say(self, section: str, code: str, **more: str) -> str:
        """The sentence for a code, with the protocol's limits and `more` filled in."""
        return str(self.data[section][code]).format_map({**self.limits, **more})

    def what(self, code: str) -> str:
        """The name of an analyte or another item; one that is not listed is shown as it is, escaped."""
        return str(self.data["whats"].get(code) or escape(code))

    def number(self, value: Decimal) -> str:
        """A number as it was sent, without trailing zeros; a very long one is cut, and says so by "..."."""
        text = format(value.normalize(), "f") if abs(value.adjusted()) < _LONGEST_NUMBER else str(value)
        short = text if len(text) <= _LONGEST_NUMBER else f"{text[:_LONGEST_NUMBER]}..."
        return short.replace(".", self.data["locale"]["decimal_sign"], 1)

    def quantity(self, value: Decimal, unit: str) -> str:
        """A number with its unit as readers write it."""
        return f"{self.number(value)} {self.data['units'].get(unit, unit)}"

    def dose(self, value: Decimal | None) -> str:
        """A daily dose; "" where there is none."""
        return "" if value is None else self.data["locale"]["dose"].format(number=self.number(value))

    def day(self, day: date, short: bool = False) -> str:
        pattern = self.data["locale"]["short_date" if short else "date"]
        return str(pattern.format(day=day.day, month=self.data["months"][day.month - 1], year=day.year))


def escape(text: str, longest: int = 200) -> str:
    """Text from outside as plain words in Markdown: it cannot form markup, a table cell, HTML or a second line."""
    plain = " ".join("".join(x if x.isprintable() else " " for x in text).split())
    cut = plain if len(plain) <= longest else f"{plain[:longest]}..."
    return cut.translate(_UNSAFE)


def load(language: str, folder: Path, p: Parameters) -> Words:
    """The words of a language; raises `Faulty` with every word that is missing."""
    name = f"{language}/words.yaml"
    data = read((folder / language / "words.yaml").read_text(encoding="utf-8"), name)
    lacks = [f"{name}: {x} is missing" for x in SECTIONS if x not in data]
    lacks += [f"{name}: {x}.{y} is missing" for x, codes in SECTIONS.items() for y in codes if y not in data.get(x, {})]
    if lacks:
        raise Faulty("\n".join(lacks))
    bare = Words(language, data, {})
    return Words(language, data, _limits(bare, p))


def _limits(words: Words, p: Parameters) -> dict[str, str]:
    doses = ("starting_dose", "dose_step", "maximum_dose")
    days = ("restart_window", "escalate_window", "minimum_time_at_dose", "long_interruption", "interrupt_window")
    return {
        **{x: words.dose(getattr(p, x)) for x in doses},
        **{x: str(getattr(p, x).days) for x in days},
        "counts_together": str(p.counts_together // timedelta(hours=1)),
        "adult_age": str(p.adult_age),
        "escalate_from": words.data["locale"]["and"].join(map(words.dose, p.escalate_from)),
    }
