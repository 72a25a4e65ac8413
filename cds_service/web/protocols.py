"""GET /protocols and /protocols/<name>: what the service decides by, for clinicians to read. Nothing of a patient."""

from collections.abc import Sequence
from functools import cache

from flask import Blueprint, Response

from cds_service.clinical.protocol import Protocol
from cds_service.errors import UnknownPlace
from cds_service.pages.book import INDEX, Book, book, style_hash
from cds_service.pages.sheet import sheet

_HEADERS = {
    # No script, no picture, no form, nothing from elsewhere; of styles the one that stands in each page.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src '{style_hash()}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def blueprint(protocols: Sequence[Protocol]) -> Blueprint:
    """The pages of these protocols, each printed when it is first asked for; the first is the site's default."""
    pages = Blueprint("protocols", __name__, url_prefix="/protocols")

    @cache
    def opened() -> Book:
        return book([sheet(x) for x in protocols])

    @cache
    def printed(name: str) -> str:
        return opened().html(name)

    @pages.get("")
    def index() -> Response:
        return _page(printed(INDEX))

    @pages.get("/<name>")
    def page(name: str) -> Response:
        if name not in opened().names or name == INDEX:
            raise UnknownPlace("There is no protocol of this name.")
        return _page(printed(name))

    return pages


def _page(text: str) -> Response:
    return Response(text, headers=_HEADERS, content_type="text/html; charset=utf-8")
