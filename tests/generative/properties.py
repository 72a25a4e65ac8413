"""What must hold of every generated record: that the oracle agrees, and the properties of section 7 of the protocol.

Each check takes a source of randomness of its own and a seed, and gives what is wrong, or None. Of the changes that
keep or worsen a record each record meets some, chosen by its seed among those that it allows.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from tests.generative.asking import answered, bolder, concluded, heard, said, shown, wanted
from tests.generative.clock import NOW
from tests.generative.comparing import EXTENSION, apart, as_sent, asked, by_product, expected, outspoken, quick_answer
from tests.generative.reading import copied
from tests.generative.recording import WORSE
from tests.generative.records import record
from tests.generative.transform import SAME
from tests.generative.worsening import hidden
from tests.oracle import oracle
from tests.support import normalise

Request = dict[str, Any]
Check = Callable[[Random, int], str | None]
Change = Callable[[Random, Request], Request | None]
LEVEL, MAXIMUM = 50, 200


def disagreement(_: Random, seed: int) -> str | None:
    """Each field in which product and oracle differ."""
    return "; ".join(apart(record(seed).request, said(seed), wanted(seed)))


def hidden_disagreement(_: Random, seed: int) -> str | None:
    """Each field that differs where the record itself yields no card."""
    if wanted(seed).topic is not None or wanted(seed).status != 200:
        return None
    request = outspoken(record(seed).request)
    return "; ".join(apart(request, shown(seed), expected(request)))


def worsened(rng: Random, request: Request) -> tuple[Change, Request] | None:
    """A change for the worse that the record allows, and what it makes of it."""
    made = ((change, change(rng, request)) for change in rng.sample(WORSE, len(WORSE)))
    return next(((change, request) for change, request in made if request is not None), None)


def wrong_when_worse(rng: Random, seed: int) -> str | None:
    """The worse one of two records is answered with the more permissive conclusion, or otherwise than by the oracle."""
    found = worsened(rng, record(seed).request)
    if found is None:
        return None
    change, request = found[0], outspoken(found[1])
    answer = asked(request)
    before, after = concluded(seed), answer.conclusion
    # Of a count at grade >= 3 that can no longer be read, not-assessed is the most that may be said.
    least = "not-assessed" if change is hidden and bolder("not-assessed", before) else before
    bold = [f"{before} became {after}"] if bolder(after, least) else []
    faults = "; ".join(bold + apart(request, answer, expected(request)))
    return f"{change.__name__}: {faults}" if faults else None


def known_again(response: Request) -> dict[str, Any]:
    """What must stay when the same is said in other words: the decision, its evidence without spellings, the offers."""
    told = by_product(response).fields()
    for card in response.get("cards", [])[:1]:
        decision = card["extension"][EXTENSION]
        evidence = [(x["rule"], x.get("analyte", ""), x.get("grade", "")) for x in decision.get("findings", [])]
        told["findings"] = sorted(map(str, evidence))
        told["unknown"] = sorted(str((x["what"], x["reason"])) for x in decision.get("unknown", []))
        told["summary of offers"] = [x["label"] for x in card.get("suggestions", [])]
    return told


def otherwise_in_other_words(rng: Random, seed: int) -> str | None:
    """The same record, its resources in another order, doubled, in other units or zones, is answered otherwise."""
    request, changes = record(seed).request, rng.sample(SAME, rng.randint(1, len(SAME)))
    for change in changes:
        request = change(rng, request)
    before, after = known_again(answered(seed)), known_again(quick_answer(request))
    faults = [f"{key}: {before[key]} became {after.get(key)}" for key in before if before[key] != after.get(key)]
    return f"{' '.join(x.__name__ for x in changes)}: {'; '.join(faults)}" if faults else None


def otherwise_when_asked_again(_: Random, seed: int) -> str | None:
    """The same request at the same instant is answered in other bytes, ids aside."""
    again = normalise(quick_answer(record(seed).request))
    return None if again == normalise(answered(seed)) else "another answer to the same request"


def offers(seed: int) -> list[Request]:
    """The orders that the card offers to write."""
    actions = [action for x in heard(seed).suggestions for action in x.get("actions", []) if action["type"] != "delete"]
    return [x["resource"] for x in actions if x["resource"]["resourceType"] == "MedicationRequest"]


def dose_of(order: Request, request: Request) -> Decimal | None:
    """mg/day of an order, as the oracle reads it when it is the draft of that call."""
    call = copied(request)
    beside = [x for x in call["context"]["draftOrders"]["entry"] if x["resource"]["resourceType"] == "Medication"]
    call["context"]["draftOrders"]["entry"] = [{"resource": {**order, "status": "draft"}}, *beside]
    found: Decimal | None = oracle(as_sent(call), NOW)["draft"]
    return found


def too_much_offered(_: Random, seed: int) -> str | None:
    """An offer above the maximum, above the ceiling, or more than one level above the current dose."""
    current, _drafted, ceiling, _proposed = wanted(seed).doses
    limits = [Decimal(MAXIMUM), ceiling, current + LEVEL if current else None]
    for order in offers(seed):
        if order["status"] == "on-hold":
            continue
        dose = dose_of(order, record(seed).request)
        if dose is None or any(limit is not None and dose > limit for limit in limits):
            return f"offers {dose} mg/day; maximum, ceiling, one level up: {limits}"
        if said(seed).conclusion in ("interrupt", "keep-interrupted"):
            return f"offers {dose} mg/day under {said(seed).conclusion}"
    return None


def wrongly_recommended(_: Random, seed: int) -> str | None:
    """More than one offer is recommended, or an escalation is."""
    recommended = [x["label"] for x in heard(seed).suggestions if x.get("isRecommended")]
    bold = said(seed).topic == "escalate" and recommended
    return f"recommends {recommended}" if len(recommended) > 1 or bold else None


CHECKS: tuple[Check, ...] = (
    disagreement, hidden_disagreement, wrong_when_worse, otherwise_in_other_words, otherwise_when_asked_again,
    too_much_offered, wrongly_recommended,
)  # fmt: skip
