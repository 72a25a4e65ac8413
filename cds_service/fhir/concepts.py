"""CodeableConcepts: the codes in them, and the words."""

from collections.abc import Mapping
from typing import Any


def codings(concept: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(system, code) of each coding that has both."""
    pairs = [(x.get("system"), x.get("code")) for x in concept.get("coding") or []]
    return [(system, code) for system, code in pairs if system and code]


def words(concept: Mapping[str, Any]) -> list[str]:
    """The text and every display."""
    said = [concept.get("text"), *(x.get("display") for x in concept.get("coding") or [])]
    return [x for x in said if x]
