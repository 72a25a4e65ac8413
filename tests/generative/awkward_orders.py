"""Perturbations of orders and drafts: unclear doses, other drugs, other statuses, what the prescriber left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from tests.generative import orders
from tests.generative.chart import Chart, Resource
from tests.generative.clock import NOW, ago, day, instant
from tests.generative.dosages import GTS, SNOMED, UCUM, milligrams

CANONICAL = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/trofosfamide-"
DAILY = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}


def instruction(timing: Resource | None = None, **more: object) -> Resource:
    """An instruction of 50 mg an intake."""
    made: Resource = {"doseAndRate": [{"doseQuantity": milligrams(Decimal(50))}], **more}
    return made | ({"timing": timing} if timing else {})


def of_amount(quantity: Resource, **more: object) -> Resource:
    """An instruction of that much, twice a day."""
    return {"timing": DAILY, "doseAndRate": [{"doseQuantity": quantity}], **more}


def repeated(**repeat: object) -> Resource:
    """An instruction of 50 mg with that repeat."""
    return instruction({"repeat": dict(repeat)})


def coded(system: str, code: str, **repeat: object) -> Resource:
    """An instruction of 50 mg with that timing code, and the repeat beside it, if any."""
    timing: Resource = {"code": {"coding": [{"system": system, "code": code}]}}
    return instruction(timing | ({"repeat": dict(repeat)} if repeat else {}))


def unclear(daily: int) -> tuple[list[Resource], ...]:
    """Dosages that tell no dose level, or only a range; `daily` is what the text says."""
    mg, unknown = milligrams, {"url": "https://ehr.example.org/fhir/not-known", "valueBoolean": True}
    tablet = {"value": 1, "unit": "tablet", "system": UCUM, "code": "{tbl}"}
    return (
        [{"text": f"{daily} mg daily"}],
        [instruction(DAILY, asNeededBoolean=True)],
        [instruction(DAILY, asNeededCodeableConcept={"text": "if tolerated"})],
        [repeated(frequency=2, period=1, periodUnit="d", dayOfWeek=["mon", "wed", "fri"])],
        [repeated(frequency=1, period=2, periodUnit="d")],
        [coded(GTS, "QOD")],
        [repeated(frequency=3, period=1, periodUnit="wk")],
        [of_amount(mg(Decimal("37.5")))],
        [of_amount(mg(Decimal(60)))],
        [of_amount({"value": Decimal("0.5"), "unit": "tablet", "system": UCUM, "code": "{tbl}"})],
        [of_amount(tablet)],
        [of_amount({"value": 30, "unit": "mg/m2", "system": UCUM, "code": "mg/m2"})],
        [of_amount({"value": 50})],
        [instruction(DAILY, route={"coding": [{"system": SNOMED, "code": "47625008"}]})],
        [instruction({"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["SOON"]}})],
        [coded(GTS, "BID", frequency=3, period=1, periodUnit="d")],
        [coded("https://ehr.example.org/codes", "2x")],
        [coded(GTS, "XYZ")],
        [instruction(DAILY, maxDosePerPeriod={"numerator": mg(50), "denominator": {"value": 1, "unit": "d"}})],
        [instruction(DAILY, sequence=1), instruction(DAILY, sequence=2)],
        [instruction(DAILY, modifierExtension=[unknown])],
        [{"timing": DAILY, "doseAndRate": [{"doseRange": {"low": mg(50), "high": mg(100)}}]}],
        [{"timing": DAILY, "doseAndRate": [{"doseQuantity": mg(50)}, {"doseQuantity": mg(100)}]}],
        [repeated(frequency=1, frequencyMax=2, period=1, periodUnit="d")],
        [instruction()],
        [{"timing": DAILY}],
    )


def unclear_dose(chart: Chart, order: Resource) -> None:
    order["dosageInstruction"] = chart.rng.choice(unclear(chart.rng.choice((100, 150))))


def no_dosage(chart: Chart, order: Resource) -> None:
    order.pop("dosageInstruction", None)


def phases(chart: Chart, order: Resource) -> None:
    """Two phases one after the other, the first three weeks old or to begin now."""
    turn = chart.rng.choice((NOW, ago(20), NOW + timedelta(days=14)))
    first = {"start": day(turn - timedelta(days=30)), "end": day(turn - timedelta(days=1))}
    parts = ((50, first), (chart.rng.choice((25, 50, 75, 100)), {"start": day(turn)}))
    order["dosageInstruction"] = [
        {
            "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsPeriod": bounds}},
            "doseAndRate": [{"doseQuantity": milligrams(Decimal(dose))}],
        }
        for dose, bounds in parts
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
        del order["intent"]
        chart.tags.add("invalid-r4")


def not_to_give(chart: Chart, order: Resource) -> None:
    order["doNotPerform"] = True


def reported(chart: Chart, order: Resource) -> None:
    order["reportedBoolean"] = True


def without_id(chart: Chart, order: Resource) -> None:
    if order["status"] == "draft":
        order.pop("id", None)


def modified(chart: Chart, order: Resource) -> None:
    order["modifierExtension"] = [{"url": "https://ehr.example.org/fhir/not-known", "valueBoolean": True}]


def foreign(chart: Chart, order: Resource) -> None:
    order["subject"] = chart.rng.choice(({"reference": "Patient/p2"}, {"identifier": {"value": "p1"}}))
    chart.tags.add("other-patient")


def spelled_subject(chart: Chart, order: Resource) -> None:
    order["subject"] = {"reference": "https://ehr.example.org/fhir/Patient/p1"}


def declared(chart: Chart, order: Resource) -> None:
    names = (f"{CANONICAL}maintenance", f"{CANONICAL}first-line-elderly", "https://ehr.example.org/PlanDefinition/x")
    order["instantiatesCanonical"] = [chart.rng.choice(names)]


def starts_later(chart: Chart, order: Resource) -> None:
    start = instant(NOW + timedelta(days=chart.rng.choice((1, 7))))
    order["dispenseRequest"] = {"validityPeriod": {"start": start}}


def ends(chart: Chart, order: Resource) -> None:
    end = chart.rng.choice((day(NOW), day(ago(1)), instant(ago(0, hours=1)), day(ago(-10))))
    order["dispenseRequest"] = {"validityPeriod": {"start": instant(ago(100)), "end": end}}


def undated(chart: Chart, order: Resource) -> None:
    order.pop("authoredOn", None)


def reasoned(chart: Chart, order: Resource) -> None:
    system = "http://terminology.hl7.org/CodeSystem/medicationrequest-status-reason"
    order["statusReason"] = {"coding": [{"system": system, "code": chart.rng.choice(("drughigh", "salg", "surg"))}]}


ORDER_CHANGES: tuple[tuple[int, Callable[[Chart, Resource], None]], ...] = (
    (22, unclear_dose), (1, no_dosage), (4, phases), (5, text_only), (3, unresolved), (4, another_drug), (4, status),
    (3, held), (2, intent), (2, no_intent), (1, not_to_give), (2, reported), (4, without_id), (2, modified),
    (3, foreign), (1, spelled_subject), (8, declared), (2, starts_later), (3, ends), (1, undated), (3, reasoned),
)  # fmt: skip


def change_order(chart: Chart) -> None:
    """One perturbation of one order or draft."""
    weights, changes = zip(*ORDER_CHANGES, strict=True)
    change = chart.rng.choices(changes, weights)[0]
    chosen = chart.drafts if chart.rng.random() < 0.5 or not chart.orders else chart.orders
    change(chart, chart.rng.choice(chosen))
    chart.tags.add(change.__name__)
