"""The words of one language, from `cards/<language>/words.yaml`, and how it writes numbers, dates and doses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cds_service.clinical import decision as d
from cds_service.clinical import drafts, eligibility, monitoring, proof, refer, rules
from cds_service.clinical.facts import EVIDENCE, WHATS, Reason
from cds_service.clinical.protocol import Parameters
from cds_service.protocols.strict_yaml import Faulty, read
from cds_service.render.extension import plain

TOPICS = (
    d.INTERRUPT, d.KEEP_INTERRUPTED, d.RESTART_REDUCED, d.REDUCE, d.NOT_ASSESSED, d.ESCALATE, d.OVER_MAXIMUM,
    d.OVER_STARTING_DOSE, d.ESCALATION_NOT_SUPPORTED, d.DOSE_UNCLEAR, d.DUPLICATE_ORDER, d.ELIGIBILITY,
    *(x.name for x in monitoring.TOPICS),
)  # fmt: skip
# What an item of the oncology record says; of the performance status its grade.
SAID = tuple(y for x, states in EVIDENCE.items() for y in ((x,) if x == "performance-status" else states))
MISSING = tuple(dict.fromkeys((*rules.KEPT_FOR, *proof.ESCALATION_LACKS, *drafts.UNCLEAR, *drafts.TOO_HIGH)))

# The events of FHIR's `timing.repeat.when`, and the parts of the sentence that says a rewritten dosage.
_WHEN = (
    "MORN", "MORN.early", "MORN.late", "NOON", "AFT", "AFT.early", "AFT.late", "EVE", "EVE.early", "EVE.late", "NIGHT",
    "PHS", "HS", "WAKE", "C", "CM", "CD", "CV", "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV",
)  # fmt: skip
DOSAGE = ("a-day", "tablet", "tablets", "by-mouth", "at", "and", "1", "2", "3", "4", *_WHEN)

# What a language must say, by section: every code that a decision can carry.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "locale": (
        "decimal_sign", "date", "short_date", "dose", "and", "none", "more", "finding", "preliminary", "reported",
        "bound", "calculated", "segmented", "supported", "recorded", "undated", "default", "changed",
    ),
    "units": (
        "10*9/L", "g/dL", "mmol/L", "umol/L", "mg/dL", "U/L", "x ULN", "x baseline", "mg/d", "d", "h", "mo", "a",
        "CTCAE grade", "ECOG", "analyte",
    ),
    "protocols": (),
    "parameters": (),
    "statuses": ("draft", "active", "retired"),
    "whats": WHATS,
    "reasons": tuple(Reason),
    "fixes": tuple(Reason),
    "sources": (
        "adverseEvents", "conditions", "gradings", "transfusions", "administrations", "carePlans", "cancer",
        "statements", "treatments", "imaging", "imagingReports",
    ),
    "criteria": tuple(x.name for x in eligibility.CRITERIA),
    "states": eligibility.STATES,
    "evidence": (*SAID, "age"),
    "refer": refer.REASONS,
    "missing": MISSING,
    "topics": TOPICS,
    "suggestions": ("delete-draft", "hold-active", "rewrite-draft", "repeat-count"),
    "overrides": ("clinically-justified", "newer-result-known", "data-wrong", "other-protocol"),
    "dosage": DOSAGE,
    "months": (),
    "terms": (),
}  # fmt: skip
# What the patterns of `locale` and `suggestions` may hold in braces; every other word may hold a limit or {what}.
PLACES: Mapping[str, tuple[str, ...]] = {
    "locale.date": ("day", "month", "year"),
    "locale.short_date": ("day", "month", "year"),
    "locale.dose": ("number",),
    "locale.more": ("lead", "count"),
    "locale.finding": ("name", "plain_value", "grade", "short_date"),
    "locale.recorded": ("name", "grade", "short_date"),
    "locale.changed": ("parameter", "after", "before", "unit"),
    "dosage.a-day": ("amount",),
    "dosage.tablet": ("count",),
    "dosage.tablets": ("count",),
    "dosage.at": ("time",),
}
_DOSES = ("starting_dose", "dose_step", "maximum_dose")
_DAYS = ("minimum_time_at_dose", "restart_window", "escalate_window", "interrupt_window", "long_interruption")
_COUNTED = ("adult_age", "eligible_age", "performance_status_worst", "imaging_months", "pause_years")
LIMITS = (*_DOSES, *_DAYS, *_COUNTED, "counts_together", "escalate_from")
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

    def term(self, code: str, sent: str) -> str:
        """The CTCAE term of a MedDRA code; of one that is not listed what was sent, escaped, else its code."""
        return str(self.data["terms"].get(code) or escape(sent) or f"MedDRA {escape(code)}")

    def number(self, value: Decimal) -> str:
        """A number without trailing zeros; a very long one is cut, never rounded, and says so by "..."."""
        text = plain(value) if abs(value.adjusted()) < _LONGEST_NUMBER else str(value)
        short = text if len(text) <= _LONGEST_NUMBER else f"{text[:_LONGEST_NUMBER]}..."
        return short.replace(".", self.data["locale"]["decimal_sign"], 1)

    def unit(self, unit: str) -> str:
        """A unit as readers write it; one that is not listed is shown as it is, escaped."""
        return str(self.data["units"][unit]) if unit in self.data["units"] else escape(unit)

    def quantity(self, value: Decimal, unit: str) -> str:
        """A number with its unit."""
        return f"{self.number(value)} {self.unit(unit)}"

    def dose(self, value: Decimal | None) -> str:
        """A daily dose; "" where there is none."""
        return "" if value is None else self.data["locale"]["dose"].format(number=self.number(value))

    def day(self, day: date, short: bool = False) -> str:
        """A day, `short` without its year."""
        pattern = self.data["locale"]["short_date" if short else "date"]
        return str(pattern.format(day=day.day, month=self.data["months"][day.month - 1], year=day.year))


def escape(text: str, longest: int = 200) -> str:
    """Text from outside as plain words in Markdown: no markup, link, table cell, HTML or second line comes of it."""
    plain_text = " ".join("".join(x if x.isprintable() else " " for x in text).split())
    cut = plain_text if len(plain_text) <= longest else f"{plain_text[:longest]}..."
    return cut.translate(_UNSAFE).replace("://", "\\://")


def load(language: str, folder: Path, parameters: Mapping[str, Parameters]) -> Mapping[str, Words]:
    """The words of a language with the limits of each protocol, by its id.

    Raises `Faulty` with everything that is missing, unknown or cannot be filled in.
    """
    name = f"{language}/words.yaml"
    try:
        text = (folder / language / "words.yaml").read_text(encoding="utf-8")
    except OSError as fault:
        raise Faulty(f"{name}: the file cannot be read ({fault.strerror}); restore it") from fault
    data = read(text, name)
    faults = list(_gaps(data)) or list(_misfits(data))
    if faults:
        raise Faulty("\n".join(f"{name}: {x}" for x in faults))
    return {x: Words(language, data, _limits(data, p)) for x, p in parameters.items()}


def _gaps(data: Any) -> Iterator[str]:
    """What is missing from a file of words, and what nobody asks for."""
    if not isinstance(data, dict):
        yield "this is no mapping of sections"
        return
    yield from (f"{x} is not a section; the sections are {', '.join(SECTIONS)}" for x in data if x not in SECTIONS)
    for section, codes in SECTIONS.items():
        yield from _gaps_of(section, codes, data.get(section))


def _gaps_of(section: str, codes: tuple[str, ...], said: Any) -> Iterator[str]:
    if section == "months":
        if not isinstance(said, list) or len(said) != 12:
            yield "months is missing, or has not the names of twelve months"
    elif not isinstance(said, dict):
        yield f"{section} is missing"
    else:
        yield from (f"{section}.{x} is missing" for x in codes if x not in said)
        yield from (f"{section}.{x} is not known; nothing says it" for x in said if codes and x not in codes)


def _misfits(data: Mapping[str, Any]) -> Iterator[str]:
    """Words with a place in braces that nothing fills, and suggestions without one of their two texts."""
    for section in ("locale", "reasons", "fixes", "refer", "missing", "topics", "criteria", "evidence", "dosage"):
        for code, said in data[section].items():
            yield from _misfit(f"{section}.{code}", said, PLACES.get(f"{section}.{code}", (*LIMITS, "what")))
    for kind, said in data["suggestions"].items():
        texts = said if isinstance(said, dict) else {}
        yield from (f"suggestions.{kind}.{x} is missing" for x in ("label", "description") if x not in texts)
        for name, pattern in texts.items():
            yield from _misfit(f"suggestions.{kind}.{name}", pattern, ("dose",))


def _misfit(place: str, pattern: Any, places: tuple[str, ...]) -> Iterator[str]:
    try:
        str(pattern).format_map({x: 1 if x in ("day", "year", "count") else "" for x in places})
    except (KeyError, ValueError, IndexError, AttributeError):
        yield f"{place} has something in braces that is not one of {', '.join(places)}"


def _limits(data: Mapping[str, Any], p: Parameters) -> dict[str, str]:
    words = Words("", data, {})
    levels = words.data["locale"]["and"].join(map(words.dose, p.escalate_from))
    return {
        **{x: words.dose(getattr(p, x)) for x in _DOSES},
        **{x: str(getattr(p, x).days) for x in _DAYS},
        "counts_together": str(p.counts_together // timedelta(hours=1)),
        **{x: str(getattr(p, x)) for x in _COUNTED},
        "escalate_from": levels or words.data["locale"]["none"],
    }
