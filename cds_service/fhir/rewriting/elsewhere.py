"""Words of an order, other than the text of its dosage, that may tell the dose and would go on telling the old one."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Element = Mapping[str, Any]

_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W_]+")
_RENDERED = "renderedDosageInstruction"

# An instruction made of these alone says nothing of amount or time. Any other word might, in whatever language.
_HARMLESS = frozenset(
    "a and avoid break chew crush do drink empty fluid fluids food full glass grapefruit in juice keep liquid meal "
    "milk not of on or out plenty reach children sips stomach store swallow take the unbroken water whole with without "
    "aus auf bitte dem der die ein einem essen flüssigkeit ganz glas kauen mahlzeit mit nehmen nicht nüchtern oder "
    "ohne schlucken teilen trinken unzerkaut viel wasser zerkauen zum zur".split()
)


def tells_elsewhere(resource: Element, instructions: Sequence[Element]) -> bool:
    """True where a narrative with figures, a rendered or translated dosage or another instruction may tell a dose."""
    narrative = _TAG.sub(" ", (resource.get("text") or {}).get("div") or "")
    rendered = any(_RENDERED in (x.get("url") or "") for x in resource.get("extension") or [])
    return rendered or any(x.isdigit() for x in narrative) or any(_says_more(x) for x in instructions)


def _says_more(instruction: Element) -> bool:
    uncoded = [x.get("text") or "" for x in instruction.get("additionalInstruction") or [] if not x.get("coding")]
    said = [instruction.get("patientInstruction") or "", *uncoded]
    return bool(instruction.get("_text")) or not all(_is_harmless(x) for x in said)


def _is_harmless(text: str) -> bool:
    return all(x in _HARMLESS for x in _WORD.findall(text.casefold()))
