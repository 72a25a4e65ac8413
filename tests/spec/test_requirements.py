"""No requirement of CDS Hooks is left open; and those that no other test shows."""

import re
from pathlib import Path

import pytest

from cds_service.hook.addresses import origin
from cds_service.web.discovery import SERVICES
from tests.docs import examples, generate
from tests.docs.marks import proven
from tests.hook.calls import TROFOSFAMIDE, call
from tests.hook.test_request import read_json
from tests.support import FIXED_NOW, ORDER_SIGN, client, normalise

ROWS = {x["no"]: x for x in generate.requirements()}
PROVEN, STANDINGS = proven("requirement"), generate.standings()
DOCS = Path(__file__).parents[2] / "docs"
SERVER = {"fhirServer": "https://ehr.example/r4"}


def page(name: str) -> str:
    return " ".join((DOCS / name).read_text("utf-8").split())


@pytest.mark.parametrize("number", ROWS)
def test_no_requirement_is_open(number: str) -> None:
    assert number in PROVEN or number in STANDINGS


@pytest.mark.parametrize("number", STANDINGS)
def test_what_is_not_done_says_why_and_only_what_is_not_ours_is_called_so(number: str) -> None:
    standing, reason = STANDINGS[number]
    assert standing in ("deviation", "not ours")
    assert len(reason.split()) > 5
    if standing == "not ours":
        row = ROWS[number]
        assert "client" in row["level"] or row["applies_to"] == "3.0 only"
        assert number not in PROVEN


@pytest.mark.requirement(7)
@pytest.mark.parametrize("url", ["http://ehr.example/jwks", "http://10.0.0.1", "ftp://ehr.example", "//ehr.example"])
def test_what_is_fetched_with_a_name_and_a_key_is_fetched_by_https(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        origin(url)
    assert origin("http://127.0.0.1:8080") == "http://127.0.0.1:8080"


@pytest.mark.requirement(7)
def test_integration_teams_are_told_of_tls() -> None:
    assert "TLS 1.2" in page("integration.md")


@pytest.mark.requirement(8)
def test_integration_teams_are_told_what_becomes_of_the_points_of_fhir_on_communications() -> None:
    said = page("integration.md").partition("Communications")[2]
    assert all(x in said for x in ("TLS", "time", "audit", "CORS", "identif"))


@pytest.mark.requirement(9)
def test_every_service_is_documented_for_people() -> None:
    assert [x.id for x in SERVICES if f"`POST /cds-services/{x.id}`" not in page("integration.md")] == []


@pytest.mark.requirement(119)
def test_the_docs_say_which_hooks_a_client_needs_for_the_safety_of_patients() -> None:
    assert "`order-sign` is needed for the safety of patients" in page("integration.md")


@pytest.mark.requirement(53, 54)
def test_the_scopes_that_an_ehr_has_to_allow_are_all_named() -> None:
    assert [x for x in examples.scopes() if f"`{x}`" not in page("integration.md")] == []
    assert len(examples.scopes()) == 11


@pytest.mark.requirement(26, 56)
@pytest.mark.parametrize(
    ("authorization", "token"),
    [
        ({"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "s"}, "t"),
        ({"access_token": "t", "token_type": "bearer", "patient": "p-1"}, "t"),
        ({"access_token": "t"}, "t"),
        ({"access_token": "t", "expires_in": "300"}, "t"),
        ({"access_token": "t", "token_type": "DPoP"}, None),
        ({"token_type": "Bearer"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_a_token_of_another_kind_is_none(authorization: dict[str, object], token: str | None) -> None:
    assert read_json(call(fhirAuthorization=authorization, **SERVER)).token == token


@pytest.mark.requirement(57)
@pytest.mark.parametrize(
    "scope", ["patient/*.read", "user/Observation.rs", "", "patient/Observation.rs?category=laboratory", "x"]
)
def test_scopes_of_either_syntax_change_nothing(scope: str) -> None:
    made = call(TROFOSFAMIDE, prefetch={"medications": None, "results": None}, **SERVER)
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "subject": "s"}
    answers = [
        normalise(client(FIXED_NOW).post(ORDER_SIGN, json={**made, "fhirAuthorization": x}).get_json())
        for x in (token, {**token, "scope": scope})
    ]
    assert answers[0] == answers[1]
    assert answers[0]["cards"]


@pytest.mark.requirement(92)
def test_no_card_opens_an_app_by_itself() -> None:
    assert "autolaunchable" not in examples.examples()
    assert not [x for x in (DOCS.parent / "cds_service").rglob("*.py") if "autolaunchable" in x.read_text("utf-8")]


@pytest.mark.requirement(122, 123)
def test_hooks_are_those_of_the_published_library_in_the_version_published() -> None:
    published = {"order-sign": "1.0", "order-select": "1.0", "patient-view": "1.0"}
    assert all(published[x.hook] == x.hook_version for x in SERVICES)
    assert all(re.fullmatch("[a-z]+-[a-z]+", x.hook) for x in SERVICES)
