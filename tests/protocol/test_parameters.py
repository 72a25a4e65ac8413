"""Each value of the protocol files is cited, has cases at its limit, and is noticed where it is moved."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.ctcae import Criterion, Limit
from cds_service.clinical.protocol import FIRST_LINE, MAINTENANCE, Parameters, Protocol
from cds_service.clinical.rules import LINES
from cds_service.protocols.cases.answers import given, wanted
from cds_service.protocols.cases.tables import Row, Table, tables
from cds_service.protocols.load import HERE
from cds_service.protocols.strict_yaml import read
from tests.clinical.builders import PROTOCOL, PROTOCOLS, P

NAMES = [x.name for x in fields(Parameters)]
ARMS = ("below", "above_uln", "above_baseline")
HOURS = {"counts_together", "fever_apart", "fever_window"}
MEASURED = {
    "febrile_neutrophils", "fever_once", "fever_sustained", "start_neutrophils", "start_platelets",
    "start_creatinine_uln", "start_bilirubin_uln",
}  # fmt: skip
FIRST = PROTOCOLS[FIRST_LINE]
# By protocol the parameters that none of its lines, criteria or topics asks for.
UNUSED = {
    MAINTENANCE: {"eligible_age", "performance_status_worst"},
    FIRST_LINE: {
        "escalation_grade", "escalate_window", "minimum_time_at_dose", "pause_years", "tolerated_toxicity_grade",
    },
}  # fmt: skip
# What first line has of its own; everything else has the value of maintenance, by analogy.
OWN = {"starting_dose", "escalate_from", "start_grade", "eligible_age", "performance_status_worst"}
SMALLEST = Decimal("0.001")


def of(name: str) -> list[Table]:
    """The tables whose heading names a parameter, or a limit of the grading criteria."""
    return [x for x in tables() if name in x.names]


def limits() -> Iterator[tuple[str, Criterion, str, Limit]]:
    """(name in a heading, criterion, arm, limit) of every limit of the grading criteria."""
    for analyte, criterion in PROTOCOL.ctcae.criteria.items():
        for arm in ARMS:
            for limit in getattr(criterion, arm):
                name = f"{analyte} {arm} grade {limit.grade}" if arm != "below" else f"{analyte} grade {limit.grade}"
                yield name, criterion, arm, limit


LIMITS = [pytest.param(*x, id=x[0]) for x in limits()]


def noticed(moved: Protocol, name: str) -> bool:
    """True where a case of the tables of `name` gets another answer than it must."""
    return any(given(row, {**PROTOCOLS, moved.id: moved}) != wanted(row) for table in of(name) for row in table.rows)


def in_first_line(table: Table) -> Iterator[Row]:
    """The cases of a table as those of patients whose care plan declares first line."""
    yield from (replace(x, cells={**x.cells, "declared": "first-line"}) for x in table.rows if "grade" not in x.cells)


def with_parameter(protocol: Protocol, name: str, value: Any) -> Protocol:
    return replace(protocol, parameters=replace(protocol.parameters, **{name: value}))


def steps(protocol: Protocol, name: str) -> list[Any]:
    """The parameter moved by one step, in both directions; lists with an entry changed, added or left out."""
    value = getattr(protocol.parameters, name)
    if isinstance(value, timedelta):
        step = timedelta(hours=1) if name in HOURS else timedelta(days=1)
        return [value - step, value + step]
    if isinstance(value, int):
        return [value - 1, value + 1]
    if name in MEASURED:
        return [value - SMALLEST, value + SMALLEST]
    if isinstance(value, Decimal):
        return [value / 2, value + value / 2] if name == "dose_step" else [value - P.dose_step, value + P.dose_step]
    if name == "escalate_from" and not value:
        return [(protocol.parameters.starting_dose,)]
    if name == "escalate_from":
        return [(x + P.dose_step,) for x in value] + [(x - P.dose_step,) for x in value]
    return [tuple(x for x in value if x != left_out) for left_out in value] + [(*value, "lymphocytes")]


ASKED = [(PROTOCOL, x) for x in NAMES if x not in UNUSED[MAINTENANCE]] + [(FIRST, x) for x in sorted(OWN)]
MOVES = [
    pytest.param(protocol, name, value, id=f"{protocol.id}-{name}-{n}")
    for protocol, name in ASKED
    for n, value in enumerate(steps(protocol, name))
]


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_cases_below_at_and_above_its_limit(name: str) -> None:
    found = of(name)
    assert found, f"no heading of cds_service/protocols/cases names `{name}`"
    if name != "acting_analytes":  # names, not a number
        assert all({x.cells.get("side") for x in table.rows} == {"below", "at", "above"} for table in found)


@pytest.mark.hazard("H03", "H29")
@pytest.mark.parametrize(("name", "criterion", "arm", "limit"), LIMITS)
def test_every_limit_of_the_criteria_has_cases(name: str, criterion: Criterion, arm: str, limit: Limit) -> None:
    (table,) = of(name)
    assert {x.cells["side"] for x in table.rows} == {"below", "at", "above"}


def test_no_heading_names_a_parameter_that_does_not_exist() -> None:
    named = {name for table in tables() for name in table.names}
    assert named == {*NAMES, *(x[0] for x in limits())}


@pytest.mark.hazard("H29")
@pytest.mark.parametrize(("protocol", "name", "value"), MOVES)
def test_a_parameter_that_moves_by_one_step_is_noticed(protocol: Protocol, name: str, value: Any) -> None:
    assert noticed(with_parameter(protocol, name, value), name)


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("name", [x for x in NAMES if x not in OWN])
def test_what_holds_by_analogy_has_the_value_of_maintenance(name: str) -> None:
    assert getattr(FIRST.parameters, name) == getattr(P, name)


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("name", [x for x in NAMES if x not in OWN | UNUSED[FIRST_LINE]])
def test_what_holds_by_analogy_decides_in_first_line_too(name: str) -> None:
    rows = [x for table in of(name) for x in in_first_line(table)]
    before = [given(x, PROTOCOLS) for x in rows]
    for value in steps(FIRST, name):
        protocols = {**PROTOCOLS, FIRST_LINE: with_parameter(FIRST, name, value)}
        assert [given(x, protocols) for x in rows] != before, f"{name}: {value}"


def decided(rows: Iterable[Row], protocols: Mapping[str, Protocol]) -> list[dict[str, str]]:
    """The answers without what an escalation lacks: where there is none at all, it lacks that among other things."""
    return [{x: y for x, y in given(row, protocols).items() if x != "missing"} for row in rows]


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_a_parameter_that_nothing_asks_for_changes_no_answer(protocol: Protocol) -> None:
    for name in UNUSED[protocol.id]:
        rows = [x for table in of(name) for x in (in_first_line(table) if protocol is FIRST else table.rows)]
        for value in steps(protocol, name):
            moved = {**PROTOCOLS, protocol.id: with_parameter(protocol, name, value)}
            assert decided(rows, moved) == decided(rows, PROTOCOLS)


@pytest.mark.hazard("H23", "H29")
@pytest.mark.parametrize("step", [-SMALLEST, SMALLEST], ids=["lower", "higher"])
@pytest.mark.parametrize(("name", "criterion", "arm", "limit"), LIMITS)
def test_a_limit_that_moves_by_the_smallest_step_is_noticed(
    name: str, criterion: Criterion, arm: str, limit: Limit, step: Decimal
) -> None:
    moved = replace(limit, value=limit.value + step)
    others = tuple(moved if x is limit else x for x in getattr(criterion, arm))
    changed: Mapping[str, Any] = {arm: others}
    criteria = {**PROTOCOL.ctcae.criteria, criterion.analyte: replace(criterion, **changed)}
    assert noticed(replace(PROTOCOL, ctcae=replace(PROTOCOL.ctcae, criteria=criteria)), name)


SECTIONS = ("parameters", "rules", "criteria", "monitoring")


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("section", SECTIONS)
def test_everything_has_a_source_or_a_reason_and_a_reference_in_our_words(section: str, name: str) -> None:
    data, sources = read((HERE / f"{name}.yaml").read_text(encoding="utf-8"), name), PROTOCOLS[name].sources
    for key, item in data[section].items():
        default = item["source"] == "default"
        said = item["reason"] if default else item["source"]["says"]
        assert len(said) > 10, key
        assert sources[key].says == said
        assert sources[key].citation
        assert not default or data["references"][item["reference"]]["label"] == sources[key].reference
        assert sources[key].by_analogy is item.get("by_analogy", False)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_each_protocol_cites_its_own_part_of_the_source(name: str) -> None:
    part = {MAINTENANCE: "Protocol 1, ", FIRST_LINE: "Protocol 2, "}[name]
    sections = {x.section for x in PROTOCOLS[name].sources.values() if x.ref == "BenchChem 2025"}
    assert sections
    assert all(x.startswith(part) for x in sections)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_reference_stands_there_unused(name: str) -> None:
    text = (HERE / f"{name}.yaml").read_text(encoding="utf-8")
    data = read(text, name)
    unused = [x for x in data["references"] if f"ref: {x}" not in text and f"reference: {x}\n" not in text]
    assert unused == ["default"]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_line_of_the_protocol_is_cited(name: str) -> None:
    assert all(PROTOCOLS[name].sources[x.name].citation for x in LINES)


def test_only_first_line_takes_rules_over_by_analogy() -> None:
    assert not PROTOCOL.by_analogy
    toxicity = ("interrupt", "keep-interrupted", "restart-reduced", "reduce")
    assert all(FIRST.sources[x].by_analogy for x in (*toxicity, *FIRST.monitoring))
