"""`cds client` writes a table that can be used, shows it, and says what is wrong with keys and tokens."""

import re
import stat
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli.client import client
from cds_service.errors import SettingsError
from cds_service.hook.clients import load
from tests.hook.hostile_tokens import URL, bearer, header, published, token
from tests.hook.key_servers import half, reply, serving

NORTH = ("add", "north", "--issuer", "https://north.example", "--jwks-file", "north.json")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "clients.yaml"
    monkeypatch.setenv("CDS_CLIENTS", str(path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "north.json").write_bytes(published("https://north.example/jwks"))
    return path


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(client, arguments, input=given)


def fresh(**said: object) -> str:
    now = int(time.time())
    return token(**{"iat": now, "exp": now + 120, **said})


def test_a_table_grows_client_by_client_and_is_private(table: Path) -> None:
    first = run(*NORTH)
    assert first.exit_code == 0, first.output
    assert "added  north" in first.output
    assert "cds client check north" in first.output
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert run("add", "south", "--issuer", "urn:south", "--jwks-url", "https://s.example/jwks").exit_code == 0
    assert [x.id for x in load(table)] == ["north", "south"]


def test_every_member_can_be_given(table: Path) -> None:
    lists = ("algorithm", "ES256"), ("tenant", "17"), ("tenant", 'a "b": #c'), ("fhir-server", "https://f.example")
    single = ("mode", "live"), ("language", "de"), ("time-budget-ms", "3000"), ("max-token-seconds", "60")
    more = ("jku", "https://north.example/old"), ("browser-origin", "https://b.example")
    result = run(*NORTH, *(y for name, value in (*lists, *single, *more) for y in (f"--{name}", value)))
    assert result.exit_code == 0, result.output
    (made,) = load(table)
    assert made.tenants == {"17", 'a "b": #c'}
    assert (made.algorithms, made.fhir_servers, made.mode) == (("ES256",), {"https://f.example"}, "live")
    assert (made.language, made.time_budget_ms, made.max_token_seconds) == ("de", 3000, 60)
    assert (made.jku, made.browser_origins) == ("https://north.example/old", {"https://b.example"})


def test_a_new_client_is_silent_unless_it_is_said_otherwise(table: Path) -> None:
    run(*NORTH)
    assert next(iter(load(table))).mode == "silent"


def test_what_is_in_the_table_stays(table: Path) -> None:
    before = "# ours\nclients:\n  - id: old # since 2024\n    issuer: o\n    mode: off\n    jwks_file: o.json\n\n\n"
    table.write_text(before)
    table.chmod(0o640)
    run(*NORTH)
    assert table.read_text().startswith(before.rstrip() + "\n  - id: ")
    assert stat.S_IMODE(table.stat().st_mode) == 0o640
    assert sorted(x.name for x in table.parent.iterdir()) == ["clients.yaml", "north.json"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--mode", "on"), r"clients\[1\]\.mode: input should be"),
        (("--algorithm", "none"), r"clients\[1\]\.algorithms\[1\]: input should be"),
        (("--fhir-server", "https://f.example/r4"), r"an origin is meant, without a path: https://f\.example"),
        (("--time-budget-ms", "soon"), r"clients\[1\]\.time_budget_ms: input should be"),
        (("--jwks-url", "https://n.example"), "needs one of jwks_url and jwks_file, and not both"),
    ],
)
def test_a_client_that_could_not_be_used_is_not_written(more: tuple[str, ...], told: str, table: Path) -> None:
    result = run(*NORTH, *more)
    assert isinstance(result.exception, SettingsError)
    assert re.search(told, str(result.exception))
    assert not table.exists()


def test_a_client_is_added_once(table: Path) -> None:
    run(*NORTH)
    before = table.read_text()
    result = run(*NORTH)
    assert "is that of another client" in str(result.exception)
    assert table.read_text() == before


def test_the_list_has_a_line_for_each_client(table: Path) -> None:
    run(*NORTH, "--tenant", "a", "--fhir-server", "https://f.example")
    run("add", "south", "--issuer", "urn:south", "--jwks-url", "https://s.example/jwks", "--mode", "off")
    assert run("list").output.splitlines() == [
        "north: silent, https://north.example, ES384 RS384 by "
        f"{table.parent / 'north.json'}, https://f.example, tenants a",
        "south: off, urn:south, ES384 RS384 by https://s.example/jwks, no FHIR server",
    ]


