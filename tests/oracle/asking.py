"""Small order-sign requests for the tests of the oracle; all patients invented."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.oracle import oracle

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ME = {"reference": "Patient/p1"}
DRUG = {"coding": [{"system": "http://snomed.info/sct", "code": "1156222009"}]}
COUNTS = {
    "hb": ("718-7", "g/dL", 13),
    "wbc": ("6690-2", "10*9/L", 5),
    "anc": ("751-8", "10*9/L", 3),
    "plt": ("777-3", "10*9/L", 200),
    "alt": ("1742-6", "U/L", 20),
    "crea": ("2160-0", "mg/dL", 1),
}
FOUR = ("hb", "wbc", "anc", "plt")


def ago(number):
    return (NOW - timedelta(days=number)).isoformat()


def obs(name, value, days_ago, **more):
    code, unit, _ = COUNTS[name]
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    found = {
        "resourceType": "Observation", "status": "final", "subject": ME,
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": ago(days_ago), "valueQuantity": quantity,
    }  # fmt: skip
    return found | more


def lab(code, value, unit, days_ago, **more):
    """A result by its LOINC code and its unit as text."""
    coded = {"coding": [{"system": "http://loinc.org", "code": code}]}
    return obs("hb", 0, days_ago, code=coded, valueQuantity={"value": value, "unit": unit}) | more


def without(name, days_ago=1):
    code = COUNTS[name][0]
    return [one for one in counts(days_ago) if one["code"]["coding"][0]["code"] != code]


def counts(days_ago, **values):
    return [obs(name, values.get(name, COUNTS[name][2]), days_ago) for name in FOUR]


def order(ident, mg, since, until=None, status="active", **more):
    bounds = {"start": ago(since)} | ({"end": ago(until)} if until is not None else {})
    repeat = {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": bounds}
    dose = {"value": mg, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    found = {
        "resourceType": "MedicationRequest", "id": ident, "status": status, "intent": "order", "subject": ME,
        "medicationCodeableConcept": DRUG, "authoredOn": ago(since),
        "dosageInstruction": [{"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": dose}]}],
    }  # fmt: skip
    return found | more


def draft(mg, replaces="o1", **more):
    prior = {"priorPrescription": {"reference": f"MedicationRequest/{replaces}"}} if replaces else {}
    return order("d1", mg, 0, status="draft") | prior | more


def bundle(resources):
    return {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}


def ask(drafts, orders=(), observations=(), **prefetch):
    request = {
        "hook": "order-sign",
        "context": {"patientId": "p1", "draftOrders": bundle(drafts)},
        "prefetch": {"medications": bundle(orders), "results": bundle(observations)} | prefetch,
    }
    return oracle(json.loads(json.dumps(request), parse_float=Decimal), NOW)


def brief(answer):
    mg = answer["proposed"]
    return answer["conclusion"], answer["topic"], answer["indicator"], None if mg is None else int(mg)


def says(*observations, orders=None, mg=100, **prefetch):
    """The conclusion of a draft that goes on with a running order."""
    return ask([draft(mg)], RUNNING if orders is None else orders, observations, **prefetch)["conclusion"]


RUNNING = [order("o1", 100, 40)]
AFTER_NADIR = [*counts(20), obs("anc", 0.7, 10)]
