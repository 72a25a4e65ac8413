"""Mutants of the protocol: each value of its files moved by one step, as tests/protocol/test_parameters.py does it."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.mutants.scope import ROOT
from tests.mutants.survivors import Report, Survivor

FILE = "cds_service/protocols/*.yaml"
_TESTS = "tests/protocol/test_parameters.py"
_MOVED = "moves_by"


def moved(folder: Path) -> Report:
    """How many values were moved, and which moves no case noticed."""
    written = folder / "moves.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", _MOVED, f"--junitxml={written}"]
    subprocess.run([*command, _TESTS], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    cases = list(ElementTree.parse(written).iter("testcase"))
    missed = [x.get("name", "") for x in cases if len(x)]
    return Report(FILE, len(cases), tuple(Survivor(FILE, 0, "values", x, "moved by one step") for x in missed))
