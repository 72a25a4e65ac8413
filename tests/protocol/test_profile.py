"""The site profile: within its bounds and signed it holds, is shown on every card, and else nothing starts."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical.decide import decide
from cds_service.clinical.protocol import FIRST_LINE, MAINTENANCE, Change, Parameters, Protocol
from cds_service.data import data_dir
from cds_service.protocols import bounds, profile
from cds_service.protocols.bounds import Bound
from cds_service.protocols.cases.builders import NOW
from cds_service.protocols.cases.patients import patient
from cds_service.protocols.cases.tables import tables
from cds_service.protocols.load import load_all
from cds_service.protocols.strict_yaml import Faulty
from cds_service.render import cards
from cds_service.render.words import TOPICS
from tests.protocol.profiles import entry, faults, in_force, text, written

PROTOCOLS = load_all()
BOUNDS = bounds.load()
PAGE = Path(__file__).parents[2] / "docs" / "site-profile.md"
STEP = Decimal("0.001")


def test_the_example_of_the_docs_is_a_profile(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    found = profile.in_force(written(tmp_path, example))
    maintenance, first_line = found[MAINTENANCE].parameters, found[FIRST_LINE].parameters
    assert (maintenance.maximum_dose, maintenance.count_interval_late) == (150, timedelta(days=14))
    assert (first_line.starting_dose, first_line.maximum_dose) == (100, 200)
    assert found[FIRST_LINE].changes == (
        Change(
            "starting_dose", "150", "100", "mg/d", "frail patients start two tablets a day",
            "Dr B. Example, geriatrics", date(2026, 11, 9),
        ),
    )  # fmt: skip


def test_without_a_profile_the_files_hold() -> None:
    assert profile.in_force(None) == PROTOCOLS


def test_a_change_is_in_force_in_its_protocol_alone_and_cites_who_signed_it(tmp_path: Path) -> None:
    found = in_force(tmp_path, restart_window=entry(5, "d"))
    old, new = PROTOCOLS[MAINTENANCE], found[MAINTENANCE]
    assert new.parameters == replace(old.parameters, restart_window=timedelta(days=5))
    assert new.sources["restart_window"].citation == "site profile, signed off by Dr A, 2026-11-02"
    assert new.sources["restart_window"].says == "as we do it"
    assert found[FIRST_LINE] == PROTOCOLS[FIRST_LINE]


@pytest.mark.hazard("H29")
def test_another_value_another_reason_and_another_name_each_change_the_digest(tmp_path: Path) -> None:
    ways = [entry(5, "d"), entry(6, "d"), entry(5, "d", reason="other words"), entry(5, "d", signed_off_by="Dr B")]
    ways.append(entry(5, "d", date="2026-11-03"))
    digests = {in_force(tmp_path, restart_window=x)[MAINTENANCE].digest for x in ways}
    assert len(digests | {PROTOCOLS[MAINTENANCE].digest}) == 6


def test_the_value_of_the_file_is_no_change(tmp_path: Path) -> None:
    assert in_force(tmp_path, restart_window=entry(7, "d")) == PROTOCOLS


def test_a_list_may_be_changed_to_one_that_is_allowed(tmp_path: Path) -> None:
    found = in_force(tmp_path, escalate_from=entry("[100, 150]", "mg/d"))[MAINTENANCE]
    assert found.parameters.escalate_from == (100, 150)
    assert [(x.before, x.after) for x in found.changes] == [("100", "100, 150")]


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize(
    ("parameter", "own"), [("interrupt_grade", 3), ("maximum_dose", 200), ("toxicity_grade", 3), ("restart_window", 7)]
)
def test_what_guards_the_patient_never_goes_up(tmp_path: Path, name: str, parameter: str, own: int) -> None:
    bound = BOUNDS[parameter]
    higher = own + (50 if bound.unit == "mg/d" else 1)
    (fault,) = faults(tmp_path, text({name: {parameter: entry(higher, bound.unit)}}))
    assert fault.startswith(f"line 4: protocols.{name}.{parameter}.value: is out of bounds; write from ")
    assert f" to {own} {bound.unit}: {bound.why}" in fault


def edges(protocol: Protocol, name: str, bound: Bound) -> list[tuple[Decimal, Decimal]]:
    """(the last value that may be written, the first that may not) at both ends."""
    own = bounds.own(protocol.parameters, name, bound.unit)
    assert isinstance(own, Decimal)
    whole = bound.unit in ("d", "h", "a", "mo", "ECOG", "CTCAE grade")
    step = Decimal(1) if whole else STEP
    low, high = (own if x is None else x for x in (bound.lowest, bound.highest))
    return [(low, low - step), (high, high + step)]


MEASURED = [(x, y) for x, y in BOUNDS.items() if not y.allowed]


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
@pytest.mark.parametrize(("name", "bound"), MEASURED, ids=[x for x, _ in MEASURED])
def test_each_bound_holds_on_it_and_not_beyond(tmp_path: Path, protocol: Protocol, name: str, bound: Bound) -> None:
    for inside, outside in edges(protocol, name, bound):
        found = told(tmp_path, protocol, name, entry(inside, bound.unit))
        assert not any("out of bounds" in x for x in found)
        (fault,) = told(tmp_path, protocol, name, entry(outside, bound.unit))
        assert "out of bounds; write from" in fault or "has to be a" in fault


def told(folder: Path, protocol: Protocol, name: str, change: str) -> list[str]:
    try:
        profile.in_force(written(folder, text({protocol.id: {name: change}})))
    except Faulty as fault:
        return str(fault).splitlines()
    return []


FIXED = [x.name for x in fields(Parameters) if x.name not in BOUNDS]


@pytest.mark.parametrize("name", FIXED)
def test_what_has_no_bound_may_not_be_changed(tmp_path: Path, name: str) -> None:
    (fault,) = faults(tmp_path, text({MAINTENANCE: {name: entry(1, "d")}}))
    assert fault.startswith(
        f"line 4: protocols.{MAINTENANCE}.{name}: is no parameter that a site may change; these are"
    )


@pytest.mark.hazard("H03", "H29")
def test_the_step_the_recovery_and_the_age_of_an_adult_are_among_what_may_not_be_changed() -> None:
    assert {"dose_step", "recovery_grade", "adult_age", "interrupt_window", "course_gap", "fever_once"} <= set(FIXED)


def shown(protocols: Mapping[str, Protocol], language: str) -> dict[str, list[str]]:
    """By topic the text of every card that the cases lead to."""
    renderer = cards.load(data_dir("cards"), language, protocols, "https://cds.example.org", demo=False)
    found: dict[str, list[str]] = {}
    for row in (y for x in tables() for y in x.rows if "grade" not in y.cells):
        for card in renderer.cards(decide(protocols, patient(row.cells), NOW), (), lambda: ""):
            found.setdefault(card["source"]["topic"]["code"], []).append(card["detail"])
    failed = renderer.internal_error(NOW, lambda: "")
    found["not-assessed"].append(failed["detail"])
    return found


SAID = {
    "en": ("**Changed by this site**", "how old counts may be at a restart: 5 days instead of 7"),
    "de": ("**Von diesem Haus geändert**", "Alter der Blutwerte beim Wiederbeginn: 5 Tage statt 7"),
}


@pytest.mark.hazard("H29")
@pytest.mark.parametrize("language", SAID)
def test_every_card_says_what_the_site_changed(tmp_path: Path, language: str) -> None:
    changes = {"restart_window": entry(5, "d")}
    found = shown(profile.in_force(written(tmp_path, text({MAINTENANCE: changes, FIRST_LINE: changes}))), language)
    assert found.keys() == set(TOPICS)
    assert all(said in detail for details in found.values() for detail in details for said in SAID[language])


def test_no_card_speaks_of_changes_where_there_are_none() -> None:
    assert not any(SAID["en"][0] in detail for details in shown(PROTOCOLS, "en").values() for detail in details)


def test_a_changed_value_is_what_decides(tmp_path: Path) -> None:
    path: Any = written(tmp_path, text({MAINTENANCE: {"starting_dose": entry(50, "mg/d")}}))
    cells = {"orders": "none", "draft": "100"}
    before, after = (decide(x, patient(cells), NOW) for x in (PROTOCOLS, profile.in_force(path)))
    assert before.topic != "over-starting-dose"
    assert (after.topic, after.doses.proposed) == ("over-starting-dose", 50)
