"""`cds protocol`: what those who write protocol files and site profiles are told, and what others can read."""

import json
import re
import shutil
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service import cli
from cds_service.app import create_app
from cds_service.clinical.protocol import FIRST_LINE, MAINTENANCE
from cds_service.demo.fixtures import fixtures, request_for
from cds_service.protocols.load import HERE, load_all
from cds_service.protocols.profile import in_force
from cds_service.settings import Settings
from cds_service.web.discovery import SERVICES
from tests.support import FIXED_NOW, ORDER_SIGN, CheckedClient

WAIT = 20
PROTOCOLS = load_all()
PROFILE = f"""site: Hospital North
protocols:
  {MAINTENANCE}:
    minimum_time_at_dose: {{value: 28, unit: d, reason: as we do it, signed_off_by: Dr A, date: 2026-11-02}}
"""


@pytest.fixture(autouse=True)
def _data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CDS_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "site-profile.yaml"
    path.write_text(PROFILE, "utf-8")
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the maintenance protocol, in a folder of somebody who writes protocols."""
    return Path(shutil.copy(HERE / f"{MAINTENANCE}.yaml", tmp_path))


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def once_recorded(request: str) -> str:
    """What is told of the decision on a request; it comes into the database a moment after the answer."""
    end = time.monotonic() + WAIT
    while (told := CliRunner().invoke(cli.cds, ["explain", "--decision", request])).exit_code:
        assert time.monotonic() < end, told.output
        time.sleep(0.05)
    return told.output


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.cds, ["protocol", *map(str, arguments)])


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_file_without_fault_is_said_to_be_so_with_its_digest(name: str) -> None:
    result = run("check", HERE / f"{name}.yaml")
    assert (result.exit_code, result.output) == (
        0,
        f"ok      {name} {PROTOCOLS[name].version}, {PROTOCOLS[name].digest}\n",
    )


@pytest.mark.hazard("H29")
def test_all_faults_of_a_protocol_file_are_told_at_once_by_line_with_what_to_write(own: Path) -> None:
    changed(own, "\ntitle:", "\ntitel:")
    changed(own, "value: 200\n", 'value: "200"\n')
    changed(own, "  reduce:\n", "  reduces:\n")
    changed(own, "    reason: as for counts\n", "")
    result = run("check", own)
    said = [re.sub(r", line \d+", "", x) for x in result.output.splitlines()]
    assert result.exit_code == 1
    assert all(x.startswith(f"FAILED  {own.name}: ") for x in said)
    assert [x.removeprefix(f"FAILED  {own.name}: ").partition("; remove it, or write one of")[0] for x in said] == [
        "the file: title is missing; write a few words",
        "titel: is not known",
        "parameters.maximum_dose.value: has to be a number above 0, as 1.5, without quotation marks",
        "parameters.toxicity_window: reason is missing; write why it is so, in a few words",
        "rules.reduce is missing; a decision needs it: write it as another protocol file does",
        "rules.reduces is not known and nothing uses it; write reduce, or remove it",
    ]


def test_the_line_of_a_fault_is_where_it_stands(own: Path) -> None:
    changed(own, "value: 200\n", "value: much\n")
    (line,) = [n for n, x in enumerate(own.read_text("utf-8").splitlines(), 1) if "value: much" in x]
    assert f"{own.name}, line {line}: parameters.maximum_dose.value" in run("check", own).output


def test_a_profile_without_fault_is_said_to_be_so_with_its_changes(profile: Path) -> None:
    lines = run("check", profile).output.splitlines()
    assert [x.split()[:2] for x in lines if x.startswith("ok")] == [["ok", MAINTENANCE], ["ok", FIRST_LINE]]
    assert "minimum_time_at_dose: 28 d in place of 21: as we do it (signed off by Dr A, 2026-11-02)" in lines[1]
    assert PROTOCOLS[MAINTENANCE].digest not in lines[0]
    assert PROTOCOLS[FIRST_LINE].digest in lines[2]


def test_all_faults_of_a_profile_are_told_at_once(profile: Path) -> None:
    changed(profile, "value: 28, unit: d", "value: 7, unit: d, note: x")
    changed(profile, "site: Hospital North\n", "")
    result = run("check", profile)
    assert result.exit_code == 1
    assert [re.match(r"FAILED  site-profile.yaml, line (\d): ", x)[1] for x in result.output.splitlines()] == [
        "1",
        "3",
        "3",
    ]  # type: ignore[index]


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"a: ["])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "some.yaml"
    if content is not None:
        path.write_bytes(content)
    result = run("check", path)
    assert result.exit_code == 1
    assert result.output.startswith("FAILED  some.yaml")


@pytest.mark.hazard("H29")
def test_a_profile_is_compared_by_its_parameters_and_by_the_cases_that_change(profile: Path) -> None:
    lines = run("diff", MAINTENANCE, profile).output.splitlines()
    assert lines[1:3] == ["parameters: 1", "  minimum_time_at_dose: 21 days -> 28 days"]
    cases = [x for x in lines if x.startswith("  escalation.md:")]
    assert len(cases) == int(lines[3].removeprefix("cases: ")) > 2
    assert any("orders 100 since 21 d, draft 100: conclusion escalate -> none; card escalate -> -" in x for x in cases)


def test_two_protocol_files_are_compared(own: Path) -> None:
    changed(own, "value: 200\n", "value: 150\n")
    lines = run("diff", HERE / f"{MAINTENANCE}.yaml", own).output.splitlines()
    assert "  maximum_dose: 200 mg/day -> 150 mg/day" in lines
    assert any("card - -> over-maximum" in x for x in lines)


def test_what_is_the_same_differs_in_nothing() -> None:
    assert run("diff", MAINTENANCE, HERE / f"{MAINTENANCE}.yaml").output.splitlines()[1:] == [
        "parameters: none",
        "cases: none",
    ]


def test_files_of_two_protocols_are_not_compared() -> None:
    result = run("diff", MAINTENANCE, FIRST_LINE)
    assert result.exit_code == 2
    assert "name two of one protocol" in result.output


def test_a_faulty_file_is_not_compared(profile: Path) -> None:
    changed(profile, "value: 28", "value: 7")
    assert "is out of bounds; write from 14 to 84 d" in str(run("diff", MAINTENANCE, profile).exception)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_is_shown_in_whole(name: str) -> None:
    said = run("show", name).output
    protocol = PROTOCOLS[name]
    assert all(x in said for x in (protocol.title, protocol.version, protocol.status, protocol.url, protocol.digest))
    assert all(f"  {x}: " in said and y.citation in said for x, y in protocol.sources.items())
    assert "changed here: none" in said


def test_a_protocol_is_shown_as_the_site_changed_it(monkeypatch: pytest.MonkeyPatch, profile: Path) -> None:
    monkeypatch.setenv("CDS_SITE_PROFILE", str(profile))
    said = run("show", MAINTENANCE).output
    assert "changed here: 1\n  minimum_time_at_dose: 28 d in place of 21" in said
    assert "  minimum_time_at_dose: 28 days  [" in said


def test_an_unknown_protocol_is_answered_with_those_that_there_are() -> None:
    result = run("show", "nothing")
    assert result.exit_code == 2
    assert MAINTENANCE in result.output
    assert FIRST_LINE in result.output


def test_an_export_is_one_bundle_or_a_file_for_each_resource(tmp_path: Path) -> None:
    bundle = json.loads(run("export", "--format", "fhir").output)
    run("export", "--format", "fhir", "--output", tmp_path / "new" / "fhir")
    files = {x.name: json.loads(x.read_text("utf-8")) for x in (tmp_path / "new" / "fhir").iterdir()}
    assert {f"{x['resourceType']}-{x['id']}.json": x for x in (y["resource"] for y in bundle["entry"])} == files
    assert f"PlanDefinition-{MAINTENANCE}.json" in files


def test_an_export_needs_a_format() -> None:
    assert run("export").exit_code == 2


def test_check_tells_what_the_site_changed(monkeypatch: pytest.MonkeyPatch, profile: Path) -> None:
    monkeypatch.setenv("CDS_SITE_PROFILE", str(profile))
    result = CliRunner().invoke(cli.cds, ["check"])
    assert result.exit_code == 0
    assert "minimum_time_at_dose 28 d instead of 21" in result.output


@pytest.mark.hazard("H29")
def test_check_tells_every_fault_of_a_profile(monkeypatch: pytest.MonkeyPatch, profile: Path) -> None:
    changed(profile, "value: 28, unit: d", "value: 7, unit: d, note: x")
    monkeypatch.setenv("CDS_SITE_PROFILE", str(profile))
    result = CliRunner().invoke(cli.cds, ["check"])
    assert result.exit_code == 1
    assert "out of bounds" in result.output
    assert "note: is not known" in result.output


@pytest.mark.hazard("H29")
def test_a_decision_under_values_of_the_site_names_them_and_is_made_again_by_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "data", site_profile=profile, log_level="error")
    service = create_app(settings, clock=lambda: FIXED_NOW).test_client()
    request = request_for(fixtures(FIXED_NOW)["escalate-after-21-days"], SERVICES[0].prefetch)
    answer = service.post(ORDER_SIGN, data=CheckedClient.encoded(request), content_type="application/json")
    made = answer.headers["X-Request-Id"]
    recorded = once_recorded(made)
    assert f'"protocolDigest": "{in_force(profile)[MAINTENANCE].digest}"' in recorded
    assert '"conclusion": "none"' in recorded
    replay = CliRunner().invoke(cli.cds, ["replay-decision", made])
    assert replay.exit_code == 0, replay.output
    assert "The decision made again is the same." in replay.output
