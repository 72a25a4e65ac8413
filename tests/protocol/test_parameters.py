"""Each value of the protocol files is cited, has cases at its limit, and is noticed where it is moved."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.ctcae import Criterion, Limit
from cds_service.clinical.protocol import Parameters, Protocol
from cds_service.clinical.rules import LINES
from cds_service.protocols.load import HERE, MAINTENANCE
from cds_service.protocols.strict_yaml import read
from tests.clinical.builders import PROTOCOL, P
from tests.protocol.answers import given, wanted
from tests.protocol.tables import Table, tables

NAMES = [x.name for x in fields(Parameters)]
ARMS = ("below", "above_uln", "above_baseline")
HOURS = {"counts_together", "fever_apart", "fever_window"}
MEASURED = {"febrile_neutrophils", "fever_once", "fever_sustained"}
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
    return any(given(row, moved) != wanted(row) for table in of(name) for row in table.rows)


def with_parameter(name: str, value: Any) -> Protocol:
    return replace(PROTOCOL, parameters=replace(P, **{name: value}))


def steps(name: str) -> list[Any]:
    """The parameter moved by one step, in both directions; lists with an entry changed or left out."""
    value = getattr(P, name)
    if isinstance(value, timedelta):
        step = timedelta(hours=1) if name in HOURS else timedelta(days=1)
        return [value - step, value + step]
    if isinstance(value, int):
        return [value - 1, value + 1]
    if name in MEASURED:
        return [value - SMALLEST, value + SMALLEST]
    if isinstance(value, Decimal):
        return [value / 2, value + value / 2] if name == "dose_step" else [value - P.dose_step, value + P.dose_step]
    if name == "escalate_from":
        return [(x + P.dose_step,) for x in value] + [(x - P.dose_step,) for x in value]
    return [tuple(x for x in value if x != left_out) for left_out in value] + [(*value, "lymphocytes")]


MOVES = [pytest.param(name, value, id=f"{name}-{n}") for name in NAMES for n, value in enumerate(steps(name))]


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_cases_below_at_and_above_its_limit(name: str) -> None:
    found = of(name)
    assert found, f"no heading of tests/protocol/cases names `{name}`"
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
@pytest.mark.parametrize(("name", "value"), MOVES)
def test_a_parameter_that_moves_by_one_step_is_noticed(name: str, value: Any) -> None:
    assert noticed(with_parameter(name, value), name)


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


@pytest.mark.parametrize("section", ["parameters", "rules"])
def test_everything_has_a_source_or_a_reason_in_our_words(section: str) -> None:
    data = read((HERE / f"{MAINTENANCE}.yaml").read_text(encoding="utf-8"), MAINTENANCE)
    for name, item in data[section].items():
        said = item["reason"] if item["source"] == "default" else item["source"]["says"]
        assert len(said) > 10, name
        assert PROTOCOL.sources[name].says == said
        assert PROTOCOL.sources[name].citation


def test_every_line_of_the_protocol_is_cited() -> None:
    assert all(PROTOCOL.sources[x.name].citation for x in LINES)
