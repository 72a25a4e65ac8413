"""Each topic has its card: what a reader sees first, what follows, and what can be clicked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical import decision as d
from cds_service.clinical.decision import Decision, Suggestion
from cds_service.clinical.facts import COUNTS, WHATS, Reason, Unknown
from cds_service.render.cards import Renderer, shortened, tidy
from cds_service.render.words import TOPICS
from tests.clinical.builders import (
    NAUSEA,
    NOW,
    PROTOCOL,
    ago,
    counts,
    decided,
    dose,
    draft,
    issued,
    order,
    result,
    toxicity,
    undetermined,
)
from tests.render.samples import DUE, RUNNING, SAMPLES, UNDRAFTED

Card = Callable[[Decision], Mapping[str, Any]]

SUMMARIES = {
    d.INTERRUPT: "Interrupt trofosfamide: neutrophils 0.7 x10^9/L (CTCAE grade 3), 21 Nov",
    d.KEEP_INTERRUPTED: (
        "Keep trofosfamide interrupted: neutrophils 0.4 x10^9/L (CTCAE grade 4), 2 Nov, recovery not shown"
    ),
    d.RESTART_REDUCED: "Trofosfamide 150 mg/day is too much after toxicity: at most 100 mg/day",
    d.REDUCE: "Reduce trofosfamide to 50 mg/day: ALT 300 U/L (CTCAE grade 3), 21 Nov",
    d.NOT_ASSESSED: "Trofosfamide not assessed: haemoglobin not recorded",
    d.ESCALATE: "Trofosfamide: an escalation from 100 mg/day to 150 mg/day is supported",
    d.OVER_MAXIMUM: "Trofosfamide 250 mg/day is above the maximum of 200 mg/day",
    d.OVER_STARTING_DOSE: "Trofosfamide 150 mg/day is above the starting dose of 100 mg/day",
    d.ESCALATION_NOT_SUPPORTED: "Trofosfamide: raising 100 mg/day to 200 mg/day is not supported now",
    d.DOSE_UNCLEAR: "Trofosfamide: please check this order, the daily dose cannot be worked out",
    d.DUPLICATE_ORDER: "Trofosfamide is ordered twice: together 200 mg/day",
    d.ELIGIBILITY: "Trofosfamide 100 mg/day: 2 of 7 eligibility criteria not recorded",
    d.PROGRESSION_RECORDED: "Progression recorded on 16 Nov 2026: trofosfamide is given until progression",
    d.COUNT_DUE: "Trofosfamide: blood count due since 21 Nov 2026, the oldest of the four counts is of 24 Oct 2026",
    d.IMAGING_DUE: "Trofosfamide: imaging due since 7 Aug 2026, none recorded since the start on 7 May 2026",
    d.PAUSE_CONSIDER: (
        "Trofosfamide: a pause may be considered, treatment since 14 Sep 2024 without recorded progression"
    ),
}
EVERY = {**SAMPLES, **DUE}


UNDRAFTED_SUMMARIES = {
    "interrupt": "Interrupt trofosfamide: neutrophils 0.7 x10^9/L (CTCAE grade 3), 21 Nov",
    "interrupt, stopped": "Do not give trofosfamide: neutrophils 0.7 x10^9/L (CTCAE grade 3), 21 Nov",
    "keep-interrupted": SUMMARIES[d.KEEP_INTERRUPTED],
    "keep-interrupted, running": (
        "Put trofosfamide on hold: neutrophils 0.4 x10^9/L (CTCAE grade 4), 2 Nov, recovery not shown"
    ),
    "restart-reduced": (
        "Trofosfamide may start again at 100 mg/day: counts have recovered after "
        "neutrophils 0.4 x10^9/L (CTCAE grade 4), 2 Nov"
    ),
    "restart-reduced, running": "Trofosfamide 100 mg/day is too much after toxicity: at most 50 mg/day",
    "restart-reduced, conflict": "Trofosfamide is too much after toxicity: at most 50 mg/day",
    "restart-reduced, no level": (
        "Trofosfamide not started again yet: counts have recovered, another toxicity has not"
    ),
    "reduce": "Reduce trofosfamide to 50 mg/day: ALT 300 U/L (CTCAE grade 3), 21 Nov",
    "reduce, stopped": "Reduce trofosfamide to 100 mg/day: ALT 300 U/L (CTCAE grade 3), 21 Nov",
    "reduce, lowest": "Hold trofosfamide: ALT 300 U/L (CTCAE grade 3), 21 Nov",
    "reduce, dose unknown": "Reduce trofosfamide by one level: ALT 300 U/L (CTCAE grade 3), 21 Nov",
    "not-assessed": "Trofosfamide not assessed: haemoglobin not recorded",
    "not-assessed, orders": "Trofosfamide not assessed: medication orders the record could not be fetched",
    "escalate": SUMMARIES[d.ESCALATE],
}
WHAT_TO_DO = {
    "interrupt": "**Interrupt trofosfamide** until",
    "interrupt, stopped": "No order gives trofosfamide now. **Keep it so** until",
    "keep-interrupted": "**Keep trofosfamide interrupted** until",
    "keep-interrupted, running": "An order gives trofosfamide now. **Put it on hold** until",
    "restart-reduced": "**You may restart at 100 mg/day**. The limit is 100 mg/day, one level below",
    "restart-reduced, running": "**Lower trofosfamide to 50 mg/day**. The limit is 50 mg/day, one level below",
    "restart-reduced, conflict": "**Lower trofosfamide to 50 mg/day**.",
    "restart-reduced, no level": "**Hold trofosfamide**: for a toxicity that is not of the blood there is no lower",
    "reduce": "**Reduce trofosfamide to 50 mg/day**, one level below the current 100 mg/day.",
    "reduce, stopped": "**Reduce trofosfamide to 100 mg/day**, one level below the last 150 mg/day.",
    "reduce, lowest": "**Hold trofosfamide**: there is no lower dose level to propose.",
    "reduce, dose unknown": "**Reduce trofosfamide by one level**: to which dose cannot be said, because the current",
    "not-assessed": "**This service cannot tell** whether the treatment fits the protocol.",
    "not-assessed, orders": "**This service cannot tell** whether the treatment fits the protocol.",
    "escalate": "**You may consider 150 mg/day** if treatment is well tolerated otherwise.",
}


def test_without_a_draft_there_is_a_sample_of_every_conclusion_that_has_a_card() -> None:
    topics = {d.INTERRUPT, d.KEEP_INTERRUPTED, d.RESTART_REDUCED, d.REDUCE, d.NOT_ASSESSED, d.ESCALATE}
    assert {x.topic for x in UNDRAFTED.values()} == topics
    assert set(UNDRAFTED) == set(UNDRAFTED_SUMMARIES) == set(WHAT_TO_DO)
    assert all(x.partition(",")[0] == y.topic for x, y in UNDRAFTED.items())


@pytest.mark.hazard("H19")
@pytest.mark.parametrize("name", UNDRAFTED)
def test_without_a_draft_a_card_says_what_to_do_with_the_treatment(card: Card, name: str) -> None:
    found = card(UNDRAFTED[name])
    assert found["summary"] == UNDRAFTED_SUMMARIES[name]
    assert [x for x in found["detail"].splitlines() if x.startswith(WHAT_TO_DO[name])]


@pytest.mark.parametrize("name", UNDRAFTED)
def test_without_a_draft_a_card_speaks_of_none(card: Card, name: str) -> None:
    found = card(UNDRAFTED[name])
    said = f"{found['summary']}\n{found['detail']}"
    assert re.findall(r"\b[Ss]ign\b|this order|[Dd]rafted|[Nn]one mg|(?<!\|) [ .,:]|\{", said) == []
    assert "draft" not in found["extension"]["org.example.trofosfamide-cds.decision"].get("dose", {})


def test_there_is_a_sample_of_every_topic() -> None:
    assert set(EVERY) == set(SUMMARIES) == set(TOPICS)
    said = {x: y.monitoring.topic if y.monitoring and not y.topic else y.topic for x, y in EVERY.items()}
    assert said == {x: x for x in TOPICS}


@pytest.mark.parametrize("topic", TOPICS)
def test_the_summary_gives_the_action_the_reason_and_the_number(card: Card, topic: str) -> None:
    assert card(EVERY[topic])["summary"] == SUMMARIES[topic]


@pytest.mark.requirement(65)
@pytest.mark.parametrize("topic", TOPICS)
def test_every_card_has_what_every_card_has(card: Card, topic: str) -> None:
    found = card(EVERY[topic])
    assert list(found) == ["uuid", "summary", "indicator", "detail", "source", "overrideReasons", "links", "extension"]
    assert found["indicator"] == (EVERY[topic].indicator or d.INFO)
    assert found["source"]["topic"]["code"] == topic
    assert found["source"]["icon"] == "https://cds.example.org/static/icon.png"
    assert all(x["code"] and x["system"] and x["display"] for x in found["overrideReasons"])


@pytest.mark.hazard("H13", "H23", "H24", "H26")
@pytest.mark.parametrize("topic", SAMPLES)
def test_every_detail_of_the_dose_says_what_no_count_shows(card: Card, topic: str) -> None:
    *_, unseen, _, _ = card(SAMPLES[topic])["detail"].splitlines()
    assert "fever, bleeding" in unseen


@pytest.mark.hazard("H13", "H23", "H24", "H26")
@pytest.mark.parametrize("topic", TOPICS)
def test_every_detail_ends_with_the_protocol_and_who_decides(card: Card, topic: str) -> None:
    last = card(EVERY[topic])["detail"].splitlines()[-1]
    assert "CTCAE v5.0" in last
    assert f"version {PROTOCOL.version}" in last
    assert "For research use; it advises, you decide." in last


def test_what_was_not_read_stands_in_one_line(card: Card) -> None:
    keys = ("transfusions", "administrations")
    unread = tuple(Unknown("support", Reason.NOT_READ, detail=x) for x in keys)
    detail = card(decided(counts(neutrophils="0.7"), [RUNNING], [draft(100, RUNNING)], unclear=unread))["detail"]
    assert "- not read: growth factors, transfusions" in detail.splitlines()


def test_a_recorded_toxicity_is_named_with_its_day(card: Card) -> None:
    nausea = toxicity(NAUSEA, 3, ago(days=10))
    found = card(decided(counts(), [RUNNING], [draft(100, RUNNING)], toxicities=(nausea,)))
    assert found["summary"] == "Reduce trofosfamide to 50 mg/day: nausea (CTCAE grade 3, recorded), 13 Nov"
    assert "Nausea, recorded as **CTCAE grade 3** on 13 Nov 2026." in found["detail"]


def test_a_recorded_toxicity_without_a_date_says_so(card: Card) -> None:
    found = card(decided(counts(), [RUNNING], [draft(100, RUNNING)], toxicities=(toxicity(NAUSEA, 3),)))
    assert found["summary"].endswith("nausea (CTCAE grade 3, recorded), date not recorded")
    assert "Nausea, recorded as **CTCAE grade 3**, without a date." in found["detail"]


def test_a_term_that_is_not_listed_is_shown_as_sent_and_escaped(card: Card) -> None:
    odd = toxicity("10000001", 3, ago(days=10), display="[Click](http://x) <b>")
    detail = card(decided(counts(), [RUNNING], [draft(100, RUNNING)], toxicities=(odd,)))["detail"]
    assert "\\[Click\\]\\(http\\://x\\) &lt;b&gt;, recorded as" in detail


@pytest.mark.parametrize("topic", sorted(set(TOPICS) - {d.DOSE_UNCLEAR, d.DUPLICATE_ORDER}))
def test_the_rule_is_cited(card: Card, topic: str) -> None:
    why = next(x for x in card(EVERY[topic])["detail"].splitlines() if x.startswith("Why: "))
    cited = re.search(r"\(\[(BenchChem 2025, [^]]+|product default)\]\((\S+)#(\S+)\)\)", why)
    assert cited
    assert cited[2] == "https://cds.example.org/protocols/trofosfamide-maintenance"
    assert cited[3] in PROTOCOL.sources


def test_the_page_of_the_protocol_is_linked_before_its_source_text(card: Card) -> None:
    page, source = card(SAMPLES[d.INTERRUPT])["links"]
    assert page["url"] == "https://cds.example.org/protocols/trofosfamide-maintenance"
    assert page["label"] == f"Trofosfamide maintenance in advanced soft tissue sarcoma {PROTOCOL.version}"
    assert source["url"] == PROTOCOL.publication_url


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("topic", [*SAMPLES, d.COUNT_DUE])
def test_the_detail_has_a_table_of_each_count(card: Card, topic: str) -> None:
    lines = card(EVERY[topic])["detail"].splitlines()
    head = lines.index("| Count | Value | Taken | CTCAE grade | Trend | Baseline |")
    rows = lines[head + 2 : head + 7]
    assert [x.split("|")[1].strip() for x in rows] == [*COUNTS, "lymphocytes"]
    assert all(x.count("|") == 7 for x in rows)


def test_a_row_says_value_date_grade_trend_and_baseline(card: Card) -> None:
    samples = [*counts(ago(days=50), platelets="300"), *counts(ago(days=9)), *counts(platelets="45")]
    detail = card(decided(samples, [RUNNING], [draft(100, RUNNING)]))["detail"]
    assert "| platelets | 45 x10^9/L | 21 Nov 2026 | 3 | ↓ | 300 x10^9/L |" in detail
    assert "| leukocytes | 6 x10^9/L | 21 Nov 2026 | 0-1 | → | 6 x10^9/L |" in detail
    assert "| lymphocytes | not recorded |  | ? |  | none |" in detail


@pytest.mark.hazard("H06", "H22")
def test_marks_say_preliminary_reported_and_bound(card: Card) -> None:
    samples = [result("leukocytes", "0.8", issued(ago(days=1))), result("platelets", "40", final=False)]
    detail = card(decided(samples, [RUNNING], [draft(100, RUNNING)]))["detail"]
    assert "| leukocytes | 0.8 x10^9/L | 22 Nov 2026 (time of report) | 4 |" in detail
    assert (
        "| neutrophils | ≤ 0.8 x10^9/L, they cannot exceed the leukocytes | 22 Nov 2026 (time of report) | ≥ 3 |"
        in detail
    )
    assert "| platelets | 40 x10^9/L, preliminary | 21 Nov 2026 | 3 |" in detail
    assert "Platelets **40 x10^9/L** on 21 Nov 2026, preliminary: CTCAE grade 3" in detail


def test_the_worst_finding_leads(card: Card) -> None:
    found = card(decided(counts(neutrophils="0.7", platelets="20"), [RUNNING], [draft(100, RUNNING)]))
    assert found["summary"] == "Interrupt trofosfamide: platelets 20 x10^9/L (CTCAE grade 4), 21 Nov (+1 more)"


def test_the_limit_is_the_one_of_the_arm_that_was_passed(card: Card) -> None:
    samples = [*counts(), result("creatinine", "30", ago(days=45)), result("creatinine", "95")]
    found = card(decided(samples, [RUNNING], [draft(100, RUNNING)]))
    assert "Creatinine **95 µmol/L** on 21 Nov 2026: CTCAE grade 3 (&gt; 3 x baseline)." in found["detail"]


@pytest.mark.hazard("H20")
def test_recovery_without_a_lower_level_is_not_called_missing_recovery(card: Card) -> None:
    lowest = order(50, ago(days=60), ago(days=20), "stopped")
    found = card(decided([result("neutrophils", "0.4", ago(days=21)), *counts()], [lowest], [draft(50)]))
    assert found["summary"].endswith("2 Nov, there is no lower dose level than 50 mg/day")
    assert "no lower dose level than 50 mg/day" in found["detail"].split("Discuss with a sarcoma specialist")[1]


def test_a_reduction_without_a_level_is_a_hold(card: Card) -> None:
    lowest = order(50, ago(days=40))
    found = card(decided([*counts(), result("alt", "300")], [lowest], [draft(50, lowest)]))
    assert found["summary"] == "Hold trofosfamide: ALT 300 U/L (CTCAE grade 3), 21 Nov"
    assert "**Hold trofosfamide**: there is no lower dose level to propose." in found["detail"]


@pytest.mark.hazard("H18")
def test_an_intermittent_dose_is_named_where_it_is_too_high(card: Card) -> None:
    found = card(decided(counts(), [RUNNING], [draft(dose(250, continuous=False), RUNNING)]))
    assert found["summary"] == "Trofosfamide 250 mg/day on its dosing days is above the maximum of 200 mg/day"


def test_a_raise_over_an_intermittent_dose_names_what_is_known(card: Card) -> None:
    cyclic = order(dose(100, continuous=False), ago(days=40))
    found = card(decided(counts(), [cyclic], [draft(150, cyclic)]))
    assert found["summary"] == "Trofosfamide: raising to 150 mg/day is not supported now"


@pytest.mark.hazard("H14")
def test_orders_that_overlap_are_both_named(card: Card) -> None:
    unclear = order(undetermined(), ago(days=10), source="x", text="*2*")
    twice = [order(150, ago(days=10), source="MedicationRequest/a"), unclear]
    detail = card(decided(counts(), twice, [draft(100)]))["detail"]
    assert "- MedicationRequest/a, 150 mg/day" in detail
    assert r"- x, dose cannot be worked out in mg per day: \*2\*" in detail
    assert "The sum of the doses is not known." in detail


def test_a_decision_without_a_topic_has_no_card(renderer: Renderer, new_id: Callable[[], str]) -> None:
    assert renderer.cards(decided(counts(), [order(100, ago(days=10))]), (), new_id) == []


@pytest.mark.hazard("H25")
def test_our_own_failure_is_a_card(renderer: Renderer, new_id: Callable[[], str]) -> None:
    found = renderer.internal_error(NOW, new_id)
    assert (found["indicator"], found["source"]["topic"]["code"]) == ("warning", "not-assessed")
    assert found["summary"] == "Trofosfamide not assessed: the decision this service failed while deciding"


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("what", WHATS)
def test_a_foreign_item_is_a_card_without_counts(card: Card, what: str) -> None:
    found = card(decided(foreign=(Unknown(what, Reason.OTHER_PATIENT, "Observation/x"),)))
    assert found["summary"].endswith("belongs to another patient")
    assert "| Count |" not in found["detail"]


def test_demo_mode_is_said_on_every_card(renderer: Renderer, new_id: Callable[[], str]) -> None:
    (found,) = replace(renderer, demo=True).cards(SAMPLES[d.INTERRUPT], (), new_id)
    assert found["detail"].endswith("Demo mode: callers are not checked.*")


@pytest.mark.hazard("H26", "H30")
def test_suggestions_say_what_they_do_and_carry_the_ehrs_own_json(
    renderer: Renderer, new_id: Callable[[], str]
) -> None:
    resource = {"resourceType": "MedicationRequest", "note": [], "x": None}
    action = {"type": "update", "resource": resource}
    offered = Suggestion("rewrite-draft", (action,), Decimal(100), recommended=True)
    (found,) = renderer.cards(SAMPLES[d.RESTART_REDUCED], (offered,), new_id)
    (suggestion,) = found["suggestions"]
    assert suggestion["label"] == "Change this order to 100 mg/day"
    assert suggestion["isRecommended"] is True
    assert suggestion["actions"][0]["resource"] is resource
    assert suggestion["actions"][0]["description"].startswith("Rewrites the dosage")
    assert found["selectionBehavior"] == "at-most-one"
    assert len({found["uuid"], suggestion["uuid"]}) == 2


@pytest.mark.parametrize("topic", TOPICS)
def test_the_same_decision_gives_the_same_card(card: Card, topic: str) -> None:
    first, second = card(EVERY[topic]), card(EVERY[topic])
    assert {**first, "uuid": ""} == {**second, "uuid": ""}
    assert str(first["extension"]) == str(second["extension"])


@pytest.mark.requirement(65)
def test_a_summary_is_cut_at_a_word() -> None:
    assert shortened("x" * 139) == "x" * 139
    assert shortened("word " * 40) == "word " * 26 + "word..."
    assert len(shortened("word " * 40)) < 140
    assert len(shortened("x" * 500)) < 140


def test_no_empty_lines_run_together() -> None:
    assert tidy(["", "a ", "", "", "b", "", ""]) == ["a", "", "b"]
    assert tidy([]) == []
