"""A small, strict EHR over a FHIR server: it takes prefetch templates at their word and calls the service."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import requests
from flask.testing import FlaskClient

from cds_service.fhir.prefetch import ON_DEMAND

_TOKEN = re.compile(r"\{\{([^{}]*)\}\}")
_JSON = "application/fhir+json"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Ehr:
    """An EHR whose record is the FHIR server at `base`.

    `page` entries are asked for at a time, where it is given, in place of the `_count` of a template; one that does not
    follow pages hands on the first, with its link to the next.
    """

    base: str
    session: requests.Session
    page: int | None = None
    follows: bool = True

    def store(self, bundle: dict[str, Any], *, validation: bool = True) -> requests.Response:
        """Send a transaction to the server, numbers exactly as they are."""
        headers = {"Content-Type": _JSON} | ({} if validation else {"X-Validation": "off"})
        return self.session.post(self.base, data=_ENCODER.encode(bundle), headers=headers, timeout=60)

    def sign(self, service: FlaskClient, hook: dict[str, Any]) -> dict[str, Any]:
        """The answer of the order-sign service to a hook request, with all that it asks for or would read."""
        offered = service.get("/cds-services").get_json()["services"]
        entry = next(x for x in offered if x["hook"] == hook["hook"])
        wanted = {**entry["prefetch"], **ON_DEMAND}
        prefetch = {key: self.fetch(template, hook["context"]) for key, template in wanted.items()}
        body = _ENCODER.encode({**hook, "prefetch": prefetch})
        response = service.post(f"/cds-services/{entry['id']}", data=body, content_type="application/json")
        assert response.status_code == 200, response.text
        return _parsed(response.data)

    def sign_unread(
        self, service: FlaskClient, hook: dict[str, Any], server: str, token: str, caller: str
    ) -> dict[str, Any]:
        """The answer where nothing is prefetched: the service reads `server` with `token`; `caller` is the EHR's."""
        granted = {"access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read"}
        body = _ENCODER.encode({**hook, "fhirServer": server, "fhirAuthorization": granted})
        offered = service.get("/cds-services").get_json()["services"]
        entry = next(x for x in offered if x["hook"] == hook["hook"])
        headers = {"Authorization": f"Bearer {caller}"}
        path = f"/cds-services/{entry['id']}"
        response = service.post(path, data=body, content_type="application/json", headers=headers)
        assert response.status_code == 200, response.text
        return _parsed(response.data)

    def fetch(self, template: str, context: dict[str, Any]) -> dict[str, Any] | None:
        """What a prefetch template asks for: a resource, all matches of a search, or None where there is nothing."""
        path, _, query = _TOKEN.sub(lambda token: _value(token[1], context), template).partition("?")
        parameters = dict(parse_qsl(query, strict_parsing=True)) if query else {}
        if query and self.page is not None:
            parameters["_count"] = str(self.page)
        found = self._get(f"{self.base}/{path}", parameters)
        return self._whole(found) if query and found is not None and self.follows else found

    def _whole(self, bundle: dict[str, Any]) -> dict[str, Any]:
        """A search set with the entries of all its pages, and no link to a next one."""
        entries = list(bundle.get("entry", ()))
        page = bundle
        while more := next((x["url"] for x in page["link"] if x["relation"] == "next"), None):
            following = self._get(more, {})
            assert following is not None, "a page of a search is gone"
            entries += following.get("entry", ())
            page = following
        whole = {**bundle, "link": [x for x in bundle["link"] if x["relation"] != "next"]}
        return {**whole, "entry": entries} if entries else whole

    def _get(self, url: str, parameters: dict[str, str]) -> dict[str, Any] | None:
        # requests percent-encodes what a template leaves plain: `|`, `,`, `:` and `/`.
        response = self.session.get(url, params=parameters, headers={"Accept": _JSON}, timeout=60)
        if response.status_code == 404:
            return None
        assert response.status_code == 200, response.text
        return _parsed(response.content)


def _value(token: str, context: dict[str, Any]) -> str:
    place, _, name = token.partition(".")
    assert place == "context", f"{{{{{token}}}}} is no prefetch token"
    assert isinstance(context.get(name), str), f"context has no {name}"
    return str(context[name])


def _parsed(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body, parse_float=Decimal)
    return found
