"""GET /cds-services: which services there are, and what they want to be sent with a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response

from cds_service.fhir.prefetch import TEMPLATES
from cds_service.web.door import json_answer


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of the discovery, called at /cds-services/<id>; `prefetch` has a FHIR query for each key."""

    id: str
    hook: str
    hook_version: str
    title: str
    description: str
    usage: str
    prefetch: Mapping[str, str]


_READS = (
    "Reads blood counts, chemistry and orders, holds them against the maintenance protocol for soft tissue sarcoma, "
    "and says whether to interrupt, restart, reduce or escalate trofosfamide. For research use; the clinician decides. "
)
_SEND = "Send every prefetch key; null or an empty Bundle where the record has nothing. "
_OR_READ = "What is not sent is read from fhirServer, if it may be asked; else "

SERVICES = (
    Service(
        id="trofosfamide-order-sign",
        hook="order-sign",
        hook_version="1.0",
        title="Trofosfamide: may this order be signed as drafted?",
        description=f"{_READS}Orders of other drugs are answered at once, without a card.",
        usage=f"{_SEND}{_OR_READ}an order of trofosfamide without medications or results is answered with 412.",
        prefetch=TEMPLATES,
    ),
    Service(
        id="trofosfamide-order-select",
        hook="order-select",
        hook_version="1.0",
        title="Trofosfamide: does the order just chosen fit the protocol?",
        description=(
            f"{_READS}Only the orders named in selections are judged; where none of them is of trofosfamide the answer "
            "comes at once, without a card."
        ),
        usage=(
            f"{_SEND}{_OR_READ}an order of trofosfamide without medications or results is answered with 412. Give "
            "every draft an id, so that selections can name it."
        ),
        prefetch=TEMPLATES,
    ),
    Service(
        id="trofosfamide-patient-view",
        hook="patient-view",
        hook_version="1.0",
        title="Trofosfamide: does the treatment of this patient need attention today?",
        description=f"{_READS}Patients without a running course of trofosfamide are answered at once, without a card.",
        usage=(
            f"{_SEND}{_OR_READ}a call without medications, or without results for a patient whose course is running, "
            "is answered with 412."
        ),
        prefetch=TEMPLATES,
    ),
)


def blueprint(services: Sequence[Service] = SERVICES) -> Blueprint:
    """The discovery page of these services."""
    pages = Blueprint("discovery", __name__)
    entries = {"services": [_entry(x) for x in services]}

    @pages.get("/cds-services")
    def discover() -> Response:
        return json_answer(entries)

    return pages


def _entry(service: Service) -> dict[str, object]:
    return {
        "id": service.id,
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "usageRequirements": service.usage,
        "prefetch": dict(service.prefetch),
        "version": "2.0",
        "hookVersion": service.hook_version,
    }
