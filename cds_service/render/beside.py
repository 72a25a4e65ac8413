"""What a card says beside the dose: the eligibility checklist, and what is due."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from cds_service.clinical.decision import Criterion, Decision, Monitoring
from cds_service.clinical.eligibility import MET, NOT_MET, NOT_RECORDED
from cds_service.clinical.facts import Evidence, Reason, Toxicity, local_day
from cds_service.clinical.protocol import Change
from cds_service.render.shown import day, shown, with_count
from cds_service.render.words import Words, escape

_ECOG = "performance-status"
# What a reader has to look at stands first.
_ORDER = (NOT_MET, NOT_RECORDED, MET)


def checklist(decision: Decision, words: Words) -> dict[str, Any]:
    """The lines of the checklist, those not met first; the names not met and not recorded, and how many are asked."""
    zone = decision.evaluated_at.tzinfo
    ranked = sorted(decision.checklist, key=lambda x: _ORDER.index(x.state))
    not_met = [words.say("criteria", x.name) for x in ranked if x.state == NOT_MET]
    return {
        "lines": [_line(x, words, zone) for x in ranked],
        "not_met": not_met,
        "not_met_lead": with_count(not_met[0], len(not_met) - 1, words) if not_met else "",
        "not_recorded": sum(x.state == NOT_RECORDED for x in ranked),
        "total": len(ranked),
    }


def due(found: Monitoring | None, words: Words, zone: tzinfo | None) -> dict[str, Any]:
    """What is due: since which day, the day on which it was, and on what it rests; {} where nothing is."""
    if found is None:
        return {}
    return {
        "since": day(found.since, words, zone) if found.since else words.data["locale"]["undated"],
        "day": words.day(found.due) if found.due else "",
        "evidence": [_evidence(x, words, zone) for x in found.evidence],
    }


def _line(criterion: Criterion, words: Words, zone: tzinfo | None) -> dict[str, str]:
    told = list(_told(criterion, words, zone))
    return {
        "state": words.say("states", criterion.state),
        "name": words.say("criteria", criterion.name),
        "told": with_count(told[0], len(told) - 1, words) if told else "",
    }


def _told(criterion: Criterion, words: Words, zone: tzinfo | None) -> Iterator[str]:
    """What a criterion rests on, the newest evidence first; of one not recorded else why it could not be told."""
    yield from (_evidence(x, words, zone) for x in sorted(criterion.evidence, key=_lateness, reverse=True))
    yield from (f"{words.what(x.analyte)} {shown(x, words)}, {day(x.when, words, zone)}" for x in criterion.results)
    yield from (_toxicity(x, words, zone) for x in criterion.toxicities)
    if criterion.age is not None:
        yield words.say("evidence", "age", what=str(criterion.age))
    # That nothing of a kind was read stands once among what is not known.
    found = [x for x in criterion.unknown if x.reason not in (Reason.NOT_READ, Reason.ABSENT)]
    yield from dict.fromkeys(f"{words.what(x.what)} {words.say('reasons', x.reason)}" for x in found)


def _lateness(item: Evidence) -> tuple[bool, str, str]:
    return item.when is not None, item.when.start.isoformat() if item.when else "", item.source


def _evidence(item: Evidence, words: Words, zone: tzinfo | None) -> str:
    """'stable disease, 3 Nov 2026', 'ECOG 1, 3 Nov 2026', 'sarcoma (8890/3), date not recorded'."""
    code, grade = (_ECOG, item.state) if item.kind == _ECOG else (item.state, "")
    sent = f" ({escape(item.display, longest=40)})" if item.display and not grade else ""
    taken = day(item.when, words, zone) if item.when else words.data["locale"]["undated"]
    return f"{words.say('evidence', code, what=grade)}{sent}, {taken}"


def _toxicity(toxicity: Toxicity, words: Words, zone: tzinfo | None) -> str:
    onset = words.day(local_day(toxicity.onset.start, zone)) if toxicity.onset else words.data["locale"]["undated"]
    said = {"name": words.term(toxicity.code, toxicity.display), "grade": str(toxicity.grade), "short_date": onset}
    return str(words.data["locale"]["recorded"].format_map(said))


def changes(made: Sequence[Change], words: Words) -> list[str]:
    """What the site changed in the protocol: 'highest dose: 150 mg/day instead of 200'."""
    return [_change(x, words) for x in made]


def _change(change: Change, words: Words) -> str:
    said = words.data["locale"]["changed"].format(
        parameter=words.data["parameters"][change.parameter],
        after=_values(change.after, words),
        before=_values(change.before, words),
        unit=words.unit(change.unit),
    )
    return " ".join(said.split())


def _values(written: str, words: Words) -> str:
    """The values of a parameter, which files write with commas between them: numbers, or analytes."""
    listed = [words.what(x) if x[:1].isalpha() else words.number(Decimal(x)) for x in written.split(", ") if x]
    return ", ".join(listed) or str(words.data["locale"]["none"])
