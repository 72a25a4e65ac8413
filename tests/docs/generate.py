"""The generated parts of the docs: `python -m tests.docs.generate` writes them between their markers."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.metrics import MetricWrapperBase

from cds_service import errors
from cds_service.clinical.facts import Reason
from cds_service.data import data_dir
from cds_service.fhir.dosage.why import Why
from cds_service.protocols import strict_yaml
from cds_service.settings import Settings, variable
from cds_service.web import feedback, gate
from cds_service.web import metrics as counted
from tests.docs import ctcae, examples, gallery, protocol_pages
from tests.docs.marks import proven

TOP = Path(__file__).parents[2]
TESTS = TOP / "tests"
REQUIREMENTS = TESTS / "spec" / "cds-hooks-requirements.csv"
STANDINGS = TESTS / "spec" / "cds-hooks-standing.csv"
HAZARDS = TESTS / "protocol" / "hazards.csv"
OPEN = "open"
_LOG = ("id", "hazard", "harm", "control")
METERED = (counted, gate, feedback)


def settings() -> str:
    """The table of all settings."""
    rows = [
        (f"`{variable(name)}`", field.description or "", _default(name), f"`{(field.examples or [''])[0]}`")
        for name, field in Settings.model_fields.items()
    ]
    return table(("variable", "what it sets", "default", "example"), rows)


def error_codes() -> str:
    """A section for each error code, so that the link of an error leads to it."""
    return "\n\n".join(map(_error, errors.every()))


def reasons() -> str:
    """A section for each reason for which something is unknown, and the table of what a dose may lack."""
    words = strict_yaml.read((data_dir("cards") / "en" / "words.yaml").read_text("utf-8"), "words.yaml")
    said = [f"## {x}\n\nOn the card: *{words['reasons'][x]}*.\n\n{words['fixes'][x]}" for x in Reason]
    lacking = table(("code", "what was not understood of a dose"), [(f"`{x.name.lower()}`", str(x.value)) for x in Why])
    return "\n\n".join([*said, "## What a dose may lack", lacking])


def coverage() -> str:
    """The requirements of CDS Hooks on a service: the tests that prove each, why it is done otherwise, or not ours."""
    proofs, stands = proven("requirement"), standings()
    rows = [
        (x["no"], x["level"], x["section"], x["requirement"], "<br>".join(_ends(x["no"], proofs, stands)))
        for x in requirements()
    ]
    return table(("no", "level", "section", "requirement", "where it ends"), rows)


def _ends(number: str, proofs: Mapping[str, list[str]], stands: Mapping[str, tuple[str, str]]) -> list[str]:
    stood = [f"**{stands[number][0]}**: {stands[number][1]}"] if number in stands else []
    return [*stood, *proofs.get(number, [])] or [OPEN]


def standings() -> Mapping[str, tuple[str, str]]:
    """What is done otherwise ("deviation") or is no requirement on us ("not ours"), by its number, with the reason."""
    with STANDINGS.open(newline="", encoding="utf-8") as file:
        return {x["no"]: (x["standing"], x["reason"]) for x in csv.DictReader(file)}


def hazards() -> str:
    """The hazard log: what may go wrong, whom it would harm, what is done about it, and the tests of that."""
    proofs = proven("hazard")
    with HAZARDS.open(newline="", encoding="utf-8") as file:
        rows = [(*(x[y] for y in _LOG), "<br>".join(proofs.get(x["id"], [OPEN]))) for x in csv.DictReader(file)]
    return table((*_LOG, "tests that show the control"), rows)


def criteria() -> str:
    """The grading criteria as they are encoded, and what the next version changes."""
    return ctcae.page(table)


def metrics() -> str:
    """The table of all metrics, as Prometheus shows them."""
    found = {y for x in METERED for y in vars(x).values() if isinstance(y, MetricWrapperBase)}
    shown = sorted(((x.describe()[0], x._labelnames) for x in found), key=lambda x: str(x[0].name))
    rows = [(f"`{_shown(x)}`", x.type, ", ".join(labels) or "none", x.documentation) for x, labels in shown]
    return table(("metric", "type", "labels", "what it tells"), rows)


def _shown(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def requirements() -> list[Mapping[str, str]]:
    """The rows of the project's list of requirements."""
    with REQUIREMENTS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(x)} |" for x in lines)


def _default(name: str) -> str:
    field = Settings.model_fields[name]
    if name == "data_dir":
        return "`$XDG_DATA_HOME/trofosfamide-cds`, else `~/.local/share/trofosfamide-cds`"
    return f"`{field.default}`" if field.default not in ("", ()) else "none"


def _error(kind: type[errors.CdsError]) -> str:
    status = "stops the start" if issubclass(kind, errors.StartError) else f"HTTP {kind.status}"
    return f"## {kind.code}\n\n{status}. {kind.meaning} {kind.remedy}"


PAGES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "settings": ("docs/settings.md", settings),
    "errors": ("docs/errors.md", error_codes),
    "coverage": ("docs/cds-hooks-coverage.md", coverage),
    "ctcae": ("docs/ctcae.md", criteria),
    "reasons": ("docs/reasons.md", reasons),
    "metrics": ("docs/metrics.md", metrics),
    "hazards": ("docs/safety.md", hazards),
    "gallery": ("docs/gallery.md", gallery.page),
    **protocol_pages.PARTS,
    **{name: ("docs/integration.md", made) for name, made in examples.PARTS.items()},
}


def markers(name: str) -> tuple[str, str]:
    """What stands before and after a generated part."""
    return f"<!-- generated: {name}; python -m tests.docs.generate -->\n", f"\n<!-- end of {name} -->"


def parts(name: str) -> tuple[str, str, str]:
    """A page as it is: before the generated part, the part, and after it."""
    begin, end = markers(name)
    before, _, rest = (TOP / PAGES[name][0]).read_text("utf-8").partition(begin)
    inside, _, after = rest.partition(end)
    return before + begin, inside, end + after


if __name__ == "__main__":
    for page, (file, made) in PAGES.items():
        first, _, last = parts(page)
        (TOP / file).write_text(first + made() + last, "utf-8")
