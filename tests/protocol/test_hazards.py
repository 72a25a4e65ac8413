"""The marks of tests name hazards that exist, and each hazard has a test."""

import csv
from pathlib import Path

from tests.docs.marks import proven

LIST = (Path(__file__).parent / "hazards.csv").read_text(encoding="utf-8")
HAZARDS = {x["id"]: x for x in csv.DictReader(LIST.splitlines())}


def test_every_hazard_has_its_harm_and_its_control() -> None:
    assert all(x["hazard"] and x["harm"] and x["control"] for x in HAZARDS.values())
    assert list(HAZARDS) == [f"H{n:02}" for n in range(1, len(HAZARDS) + 1)]


def test_each_hazard_has_a_test_and_no_test_names_another_one() -> None:
    assert proven("hazard").keys() == HAZARDS.keys()
