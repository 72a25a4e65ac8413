"""What is due beside the dose of a running course: the first of four topics."""

from calendar import monthrange

from tests.oracle import oncology_codes as oc
from tests.oracle.ladder import interval
from tests.oracle.limits import ACTING
from tests.oracle.oncology import latest, of_kind
from tests.oracle.times import LONG_AGO, days


def monitoring(facts, conclusion, card):
    """The topic, None where there is none. Asked where a draft would give the drug under a protocol that is known."""
    if facts.course is None or card.indicator == "critical":
        return None
    assessed = "not-assessed" not in (conclusion, card.topic)
    topics = {
        "progression-recorded": progressed(facts),
        "count-due": assessed and count_due(facts),
        "imaging-due": imaging_due(facts),
        "pause-consider": facts.protocol.may_pause and may_pause(facts),
    }
    return next((topic for topic, applies in topics.items() if applies), None)


def since_the_start(facts, one):
    return one.when is None or one.when[1] >= facts.course.first


def progressed(facts):
    newest = [one for one in latest(facts.evidence, "response") if one.when]
    return any(one.state == oc.PROGRESSION and since_the_start(facts, one) for one in newest)


def count_due(facts):
    said = [voice.result for analyte in ACTING if (voice := facts.voices[analyte]).result]
    return any(facts.now - one.start > days(interval(facts)) for one in said)


def imaging_due(facts):
    """Three calendar months and a fortnight after the last tomography, else after the start where that is known."""
    if not {"imaging", "imagingReports"} & facts.read:
        return False
    taken = [one.when[0] for one in of_kind(facts.evidence, "imaging") if one.when]
    last = max(taken, default=facts.course.first)
    return last != LONG_AGO and facts.now > months_later(last, 3) + days(14)


def may_pause(facts):
    """Two calendar years of treatment without progression, in a record that was read."""
    if "cancer" not in facts.read or facts.unclear_response or facts.course.first == LONG_AGO:
        return False
    responses = of_kind(facts.evidence, "response")
    if any(one.state == oc.PROGRESSION and since_the_start(facts, one) for one in responses):
        return False
    return months_later(facts.course.first, 24) <= facts.now


def months_later(moment, months):
    """That many calendar months later, on the last day of the month where it has no such day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
