"""The new number of intakes a day in `timing`, written in the structure that is there."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from cds_service.fhir.dosage.abbreviations import NEW_CODES
from cds_service.fhir.dosage.per_day import Rhythm, Timings, rhythm
from cds_service.fhir.dosage.reading import Undetermined, decimal, exactly
from cds_service.fhir.dosage.why import Why
from cds_service.fhir.rewriting import slots
from cds_service.fhir.rewriting.wording import Wording, often

Element = Mapping[str, Any]

_HOURS = 24


def retimed(timing: Element, intakes: int, timings: Timings, wording: Wording) -> dict[str, Any]:
    """The timing for so many intakes every day; as it was where it says so already. `timings`: the site's own codes.

    Raises Undetermined where its structure cannot say it.
    """
    if rhythm(timing, timings) == Rhythm(exactly(intakes)):
        return dict(timing)
    new = dict(timing)
    if timing.get("repeat"):
        new["repeat"] = _repeat(timing["repeat"], intakes)
    if timing.get("code"):
        new["code"] = _code(timing["code"], intakes, timings, wording)
    return new


def _repeat(repeat: Element, intakes: int) -> dict[str, Any]:
    new = {name: value for name, value in repeat.items() if name not in ("frequencyMax", "periodMax")}
    if repeat.get("when"):
        new["when"] = _some(slots.events(repeat["when"], intakes))
    if repeat.get("timeOfDay"):
        new["timeOfDay"] = _some(slots.clock(repeat["timeOfDay"], intakes))
    if repeat.get("periodUnit") == "h" and repeat.get("frequency") == 1:
        new["period"] = decimal(Fraction(_HOURS, intakes))
    elif repeat.get("frequency") is not None:
        new["frequency"] = intakes
    return new


def _some(times: list[str] | None) -> list[str]:
    if times is None:
        raise Undetermined(Why.TIMES_DISAGREE)
    return times


def _code(concept: Element, intakes: int, timings: Timings, wording: Wording) -> dict[str, Any]:
    new = dict(concept)
    if concept.get("coding"):
        new["coding"] = [_coding(x, intakes, timings) for x in concept["coding"]]
    if concept.get("text"):
        new["text"] = often(intakes, wording)
    return new


def _coding(coding: Element, intakes: int, timings: Timings) -> dict[str, Any]:
    """The code of the same system; a site's code has no display that is known here."""
    system = coding.get("system", "")
    if intakes in NEW_CODES.get(system, {}):
        code, display = NEW_CODES[system][intakes]
        return {**coding, "code": code, **({"display": display} if "display" in coding else {})}
    fitting = [code for (where, code), number in timings.items() if where == system and number == intakes]
    if len(fitting) != 1:
        raise Undetermined(Why.CODE_UNKNOWN)
    return {name: value for name, value in coding.items() if name != "display"} | {"code": fitting[0]}
