"""What the commands print and how they end."""

import io
import re
import sqlite3
from contextlib import redirect_stderr
from pathlib import Path
from shutil import copytree
from typing import Any

import msgspec
import pytest
import responses
from click.testing import CliRunner, Result

from cds_service import cli
from cds_service.cli.demo import SHOWN
from cds_service.cli.serve import address
from cds_service.data import data_dir
from cds_service.demo.fixtures import fixtures, request_for
from cds_service.errors import SettingsError
from cds_service.web.discovery import SERVICES
from tests.support import FIXED_NOW

NOW = FIXED_NOW.isoformat()
PATIENTS = fixtures(FIXED_NOW)


@pytest.fixture(autouse=True)
def _data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CDS_DATA_DIR", str(tmp_path))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cds, arguments)


def request(tmp_path: Path, content: Any) -> str:
    path = tmp_path / "request.json"
    path.write_bytes(
        content if isinstance(content, bytes) else msgspec.json.Encoder(decimal_format="number").encode(content)
    )
    return str(path)


def test_help_tells_a_newcomer_what_to_do_next() -> None:
    said = run("--help").output
    for command in ("demo", "check", "serve", "explain"):
        assert re.search(rf"^  {command} +\S.*\.$", said, re.MULTILINE), "each command in a whole sentence"
    assert "Run `cds demo`" in said


def test_version() -> None:
    assert re.fullmatch(r"cds, version \d+\.\d+\.\d+\n", run("--version").output)


def test_check_says_ok_line_by_line() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert [x.split()[:2] for x in result.output.splitlines()] == [
        ["ok", "settings:"],
        ["ok", "protocols"],
        ["ok", "site"],
        ["ok", "store:"],
    ]
    assert "trofosfamide-maintenance" in result.output
    assert "no code of the site is known" in result.output


