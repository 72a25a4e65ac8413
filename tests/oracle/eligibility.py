"""The checklist at the start of a course: each criterion met, not met, or not recorded."""

from fractions import Fraction

from tests.oracle import oncology_codes as oc
from tests.oracle.episodes import finals_of
from tests.oracle.grades import surely_above, surely_below
from tests.oracle.limits import ACTING
from tests.oracle.newest import newest, voice
from tests.oracle.oncology import latest, of_kind
from tests.oracle.orders import gave
from tests.oracle.times import day_of, days

MET, NOT_MET, NOT_RECORDED = "met", "not-met", "not-recorded"
ELDERLY = 60
FEWEST = {"neutrophils": 2, "platelets": 100}
TIMES_NORMAL = Fraction("1.5")
DOING_WELL = (oc.COMPLETE, oc.PARTIAL, oc.STABLE, oc.NO_EVIDENCE)


def checklist(facts):
    """{criterion: state}, in the order of the protocol."""
    return {name: CRITERIA[name](facts) for name in facts.protocol.criteria}


def told(met, missed):
    return NOT_MET if missed else MET if met else NOT_RECORDED


def histology(facts):
    said = {one.state for one in of_kind(facts.evidence, "histology")}
    return told("sarcoma" in said, said == {"other"})


def metastatic(facts):
    return told(of_kind(facts.evidence, "metastasis"), False)


def response(facts):
    said = {one.state for one in latest(facts.evidence, "response")}
    return told(said and said <= set(DOING_WELL), oc.PROGRESSION in said)


def untreated(facts):
    earlier = any(gave(order, facts.now) for order in facts.orders)
    return told(False, earlier or of_kind(facts.evidence, "systemic-therapy"))


def elderly(facts):
    """By both edges of the day of birth."""
    if facts.born is None:
        return NOT_RECORDED
    oldest, youngest = (completed_years(day_of(edge), day_of(facts.now)) for edge in facts.born)
    return told(youngest > ELDERLY, oldest <= ELDERLY)


def completed_years(born, today):
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def no_anthracycline(facts):
    return told(of_kind(facts.evidence, "anthracycline"), False)


def performance(facts):
    grades = [one.state for one in latest(facts.evidence, "performance-status")]
    return told(grades and max(grades) <= 2, grades and max(grades) > 2)


def blood_counts(facts):
    said = [count(facts, analyte) for analyte in ACTING]
    return told(all(one == MET for one in said), NOT_MET in said)


def count(facts, analyte):
    said, fewest = facts.voices[analyte], FEWEST.get(analyte, 0)
    one = said.result
    if one is None or said.preliminary or facts.now - one.start > days(14):
        return NOT_RECORDED
    enough = not perhaps_less(one, fewest) and one.high <= facts.protocol.start_grade
    return told(enough, surely_below(one.value, one.comparator, fewest) or one.low > facts.protocol.start_grade)


def perhaps_less(one, limit):
    return one.comparator in ("<", "<=") or one.value < limit


def organ(analyte):
    """Of a result of chemistry: below one and a half times what is normal, nothing preliminary of grade 3 beside it."""

    def state(facts):
        finals = newest(finals_of(facts.results, analyte))
        own = [NOT_RECORDED if facts.now - one.start > days(14) else organ_state(one) for one in finals]
        early = voice(facts.results, analyte).preliminary
        return told(own and not early and all(one == MET for one in own), NOT_MET in own)

    return state


def organ_state(one):
    if one.value is None or one.uln is None:
        return NOT_RECORDED
    limit = TIMES_NORMAL * one.uln
    enough = surely_below(one.value, one.comparator, limit)
    too_much = surely_above(one.value, one.comparator, limit) or (one.comparator in (None, ">=") and one.value == limit)
    return told(enough, too_much)


def no_toxicity(facts):
    unclear = any(one.unclear for one in facts.records)
    whole = {"adverseEvents", "conditions"} <= facts.read and "gradings" not in facts.failed
    return told(whole and not unclear, facts.toxicities)


CRITERIA = {
    "histology": histology,
    "advanced-disease": metastatic,
    "metastatic": metastatic,
    "response-or-no-evidence-of-disease": response,
    "untreated": untreated,
    "age-over-60": elderly,
    "anthracycline-unsuitable": no_anthracycline,
    "performance-status": performance,
    "blood-counts": blood_counts,
    "renal-function": organ("creatinine"),
    "hepatic-function": organ("bilirubin"),
    "no-unresolved-toxicity": no_toxicity,
}
