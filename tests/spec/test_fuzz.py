"""Spoilt requests, ten thousand of them: no fault of ours, and every refusal has a code. More: tests.spec.soak."""

from collections import Counter

import pytest

from cds_service.web.discovery import SERVICES
from tests.spec.fuzzing import REFUSALS, fault, judged
from tests.spec.mutating import originals, spoilt
from tests.support import CheckedClient, client

BODIES = 10_000
STEP = 500


@pytest.mark.requirement(25, 30, 63)
@pytest.mark.parametrize("first", range(0, BODIES, STEP))
def test_a_spoilt_request_is_answered_or_refused_with_a_code(first: int) -> None:
    assert {seed: what for seed in range(first, first + STEP) if (what := fault(seed))} == {}


def test_the_requests_are_good_before_they_are_spoilt(unhurried: CheckedClient) -> None:
    seen = Counter(unhurried.post(url, data=x, content_type="application/json").status_code for url, x in originals())
    assert seen.keys() <= {200, 412}
    assert seen[200] > seen[412]


def test_spoilt_requests_are_of_every_kind() -> None:
    made = [spoilt(seed) for seed in range(400)]
    assert {x.url for x in made} >= {f"/cds-services/{x.id}" for x in SERVICES}
    assert any(x.url.endswith("/feedback") for x in made)
    assert spoilt(7) == spoilt(7)
    answers = [client().post(x.url, data=x.body, content_type="application/json") for x in made]
    seen = Counter(x.status_code for x in answers)
    assert seen[200] > 50
    assert seen[400] > 50
    codes = {x.get_json()["issue"][0]["details"]["coding"][0]["code"] for x in answers if x.status_code == 400}
    assert codes >= {"not-json", "too-deep", "missing-element", "invalid-element"}


@pytest.mark.parametrize(
    "kind",
    [
        "json",
        "application/",
        ";",
        "a/b;c=" + "d" * 5000,
        "application/json; charset=klingon",
        "é/json",
        "text/xml",
        ",",
        "\t",
    ],
)
@pytest.mark.parametrize(
    "url", ["trofosfamide-order-sign", "trofosfamide-patient-view", "trofosfamide-order-sign/feedback"]
)
def test_no_content_type_is_a_fault_of_ours(unhurried: CheckedClient, url: str, kind: str) -> None:
    response = unhurried.post(f"/cds-services/{url}", data=b"{}", content_type=kind)
    assert response.status_code in (400, 415)
    assert judged(response) is None


def test_the_codes_of_refusals_are_those_of_the_docs() -> None:
    assert REFUSALS.keys() >= {"not-json", "too-deep", "duplicate-member", "missing-element", "prefetch-missing"}