def test_the_check_names_the_keys_that_can_be_used(table: Path) -> None:
    run(*NORTH)
    with serving(reply(published("https://south.example/jwks"))) as url:
        run("add", "south", "--issuer", "urn:south", "--jwks-url", url, "--algorithm", "RS256")
        result = run("check")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        f"ok      table of clients: {table} has 2",
        "ok      keys of north: ec (ES384), rsa (RS384)",
        "ok      keys of south: rsa (RS256)",
    ]
    assert len(run("check", "north").output.splitlines()) == 2


def test_the_check_says_which_keys_cannot_be_had_and_why(table: Path) -> None:
    run("add", "gone", "--issuer", "a", "--jwks-file", "gone.json")
    (table.parent / "odd.json").write_text('{"keys": [{"kty": "oct", "k": "AA", "kid": "s"}]}')
    run("add", "odd", "--issuer", "b", "--jwks-file", "odd.json")
    run("add", "weak", "--issuer", "d", "--jwks-file", "north.json", "--algorithm", "ES256")
    table.write_text(table.read_text().replace("ES256", "RS256"))
    (table.parent / "north.json").write_bytes(published("https://north.example/jwks").replace(b'"RSA"', b'"OKP"'))
    with serving(half()) as url:
        run("add", "half", "--issuer", "c", "--jwks-url", url)
        result = run("check", "gone", "odd", "half", "weak", "typo")
    assert result.exit_code == 1
    told = result.output.splitlines()[1:]
    assert all(x.startswith("FAILED  ") for x in told)
    for line, why in zip(
        told,
        (
            "No such file",
            "private or symmetric",
            "no whole answer",
            "none is for RS256",
            "the table has none of this id",
        ),
        strict=True,
    ):
        assert why in line


def test_the_check_of_a_table_that_cannot_be_used_names_every_fault(table: Path) -> None:
    table.write_text("clients:\n  - id: A\n    issuer: a\n")
    result = run("check")
    assert result.exit_code == 1
    for place in ("clients[1].id", "clients[1].mode", "clients[1]: needs one of"):
        assert place in result.output


@pytest.mark.parametrize("spelt", [lambda x: x, bearer, lambda x: f"{x}\n"], ids=["token", "header", "with a line end"])
def test_a_good_token_is_said_to_be_one(spelt: object, table: Path) -> None:
    run(*NORTH)
    assert callable(spelt)
    result = run("check", "north", "--token", "-", "--url", URL, given=spelt(fresh()))
    assert result.exit_code == 0, result.output
    assert "ok      token of north: a call with it would be answered, once (mode silent)" in result.output


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: "", "FAILED  token: not-bearer: "),
        (lambda: fresh(iss="x"), "FAILED  token: issuer: "),
        (lambda: fresh(head=header(kid="x")), "FAILED  token of north: key-unknown: "),
        (lambda: fresh(key="evil P-384"), "FAILED  token of north: signature: "),
        (lambda: fresh(aud="x"), "FAILED  token of north: audience: aud does not hold the URL that was called. See"),
        (token, "FAILED  token of north: "),
    ],
    ids=["none", "issuer", "kid", "signature", "audience", "of another time"],
)
def test_what_is_wrong_with_a_token_is_said(made: object, told: str, table: Path) -> None:
    run(*NORTH)
    assert callable(made)
    result = run("check", "north", "--token", "-", "--url", URL, given=made())
    assert result.exit_code == 1
    assert told in result.output


def test_a_token_and_its_url_go_together(table: Path) -> None:
    run(*NORTH)
    assert "go together" in run("check", "--url", URL).output


def test_a_table_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDS_CLIENTS", raising=False)
    result = run("list")
    assert result.exit_code == 2
    assert "CDS_CLIENTS" in result.output


def test_what_is_damaged_is_not_written_to(table: Path) -> None:
    table.write_bytes(b"\xff")
    result = run(*NORTH)
    assert isinstance(result.exception, SettingsError)
    assert table.read_bytes() == b"\xff"
    table.unlink()
    table.parent.joinpath("clients.yaml").mkdir()
    assert run("list").exit_code != 0
