"""Who may call: hostile tokens are refused, each for what is wrong with it, and good ones are taken once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cds_service.hook import refusals
from cds_service.hook.caller import authenticate, permit
from cds_service.hook.clients import Client
from cds_service.hook.keys import KeySets
from cds_service.hook.refusals import Forbidden, Unauthenticated
from cds_service.hook.replay import Memory
from tests.hook.hostile_tokens import (
    BASE,
    CLIENTS,
    FORBIDDEN,
    GOOD,
    NORTH,
    NOW,
    SOUTH,
    UNKNOWN,
    URL,
    Servers,
    bearer,
    header,
    south,
    token,
)
from tests.support import FIXED_NOW

SECURITY = Path(__file__).parents[2] / "docs" / "security.md"


class House:
    """What stands behind the gate: a memory, the servers of the clients' keys, and a clock that can be set."""

    def __init__(self) -> None:
        self.now = FIXED_NOW
        self.seen = Memory(lambda: self.now)
        self.servers = Servers()
        self.keys = KeySets(CLIENTS, self.servers)

    def call(self, sent: str | None, url: str = URL, now: datetime | None = None) -> Client:
        return authenticate(sent, url, CLIENTS, self.keys, self.seen, now or self.now)


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.requirement(105, 106, 107, 108, 109, 110, 111, 112, 113)
@pytest.mark.parametrize("name", UNKNOWN)
def test_a_hostile_token_is_refused_for_what_is_wrong_with_it(name: str, house: House) -> None:
    made, kind = UNKNOWN[name]
    with pytest.raises(Unauthenticated) as refused:
        house.call(made())
    assert refused.value.kind == kind
    assert len(house.seen) == 0, "it counts as used"
    assert set(house.servers.asked) <= {x.jwks_url for x in CLIENTS}, "an address of the token's own was asked"


@pytest.mark.requirement(115)
@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_known_client_is_refused_what_it_may_not_do(name: str, house: House) -> None:
    made, kind = FORBIDDEN[name]
    with pytest.raises(Forbidden) as refused:
        house.call(made())
    assert (refused.value.kind, len(house.seen)) == (kind, 0)


def test_there_are_enough_hostile_tokens_and_one_at_least_for_each_kind() -> None:
    assert len(UNKNOWN) + len(FORBIDDEN) > 100
    met = {kind for _, kind in (*UNKNOWN.values(), *FORBIDDEN.values())}
    elsewhere = {"replayed", "keys-unavailable", "fhir-server"}
    assert met | elsewhere == {*refusals.NOT_KNOWN, *refusals.NOT_ALLOWED}


@pytest.mark.requirement(108, 110, 111, 113)
@pytest.mark.parametrize("name", GOOD)
def test_a_good_token_is_taken(name: str, house: House) -> None:
    sent = GOOD[name]()
    assert house.call(sent) in (NORTH, SOUTH)


@pytest.mark.requirement(103, 111)
@pytest.mark.parametrize(
    ("url", "audience", "taken"),
    [
        (f"{URL}/feedback", f"{URL}/feedback", True),
        (f"{URL}/feedback", URL, True),
        (f"{URL}/feedback", [f"{BASE}/cds-services", URL], True),
        (f"{URL}/feedback", f"{BASE}/cds-services", False),
        (f"{URL}/feedback", f"{BASE}/cds-services/other/feedback", False),
        (f"{URL}/feedback", f"{BASE}/cds-services/other", False),
        (f"{BASE}/cds-services", f"{BASE}/cds-services", True),
        (f"{BASE}/cds-services", URL, False),
        ("https://proxy.example/cds/cds-services/a", "https://proxy.example/cds/cds-services/a", True),
        ("https://proxy.example/cds/cds-services/a", "https://proxy.example/cds-services/a", False),
    ],
)
def test_a_token_is_for_the_url_that_is_called(url: str, audience: str | list[str], taken: bool, house: House) -> None:
    if taken:
        assert house.call(bearer(token(aud=audience)), url) == NORTH
        return
    with pytest.raises(Unauthenticated) as refused:
        house.call(bearer(token(aud=audience)), url)
    assert refused.value.kind == "audience"


