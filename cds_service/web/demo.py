"""GET /fhir: the built-in read-only FHIR server of the demo mode, on HTTP."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, request

from cds_service.web.door import json_answer

Ehr = Callable[[str, str, Sequence[tuple[str, str]]], tuple[int, Mapping[str, Any]]]


def blueprint(ehr: Ehr) -> Blueprint:
    """The addresses below /fhir. `ehr` answers a base URL, a path and its parameters with a status and a resource."""
    pages = Blueprint("fhir", __name__, url_prefix="/fhir")

    @pages.get("/<path:path>")
    def read(path: str) -> Response:
        status, resource = ehr(f"{request.host_url}fhir", path, tuple(request.args.items(multi=True)))
        return json_answer(resource, status, "application/fhir+json")

    return pages
