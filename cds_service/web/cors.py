"""Calls from web pages of other origins: a browser asks first, without a token, and is told what the table allows."""

from collections.abc import Mapping

from flask import Flask, Response, g, request

_EXPOSED = "X-Request-Id, Retry-After"
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Max-Age": "600",
}


def install(app: Flask, origins: frozenset[str] | None) -> None:
    """Let pages of these origins call and read every answer, refusals among them; None lets those of any origin.

    Where the gate knows the client, its own origins count alone: a page of one hospital reads no answer to another.
    """

    def allow(response: Response) -> Response:
        client = g.get("client")
        own = origins if origins is None or client is None else client.browser_origins
        response.headers.extend(headers(request.headers.get("Origin"), own, preflight=request.method == "OPTIONS"))
        if origins is not None:
            response.vary.add("Origin")
        return response

    app.after_request(allow)


def headers(origin: str | None, origins: frozenset[str] | None, *, preflight: bool) -> Mapping[str, str]:
    """What is said to a browser for a page of this origin; nothing where the page may not call."""
    if origins is not None and origin not in origins:
        return {}
    allowed = {"Access-Control-Allow-Origin": origin if origins is not None and origin else "*"}
    return {**allowed, **_PREFLIGHT} if preflight else {**allowed, "Access-Control-Expose-Headers": _EXPOSED}
