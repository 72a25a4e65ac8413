"""One query from its question to its last page."""

from collections.abc import Callable
from dataclasses import dataclass

import requests

from cds_service.errors import CdsError
from cds_service.fhir.reading import pages
from cds_service.fhir.reading.address import Address, following, query_of
from cds_service.fhir.reading.asks import Ask, Rest
from cds_service.fhir.reading.call import Call, get
from cds_service.fhir.reading.failures import Failed, Failure
from cds_service.fhir.reading.pages import Page


@dataclass(frozen=True, slots=True)
class Server:
    """Whom the queries of one call ask, and within which limits. `text` checks a body, and raises CdsError."""

    base: Address
    token: str | None
    session: requests.Session
    call: Call
    most_pages: int
    text: Callable[[bytes], bytes]

    def body(self, url: str) -> bytes:
        """The text of one answer. Raises Failed, or an exception of `requests`."""
        body = get(self.session, url, self.token, self.call)
        try:
            return self.text(body)
        except CdsError:
            raise Failed(Failure.UNREADABLE) from None


def walk(server: Server, ask: Ask, came: list[Page]) -> None:
    """Ask, and append each page to `came` as it comes. Raises Failed, or an exception of `requests`."""
    if isinstance(ask, Rest):
        first, url = _rest(server, ask)
        if first is not None and url is not None:
            came.append(first)
            _search(server, url, came)
            return
        ask = ask.query
    query = query_of(ask)
    if query is None:
        raise Failed(Failure.BAD_QUERY)
    url = f"{server.base.url}/{query.text}"
    if query.is_search:
        _search(server, url, came)
    else:
        came.append(pages.resource(server.body(url), query.kind))


def _rest(server: Server, ask: Rest) -> tuple[Page | None, str | None]:
    """The part that came along, and where its next page is; None where it has no such link."""
    try:
        first = pages.page(bytes(ask.first))
    except Failed:
        return None, None
    return first, following(first.following, f"{server.base.url}/", server.base) if first.following else None


def _search(server: Server, url: str | None, came: list[Page]) -> None:
    asked: set[str] = set()
    while url is not None:
        if url in asked:
            raise Failed(Failure.PAGES_REPEAT)
        if len(came) >= server.most_pages:
            raise Failed(Failure.TOO_MANY_PAGES)
        asked.add(url)
        came.append(pages.page(server.body(url)))
        url = _next(server, came[-1], url)


def _next(server: Server, page: Page, url: str) -> str | None:
    if page.following is None:
        return None
    link = following(page.following, url, server.base) if page.following else None
    if link is None:
        raise Failed(Failure.FOREIGN_LINK)
    return link
