"""What tests of every kind share: the fixed clock, a service to ask, and the check that every answer of it passes."""

import atexit
import json
import re
import shutil
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from jsonschema.validators import extend
from referencing import Registry, Resource
from werkzeug.test import TestResponse

from cds_service.app import create_app
from cds_service.data import data_dir
from cds_service.settings import Settings

FIXED_NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ORDER_SIGN = "/cds-services/trofosfamide-order-sign"

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class CheckedClient(FlaskClient):
    """A test client that holds every answer of a service against the schema of answers and the rules of errors."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        path = response.request.path
        hooked = path.startswith("/cds-services/") and not path.endswith("/feedback")
        if hooked and response.request.method == "POST":
            check(response.status_code, parsed(response.data) if response.data else None)
        return response

    @staticmethod
    def encoded(request: Any) -> bytes:
        """A request as JSON; its Decimals are numbers."""
        return _ENCODER.encode(request)


def check(status: int, answer: Any) -> None:
    """Raises AssertionError where the answer of a service is not as CDS Hooks and this product want it."""
    if status == 200:
        faults = [f"{x.json_path}: {x.message}" for x in response_schema().iter_errors(answer)]
        assert not faults, "\n".join(faults)
        uuids = list(_uuids(answer))
        assert len(uuids) == len(set(uuids)), "a uuid is there twice"
    elif status == 401:  # what is wrong with a token helps those who guess
        assert answer is None
    else:
        assert answer["resourceType"] == "OperationOutcome", answer


@cache
def response_schema() -> Draft202012Validator:
    """The validator of hook answers with the decisions in them; they may carry Decimals."""
    schemas = [json.loads(x.read_text("utf-8")) for x in sorted(data_dir("cards").glob("*.schema.json"))]
    registry = Registry().with_resources((x["$id"], Resource.from_contents(x)) for x in schemas)
    schema = next(x for x in schemas if x["$id"].endswith("/cds-hooks-response.schema.json"))
    numbers = Draft202012Validator.TYPE_CHECKER.redefine("number", lambda _, x: _is_number(x))
    validator: Draft202012Validator = extend(Draft202012Validator, type_checker=numbers)(schema, registry=registry)
    return validator


@cache
def client(now: datetime = FIXED_NOW) -> CheckedClient:
    """A client of a service whose clock stands still, with a database of its own that is removed at the end."""
    folder = tempfile.mkdtemp(prefix="cds-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    app = create_app(Settings(data_dir=Path(folder), log_level="error"), clock=lambda: now)
    app.test_client_class = CheckedClient
    made = app.test_client()
    assert isinstance(made, CheckedClient)
    return made


def answer(request: dict[str, Any], now: datetime = FIXED_NOW) -> dict[str, Any]:
    """The parsed answer of order-sign at `now`; {"status": 412} where it asks for prefetch.

    Decimals of the request are sent as numbers, and numbers of the answer come back as Decimals. Any other status than
    200 and 412 raises AssertionError with the service's own words.
    """
    response = client(now).post(ORDER_SIGN, data=_ENCODER.encode(request), content_type="application/json")
    if response.status_code == 412:
        return {"status": 412}
    assert response.status_code == 200, response.text
    found: dict[str, Any] = parsed(response.data)
    return found


def parsed(body: bytes) -> Any:
    """JSON with exact numbers."""
    return json.loads(body, parse_float=Decimal)


def normalise(response: Any) -> Any:
    """The same JSON with its UUIDs called uuid-1, uuid-2 and so on, in the order in which they stand in it."""
    names: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"uuid-{len(names) + 1}")

    return _renamed(response, name)


def _renamed(value: Any, name: Any) -> Any:
    if isinstance(value, dict):
        return {x: _UUID.sub(name, y) if x == "uuid" else _renamed(y, name) for x, y in value.items()}
    return [_renamed(x, name) for x in value] if isinstance(value, list) else value


def _uuids(answer: dict[str, Any]) -> Any:
    for card in answer["cards"]:
        yield card["uuid"]
        yield from (x["uuid"] for x in card.get("suggestions", []))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
