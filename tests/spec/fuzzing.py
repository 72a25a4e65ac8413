"""What may come of a spoilt request: an answer, or a refusal that says why; never a fault of ours."""

import random
from typing import Any

from werkzeug.test import TestResponse

from cds_service import errors
from cds_service.errors import CODE_SYSTEM
from tests.spec.mutating import spoilt
from tests.support import client, parsed

REFUSALS = {x.code: x.status for x in errors.every() if 400 <= x.status < 500}
# As real clients write them, and as no client should.
_TYPES = (
    "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "application/fhir+json",
    "application/json+fhir", "text/json", "APPLICATION/JSON", "", "application/fhir+json; fhirVersion=4.0",
)  # fmt: skip
_ACCEPTED = ("application/json", "application/json+fhir", "*/*", "", "text/html;q=0.9", "image/png", ";;q=", "a/b/c")


def fault(seed: int) -> str | None:
    """What was wrong with the answer to the spoilt request of a seed, or None."""
    request, dice = spoilt(seed), random.Random(seed)
    headers = {"Accept": dice.choice(_ACCEPTED)}
    try:
        response = client().post(request.url, data=request.body, content_type=dice.choice(_TYPES), headers=headers)
    except AssertionError as breach:  # the answer is not as the schema of answers wants it
        return str(breach)[:500]
    return judged(response)


def judged(response: TestResponse) -> str | None:
    """What is wrong with an answer, or None."""
    answer = parsed(response.data)
    if response.status_code == 200:
        return "a fault of ours became a card" if "internal-error" in map(_reason, answer.get("cards", ())) else None
    if response.status_code >= 500:
        return f"status {response.status_code}"
    return None if _is_outcome(answer, response.status_code) else f"status {response.status_code} with {answer!r:.200}"


def _reason(card: Any) -> str | None:
    """Why something is unknown, where it is for a fault of ours."""
    unknown = card["extension"]["org.example.trofosfamide-cds.decision"].get("unknown", ())
    return next((x["reason"] for x in unknown if x["reason"] == "internal-error"), None)


def _is_outcome(answer: Any, status: int) -> bool:
    """Whether it is an OperationOutcome with a stable code, which is one of this status."""
    (issue,) = answer["issue"]
    (coding,) = issue["details"]["coding"]
    named = coding["system"] == CODE_SYSTEM and REFUSALS.get(coding["code"]) == status
    return bool(answer["resourceType"] == "OperationOutcome" and named and issue["diagnostics"])
