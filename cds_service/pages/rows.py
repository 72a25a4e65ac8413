"""The rows of the tables on the pages, each cell as text."""

from collections.abc import Iterable

from cds_service.clinical.ctcae import Ctcae
from cds_service.pages.evidence import Table
from cds_service.pages.sheet import Item, Sheet, amount

Rows = list[tuple[str, ...]]


def head(sheet: Sheet) -> Rows:
    """What the protocol is, and which content of its files this page was printed from."""
    protocol = sheet.protocol
    return [
        *((x.capitalize(), sheet.head[x]) for x in ("purpose", "use", "misuse")),
        ("Status", protocol.status),
        ("Version", protocol.version),
        ("Graded by", f"CTCAE v{protocol.ctcae.version}"),
        ("Digest of the files (SHA-256)", protocol.digest),
        ("Declared as", protocol.url),
    ]


def parameters(sheet: Sheet) -> Rows:
    """name, value of the file, since when, source, what stands there or the reason."""
    return [(x.name, x.value, x.since, x.citation, x.says) for x in sheet.parameters]


def sourced(items: Iterable[Item]) -> Rows:
    """name, source, what stands there or the reason."""
    return [(x.name, x.citation, x.says) for x in items]


def differing(sheet: Sheet) -> Rows:
    """Where another source, or the same one elsewhere, says something else."""
    items = (*sheet.parameters, *sheet.rules, *sheet.criteria, *sheet.monitoring)
    return [(x.name, x.value, y.source, y.value, y.why) for x in items for y in x.differs]


def changes(sheet: Sheet) -> Rows:
    """What the site does otherwise: parameter, value of the file and of the site, why, and who signed it off when."""
    return [
        (x.parameter, amount(x.before, x.unit), amount(x.after, x.unit), x.reason, f"{x.signed_off_by}, {x.signed_on}")
        for x in sheet.protocol.changes
    ]


def evidence(table: Table) -> Rows:
    """A table of the source."""
    return [(x.name, *(y.text for y in x.figures)) for x in table.rows]


def defaults(sheet: Sheet) -> Rows:
    """What this product decides where the source is silent."""
    return [(x.name, kind, x.value, x.says, x.citation) for kind, x in sheet.defaults]


def disputed(sheet: Sheet) -> Rows:
    """What is cited, where the source says more than one thing and this product had to choose."""
    return [(x.name, x.value, y.value, y.why) for x in sheet.parameters if not x.default for y in x.differs]


def arms(ctcae: Ctcae) -> Rows:
    """Each value that CTCAE grades by two limits without saying which one counts, and which one does here."""
    both = [x for x in ctcae.criteria.values() if x.above_uln and x.above_baseline]
    worse, one = (
        "the worse of both counts",
        "by the baseline where that is above the upper limit, else by the upper limit",
    )
    return [(x.analyte, worse if x.worse_of_both else one) for x in both]


def terms(ctcae: Ctcae) -> Rows:
    """The recorded toxicities that are taken as haematological, and the count that each stands for."""
    return [(x.name, x.analyte or "none") for x in ctcae.terms.values() if x.haematological]
