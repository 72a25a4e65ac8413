"""The parts of the record that tell of events: not read, cut short, failed, sent twice; and the searches for them."""

import copy
import csv
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical.facts import Reason, Unknown
from cds_service.fhir.events import KEYS, ON_DEMAND, Events
from cds_service.fhir.events.codes import MEDDRA, TERMS
from cds_service.protocols.load import load
from tests.fhir.events import administration, adverse_event, condition, graded_by, grading, procedure, read, read_pages
from tests.fhir.observations import coded, raw, searchset

EMPTY = searchset()
CRITERIA = Path(__file__).parents[1] / "protocol" / "ctcae_criteria.csv"
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
WARNING = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}
OF_TOXICITY = ("adverseEvents", "conditions", "gradings")
OF_SUPPORT = ("transfusions", "administrations")


def sent(**pages: Any) -> Events:
    """All keys came empty, but for those given; a key given as None did not come."""
    every = {**dict.fromkeys(KEYS, EMPTY), **pages}
    return read_pages({key: page for key, page in every.items() if page is not None})


def test_a_record_without_events_has_none() -> None:
    assert sent() == Events()
    assert sent(**dict.fromkeys(KEYS, raw(b"null"))) == Events()


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_did_not_come_was_not_read(key: str) -> None:
    assert sent(**{key: None}) == Events(unclear=(Unknown(KEYS[key], Reason.NOT_READ, detail=key),))


FAILURES = [
    (raw(OUTCOME), Reason.FETCH_FAILED),
    (searchset(OUTCOME), Reason.FETCH_FAILED),
    (raw(b"[]"), Reason.UNREADABLE),
    (raw({"resourceType": "Encounter"}), Reason.UNREADABLE),
    (searchset(link=[{"relation": "next", "url": "x"}]), Reason.INCOMPLETE),
    (searchset(total=3), Reason.INCOMPLETE),
]


@pytest.mark.hazard("H15", "H25")
@pytest.mark.parametrize("key", OF_TOXICITY)
@pytest.mark.parametrize(("page", "reason"), FAILURES)
def test_toxicities_that_cannot_all_be_read_are_a_gap(key: str, page: Any, reason: Reason) -> None:
    assert sent(**{key: page}) == Events(gaps=(Unknown("toxicity", reason, detail=key),))


@pytest.mark.hazard("H13")
@pytest.mark.parametrize("key", OF_SUPPORT)
@pytest.mark.parametrize(("page", "reason"), FAILURES)
def test_support_that_cannot_all_be_read_is_only_listed(key: str, page: Any, reason: Reason) -> None:
    assert sent(**{key: page}) == Events(unclear=(Unknown("support", reason, detail=key),))


@pytest.mark.parametrize("key", KEYS)
def test_a_warning_among_what_was_found_is_no_failure(key: str) -> None:
    assert sent(**{key: searchset(WARNING)}) == Events()


def test_what_was_found_counts_beside_a_gap() -> None:
    found = sent(conditions=searchset(condition(), link=[{"relation": "next", "url": "x"}]))
    assert [x.source for x in found.toxicities] == ["Condition/x"]
    assert found.gaps == (Unknown("toxicity", Reason.INCOMPLETE, detail="conditions"),)


@pytest.mark.parametrize("key", OF_TOXICITY)
@pytest.mark.parametrize("resource", [adverse_event(), condition(), grading()])
def test_a_toxicity_is_one_under_every_key_that_brings_them(key: str, resource: Any) -> None:
    assert [x.grade for x in sent(**{key: searchset(resource)}).toxicities] == [3]


@pytest.mark.hazard("H25")
@pytest.mark.parametrize("resource", [{}, {"id": 5}, {"resourceType": 5}, 5, [], None, "Condition"])
def test_what_has_no_type_leaves_open_what_it_is(resource: Any) -> None:
    found = sent(conditions=searchset(resource), transfusions=searchset(resource))
    assert found.gaps == (Unknown("toxicity", Reason.UNREADABLE, detail="conditions"),)
    assert Unknown("support", Reason.UNREADABLE, detail="transfusions") in found.unclear


@pytest.mark.parametrize("resource", [{"resourceType": "Encounter", "id": "e"}, procedure()])
def test_other_resources_do_not_concern_us(resource: Any) -> None:
    assert sent(conditions=searchset(resource)) == Events()
    assert sent(gradings=searchset({**resource, "note": "https://www.meddra.org", "id": 5})) == Events()


@pytest.mark.parametrize(
    "broken",
    [
        b'{"resourceType":"Condition","id":"x","id":"y","code":{"coding":[{"system":"https://www.meddra.org"}]}}',
        b'{"resourceType":"Condition","id":"x","n":1e999999999999999999999,"code":{"coding":[{"system":"https://www.meddra.org"}]}}',
    ],
)
def test_what_is_not_strictly_json_is_listed(broken: bytes) -> None:
    [found] = sent(conditions=searchset(broken)).unclear
    assert (found.what, found.reason) == ("toxicity", Reason.UNREADABLE)


