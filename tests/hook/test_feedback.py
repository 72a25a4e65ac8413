"""A feedback body: what is taken as clients send it, and what refuses it by name."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.errors import CdsError
from cds_service.hook import feedback
from cds_service.hook.feedback import Item

CARD = "5c1f3f3e-6c1c-4d9b-9a51-0d8b6c6f3f01"
WHEN = datetime(2026, 11, 23, 9, tzinfo=UTC)
OVERRIDDEN = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-11-23T09:00:00Z"}
ACCEPTED = {**OVERRIDDEN, "outcome": "accepted", "acceptedSuggestions": [{"id": "S-1"}]}
REMOVED = object()


def read(*items: Any) -> tuple[Item, ...]:
    return feedback.read(json.dumps({"feedback": list(items)}).encode())


def item(**changes: Any) -> dict[str, Any]:
    return {x: y for x, y in {**OVERRIDDEN, **changes}.items() if y is not REMOVED}


@pytest.mark.requirement(96, 97, 98)
def test_items_are_read_in_their_order() -> None:
    assert read(ACCEPTED, OVERRIDDEN) == (
        Item(CARD, "accepted", WHEN, suggestions=("s-1",)),
        Item(CARD, "overridden", WHEN),
    )
    assert read() == ()


@pytest.mark.requirement(98)
def test_several_suggestions_may_be_accepted() -> None:
    (read_item,) = read({**ACCEPTED, "acceptedSuggestions": [{"id": "a"}, {"id": "b", "more": 1}]})
    assert read_item.suggestions == ("a", "b")


@pytest.mark.requirement(99)
@pytest.mark.parametrize(
    ("sent", "reason", "comment"),
    [
        (REMOVED, None, ""),
        (None, None, ""),
        ({}, None, ""),
        ({"userComment": ""}, None, ""),
        ({"userComment": "no"}, None, "no"),
        ({"reason": {"code": "x", "system": "s", "display": "X"}}, {"code": "x", "system": "s", "display": "X"}, ""),
        ({"reason": {"code": "x", "system": "s"}, "userComment": "no"}, {"code": "x", "system": "s"}, "no"),
        ({"reason": {"code": "of-nobody"}}, {"code": "of-nobody"}, ""),
        ({"reason": {"code": "x", "display": None}, "extension": {}}, {"code": "x"}, ""),
    ],
)
def test_reasons_of_any_kind_are_taken(sent: Any, reason: Any, comment: str) -> None:
    (found,) = read(item(overrideReason=sent))
    assert (found.reason, found.comment) == (reason, comment)


@pytest.mark.requirement(97)
@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("2026-11-23T09:00:00Z", WHEN),
        ("2026-11-23T09:00:00.000Z", WHEN),
        ("2026-11-23t09:00:00z", WHEN),
        ("2026-11-23 09:00:00+00:00", WHEN),
        ("2026-11-23T10:00:00+01:00", WHEN),
        ("2026-11-22T23:30:00-09:30", WHEN),
        ("2026-11-23T09:00:00-00:00", WHEN),
        ("2026-11-23T09:00:00.1Z", WHEN.replace(microsecond=100_000)),
        ("2026-11-23T09:00:00.1234567891Z", WHEN.replace(microsecond=123_456)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_are_taken_as_rfc_3339_writes_them(sent: str, meant: datetime) -> None:
    (found,) = read(item(outcomeTimestamp=sent))
    assert found.outcome_at == meant


@pytest.mark.requirement(97)
@pytest.mark.parametrize(
    "sent",
    [
        "2026-11-23T09:00:00",
        "2026-11-23T09:00Z",
        "2026-11-23",
        "2026-02-30T09:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T09:00:61Z",
        "2026-11-23T09:00:00+25:00",
        "2026-11-23T09:00:00.Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:60Z",
        "٢٠٢٦-11-23T09:00:00Z",
        "Mon, 23 Nov 2026 09:00:00 GMT",
        "1795424400",
        "",
    ],
)
def test_what_is_no_time_with_its_zone_is_refused(sent: str) -> None:
    refused([OVERRIDDEN, item(outcomeTimestamp=sent)], "invalid-element", "feedback[1].outcomeTimestamp")


def refused(items: Any, code: str, named: str) -> None:
    body = items if isinstance(items, bytes) else json.dumps({"feedback": items}).encode()
    with pytest.raises(CdsError) as error:
        feedback.read(body)
    assert error.value.code == code
    assert str(error.value).startswith(named), str(error.value)
    assert error.value.status == 400


@pytest.mark.requirement(96, 97, 98)
@pytest.mark.parametrize(
    ("bad", "code", "named"),
    [
        (item(card=REMOVED), "missing-element", "feedback[2].card is missing"),
        (item(card=""), "invalid-element", "feedback[2].card is not a name"),
        (item(card="x" * 256), "invalid-element", "feedback[2].card is not a name"),
        (item(card="İ" * 200), "invalid-element", "feedback[2].card is not a name"),
        (item(card="a\x00"), "invalid-element", "feedback[2].card is not a name"),
        (item(card=7), "invalid-element", "feedback[2].card has the wrong type: expected a string, got a number"),
        (item(card=None), "invalid-element", "feedback[2].card has the wrong type"),
        (item(outcome=REMOVED), "missing-element", "feedback[2].outcome is missing"),
        (item(outcome="ignored"), "invalid-element", "feedback[2].outcome is neither"),
        (item(outcome="Accepted"), "invalid-element", "feedback[2].outcome is neither"),
        (item(outcomeTimestamp=REMOVED), "missing-element", "feedback[2].outcomeTimestamp is missing"),
        (item(outcomeTimestamp=1.5), "invalid-element", "feedback[2].outcomeTimestamp has the wrong type"),
        (item(outcome="accepted"), "missing-element", "feedback[2].acceptedSuggestions is missing"),
        ({**ACCEPTED, "acceptedSuggestions": []}, "missing-element", "feedback[2].acceptedSuggestions is missing"),
        ({**ACCEPTED, "acceptedSuggestions": None}, "missing-element", "feedback[2].acceptedSuggestions is missing"),
        ({**ACCEPTED, "acceptedSuggestions": ["a"]}, "invalid-element", "feedback[2].acceptedSuggestions"),
        (
            {**ACCEPTED, "acceptedSuggestions": [{"id": "a"}, {}]},
            "missing-element",
            "feedback[2].acceptedSuggestions[1]",
        ),
        ({**ACCEPTED, "acceptedSuggestions": [{"id": ""}]}, "invalid-element", "feedback[2].acceptedSuggestions[0].id"),
        (item(overrideReason=[]), "invalid-element", "feedback[2].overrideReason has the wrong type"),
        (item(overrideReason={"reason": {}}), "missing-element", "feedback[2].overrideReason.reason.code"),
        (
            item(overrideReason={"reason": {"display": "x"}}),
            "missing-element",
            "feedback[2].overrideReason.reason.code",
        ),
        (item(overrideReason={"reason": {"code": 1}}), "invalid-element", "feedback[2].overrideReason.reason.code has"),
        (item(overrideReason={"userComment": 1}), "invalid-element", "feedback[2].overrideReason.userComment"),
        ([], "invalid-element", "feedback[2] has the wrong type"),
        (None, "invalid-element", "feedback[2] has the wrong type"),
    ],
)
def test_one_bad_item_refuses_them_all_by_its_name(bad: Any, code: str, named: str) -> None:
    refused([OVERRIDDEN, ACCEPTED, bad, OVERRIDDEN], code, named)


@pytest.mark.requirement(96)
@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        (b"", "not-json", "The body is empty"),
        (b"{", "not-json", "The body is not JSON"),
        (b"\xff{}", "not-json", "The body is not UTF-8"),
        (b'{"feedback": [NaN]}', "not-json", "The body is not JSON"),
        (b'{"feedback": [], "a": "\\ud800"}', "not-json", "The body is not JSON"),
        (b"[]", "invalid-element", "The body has the wrong type: expected an object, got an array"),
        (b"{}", "missing-element", "feedback is missing"),
        (b'{"feedback": {}}', "invalid-element", "feedback has the wrong type"),
        (b'{"feedback": null}', "invalid-element", "feedback has the wrong type"),
        (b'{"feedback": [], "feedback": []}', "duplicate-member", "feedback is there twice"),
        (b'{"feedback": [{"card": "a", "card": "b"}]}', "duplicate-member", "card is there twice"),
        (b'{"a": ' + b"[" * 101 + b"]" * 101 + b"}", "too-deep", "The body is nested"),
    ],
)
def test_a_body_that_is_not_feedback_is_refused(body: bytes, code: str, named: str) -> None:
    refused(body, code, named)


def test_unknown_members_and_a_byte_order_mark_are_no_error() -> None:
    body = json.dumps({"feedback": [{**ACCEPTED, "extension": {"a": [1, None]}, "x": 1e300}], "hookInstance": 1})
    assert len(feedback.read(b"\xef\xbb\xbf" + body.encode())) == 1


def test_a_card_is_the_same_in_capitals() -> None:
    assert read(item(card=CARD.upper()))[0].card == CARD


def test_no_value_of_the_body_is_told_back() -> None:
    with pytest.raises(CdsError) as error:
        read(item(outcome="p-secret", overrideReason={"userComment": "p-secret"}))
    assert "p-secret" not in str(error.value)


@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(st.sampled_from([*ACCEPTED, "feedback", "overrideReason", "reason", "id"]), x, max_size=4)
        ),
        max_leaves=15,
    ).map(lambda x: json.dumps({"feedback": x}).encode())
)
def test_no_body_gives_anything_but_items_or_a_refusal_with_a_sentence(body: bytes) -> None:
    try:
        feedback.read(body)
    except CdsError as refusal:
        said = (refusal.status, str(refusal).endswith("Nothing was evaluated or stored."))
    else:
        said = (400, True)
    assert said == (400, True)
