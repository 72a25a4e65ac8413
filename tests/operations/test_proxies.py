"""Whatever a request says of proxies, hosts and paths changes nothing: the public base URL alone counts."""

from collections.abc import Iterator, Mapping

import pytest
import requests

from cds_service.web.gate import REFUSED_TOKENS
from tests.operations.replica import WAIT, Ehr, Replica, authorization, prefetched, serving, table
from tests.support import ORDER_SIGN

NORTH = Ehr("north")
BASE = "https://cds.hospital.example/a"
EVIL = "https://evil.example"
FORGED = {
    "none": {},
    "another host": {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"},
    "another host, as the standard has it": {"Forwarded": "for=10.0.0.1;host=evil.example;proto=https"},
    "a host of its own": {"Host": "evil.example"},
    "schemes that contradict": {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "off", "X-Forwarded-Protocol": "http"},
    "another prefix": {"X-Forwarded-Prefix": "/evil", "X-Script-Name": "/evil"},
    "another path, for the HTTP server": {"SCRIPT_NAME": "/evil", "PATH_INFO": "/evil"},
    "a part of the path, for the HTTP server": {"SCRIPT_NAME": "/cds-services"},
    "the path, as proxies rewrite it": {"X-Original-URL": "/evil", "X-Rewrite-URL": "/evil"},
    "another method": {"X-HTTP-Method-Override": "DELETE"},
    "somebody": {"REMOTE_USER": "admin", "REMOTE_ADDR": "127.0.0.2", "X-Forwarded-For": "127.0.0.2"},
}


@pytest.fixture(scope="module")
def replica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    folder = tmp_path_factory.mktemp("proxies")
    with serving(folder / "data", table(folder, [NORTH]), base=BASE, workers=1) as made:
        yield made


def post(replica: Replica, headers: Mapping[str, str]) -> requests.Response:
    return requests.post(f"{replica.url}{ORDER_SIGN}", json=prefetched(), headers=headers, timeout=WAIT)


@pytest.mark.requirement(111)
@pytest.mark.parametrize("name", FORGED)
def test_a_token_for_the_public_base_url_is_good_whatever_headers_say(name: str, replica: Replica) -> None:
    answer = post(replica, {**FORGED[name], **authorization(NORTH, f"{BASE}{ORDER_SIGN}")})
    assert answer.status_code == 200
    assert answer.json()["cards"]


@pytest.mark.requirement(111)
@pytest.mark.parametrize("name", FORGED)
def test_a_token_for_another_url_is_refused_whatever_headers_say(name: str, replica: Replica) -> None:
    host = BASE.removesuffix("/a")
    others = (
        EVIL + ORDER_SIGN,
        f"{BASE}/evil",
        f"{BASE}/evil{ORDER_SIGN}",
        host + ORDER_SIGN,
        replica.url + ORDER_SIGN,
    )
    statuses = {post(replica, {**FORGED[name], **authorization(NORTH, x)}).status_code for x in others}
    assert statuses == {401}


def test_discovery_is_the_same_whatever_headers_say(replica: Replica) -> None:
    url = f"{replica.url}/cds-services"
    answers = {requests.get(url, headers=x, timeout=WAIT).text for x in FORGED.values()}
    assert len(answers) == 1
    assert "evil" not in answers.pop()


def test_a_stranger_is_told_to_wait_under_whatever_address_it_claims(replica: Replica) -> None:
    answers = []
    for number in range(REFUSED_TOKENS.burst + 40):
        claimed = f"198.51.100.{number}"
        headers = {"X-Forwarded-For": claimed, "X-Real-IP": claimed, "Forwarded": f"for={claimed}"}
        answers.append(post(replica, {**headers, "Authorization": "Bearer x"}).status_code)
    assert set(answers) == {401, 429}
    assert post(replica, authorization(NORTH, f"{BASE}{ORDER_SIGN}")).status_code == 200