def test_nesting_without_end_is_listed_and_stops_nothing() -> None:
    deep = b'{"resourceType":"Condition","code":{"coding":[{"system":"https://www.meddra.org"}]},"x":' + b"[" * 900
    found = sent(conditions=searchset(deep + b"]" * 900 + b"}", condition(id="z")))
    assert [x.source for x in found.toxicities] == ["Condition/z"]


def test_the_order_and_the_number_of_copies_change_nothing() -> None:
    resources = [
        adverse_event(),
        condition(),
        grading(id="a"),
        grading(id="b", effectiveDateTime="2026-11-20"),
        procedure(),
        condition(id="bad", onsetDateTime=1),
        condition(id="other", subject={"reference": "Patient/other"}),
    ]
    first = read(*resources)
    assert (len(first.toxicities), len(first.supports), len(first.unclear), len(first.foreign)) == (4, 1, 1, 1)
    for shuffled in itertools.islice(itertools.permutations(resources), 0, 5040, 719):
        assert read(*shuffled, *shuffled) == first


def places(element: Any) -> Iterator[tuple[Any, Any]]:
    """Each member of each element in a resource: the element, and the name or index of the member."""
    for name in list(element) if isinstance(element, dict) else range(len(element)):
        yield element, name
        if isinstance(element[name], dict | list):
            yield from places(element[name])


RICH = [
    adverse_event(outcome=coded("resolved", system="x"), **graded_by({"valueInteger": 3})),
    adverse_event(**graded_by({"valueDateTime": "2026-11-20"}, "https://x.example/adverse-event-resolved-date")),
    condition(onsetDateTime=None, onsetPeriod={"start": "2026-11-10"}, abatementPeriod={"end": "2026-11-12"}),
    condition(verificationStatus=coded("confirmed", system="x"), **graded_by({"valueCoding": {"code": "3"}})),
    grading(effectiveDateTime=None, effectivePeriod={"start": "2026-11-10", "end": "2026-11-12"}),
    grading(component=[{"code": {"text": "grade"}, "valueCodeableConcept": coded("3", system="x")}]),
    procedure(performedDateTime=None, performedPeriod={"start": "2026-11-10", "end": "2026-11-12"}),
    administration(medicationReference={"reference": "#m"}, contained=[{"resourceType": "Medication", "id": "m"}]),
]
ODD: tuple[Any, ...] = (
    None,
    True,
    3,
    10**400,
    -0.5,
    "",
    "x",
    "\ud800",
    [],
    [None],
    ["x"],
    [[]],
    {},
    {"x": 1},
    [{"x": None}],
)


@pytest.mark.parametrize("resource", RICH, ids=lambda x: str(x["resourceType"]))
def test_whatever_stands_in_a_member_nothing_is_raised_and_nothing_is_made_up(resource: Any) -> None:
    sound = read(resource)
    for number, _ in enumerate(places(resource)):
        for odd in ODD:
            broken = copy.deepcopy(resource)
            element, name = list(places(broken))[number]
            element[name] = odd
            found = sent(adverseEvents=json_page(broken), transfusions=json_page(broken))
            assert {x.grade for x in found.toxicities} <= {3}
            assert {x.kind for x in found.supports} <= {x.kind for x in sound.supports}


def json_page(resource: Any) -> Any:
    """A Bundle with a resource that a careful writer would refuse to write."""
    return raw(b'{"resourceType":"Bundle","entry":[{"resource":%b}]}' % json.dumps(resource).encode())


def test_every_key_has_a_search_and_the_reports_as_well() -> None:
    assert set(ON_DEMAND) == {*KEYS, "reports"}
    assert ON_DEMAND["adverseEvents"].startswith("AdverseEvent?subject=Patient/{{context.patientId}}&")
    others = [url for key, url in ON_DEMAND.items() if key != "adverseEvents"]
    assert all("?patient={{context.patientId}}&" in url for url in others)


def test_gradings_are_asked_for_by_every_term_of_the_criteria() -> None:
    with CRITERIA.open(encoding="utf-8", newline="") as file:
        known = {row["meddra"] for row in csv.DictReader(file)}
    assert set(TERMS) == known == set(load().ctcae.terms)
    url = ON_DEMAND["gradings"]
    assert all(f"{system}|{code}" in url for system in MEDDRA for code in TERMS)


@pytest.mark.parametrize("code", ["12719002", "116863004", "71493000"])
def test_transfusions_are_asked_for_by_their_codes(code: str) -> None:
    assert f"http://snomed.info/sct|{code}" in ON_DEMAND["transfusions"]


def test_a_thousand_conditions_of_other_codes_are_only_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_raw: object) -> None:
        raise AssertionError("decoded in full")

    monkeypatch.setattr("cds_service.fhir.events.view.strict", refuse)
    other = coded("I10", system="http://hl7.org/fhir/sid/icd-10")
    assert read(*(condition(id=f"c{n}", code=other, severity=None) for n in range(1000))) == Events()