def test_check_counts_the_codes_of_a_site_map(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "site-map.yaml"
    file.write_text('timings: [{system: https://ehr.example, code: "2109", intakes: 2}]', "utf-8")
    monkeypatch.setenv("CDS_SITE_MAP", str(file))
    result = run("check")
    assert result.exit_code == 0
    assert "ok      site map: codes of the site for 0 results, 0 products, 1 timings, 0 protocols" in result.output


def test_check_names_the_fault_of_a_site_map(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "site-map.yaml"
    file.write_text("timings: [{system: https://ehr.example, code: two, intakes: 0}]", "utf-8")
    monkeypatch.setenv("CDS_SITE_MAP", str(file))
    result = run("check")
    assert result.exit_code == 1
    assert "FAILED  site map: site-map.yaml, line 1" in result.output


def test_check_stops_at_settings_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_WORKERS", "many")
    result = run("check")
    assert result.exit_code == 1
    assert result.output.startswith("FAILED  settings: CDS_WORKERS cannot be used")


def test_check_finds_a_misspelt_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_TIMEZONE", "UTC")
    result = run("check")
    assert result.exit_code == 1
    assert "FAILED  settings: CDS_TIMEZONE is not a setting" in result.output


def test_check_finds_a_database_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CDS_DATA_DIR", str(tmp_path / "file"))
    result = run("check")
    assert result.exit_code == 1
    assert "FAILED  store: The database" in result.output


def test_check_finds_a_database_that_cannot_be_written(tmp_path: Path) -> None:
    run("check")
    with sqlite3.connect(tmp_path / "decisions.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run("check")
    other.close()
    assert result.exit_code == 1
    assert "cannot be written: database is locked" in result.output


def test_check_finds_damaged_cards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cds_service.app.data_dir", lambda _: tmp_path)
    result = run("check")
    assert result.exit_code == 1
    assert "FAILED  protocols and cards: " in result.output


def test_check_names_the_faults_of_every_language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cards = copytree(data_dir("cards"), tmp_path / "cards")
    for language in ("de", "en"):
        (cards / language / "escalate.md.j2").unlink()
    monkeypatch.setattr("cds_service.app.data_dir", lambda _: cards)
    result = run("check")
    assert "de/escalate.md.j2: the file cannot be read" in result.output
    assert "en/escalate.md.j2: the file cannot be read" in result.output


@responses.activate
def test_check_asks_each_fhir_server(monkeypatch: pytest.MonkeyPatch) -> None:
    servers = [f"https://{x}.example/r4" for x in ("well", "ill", "html", "gone")]
    monkeypatch.setenv("CDS_FHIR_SERVERS", ",".join(servers))
    responses.get(f"{servers[0]}/metadata", json={"fhirVersion": "4.0.1"})
    responses.get(f"{servers[1]}/metadata", status=500)
    responses.get(f"{servers[2]}/metadata", body="<html>")
    result = run("check")
    assert result.exit_code == 1
    lines = [x for x in result.output.splitlines() if "FHIR server" in x]
    assert [x.split()[0] for x in lines] == ["ok", "FAILED", "FAILED", "FAILED"]
    assert "FHIR 4.0.1" in lines[0]
    assert "answered 500" in lines[1]


def test_explain_tells_facts_rules_and_conclusion(tmp_path: Path) -> None:
    sent = request_for(PATIENTS["interrupt-neutrophils-grade-3"], SERVICES[0].prefetch)
    result = run("explain", request(tmp_path, sent), "--at", NOW)
    assert result.exit_code == 0, result.output
    assert re.search(r"^  neutrophils: 0\.99 \S+, 2026-11-21T\S+ \[Observation/\S+\]$", result.output, re.MULTILINE)
    assert re.search(r"^  active, 100 mg/day, from .* \[MedicationRequest/mr-anc-099-1\]$", result.output, re.MULTILINE)
    assert re.search(r"^  APPLIES +interrupt.* \(.+\)$", result.output, re.MULTILINE)
    found = r"^  interrupt: neutrophils: 0\.99 .*, CTCAE grade 3, limit < 1\.0 10\*9/L \(.+\)$"
    assert re.search(found, result.output, re.MULTILINE)
    assert result.output.splitlines()[-3:] == [
        "Conclusion: interrupt",
        "Card: interrupt (critical)",
        "Monitoring: none",
    ]


def test_explain_says_what_to_do_about_what_was_left_out(tmp_path: Path) -> None:
    sent = request_for(PATIENTS["unit-of-haemoglobin-impossible"], SERVICES[0].prefetch)
    output = run("explain", request(tmp_path, sent), "--at", NOW).output
    assert re.search(r"^  haemoglobin: no number, .*UNUSABLE: haemoglobin, wrong-unit: .*$", output, re.MULTILINE)
    assert re.search(r"^  wrong-unit: Unit, unit code or LOINC property do not fit together", output, re.MULTILINE)


def test_explain_prints_every_fact_with_its_source(tmp_path: Path) -> None:
    for name, line in {
        "reduce-recorded-nausea": r"MedDRA 10028813: CTCAE grade 3, not resolved, .* \[AdverseEvent/ae-nausea-3\]",
        "keep-interrupted-after-transfusion": r"platelet-transfusion: .* \[Procedure/pr-transfused-plt\]",
        "interrupt-febrile-neutropenia": r"38\.5 Cel, .* \[Observation/o-fever-385-temp\]",
        "interrupt-calculated-neutrophils": r"neutrophils: 0\.925 10\*9/L, .*, calculated from Observation/o-calc-09.*",
    }.items():
        sent = request_for(PATIENTS[name], SERVICES[0].prefetch)
        output = run("explain", request(tmp_path, sent), "--at", NOW).output
        assert re.search(rf"^  {line}$", output, re.MULTILINE), name


@pytest.mark.parametrize("name", PATIENTS)
def test_explain_has_words_for_every_patient(name: str, tmp_path: Path) -> None:
    result = run("explain", request(tmp_path, request_for(PATIENTS[name], SERVICES[0].prefetch)), "--at", NOW)
    assert result.exit_code == 0, result.output
    assert "Conclusion: " in result.output or "answered at once" in result.output
    assert result.output.isprintable() or all(x.isprintable() for x in result.output.splitlines())


def test_explain_uses_the_clock_where_no_time_is_given(tmp_path: Path) -> None:
    sent = request_for(PATIENTS["other-drug-ifosfamide"], SERVICES[0].prefetch)
    assert "answered at once, without a card" in run("explain", request(tmp_path, sent)).output


@pytest.mark.parametrize(
    ("content", "at", "said"),
    [
        (b"{", NOW, "cds: The body is not JSON"),
        (b"{}", NOW, "cds: hook is missing"),
        (b"{}", "noon", "cds: --at noon is"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused_in_a_sentence(
    content: bytes, at: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["cds", "explain", request(tmp_path, content), "--at", at])
    told = io.StringIO()
    with pytest.raises(SystemExit) as ended, redirect_stderr(told):
        cli.main()
    assert ended.value.code == 1
    assert told.getvalue().startswith(said)


@pytest.mark.parametrize("bind", ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80", "cds.example:80", ":8080"])
def test_serving_other_machines_is_refused_with_the_reason(bind: str) -> None:
    with pytest.raises(SettingsError):
        address(bind)
    with pytest.raises(SettingsError, match="no table of trusted EHRs"):
        address("0.0.0.0:8080")


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.0.0.1:http", "127.0.0.1:99999", "8080", ""])
def test_an_address_that_is_none_is_refused_with_an_example(bind: str) -> None:
    with pytest.raises(SettingsError, match=r"Write for example --bind 127\.0\.0\.1:8080"):
        address(bind)


def test_loopback_addresses_are_served_on() -> None:
    assert address("127.0.0.1:80") == ("127.0.0.1", 80)
    assert address("127.9.9.9:80") == ("127.9.9.9", 80)
    assert address("[::1]:80") == ("::1", 80)
    assert address("localhost:80") == ("localhost", 80)


def test_the_demo_shows_patients_that_there_are() -> None:
    assert set(SHOWN) <= PATIENTS.keys()