@pytest.mark.requirement(114)
@pytest.mark.parametrize(
    "again",
    [
        lambda: bearer(token()),
        lambda: f"bearer  {token()}",
        lambda: bearer(token(exp=NOW + 200)),
        lambda: bearer(token(head=header(alg="RS384", kid="rsa"), key="north 2048")),
    ],
    ids=["the same", "spelt otherwise", "with another exp", "with another key"],
)
def test_a_jti_is_taken_once(again: Callable[[], str], house: House) -> None:
    house.call(bearer(token()))
    with pytest.raises(Unauthenticated) as refused:
        house.call(again())
    assert (refused.value.kind, refused.value.client, refused.value.signed) == ("replayed", "north", True)


@pytest.mark.requirement(114)
def test_a_jti_is_remembered_for_as_long_as_its_token_could_be_used(house: House) -> None:
    sent = bearer(token(exp=NOW + 120))
    house.call(sent)
    for seconds in (119, 120, 179):
        house.now = FIXED_NOW + timedelta(seconds=seconds)
        with pytest.raises(Unauthenticated, match="used before"):
            house.call(sent)
    house.now = FIXED_NOW + timedelta(seconds=180)
    with pytest.raises(Unauthenticated, match="exp has passed"):
        house.call(sent)


def test_a_jti_of_another_issuer_is_another(house: House) -> None:
    assert house.call(bearer(token(jti="same"))) == NORTH
    assert house.call(bearer(south(jti="same", tenant="ward-1"))) == SOUTH


def test_a_token_that_was_refused_may_be_mended(house: House) -> None:
    with pytest.raises(Forbidden):
        house.call(bearer(south(tenant="ward-9")))
    assert house.call(bearer(south(tenant="ward-1"))) == SOUTH


@pytest.mark.parametrize(
    ("sent", "client", "signed"),
    [
        (lambda: "Bearer x", "", False),
        (lambda: bearer(token(iss="https://evil.example")), "", False),
        (lambda: bearer(token(key="evil P-384")), "north", False),
        (lambda: bearer(token(head=header(kid="x"))), "north", False),
        (lambda: bearer(token(aud="x")), "north", True),
    ],
    ids=["no token", "no client", "not signed by it", "no key of it", "signed by it"],
)
def test_a_refusal_says_whose_token_it_was_and_whether_that_is_certain(
    sent: Callable[[], str], client: str, signed: bool, house: House
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        house.call(sent())
    assert (refused.value.client, refused.value.signed) == (client, signed)


def test_nothing_of_a_token_is_in_a_refusal(house: House) -> None:
    sent = bearer(token(aud="https://somewhere.example/private", jti="secret-jti"))
    with pytest.raises(Unauthenticated) as refused:
        house.call(sent)
    assert "somewhere" not in str(refused.value)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("server", "allowed"),
    [
        ("", True),
        ("https://fhir.example", True),
        ("https://fhir.example/r4", True),
        ("https://fhir.example:443/r4", True),
        ("https://FHIR.example/r4", True),
        ("https://fhir.example:8443/r4", False),
        ("http://fhir.example/r4", False),
        ("https://fhir.example.evil.example/r4", False),
        ("https://evil.example/fhir.example", False),
        ("https://fhir.example@evil.example/r4", False),
        ("https://fhir.example\\@evil.example/r4", False),
        ("https://evil.example#@fhir.example/r4", False),
        ("https://fhir.example:443:80/r4", False),
        ("//fhir.example/r4", False),
        ("http://169.254.169.254/", False),
        ("http://127.0.0.1:9200/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_a_fhir_server_is_one_of_the_client(server: str, allowed: bool) -> None:
    client = Client(id="a", issuer="a", mode="live", fhir_servers=frozenset({"https://fhir.example"}))
    if allowed:
        permit(client, server)
        return
    with pytest.raises(Forbidden) as refused:
        permit(client, server)
    assert (refused.value.kind, refused.value.client) == ("fhir-server", "a")


def test_every_kind_of_refusal_is_explained_in_the_docs() -> None:
    page = SECURITY.read_text("utf-8")
    for kind, meaning in {**refusals.NOT_KNOWN, **refusals.NOT_ALLOWED}.items():
        assert f"| `{kind}` | {meaning} |" in page, kind
