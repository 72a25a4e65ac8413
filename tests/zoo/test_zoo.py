"""Every animal of the zoo yields the facts that its file says, and nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cds_service.clinical.facts import Dose, Evidence, Facts, Order, Reason, Result, Toxicity, When, local_day
from cds_service.demo.fixtures import materialise
from cds_service.fhir import prefetch
from cds_service.fhir.order import Scope
from cds_service.fhir.site import NO_SITE, Site
from cds_service.fhir.site_map import load as load_site
from cds_service.protocols.load import load
from cds_service.render.extension import plain

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
ANIMALS = sorted((Path(__file__).parent / "animals").glob("*.json"))
KEYS = (
    "results", "medications", "adverseEvents", "conditions", "gradings", "transfusions", "administrations", "reports",
    "carePlans", "cancer", "statements", "treatments", "imaging", "imagingReports",
)  # fmt: skip
PARAMETERS = load().parameters
TABLET = 50  # mg, the only one that there is
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def animal(path: Path) -> dict[str, Any]:
    """The file of an animal, its times brought to the clock of the tests."""
    parsed: dict[str, Any] = json.loads(materialise(path.read_text("utf-8"), NOW), parse_float=Decimal)
    return parsed


def bundle(resources: list[dict[str, Any]]) -> msgspec.Raw:
    entries = [{"resource": x} for x in resources]
    return msgspec.Raw(_ENCODER.encode({"resourceType": "Bundle", "type": "searchset", "entry": entries}))


def site_of(sent: dict[str, Any], folder: Path) -> Site:
    """The site map of an animal, as a site writes it (JSON is YAML)."""
    if "site" not in sent:
        return NO_SITE
    path = folder / "site-map.yaml"
    path.write_text(json.dumps(sent["site"], ensure_ascii=False, default=str), "utf-8")
    return load_site(path)


def read(sent: dict[str, Any], site: Site) -> Facts:
    """What the service understands of an animal, beside a draft of the drug that makes it read the record."""
    always = {"results": sent.get("results", []), "medications": sent.get("medications", [])}
    pages = {key: bundle(sent[key]) for key in KEYS if key in sent} | {x: bundle(y) for x, y in always.items()}
    scope = Scope("zoo", "https://ehr.example/fhir", ZONE, site)
    record = prefetch.read(scope, bundle([DRAFT]), pages, NOW.astimezone(scope.zone), PARAMETERS)
    assert record is not None
    return record.facts


DRAFT = {
    "resourceType": "MedicationRequest",
    "id": "draft",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/zoo"},
    "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "L01AA07"}]},
}


def yields(facts: Facts) -> Iterator[str]:
    """The lines that the README describes."""
    yield from (_result(x) for every in facts.results.values() for x in every)
    yield from map(_order, facts.orders)
    yield from map(_toxicity, facts.toxicities)
    yield from (f"support {x.kind} on {_day(x.when.start)}" for x in facts.supports)
    yield from (f"temperature {plain(x.celsius)} Cel" for x in facts.temperatures)
    yield from map(_evidence, facts.evidence)
    yield from (f"protocol {x}" for x in facts.declared)
    every = (*facts.gaps, *facts.absent, *facts.unclear, *facts.unseen)
    listed = [x for x in every if x.reason is not Reason.NOT_READ]
    yield from (f"{x.what} unknown: {x.reason}" for x in listed)
    yield from (f"foreign: {x.what}" for x in facts.foreign)


def _day(instant: datetime) -> str:
    return local_day(instant, ZONE).isoformat()


def _result(result: Result) -> str:
    if result.fault:
        return f"{result.analyte} unusable: {result.fault.reason}"
    assert result.value is not None
    marks = {"preliminary": not result.final, result.derived: bool(result.derived), "reported": result.when.issued}
    unit = {"haemoglobin": "g/dL", "creatinine": "umol/L", "bilirubin": "umol/L", "alt": "U/L", "ast": "U/L"}
    said = f"{result.analyte} {result.comparator}{plain(result.value)} {unit.get(result.analyte, '10*9/L')}"
    molar = [] if result.molar is None else [f"({plain(result.molar)} mmol/L)"]
    return " ".join([said, *molar, *(x for x, holds in marks.items() if holds), *_range(result), *_taken(result.when)])


def _range(result: Result) -> Iterator[str]:
    if result.low is not None or result.high is not None:
        low, high = ("" if x is None else plain(x) for x in (result.low, result.high))
        yield f"range {low}..{high}"


def _taken(when: When) -> Iterator[str]:
    """The days that a time may mean which is no instant."""
    if when.start != when.end:
        yield f"within {_day(when.start)}..{_day(when.end)}"


def _order(order: Order) -> str:
    dose = f"{_amount(order.dose)}" if isinstance(order.dose, Dose) else f"unusable: {order.dose.reason}"
    marks = {"possible": not order.coded, "not meant": not order.intended}
    status = [] if order.status == "active" else [order.status or "of unknown status"]
    start = [f"from {_day(order.start.start)}"] if order.start else []
    end = [f"to {_day(order.end.end)}"] if order.end else []
    return " ".join(["order", dose, *(x for x, holds in marks.items() if holds), *status, *start, *end])


def _amount(dose: Dose) -> str:
    said = plain(dose.low) if dose.low == dose.high else f"{plain(dose.low)}-{plain(dose.high)}"
    off_grid = [f"in {plain(x)} mg" for x in dose.intakes if x % TABLET]
    mean = [] if dose.mean is None else [f"mean {plain(dose.mean)}"]
    return " ".join([f"{said} mg/day", *off_grid, *([] if dose.continuous else ["intermittent", *mean])])


def _toxicity(toxicity: Toxicity) -> str:
    known = "recorded" if toxicity.marked else "since"
    onset = f"{known} {_day(toxicity.onset.start)}" if toxicity.onset else "undated"
    return f"toxicity {toxicity.code} grade {toxicity.grade} {onset}{' resolved' * toxicity.resolved}"


def _evidence(evidence: Evidence) -> str:
    return f"{evidence.kind} {evidence.state} {_day(evidence.when.start) if evidence.when else 'undated'}"


@pytest.mark.hazard("H01", "H02", "H05", "H06", "H08", "H15", "H16", "H17", "H18", "H19", "H22", "H28")
@pytest.mark.parametrize("path", ANIMALS, ids=lambda x: x.stem)
def test_an_animal_yields_the_facts_of_its_file(path: Path, tmp_path: Path) -> None:
    sent = animal(path)
    assert sorted(yields(read(sent, site_of(sent, tmp_path)))) == sorted(sent["yields"]), sent["shape"]


@pytest.mark.parametrize("path", ANIMALS, ids=lambda x: x.stem)
def test_an_animal_says_what_it_is_and_what_it_yields(path: Path) -> None:
    sent = animal(path)
    assert len(sent["shape"]) > 30
    assert sent["yields"]
    assert set(sent) <= {"shape", "site", "yields", *KEYS}
