"""A record under construction: the orders, results and drafts of one invented patient."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from tests.generative import orders, panels, results
from tests.generative.clock import ago
from tests.generative.codes import ACTING

Resource = dict[str, Any]


# Prefetch that is not advertised, and read where it comes.
MORE = ("adverseEvents", "conditions", "gradings", "transfusions", "administrations", "reports")


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
        self.more: dict[str, list[Resource]] = {key: [] for key in MORE}
        self.tumour: dict[str, Any] = {}
        self.replaced_prefetch: dict[str, Any] = {}
        self.tags: set[str] = set()
        # Whether the disease has been held back for long.
        self.controlled = False
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

    def unasked(self, key: str) -> Any:
        """What is sent under a key that the service did not ask for: mostly nothing where the record has none."""
        if self.more[key]:
            return searchset(self.more[key])
        return self.rng.choices(("absent", searchset([]), None), (75, 20, 5))[0]

    def request(self) -> Resource:
        """The body of the order-sign call."""
        prefetch: Resource = {
            "patient": self.patient,
            "medications": searchset(self.orders + self.beside),
            "results": searchset(
                panels.packed(self.rng, self.laboratory.panels, self.observations, self.more["reports"])
            ),
            **{key: self.unasked(key) for key in MORE},
            **self.tumour,
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
