"""The pages of the protocols and their drawings, as `cds_service.pages` prints them."""

from collections.abc import Callable, Mapping
from functools import partial

from cds_service.pages.book import BEYOND, INDEX, book
from cds_service.pages.sheet import sheet
from cds_service.protocols.load import load_all

BOOK = book([sheet(x) for x in load_all().values()])


def _file(name: str) -> str:
    if name == BEYOND:
        return f"docs/{BEYOND}.md"
    return f"docs/protocols/{'README' if name == INDEX else name}.md"


PARTS: Mapping[str, tuple[str, Callable[[], str]]] = {
    **{x: (_file(x), partial(BOOK.markdown, x)) for x in BOOK.names},
    **{x: (f"docs/protocols/{x}.svg", partial(BOOK.svg, x)) for x in BOOK.diagrams},
}
