"""The drawings are made of the data, can be read without seeing them, and load nothing."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cds_service.clinical.protocol import Change
from cds_service.pages.diagram import Diagram
from cds_service.pages.sheet import Item, Sheet
from cds_service.pages.workflow import choice, workflow
from tests.pages.books import BOOK, FIRST_LINE, MAINTENANCE, SHEETS

DRAWN = [pytest.param(x, id=x.id) for x in BOOK.diagrams.values()]
SVG = "{http://www.w3.org/2000/svg}"


def said(diagram: Diagram) -> str:
    return " ".join(diagram.steps)


def moved(sheet: Sheet, **parameters: Any) -> Sheet:
    protocol = sheet.protocol
    return replace(sheet, protocol=replace(protocol, parameters=replace(protocol.parameters, **parameters)))


@pytest.mark.parametrize("diagram", DRAWN)
def test_a_drawing_says_what_it_is_and_loads_nothing(diagram: Diagram) -> None:
    svg = BOOK.svg(diagram.id)
    root = ET.fromstring(svg)
    ids = [x.get("id") for x in root.iter() if x.get("id")]
    assert root.get("role") == "img"
    assert (root.get("aria-labelledby") or "").split() == [f"{diagram.id}-title", f"{diagram.id}-desc"]
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")) == (diagram.title, diagram.description)
    assert len(ids) == len(set(ids))
    assert not re.search(r"href|<style|style=|<script|@import|<image|font-face", svg)
    assert set(re.findall(r"url\((.*?)\)", svg)) == {f"#{diagram.id}-head"}


@pytest.mark.parametrize("diagram", DRAWN)
def test_every_word_of_a_box_and_of_an_arrow_stands_in_the_drawing_as_text(diagram: Diagram) -> None:
    drawn = " ".join(x.text or "" for x in ET.fromstring(BOOK.svg(diagram.id)).iter(f"{SVG}text"))
    down = [x.label for x in diagram.edges if (x.source, x.target) != ("restart", "watch")]
    for words in (*(y for x in diagram.nodes for y in (x.title, *x.lines)), *down):
        assert words in drawn


@pytest.mark.parametrize("diagram", DRAWN)
def test_boxes_lie_apart_inside_the_drawing_and_hold_their_text(diagram: Diagram) -> None:
    width, height = diagram.size
    for box in diagram.boxes:
        assert box.x >= 0
        assert box.x + box.width <= width
        assert box.y + box.height <= height
        assert all(x.width <= box.width + 24 and box.y < x.y < box.y + box.height for x in box.lines)
    for one, other in combinations(diagram.boxes, 2):
        assert one.x + one.width < other.x or other.x + other.width < one.x or abs(one.y - other.y) >= one.height


@pytest.mark.parametrize("diagram", DRAWN)
def test_arrows_lead_from_box_to_box_and_every_box_is_reached(diagram: Diagram) -> None:
    names = {x.id for x in diagram.nodes}
    assert {y for x in diagram.edges for y in (x.source, x.target)} <= names
    assert {x.target for x in diagram.edges} == names - {diagram.nodes[0].id}


def test_the_workflow_shows_the_parameters_in_force() -> None:
    drawn = said(workflow(moved(MAINTENANCE, starting_dose=Decimal(150), interrupt_grade=4, recovery_grade=2)))
    assert "150 mg/day: 3 x 50 mg" in drawn
    assert "a count at grade 4 or worse" in drawn
    assert "all at grade 2 or baseline" in drawn


def test_a_change_of_the_site_is_drawn() -> None:
    change = Change("count_interval_late", "28", "21", "d", "local custom", "A. Physician", date(2026, 2, 1))
    protocol = replace(MAINTENANCE.protocol, changes=(change,))
    assert "later every 21 days" in said(workflow(replace(MAINTENANCE, protocol=protocol)))


def test_without_an_escalation_none_is_drawn() -> None:
    assert "Escalation" in said(workflow(MAINTENANCE))
    assert "Escalation" not in said(workflow(moved(MAINTENANCE, escalate_from=())))


def test_a_restart_leads_back_to_the_counts() -> None:
    assert "Then counts as after a start: Blood counts." in said(workflow(MAINTENANCE))


def test_the_choice_names_every_protocol_with_its_doses_and_the_one_that_is_taken_without_a_declaration() -> None:
    steps = choice(SHEETS, MAINTENANCE.protocol.id).steps
    assert "never inferred from the dose" in steps[0]
    for sheet in SHEETS:
        (told,) = [x for x in steps if x.startswith(f"{sheet.protocol.title}: starts with ")]
        assert f"starts with {sheet.protocol.parameters.starting_dose} mg/day" in told
        assert ("taken where none is declared" in told) is (sheet is MAINTENANCE)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda x: x.protocol.id)
def test_the_choice_lists_every_criterion_with_its_limit(sheet: Sheet) -> None:
    (told,) = [x for x in choice((sheet,), MAINTENANCE.protocol.id).steps if x.startswith("Criteria of ")]
    assert len(told.partition(": ")[2].partition(". Then")[0].split("; ")) == len(sheet.criteria)
    for words in ("2.0 x10^9/L", "100 x10^9/L", "creatinine below 1.5 x ULN", "bilirubin below 1.5 x ULN"):
        assert words in told
    assert f"every count at most CTCAE grade {sheet.protocol.parameters.start_grade}" in told
    elderly = sheet is FIRST_LINE
    assert ("older than 60 years" in told, "performance status ECOG 2 or better" in told) == (elderly, elderly)


def test_the_choice_says_what_is_said_under_another_protocol() -> None:
    steps = choice(SHEETS, MAINTENANCE.protocol.id).steps
    assert "Another protocol, or both, declared. Then Not assessed." in steps


def test_each_protocol_is_drawn_as_its_file_says() -> None:
    maintenance, first_line = (said(workflow(x)) for x in SHEETS)
    assert "Start: 100 mg/day: 2 x 50 mg" in maintenance
    assert "from 100 to 150 mg/day" in maintenance
    assert "after 2 years under control" in maintenance
    assert "Start: 150 mg/day: 3 x 50 mg" in first_line
    assert not any(x in first_line for x in ("Escalation", "pause may"))
    assert all("every 3 months, by RECIST 1.1" in x for x in (maintenance, first_line))


def monitored(*topics: str) -> Sheet:
    """The maintenance sheet with these monitoring topics, imaging every 4 months and a pause after 5 years."""
    asked = tuple(Item(x, "as asked", "BenchChem 2025", default=False) for x in topics)
    spans = (
        Item("imaging_months", "-", "BenchChem 2025", default=False, value="4 months"),
        Item("pause_years", "-", "BenchChem 2025", default=False, value="5 years"),
    )
    others = tuple(x for x in MAINTENANCE.parameters if x.name not in {y.name for y in spans})
    return replace(MAINTENANCE, monitoring=asked, parameters=(*others, *spans))


def test_imaging_and_a_pause_are_drawn_with_their_spans() -> None:
    drawn = said(workflow(monitored("imaging-due", "pause-consider")))
    assert "Imaging: every 4 months, by RECIST 1.1. Then progression: End; or no progression: A pause" in drawn
    assert "A pause may be considered: after 5 years under control." in drawn


def test_where_no_pause_is_foreseen_imaging_leads_to_the_end_only_at_progression() -> None:
    drawn = said(workflow(monitored("imaging-due")))
    assert "Imaging: every 4 months, by RECIST 1.1. Then progression: End." in drawn
    assert "pause" not in drawn.partition("Imaging")[2]
