"""Transfusions and growth factors that were given: a value under them proves no recovery."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.oracle.drug import ATC, medication_of
from tests.oracle.times import LONG_AGO, days, read_period, read_time
from tests.oracle.timing import SCT
from tests.oracle.wire import as_dict, as_list, codings

PLATELETS, RED_CELLS, G_CSF, PEGYLATED = "platelets", "red cells", "g-csf", "pegylated g-csf"
TRANSFUSIONS = {"12719002": PLATELETS, "116863004": RED_CELLS, "71493000": RED_CELLS}
FACTORS = {"L03AA02": G_CSF, "L03AA10": G_CSF, "L03AA13": PEGYLATED, "L03AA14": PEGYLATED}
GIVEN = ("completed", "in-progress", "stopped")
WINDOWS = {
    "platelets": ((PLATELETS, 7),),
    "haemoglobin": ((RED_CELLS, 14),),
    "leukocytes": ((G_CSF, 7), (PEGYLATED, 14)),
    "neutrophils": ((G_CSF, 7), (PEGYLATED, 14)),
}


@dataclass(frozen=True)
class Support:
    kind: str
    start: datetime
    end: datetime


def kinds_of(raw, pool, server):
    """What was given, told by codes alone: a set, empty where it is nothing that counts."""
    if raw["resourceType"] == "Procedure":
        found = {TRANSFUSIONS.get(item.get("code")) for item in codings(raw.get("code")) if item.get("system") == SCT}
        return found - {None}
    concepts = [raw.get("medicationCodeableConcept")]
    known = as_dict(medication_of(raw, pool, server))
    concepts.append(known.get("code"))
    concepts += [as_dict(item).get("itemCodeableConcept") for item in as_list(known.get("ingredient"))]
    listed = [item for concept in concepts for item in codings(concept)]
    return {FACTORS.get(item.get("code")) for item in listed if item.get("system") in ATC} - {None}


def read_supports(resources, pool, server, now):
    found = []
    for raw in resources:
        span = given_at(raw)
        usable = raw.get("status") in GIVEN and not raw.get("modifierExtension")
        if usable and span and span[0] <= now + timedelta(minutes=5):
            found += [Support(kind, *span) for kind in sorted(kinds_of(raw, pool, server))]
    return found


def given_at(raw):
    """(first, last) of the time it was given; None where that is not told, or not when it began."""
    stem = "performed" if raw["resourceType"] == "Procedure" else "effective"
    given = [name for name in raw if name.startswith(stem)]
    if given == [stem + "DateTime"]:
        return read_time(raw[given[0]])
    if given != [stem + "Period"]:
        return None
    span = read_period(raw[given[0]])
    return None if span is None or span[0] == LONG_AGO else span


def supported(result, analyte, supports):
    """Whether what was given may have raised this value."""
    for kind, window in WINDOWS.get(analyte, ()):
        for one in supports:
            if one.kind == kind and one.start <= result.end and one.end >= result.start - days(window):
                return True
    return False
