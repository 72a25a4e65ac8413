"""Perturbations of orders and drafts: unclear doses, other drugs, other statuses, what the prescriber left out."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal

from tests.generative import orders
from tests.generative.awkward_dosages import DAILY, UNCLEAR
from tests.generative.chart import Chart, Resource
from tests.generative.clock import NOW, ago, day, instant
from tests.generative.declarations import ELSEWHERE, FIRST_LINE, MAINTENANCE
from tests.generative.dosages import UCUM, milligrams
from tests.generative.reading import instant_of


def unclear_dose(chart: Chart, order: Resource) -> None:
    order["dosageInstruction"] = deepcopy(chart.rng.choice(UNCLEAR))


def no_dosage(chart: Chart, order: Resource) -> None:
    order.pop("dosageInstruction", None)


def phases(chart: Chart, order: Resource) -> None:
    """Two phases of different doses, one after the other: of a draft from now on, of an order up to now, rising.

    Beside an order that ended, maybe on an unknown day, it is nowhere said which of them gave the drug then.
    """
    draft = order["status"] == "draft"
    if not draft and any(x["status"] != "active" for x in chart.orders):
        return
    start = NOW if draft else instant_of(order.get("authoredOn", day(NOW)))
    turn = NOW + timedelta(days=14) if draft else ago(chart.rng.choice((0, 5, 20)))
    if turn - start < timedelta(days=2) or order["status"] not in ("draft", "active"):
        return
    doses = chart.rng.sample((50, 100, 150, 200), 2)
    order.pop("dispenseRequest", None)  # a supply that ends before the phases do contradicts them
    bounds = {"start": day(start), "end": day(turn - timedelta(days=1))}, {"start": day(turn)}
    order["dosageInstruction"] = [
        {
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": period}},
            "doseAndRate": [{"doseQuantity": milligrams(Decimal(dose))}],
        }
        for dose, period in zip(doses if draft else sorted(doses), bounds, strict=True)
    ]


def renamed(order: Resource, **drug: object) -> None:
    for key in ("medicationCodeableConcept", "medicationReference", "contained"):
        order.pop(key, None)
    order.update(drug)


def text_only(chart: Chart, order: Resource) -> None:
    renamed(order, medicationCodeableConcept={"text": chart.rng.choice(orders.TEXT_ONLY)})


def unresolved(chart: Chart, order: Resource) -> None:
    display = chart.rng.choice(({"display": "Trofosfamide 50 mg"}, {"display": "Ifosfamide 1 g"}, {}))
    renamed(order, medicationReference={"reference": "Medication/elsewhere", **display})


def another_drug(chart: Chart, order: Resource) -> None:
    """One more order of a drug that is not trofosfamide."""
    made = chart.give(100, chart.rng.choice((5, 50)))
    renamed(made, medicationCodeableConcept=chart.rng.choice(orders.OTHER_DRUGS))


def status(chart: Chart, order: Resource) -> None:
    codes = ("on-hold", "stopped", "completed", "cancelled", "entered-in-error", "unknown", "draft", "paused")
    if order["status"] != "draft":
        order["status"] = chart.rng.choice(codes)
        chart.tags |= {"invalid-r4"} if order["status"] == "paused" else set()


def held(chart: Chart, order: Resource) -> None:
    if order["status"] == "active":
        order["status"] = "on-hold"


def intent(chart: Chart, order: Resource) -> None:
    order["intent"] = chart.rng.choice(("proposal", "plan", "option", "instance-order"))


def no_intent(chart: Chart, order: Resource) -> None:
    if order["status"] == "draft":
        order.pop("intent", None)
        chart.tags.add("invalid-r4")


def not_to_give(chart: Chart, order: Resource) -> None:
    order["doNotPerform"] = True


def reported(chart: Chart, order: Resource) -> None:
    order["reportedBoolean"] = True


def without_id(chart: Chart, order: Resource) -> None:
    if order["status"] == "draft":
        order.pop("id", None)


def modified(chart: Chart, order: Resource) -> None:
    """An order that nobody may rely on: whether it still declares a protocol is nowhere said."""
    order.pop("instantiatesCanonical", None)
    order["modifierExtension"] = [{"url": "https://ehr.example.org/fhir/not-known", "valueBoolean": True}]


def foreign(chart: Chart, order: Resource) -> None:
    order["subject"] = chart.rng.choice(({"reference": "Patient/p2"}, {"identifier": {"value": "p1"}}))
    chart.tags.add("other-patient")


def spelled_subject(chart: Chart, order: Resource) -> None:
    order["subject"] = {"reference": "https://ehr.example.org/fhir/Patient/p1"}


def declared(chart: Chart, order: Resource) -> None:
    canonical = chart.rng.choice((MAINTENANCE, FIRST_LINE, ELSEWHERE))
    for each in chart.drafts if order["status"] == "draft" else chart.orders:
        if "modifierExtension" not in each:
            each["instantiatesCanonical"] = [canonical]


def starts_later(chart: Chart, order: Resource) -> None:
    start = instant(NOW + timedelta(days=chart.rng.choice((1, 7))))
    order["dispenseRequest"] = {"validityPeriod": {"start": start}}


def ends(chart: Chart, order: Resource) -> None:
    if order["status"] == "draft":
        return
    end = chart.rng.choice((day(NOW), day(ago(1)), instant(ago(0, hours=1)), day(ago(-10))))
    order["dispenseRequest"] = {"validityPeriod": {"end": end}}


def undated(chart: Chart, order: Resource) -> None:
    order.pop("authoredOn", None)


def supplied(chart: Chart, order: Resource) -> None:
    """A supply in other units of time, and in none."""
    units = (("weeks", "wk", 4), ("h", "h", 240), ("Packungen", "", 4), ("d", "d", 0))
    unit, code, value = chart.rng.choice(units)
    duration = {"value": value, "unit": unit} | ({"system": UCUM, "code": code} if code else {})
    order["dispenseRequest"] = {"expectedSupplyDuration": duration}


def lasting(chart: Chart, order: Resource) -> None:
    """Bounds said as a duration."""
    bounds = {"value": chart.rng.choice((7, 28, 400)), "unit": "d", "system": UCUM, "code": "d"}
    for instruction in order.get("dosageInstruction", []):
        instruction.setdefault("timing", {}).setdefault("repeat", {}).pop("boundsPeriod", None)
        instruction["timing"]["repeat"]["boundsDuration"] = bounds


def other_strength(chart: Chart, order: Resource) -> None:
    """One tablet an intake, of a strength that is another one or is not said."""
    tablet = {"unit": "tablet", "system": UCUM, "code": "{tbl}"}
    drug = orders.medication(chart.rng, "med", chart.rng.choice((25, 50, 100)))
    changes: tuple[Resource, ...] = (
        {},
        {"denominator": {"value": 2, **tablet}},
        {"denominator": {"value": 1, "unit": "mL", "system": UCUM, "code": "mL"}},
        {"numerator": {"value": 50}},
    )
    drug["ingredient"][0]["strength"] |= chart.rng.choice(changes)
    if chart.rng.random() < 0.2:
        drug["ingredient"].append(drug["ingredient"][0])
    renamed(order, contained=[drug], medicationReference={"reference": "#med"})
    order["dosageInstruction"] = [{"timing": DAILY, "doseAndRate": [{"doseQuantity": {"value": 1, **tablet}}]}]


def follows(chart: Chart, order: Resource) -> None:
    """An order that names another one as the one before it."""
    if chart.orders:
        order["priorPrescription"] = {"reference": f"MedicationRequest/{chart.rng.choice(chart.orders)['id']}"}


def reasoned(chart: Chart, order: Resource) -> None:
    system = "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason"
    order["statusReason"] = {"coding": [{"system": system, "code": chart.rng.choice(("drughigh", "salg", "surg"))}]}


ORDER_CHANGES: tuple[tuple[int, Callable[[Chart, Resource], None]], ...] = (
    (22, unclear_dose), (1, no_dosage), (4, phases), (5, text_only), (3, unresolved), (4, another_drug), (4, status),
    (3, held), (2, intent), (2, no_intent), (1, not_to_give), (2, reported), (4, without_id), (2, modified),
    (3, foreign), (1, spelled_subject), (20, declared), (2, starts_later), (3, ends), (1, undated), (3, reasoned),
    (2, supplied), (2, lasting), (3, other_strength), (2, follows),
)  # fmt: skip


def change_order(chart: Chart) -> None:
    """One perturbation of one order or draft."""
    weights, changes = zip(*ORDER_CHANGES, strict=True)
    change = chart.rng.choices(changes, weights)[0]
    chosen = chart.drafts if chart.rng.random() < 0.5 or not chart.orders else chart.orders
    change(chart, chart.rng.choice(chosen))
    chart.tags.add(change.__name__)
