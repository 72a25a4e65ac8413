"""A faulty site profile: every fault is named with its line and what to write instead, and nothing starts."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from cds_service.app import create_app
from cds_service.clinical.protocol import FIRST_LINE, MAINTENANCE, Protocol
from cds_service.errors import DataFileError
from cds_service.protocols import bounds, profile
from cds_service.protocols.strict_yaml import Faulty
from cds_service.settings import Settings
from tests.protocol.profiles import entry, faults, text, written

HEAD = f"site: Hospital North\nprotocols:\n  {MAINTENANCE}:\n    "
WINDOW = "restart_window: "
FAULTS = {
    "no number": (HEAD + WINDOW + entry("much", "d"), "line 4: .*value: has to be a whole number above 0, as 14"),
    "number in quotes": (HEAD + WINDOW + entry('"5"', "d"), "line 4: .*without quotation marks"),
    "half a day": (HEAD + WINDOW + entry("5.5", "d"), "line 4: .*has to be a whole number"),
    "negative": (HEAD + WINDOW + entry("-5", "d"), "line 4: .*has to be a whole number above 0"),
    "other unit": (HEAD + WINDOW + entry(5, "h"), "line 4: .*unit: has to be d$"),
    "no reason": (HEAD + WINDOW + entry(5, "d", reason=None), "line 4: .*reason is missing; write in"),
    "reason of one letter": (HEAD + WINDOW + entry(5, "d", reason="x"), "line 4: .*reason: write in a few words why"),
    "nobody signed": (HEAD + WINDOW + entry(5, "d", signed_off_by=None), "signed_off_by is missing; write who"),
    "no date": (HEAD + WINDOW + entry(5, "d", date=None), "date is missing; write the day on which"),
    "date of another form": (HEAD + WINDOW + entry(5, "d", date="2.11.2026"), "date: write the day .* as 2026-11-24"),
    "unknown member": (HEAD + WINDOW + entry(5, "d", valu=5), r"valu: is not known; a change has value, unit"),
    "value alone": (HEAD + "restart_window: 5", "restart_window: has to give value, unit, reason, signed_off_by, date"),
    "list that is not allowed": (HEAD + "escalate_from: " + entry("[50]", "mg/d"), r"write one of \[100\], \["),
    "number for a list": (HEAD + "escalate_from: " + entry(100, "mg/d"), r"has to be one of \[100\], \[100, 150\]"),
    "a count left out": (
        HEAD + "acting_analytes: " + entry("[leukocytes, neutrophils, platelets]", "analyte"),
        r"write one of \[haemoglobin, leukocytes",
    ),
    "misspelt parameter": (HEAD + "restart_windw: " + entry(5, "d"), "restart_windw: is no parameter that a site may"),
    "unknown protocol": ("site: North\nprotocols:\n  other: {}\n", "line 3: .*other: is not a protocol; write one"),
    "protocol that is no mapping": (HEAD.strip() + " 5\n", "has to be a mapping of parameters"),
    "no site": (f"protocols:\n  {MAINTENANCE}: {{}}\n", "line 1: site: has to be the name of the hospital"),
    "no protocols": ("site: North\n", "line 1: protocols: has to be a mapping"),
    "unknown head": ("site: North\nprotocols: {}\nnote: x\n", "line 3: note: is not known; a profile has site and"),
    "no mapping": ("- site\n", "line 1: the file: has to hold site"),
    "empty": ("", "line 1: the file: has to hold site"),
    "twice": (HEAD + WINDOW + entry(5, "d") + "\n    " + WINDOW + entry(6, "d"), "line 5: .*twice; keep one"),
    "no YAML": ("site: [", "line 1: is no YAML"),
    "together nonsense": (HEAD + "maximum_dose: " + entry(100, "mg/d"), "line 3: .*with these changes .*escalate_from"),
}


@pytest.mark.hazard("H29")
@pytest.mark.parametrize(("content", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_refused_with_its_line_and_what_to_write(tmp_path: Path, content: str, said: str) -> None:
    found = faults(tmp_path, content)
    assert any(re.search(said, x) for x in found), "\n".join(found)


def test_first_line_may_not_be_given_an_escalation(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, text({FIRST_LINE: {"escalate_from": entry("[100]", "mg/d")}}))
    assert "may not be changed in this protocol: the source names one escalation" in fault


@pytest.mark.hazard("H29")
def test_a_faulty_profile_stops_the_start_with_every_fault(tmp_path: Path) -> None:
    changes = {"maximum_dose": entry(250, "mg/d"), "interrupt_grade": entry(4, "CTCAE grade"), "x": entry(1, "d")}
    path = written(tmp_path, text({MAINTENANCE: changes}))
    with pytest.raises(DataFileError) as found:
        create_app(Settings(data_dir=tmp_path / "data", site_profile=path))
    said = str(found.value)
    assert all(f"site-profile.yaml, line {x}: " in said for x in (4, 5, 6))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_profile_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "site-profile.yaml"
    if content:
        path.write_bytes(content)
    with pytest.raises(Faulty, match=r"site-profile\.yaml: the file cannot be read .*correct CDS_SITE_PROFILE"):
        profile.in_force(path)


def test_the_faults_of_protocols_and_profile_are_named_at_once(tmp_path: Path) -> None:
    def faulty() -> Mapping[str, Protocol]:
        raise Faulty("trofosfamide-maintenance.yaml, line 1: something")

    with pytest.raises(Faulty) as found:
        profile.in_force(written(tmp_path, "note: x\n"), faulty)
    lines = str(found.value).splitlines()
    assert lines[0].startswith("trofosfamide-maintenance.yaml")
    assert len([x for x in lines if x.startswith("site-profile.yaml")]) == 3


BOUND_FAULTS = {
    "no mapping": ("- a\n", "line 1: the file: has to hold `parameters`"),
    "unknown parameter": ("parameters:\n  dose: {unit: d, why: so, lowest: 1, highest: 2}\n", "line 2: .*is not a par"),
    "no bound": ("parameters:\n  dose_step: 5\n", "line 2: .*has to give unit and why"),
    "no reason": ("parameters:\n  dose_step: {unit: mg/d, lowest: 1, highest: 2}\n", "line 2: .*why is missing"),
    "open end": ("parameters:\n  dose_step: {unit: mg/d, why: so, lowest: 1}\n", "line 2: .*highest has to be"),
    "odd edge": (
        "parameters:\n  dose_step: {unit: d, why: so, lowest: low, highest: 2}\n",
        "lowest has to be a number",
    ),
    "odd member": ("parameters:\n  dose_step: {unit: d, why: so, lowest: 1, highest: 2, more: 3}\n", "more: is not"),
    "odd list": ("parameters:\n  dose_step: {unit: d, why: so, allowed: [1]}\n", "has to be a list of lists"),
}


@pytest.mark.parametrize(("content", "said"), BOUND_FAULTS.values(), ids=BOUND_FAULTS)
def test_a_fault_of_the_bounds_is_named(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "bounds.yaml"
    path.write_text(content, "utf-8")
    with pytest.raises(Faulty) as found:
        bounds.load(path)
    assert re.search(said, str(found.value))
