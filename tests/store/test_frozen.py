"""Facts and protocols come back from their bytes exactly as they were."""

import json
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given

from cds_service.clinical.facts import (
    ANY_TIME,
    Dose,
    Evidence,
    Facts,
    Order,
    Reason,
    Result,
    Support,
    Temperature,
    Toxicity,
    Unknown,
    When,
)
from cds_service.clinical.protocol import Change, Protocol
from cds_service.store.frozen import freeze, thaw
from tests.clinical import strategies
from tests.clinical.builders import PROTOCOLS

WHEN = When(datetime(2026, 1, 1, 8, 0, 0, 123456, UTC), datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=5.5))))
UNKNOWN = Unknown("dose", Reason.UNREADABLE, "MedicationRequest/a", "☂ \0 \u2028")
FULL = Facts(
    results={"platelets": (Result("platelets", "Observation/a", WHEN, True, UNKNOWN, parts=("a", "b")),)},
    orders=(Order("a", "active", Dose(Decimal("1.10"), Decimal("1E+3"), mean=Decimal("0.0"), intakes=(Decimal(50),))),),
    drafts=(Order("b", "", UNKNOWN, start=ANY_TIME, names=frozenset({"a", "b"}), protocols=("p",), fault=UNKNOWN),),
    born=WHEN,
    toxicities=(Toxicity("1", 3, "c", None), Toxicity("2", 4, "d", WHEN, display="x")),
    supports=(Support("g-csf", "e", WHEN),),
    temperatures=(Temperature(Decimal("38.30"), "f", WHEN),),
    unclear=(UNKNOWN,),
    evidence=(Evidence("response", "stable", "g", WHEN, "x"), Evidence("metastasis", "present", "h")),
    declared=("p",),
    unseen=(UNKNOWN,),
)


@given(strategies.patients())
def test_any_facts_come_back_as_they_were(facts: Facts) -> None:
    assert thaw(Facts, freeze(facts)) == facts


def test_full_facts_come_back_to_the_last_digit() -> None:
    back = thaw(Facts, freeze(FULL))
    assert back == FULL
    assert repr(back.orders[0].dose) == repr(FULL.orders[0].dose)
    assert str(back.temperatures[0].celsius) == "38.30"
    assert isinstance(back.unclear[0].reason, Reason)
    assert thaw(Facts, freeze(Facts(results=MappingProxyType(FULL.results)))) == Facts(results=FULL.results)


def test_facts_of_an_earlier_release_have_what_was_not_known_then_at_its_default() -> None:
    old = json.loads(zlib.decompress(freeze(FULL)))
    del old["temperatures"]
    assert thaw(Facts, zlib.compress(json.dumps(old).encode())) == replace(FULL, temperatures=())


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_a_protocol_comes_back_with_all_that_it_decides_by(protocol: Protocol) -> None:
    change = Change("adult_age", "18", "21", "a", "a trial of our own", "Dr. Fictitious", date(2026, 11, 1))
    changed = replace(protocol, changes=(change,))
    assert thaw(Protocol, freeze(changed)) == changed


@pytest.mark.parametrize("data", [b"", b"not deflated", freeze(Facts())[:-3]])
def test_damaged_facts_are_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(ValueError, match="the facts cannot be read"):
        thaw(Facts, data)


def test_facts_of_a_later_release_are_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="the facts cannot be read"):
        thaw(Facts, zlib.compress(b'{"something_new": []}'))
