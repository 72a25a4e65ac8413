"""Which protocol speaks: what was declared, and nothing that could be guessed."""

import pytest

from cds_service.clinical.choice import choose
from cds_service.clinical.facts import Facts
from tests.clinical.builders import NOW, PROTOCOLS, ago, draft, facts, order

MAINTENANCE, FIRST_LINE = PROTOCOLS["trofosfamide-maintenance"], PROTOCOLS["trofosfamide-first-line-elderly"]
OTHER = "https://other.example/PlanDefinition/x"
BOTH = f"{FIRST_LINE.url} and {MAINTENANCE.url}"


def running(*protocols: str, status: str = "active") -> Facts:
    """A record with one order, which names these protocols."""
    return facts(orders=[order(100, ago(days=20), status=status, protocols=protocols)])


@pytest.mark.parametrize(
    ("found", "chosen", "unknown", "declared"),
    [
        (facts(), MAINTENANCE, "", False),
        (facts(declared=(FIRST_LINE.url,)), FIRST_LINE, "", True),
        (running(FIRST_LINE.url), FIRST_LINE, "", True),
        (running(FIRST_LINE.url, status="stopped"), MAINTENANCE, "", False),
        (facts(drafts=[draft(150, protocols=(FIRST_LINE.url,))], declared=(MAINTENANCE.url,)), FIRST_LINE, "", True),
        (facts(drafts=[draft(150, protocols=(FIRST_LINE.url,) * 2)]), FIRST_LINE, "", True),
        (facts(drafts=[draft(150, protocols=(OTHER,))]), MAINTENANCE, OTHER, True),
        (facts(drafts=[draft(150, protocols=(FIRST_LINE.url, OTHER))]), MAINTENANCE, OTHER, True),
        (facts(declared=(MAINTENANCE.url, FIRST_LINE.url)), MAINTENANCE, BOTH, True),
        (facts(drafts=[draft(150, protocols=(OTHER,), status="stopped")]), MAINTENANCE, "", False),
    ],
    ids=[
        "nothing declares one",
        "a care plan does",
        "the running order does",
        "an order that ended does not",
        "the draft goes before the care plan",
        "named twice is named",
        "another protocol is not known",
        "another protocol beside ours is not known",
        "both of ours are not known which",
        "a draft that stops the drug declares nothing",
    ],
)
def test_the_protocol_is_the_one_that_is_declared(found: Facts, chosen: object, unknown: str, declared: bool) -> None:
    choice = choose(PROTOCOLS, found, NOW)
    assert (choice.protocol, choice.unknown, choice.declared) == (chosen, unknown, declared)


def test_the_running_order_goes_before_the_care_plan() -> None:
    running_order = order(100, ago(days=20), protocols=(MAINTENANCE.url,))
    assert choose(PROTOCOLS, facts(orders=[running_order], declared=(FIRST_LINE.url,)), NOW).protocol is MAINTENANCE


def test_without_the_default_nothing_is_chosen() -> None:
    with pytest.raises(KeyError):
        choose({FIRST_LINE.id: FIRST_LINE}, facts(declared=(FIRST_LINE.url,)), NOW)
