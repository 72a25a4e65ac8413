"""The door itself: what holds for every address. Errors, request ids, content types."""

import time
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import HTTPException

from cds_service import errors
from cds_service.hook.limits import TooMany
from cds_service.hook.refusals import Forbidden, Unauthenticated
from cds_service.web import metrics
from cds_service.web.log import frames

_LOG = structlog.get_logger()
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_KINDS: dict[int | None, type[errors.CdsError]] = {
    404: errors.UnknownPlace,
    405: errors.WrongMethod,
}


def install(app: Flask) -> None:
    """Make every answer of the app, errors of any kind among them, as this page says."""
    app.url_map.strict_slashes = False
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(errors.CdsError, _refuse)
    app.register_error_handler(Unauthenticated, _turn_away)
    app.register_error_handler(Forbidden, _forbid)
    app.register_error_handler(TooMany, _slow_down)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _fail)


def json_answer(content: Any, status: int = 200, content_type: str = "application/json") -> Response:
    """A response with JSON in it; Decimals are written as numbers, exactly."""
    return Response(_ENCODER.encode(content), status, content_type=content_type)


def body(call: Request) -> bytes:
    """The body of a request that says it is JSON. Raises the errors of status 413 and 415, and Refused."""
    kind = call.mimetype
    if kind and "json" not in kind:
        raise errors.NotJsonType(f"The Content-Type is {kind[:64]}.")
    if call.headers.get("Content-Encoding", "identity") != "identity":
        raise errors.NotJsonType("The body has a Content-Encoding, such as gzip; it is read uncompressed only.")
    return _content(call, call.max_content_length or 0)


def _content(call: Request, limit: int) -> bytes:
    """All of the body in one read; the framework would copy a large one several times."""
    declared = call.content_length
    # Without a length the server itself has to know where the body ends (chunked), else there is none.
    size = declared if declared is not None else (limit + 1) * bool(call.environ.get("wsgi.input_terminated"))
    try:
        content: bytes = call.environ["wsgi.input"].read(size) if (declared or 0) <= limit else b""
    except OSError:
        raise errors.Refused("The body could not be read to its end.") from None
    if max(declared or 0, len(content)) > limit:
        raise errors.TooLarge(f"The body is larger than {limit} bytes.")
    if len(content) < (declared or 0):
        raise errors.Refused(f"The body ended after {len(content)} of {declared} bytes.")
    return content


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = uuid4().hex


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers["Cache-Control"] = "no-store"
    return response


def _refuse(error: errors.CdsError) -> Response:
    metrics.count(metrics.REFUSALS, error.code)
    _LOG.warning("refused", code=error.code, status=error.status, request_id=g.request_id)
    return json_answer(errors.outcome(error), error.status)


def _turn_away(_: Unauthenticated) -> Response:
    """401 says nothing more: what is wrong with a token helps those who guess."""
    return Response(status=401, headers={"WWW-Authenticate": "Bearer"})


def _forbid(refusal: Forbidden) -> Response:
    return _refuse(errors.NotAllowed(f"Client {refusal.client}: {refusal}."))


def _slow_down(refusal: TooMany) -> Response:
    response = _refuse(errors.TooManyRequests(f"The next call is looked at in {refusal.seconds} seconds."))
    response.headers["Retry-After"] = str(refusal.seconds)
    return response


def _refuse_http(error: HTTPException) -> Response:
    """What the framework refuses, such as an unknown address, in our own form."""
    kind = _KINDS.get(error.code, errors.Refused)
    response = _refuse(kind(_said(kind)))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _said(kind: type[errors.CdsError]) -> str:
    if kind is errors.Refused:
        return "The request could not be read."
    return f"{request.method} {request.path[:128]} is not answered here."


def _fail(error: Exception) -> Response:
    _LOG.error("failed", kind=type(error).__name__, frames=frames(error), request_id=g.request_id)
    return _refuse(errors.InternalFault("The service failed."))
