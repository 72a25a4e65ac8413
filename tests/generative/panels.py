"""Results of one sample as laboratories bundle them: components, contained resources, members of a panel or report."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

from tests.generative.clock import TIMES
from tests.generative.codes import LOINC, PANELS

Resource = dict[str, Any]
# Members that an Observation may have and a component may not, apart from those that the whole panel has.
OWN = ("identifier", "specimen", "modifierExtension", "hasMember", "component", "contained", "issued")
SHARED = ("status", "subject", *TIMES)


def packed(rng: Random, style: str, observations: list[Resource], reports: list[Resource]) -> list[Resource]:
    """The same results in a laboratory's style of panels; those that do not fit into one stay as they are.

    Reports are added to `reports`.
    """
    if style == "single":
        return observations
    named = {x["reference"].partition("/")[2] for y in (*observations, *reports) for x in references(y)}
    groups: dict[str, list[Resource]] = defaultdict(list)
    for result in observations:
        fits = "status" in result and not set(OWN) & set(result) and result["id"] not in named
        groups[str([result.get(key) for key in SHARED]) if fits else f"alone {id(result)}"].append(result)
    made: list[Resource] = []
    for number, members in enumerate(groups.values()):
        if len(members) < 2 or len({x["id"] for x in members}) < len(members):
            made += members
        else:
            made += PACKERS[style](rng, f"{number}", members, reports)
    return made


def references(holder: Resource) -> list[Resource]:
    """The results that a panel or report names."""
    found: list[Resource] = [*holder.get("hasMember", []), *holder.get("result", [])]
    return found


def holder(rng: Random, kind: str, number: str, members: list[Resource], **more: object) -> Resource:
    """The panel or report around these results."""
    shared = {key: members[0][key] for key in SHARED if key in members[0]}
    code = {"coding": [{"system": LOINC, "code": rng.choice(PANELS)}]}
    if kind == "DiagnosticReport":
        shared["status"] = rng.choices(("final", "partial", "preliminary", "entered-in-error"), (70, 15, 12, 3))[0]
    return {"resourceType": kind, "id": f"panel-{number}", "code": code, **shared, **more}


def components(rng: Random, number: str, members: list[Resource], reports: list[Resource]) -> list[Resource]:
    kept = ("code", "valueQuantity", "valueString", "valueInteger", "dataAbsentReason", "referenceRange")
    listed = [{key: x[key] for key in kept if key in x} for x in members]
    return [holder(rng, "Observation", number, members, component=listed)]


def inside(rng: Random, members: list[Resource]) -> list[Resource]:
    """The same Observations to be contained: patient and time sometimes only said around them."""
    dropped = ("subject", *TIMES) if rng.random() < 0.5 else ()
    return [{key: x[key] for key in x if key not in dropped} for x in members]


def contained(rng: Random, number: str, members: list[Resource], reports: list[Resource]) -> list[Resource]:
    listed = [{"reference": f"#{x['id']}"} for x in members]
    return [holder(rng, "Observation", number, members, contained=inside(rng, members), hasMember=listed)]


def named_members(rng: Random, number: str, members: list[Resource], reports: list[Resource]) -> list[Resource]:
    listed = [{"reference": f"Observation/{x['id']}"} for x in members]
    return [*members, holder(rng, "Observation", number, members, hasMember=listed)]


def reported(rng: Random, number: str, members: list[Resource], reports: list[Resource]) -> list[Resource]:
    listed = [{"reference": f"Observation/{x['id']}"} for x in members]
    reports.append(holder(rng, "DiagnosticReport", number, members, result=listed))
    return members


def reported_inside(rng: Random, number: str, members: list[Resource], reports: list[Resource]) -> list[Resource]:
    listed = [{"reference": f"#{x['id']}"} for x in members]
    reports.append(holder(rng, "DiagnosticReport", number, members, contained=inside(rng, members), result=listed))
    return []


PACKERS = {
    "components": components,
    "contained": contained,
    "members": named_members,
    "report": reported,
    "report-contained": reported_inside,
}
