"""A record under construction: the orders, results and drafts of one invented patient."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from tests.generative import orders, results
from tests.generative.clock import ago
from tests.generative.results import ACTING

Resource = dict[str, Any]


class Chart:
    """What scenarios write to and perturbations change; `request` is the call that carries it."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.laboratory = results.laboratory(rng)
        self.patient: Resource | None = {"resourceType": "Patient", "id": "p1", "birthDate": "1957-03-04"}
        self.observations: list[Resource] = []
        self.orders: list[Resource] = []
        self.drafts: list[Resource] = []
        self.beside: list[Resource] = []
        self.beside_drafts: list[Resource] = []
        self.replaced_prefetch: dict[str, Any] = {}
        self.tags: set[str] = set()
        self.counter = 0

    def result(self, analyte: str, when: datetime, value: Any) -> Resource:
        """Add one final result; an int is a grade."""
        self.counter += 1
        made = results.observation(self.rng, self.laboratory, self.counter, analyte, when, value)
        self.observations.append(made)
        return made

    def draw(self, days: float, **grades: int) -> None:
        """Add a blood count, that many days ago; counts that are not named are of grade 0 or 1."""
        when = ago(days)
        for analyte in ACTING:
            usual = 0 if self.rng.random() < 0.7 else 1
            self.result(analyte, when, grades.get(analyte, usual))
        if self.rng.random() < 0.15:
            self.result("lymphocytes", when, self.rng.randrange(5))

    def give(self, daily: int, start: float, end: float | None = None, status: str = "active") -> Resource:
        """Add an order of that many mg/day from `start` to `end` days ago (None: not said)."""
        until = None if end is None else ago(end)
        made, beside = orders.order(self.rng, str(len(self.orders) + 1), daily, ago(start), until)
        made["status"] = status
        self.orders.append(made)
        self.beside += beside
        return made

    def propose(self, daily: int, replaces: Resource | None = None) -> Resource:
        """Add a draft of that many mg/day."""
        made, beside = orders.draft(self.rng, str(len(self.drafts) + 1), daily)
        if replaces:
            made = orders.replacing(self.rng, made, replaces)
        self.drafts.append(made)
        self.beside_drafts += beside
        return made

    def request(self) -> Resource:
        """The body of the order-sign call."""
        prefetch: Resource = {
            "patient": self.patient,
            "medications": searchset(self.orders + self.beside),
            "results": searchset(self.observations),
        }
        prefetch |= self.replaced_prefetch
        context = {
            "userId": "Practitioner/d1",
            "patientId": "p1",
            "draftOrders": {**searchset(self.drafts + self.beside_drafts), "type": "collection"},
        }
        return {
            "hook": "order-sign",
            "hookInstance": str(UUID(int=self.rng.getrandbits(128), version=4)),
            "fhirServer": "https://ehr.example.org/fhir",
            "context": context,
            "prefetch": {key: value for key, value in prefetch.items() if value != "absent"},
        }


def searchset(resources: list[Resource]) -> Resource:
    """A Bundle of a search."""
    base = "https://ehr.example.org/fhir"
    entries = [
        {"fullUrl": f"{base}/{r['resourceType']}/{r['id']}", "resource": r} if "id" in r else {"resource": r}
        for r in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset"} | ({"entry": entries} if entries else {})
