"""The calls of every hook for an invented patient, and what its service answers."""

from typing import Any

import msgspec
from werkzeug.test import TestResponse

from cds_service.demo.fixtures import Fixture, request_for
from cds_service.web.discovery import SERVICES
from tests.support import client, parsed

BY_HOOK = {x.hook: x for x in SERVICES}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def asked(patient: Fixture, hook: str) -> dict[str, Any]:
    """The call of a hook for an invented patient, all of its drafts selected; of a hook without drafts without them."""
    request = request_for(patient, BY_HOOK[hook].prefetch)
    context = dict(request["context"])
    if hook == "patient-view":
        del context["draftOrders"]
    elif hook == "order-select":
        resources = [x["resource"] for x in context["draftOrders"]["entry"]]
        context["selections"] = [f"{x['resourceType']}/{x.get('id')}" for x in resources]
    return {**request, "hook": hook, "context": context}


def post(request: dict[str, Any], service: str = "") -> TestResponse:
    """The response of a service, of that of the hook that the request names where none is given."""
    path = f"/cds-services/{service or BY_HOOK[request['hook']].id}"
    return client().post(path, data=_ENCODER.encode(request), content_type="application/json")


def cards(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The cards that a request is answered with, numbers exact; AssertionError for any other status than 200."""
    response = post(request)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = parsed(response.data)["cards"]
    return found
