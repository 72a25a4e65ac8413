"""An EHR as the service sees one: it reads the discovery, resolves the prefetch on its FHIR server, calls the hook."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import requests

_TOKEN = re.compile(r"\{\{context\.(\w+)\}\}")
_SECONDS = 10
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


class Ehr:
    """One EHR with one FHIR server, calling the services under `service_url`; numbers stay exact."""

    def __init__(self, service_url: str, fhir_url: str) -> None:
        self.service_url = service_url
        self.fhir_url = fhir_url
        self._session = requests.Session()
        self._session.trust_env = False  # loopback: a proxy of the environment would not reach it

    def services(self) -> Mapping[str, Any]:
        """The entries of the discovery, by id."""
        return {x["id"]: x for x in self._got(f"{self.service_url}/cds-services")["services"]}

    def request(self, service: Mapping[str, Any], hook: Mapping[str, Any]) -> dict[str, Any]:
        """The whole request for a service: `hook` with the prefetch that the service asks for."""
        prefetch = {key: self.resolved(template, hook["context"]) for key, template in service["prefetch"].items()}
        return {**hook, "fhirServer": self.fhir_url, "prefetch": prefetch}

    def resolved(self, template: str, context: Mapping[str, Any]) -> Any:
        """What the FHIR server has for a prefetch template, all pages of a search in one Bundle; None for a 404."""
        query = _TOKEN.sub(lambda found: str(context[found[1]]), template)
        resource = self._got(f"{self.fhir_url}/{query}")
        while resource and (following := _next(resource)):
            page = self._got(following)
            resource = {**page, "entry": [*resource.get("entry", ()), *page.get("entry", ())]}
        return resource

    def call(self, service: Mapping[str, Any], request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The service's answer: an object with cards."""
        url = f"{self.service_url}/cds-services/{service['id']}"
        headers = {"Content-Type": "application/json"}
        response = self._session.post(url, data=_ENCODER.encode(request), headers=headers, timeout=_SECONDS)
        response.raise_for_status()
        answer: Mapping[str, Any] = _DECODER.decode(response.content)
        return answer

    def _got(self, url: str) -> Any:
        response = self._session.get(url, timeout=_SECONDS)
        if response.status_code == 404:
            return None
        response.raise_for_status()
        return _DECODER.decode(response.content)


def _next(resource: Mapping[str, Any]) -> str | None:
    return next((str(x["url"]) for x in resource.get("link", ()) if x["relation"] == "next"), None)
