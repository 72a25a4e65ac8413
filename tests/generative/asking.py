"""Records and the product's answers to them, asked once and shared by the tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any
from zlib import compress, decompress

from tests.generative.clock import NOW
from tests.generative.comparing import (
    ENCODER,
    EXTENSION,
    PERMISSIVENESS,
    Said,
    as_sent,
    asked,
    by_oracle,
    by_product,
    outspoken,
)
from tests.generative.records import record
from tests.oracle import oracle
from tests.support import answer, parsed

# `python -m tests.generative.soak` asks for more.
RECORDS = int(os.environ.get("CDS_TEST_RECORDS", "10000"))
CHUNK = 500


def chunks(records: int) -> list[range]:
    """The seeds from 0 up to that many, in parts: so a failure shows where it is."""
    return [range(first, min(first + CHUNK, records)) for first in range(0, records, CHUNK)]


def share(part: float) -> list[range]:
    """Chunks of that part of the records, for what needs more answers to each of them; `make soak` asks for all."""
    return chunks(int(RECORDS * part))


@dataclass(frozen=True, slots=True)
class Heard:
    """What the tests of many records ask an answer: what it says, why something is unknown, and what it offers."""

    said: Said
    unknown: frozenset[str]
    suggestions: tuple[dict[str, Any], ...]
    packed: bytes


@cache
def heard(seed: int) -> Heard:
    """The product's answer to that record, taken apart once; whole it is kept packed, for there are very many."""
    found = answer(record(seed).request)
    cards = found.get("cards", [])
    unknown = frozenset(x["reason"] for card in cards for x in card["extension"][EXTENSION].get("unknown", []))
    suggestions = tuple(x for card in cards for x in card.get("suggestions", []))
    return Heard(by_product(found), unknown, suggestions, compress(ENCODER.encode(found)))


def answered(seed: int) -> dict[str, Any]:
    """The product's answer to that record."""
    found: dict[str, Any] = parsed(decompress(heard(seed).packed))
    return found


def said(seed: int) -> Said:
    """The same, reduced."""
    return heard(seed).said


@cache
def told(seed: int) -> dict[str, Any]:
    """What the oracle says to that record."""
    found: dict[str, Any] = oracle(as_sent(record(seed).request), NOW)
    return found


@cache
def wanted(seed: int) -> Said:
    """The same, reduced."""
    return by_oracle(told(seed))


@cache
def shown(seed: int) -> Said:
    """What the product says to that record with a draft that always yields a card."""
    return asked(outspoken(record(seed).request))


def concluded(seed: int) -> str | None:
    """The product's conclusion on that record, whether it is silent or not; None for a 412."""
    return shown(seed).conclusion


def forget() -> None:
    """Keep nothing of what was asked: of very many records, that is more than memory holds."""
    for kept in (heard, told, wanted, shown):
        kept.cache_clear()


def conclusion(request: dict[str, Any]) -> str | None:
    """The product's conclusion on the record of that request; None for a 412."""
    return asked(outspoken(request)).conclusion


def bolder(new: str | None, old: str | None) -> bool:
    """Whether the new conclusion permits more than the old one."""
    if new is None or old is None:
        return False
    return PERMISSIVENESS.index(new) > PERMISSIVENESS.index(old)


def hold(seeds: range | list[int] | tuple[int, ...], check: Callable[[Random, int], str | None]) -> None:
    """Fails with what the check says of these seeds, each with its seed; its randomness depends on the seed alone."""
    faults = [(seed, check(Random(seed), seed)) for seed in seeds]
    told = [f"seed {seed}: {fault}" for seed, fault in faults if fault]
    assert not told, "\n".join(told)
