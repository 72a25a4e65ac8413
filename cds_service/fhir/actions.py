"""What an EHR can do with one click, as edits of its own JSON that touch nothing else.

Each is an action of CDS Hooks without its `description`, which is worded where the card is.
"""

from collections.abc import Mapping
from typing import Any

from cds_service.fhir.codes import LOINC
from cds_service.fhir.reasons import HOLD_SYSTEM, TOXICITY, TOXICITY_DISPLAY
from cds_service.fhir.rewriting.rewrite import rewrite

__all__ = ["delete", "on_hold", "repeat_count", "rewrite", "update"]

Resource = Mapping[str, Any]
Action = dict[str, Any]

BLOOD_COUNT = "57021-8"
BLOOD_COUNT_DISPLAY = "CBC W Auto Differential panel - Blood"


def delete(resource: Resource) -> Action | None:
    """Remove a draft; None for one without an id, which an EHR cannot find again."""
    if not resource.get("id"):
        return None
    return {"type": "delete", "resourceId": f"{resource['resourceType']}/{resource['id']}"}


def update(resource: Resource) -> Action | None:
    """Replace an order by `resource`, sent in whole; None for one without an id."""
    return {"type": "update", "resource": resource} if resource.get("id") else None


def on_hold(resource: Resource) -> dict[str, Any]:
    """The order put on hold because of toxicity, with a coded reason; everything else as it was."""
    coding = {"system": HOLD_SYSTEM, "code": TOXICITY, "display": TOXICITY_DISPLAY}
    return {**resource, "status": "on-hold", "statusReason": {"coding": [coding], "text": TOXICITY_DISPLAY}}


def repeat_count(patient: str) -> Action:
    """Propose a complete blood count with differential for the patient with this id, as a draft to be signed."""
    request = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "code": {
            "coding": [{"system": LOINC, "code": BLOOD_COUNT, "display": BLOOD_COUNT_DISPLAY}],
            "text": "Complete blood count with differential",
        },
        "subject": {"reference": f"Patient/{patient}"},
    }
    return {"type": "create", "resource": request}
