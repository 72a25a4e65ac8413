"""Which protocol a patient is on: declared, never inferred from the dose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cds_service.clinical import orders as of
from cds_service.clinical.facts import Facts
from cds_service.clinical.protocol import MAINTENANCE, Protocol


@dataclass(frozen=True, slots=True)
class Choice:
    """The protocol to ask. `unknown` is what was declared where this product cannot tell which one it is, else "".

    The lines that hold under any protocol are then asked of `protocol`. `declared` is False where nothing was.
    """

    protocol: Protocol
    unknown: str = ""
    declared: bool = True


def choose(protocols: Mapping[str, Protocol], facts: Facts, now: datetime) -> Choice:
    """What the drafts declare, else the orders that give the drug, else the care plans; else the site's default.

    `protocols` are by id and hold `MAINTENANCE`, the default. Raises KeyError where they do not.
    """
    default = protocols[MAINTENANCE]
    named = sorted(set(next((x for x in _tiers(facts, now) if x), ())))
    if not named:
        return Choice(default, declared=False)
    known = {x.url: x for x in protocols.values()}
    foreign = [x for x in named if x not in known]
    if foreign or len(named) > 1:
        return Choice(default, foreign[0] if foreign else " and ".join(named))
    return Choice(known[named[0]])


def _tiers(facts: Facts, now: datetime) -> tuple[tuple[str, ...], ...]:
    """The URLs that each kind of declaration names, the one that goes first, first."""
    drafts = (x for x in facts.drafts if of.drafted(x))
    giving = of.standing([x for x in dict.fromkeys(facts.orders) if of.gives(x, now)])
    return tuple(y for x in drafts for y in x.protocols), tuple(y for x in giving for y in x.protocols), facts.declared
