"""Lines 1 to 7 of section 5, in order, and the reasons to refer."""

from tests.oracle.course import at_this_dose_since, earlier_fall
from tests.oracle.dose import GAPS, KNOWN, UNDETERMINED
from tests.oracle.episodes import finals_of, in_course, resumed, second_below_first
from tests.oracle.fever import febrile_neutropenia
from tests.oracle.limits import ACTING
from tests.oracle.orders import level, not_replaced, one_level_below
from tests.oracle.spells import begun_spells
from tests.oracle.support import supported
from tests.oracle.times import days
from tests.oracle.toxicity import bars_escalation, records_bar_escalation


def conclude(facts):
    if line_1(facts):
        return "interrupt"
    if line_2(facts):
        return "keep-interrupted"
    if facts.protocol is None:
        return "not-assessed"
    if line_3(facts):
        return "restart-reduced"
    if facts.toxicities:
        return "reduce"
    if line_5(facts):
        return "not-assessed"
    return "escalate" if line_6(facts) else "none"


def line_1(facts):
    """The newest value of an acting analyte, not older than 14 days, is at grade >= 3."""
    said = [voice.result for voice in facts.voices.values() if voice.result]
    return any(one.low >= 3 and facts.now - one.start <= days(14) for one in said)


def line_2(facts):
    if not facts.episodes:
        return False
    last = facts.episodes[-1]
    if last.closed is None or not facts.ceiling_known or facts.ceiling == 0:
        return True
    return awaiting_restart(facts) and not proof(facts)


def awaiting_restart(facts):
    """An episode has closed, nothing is given, and nothing of the ceiling or less has been given since."""
    last = facts.episodes[-1]
    return not facts.giving and not resumed(facts.course, last, facts.ceiling, facts.now)


def proof(facts):
    """Four final counts, at most 7 days old, within 72 h, each recovered and unsupported."""
    return within_72_hours(facts, 7) and all(confirmed(facts, analyte, facts.accepted(analyte)) for analyte in ACTING)


def confirmed(facts, analyte, grade):
    """The newest final count, with nothing preliminary beside it, is fresh, unsupported and at most of that grade."""
    said = facts.voices[analyte]
    if said.result is None or said.preliminary or said.beside or said.issued:
        return False
    if supported(said.result, analyte, facts.supports):
        return False
    return said.result.high <= grade and facts.now - said.result.start <= days(7)


def line_3(facts):
    if not facts.episodes:
        return False
    if awaiting_restart(facts):
        return True
    given = [order.dose(facts.now).most for order in facts.giving]
    drafted = [draft.order.most.most for draft in facts.drafts if gives(draft)]
    return any(dose is not None and dose > facts.ceiling for dose in given + drafted)


def gives(draft):
    """Whether a draft gives the drug: row 0 is for those that stop, hold or cancel it."""
    held = ("stopped", "on-hold", "cancelled", "entered-in-error")
    forbids = draft.order.raw.get("doNotPerform") is True and not draft.order.malformed
    return draft.order.status not in held and not forbids


def line_5(facts):
    if facts.gap or facts.order_gap or not current_dose_known(facts):
        return True
    span = window(facts)
    for analyte in ACTING:
        said = facts.voices[analyte].result
        if said is None or facts.now - said.start > days(span):
            return True
    return not within_72_hours(facts, span)


def current_dose_known(facts):
    return facts.course is None or facts.current.kind != UNDETERMINED


def window(facts):
    """Days for which a count serves the decision at hand."""
    if facts.course is None:
        return 14
    if facts.giving:
        return interval(facts) + 7
    return 7 if facts.episodes else 14


def interval(facts):
    """Days after which counts are due: more often until eight weeks at a dose are over."""
    since = dose_since(facts)
    return 28 if since is not None and facts.now - since >= days(56) else 7


def dose_since(facts):
    left = not_replaced(facts.giving)
    return at_this_dose_since(facts.course, left[0], facts.now) if len(left) == 1 else None


def within_72_hours(facts, span):
    """Whether four usable results, one per analyte and each that fresh, lie within 72 hours for sure."""
    fresh = {}
    for analyte in ACTING:
        usable = [one for one in finals_of(facts.results, analyte) if one.usable]
        fresh[analyte] = [one for one in usable if facts.now - one.start <= days(span)]
    for first in [one.start for listed in fresh.values() for one in listed]:
        near = {
            analyte: [one for one in listed if one.start >= first and min(one.end, facts.now) - first <= days(3)]
            for analyte, listed in fresh.items()
        }
        if all(near.values()):
            return True
    return False


def line_6(facts):
    if facts.course is None or not facts.giving or facts.episodes:
        return False
    if facts.current.kind != KNOWN or facts.current.most != facts.protocol.escalates_from:
        return False
    since = dose_since(facts)
    if since is None or facts.now - since < days(21) or earlier_fall(facts.course, facts.now):
        return False
    if not within_72_hours(facts, 7) or not all(confirmed(facts, analyte, 1) for analyte in ACTING):
        return False
    if unusable_in_course(facts) or records_bar_escalation(facts.records):
        return False
    return not bars_escalation(facts.results, facts.now)


def unusable_in_course(facts):
    counts = [one for analyte in ACTING for one in finals_of(facts.results, analyte)]
    return any(not one.usable and in_course(one, facts.course) for one in counts)


def level_of_line_4(facts):
    """One level below the current dose (0: hold); None where that is unknown."""
    if facts.course is None or level(facts.current) is None or facts.current.kind == GAPS:
        return None
    return one_level_below(facts.current.most)


def refer(facts, conclusion):
    if conclusion not in ("interrupt", "keep-interrupted", "restart-reduced", "reduce"):
        return []
    reasons = {
        "grade-4": conclusion != "reduce" and grade_4(facts),
        "febrile-neutropenia": febrile_neutropenia(facts),
        "second-episode": second_below_first(facts.course, facts.episodes),
        "long-interruption": long_interruption(facts),
        "no-lower-level": facts.ceiling == 0 or (conclusion == "reduce" and level_of_line_4(facts) == 0),
        "onset-dose-unknown": not facts.ceiling_known,
        "baseline-grade-3": any(found and found.low >= 3 for found in facts.baselines.values()),
    }
    return sorted(reason for reason, holds in reasons.items() if holds)


def grade_4(facts):
    last = facts.episodes[-1].bad if facts.episodes else []
    said = [voice.result for voice in facts.voices.values() if voice.result]
    today = [one for one in said if facts.now - one.start <= days(14)]
    return any(one.low >= 4 for one in last + today)


def long_interruption(facts):
    if facts.course is None or facts.giving:
        return False
    since = interrupted_since(facts)
    return since is not None and facts.now - since > days(28)


def interrupted_since(facts):
    begun = begun_spells(facts.course, facts.now)
    latest = max(begun, key=lambda spell: (spell.first, spell.last))
    if latest.end and latest.end[1] <= facts.now:
        return max(spell.end[1] for spell in begun if spell.end and spell.end[1] <= facts.now)
    if facts.episodes:
        return facts.episodes[-1].onset
    return min((one.onset[0] for one in facts.toxicities if one.onset), default=None)
