"""The table of trusted EHRs is read strictly, and every fault of it is named at once with its place."""

from pathlib import Path

import pytest

from cds_service.errors import SettingsError
from cds_service.hook.addresses import origin
from cds_service.hook.clients import Client, Clients, load, parse

PATH = Path("/etc/cds/clients.yaml")
LEAST = """clients:
  - id: north
    issuer: https://north.example
    mode: live
    jwks_url: https://north.example/jwks
"""
FULL = """# Two hospitals
clients:
  - id: north
    issuer: https://north.example
    mode: live
    jwks_url: https://north.example/jwks
    jku: https://north.example/old-jwks
    algorithms: [ES384, ES256]
    tenants: [ward-1, "17"]
    fhir_servers: [https://fhir.north.example/, https://fhir.north.example:8443, "http://127.0.0.1:8080"]
    browser_origins: [https://sandbox.north.example]
    language: de-AT
    time_budget_ms: 3000
    max_token_seconds: 600
  - id: south
    issuer: urn:south
    mode: silent
    jwks_file: keys/south.json
"""


def faults(text: str) -> list[str]:
    with pytest.raises(SettingsError) as told:
        parse(text, PATH)
    assert str(told.value).startswith("CDS_CLIENTS")
    assert "Nothing was started." in str(told.value)
    return [x.removeprefix("clients.yaml, ") for x in str(told.value).splitlines() if x.startswith("clients.yaml")]


def test_the_least_of_a_client_has_cautious_defaults() -> None:
    (client,) = parse(LEAST, PATH)
    assert client == Client(
        id="north",
        issuer="https://north.example",
        mode="live",
        jwks_url="https://north.example/jwks",
        jwks_file=None,
        jku="https://north.example/jwks",
        algorithms=("ES384", "RS384"),
        tenants=frozenset(),
        fhir_servers=frozenset(),
        browser_origins=frozenset(),
        language="",
        time_budget_ms=500,
        max_token_seconds=300,
    )


def test_every_member_is_read() -> None:
    table = parse(FULL, PATH)
    assert table.by_issuer["https://north.example"] == Client(
        id="north",
        issuer="https://north.example",
        mode="live",
        jwks_url="https://north.example/jwks",
        jku="https://north.example/old-jwks",
        algorithms=("ES384", "ES256"),
        tenants=frozenset({"ward-1", "17"}),
        fhir_servers=frozenset(
            {"https://fhir.north.example", "https://fhir.north.example:8443", "http://127.0.0.1:8080"}
        ),
        browser_origins=frozenset({"https://sandbox.north.example"}),
        language="de-AT",
        time_budget_ms=3000,
        max_token_seconds=600,
    )
    south = table.by_issuer["urn:south"]
    assert (south.jwks_file, south.jwks_url, south.jku) == (Path("/etc/cds/keys/south.json"), "", "")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("    issuer: https://north.example\n", "", "line 2, clients[1].issuer: is missing."),
        ("https://north.example\n", "17\n", "line 3, clients[1].issuer: has to be text; put a number in quotes."),
        ("https://north.example\n", '""\n', "line 3, clients[1].issuer: is empty."),
        ("https://north.example\n", '"a "\n', "line 3, clients[1].issuer: has characters that cannot be seen."),
        ("id: north", "id: North", "line 2, clients[1].id: has to be 1 to 63 small letters, digits and hyphens"),
        ("id: north", "id: ../north", "line 2, clients[1].id: has to be 1 to 63 small letters"),
        ("mode: live", "mode: on", "line 4, clients[1].mode: input should be 'live', 'silent' or 'off'."),
        ("mode: live", "mode: Live", "line 4, clients[1].mode: input should be"),
        ("    mode: live\n", "", "line 2, clients[1].mode: is missing."),
        ("    jwks_url: https://north.example/jwks\n", "", "line 2, clients[1]: needs one of jwks_url and jwks_file"),
        ("jwks_url: https", "jwks_url: http", "line 5, clients[1].jwks_url: http is for loopback addresses only"),
        ("https://north.example/jwks", "jwks.json", "line 5, clients[1].jwks_url: not an absolute http"),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, told: str) -> None:
    (said,) = faults(LEAST.replace(old, new, 1))
    assert said.startswith(told)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("tenant: a", "tenant: is not known; a client has id, issuer, mode"),
        ("tenants: a", "tenants: has to be a list."),
        ("tenants: [a, 1]", "tenants[2]: has to be text"),
        ("tenants: [a, a]", "tenants: names something twice."),
        ("algorithms: []", "algorithms: is empty."),
        ("algorithms: [HS256]", "algorithms[1]: input should be 'ES384', 'RS384'"),
        ("algorithms: [none]", "algorithms[1]: input should be"),
        ("algorithms: [ES384, PS384]", "algorithms[2]: input should be"),
        (
            "fhir_servers: [https://a.example/r4]",
            "fhir_servers[1]: an origin is meant, without a path: https://a.example.",
        ),
        ("fhir_servers: [http://a.example]", "fhir_servers[1]: http is for loopback addresses only; write https."),
        ("fhir_servers: ['*']", "fhir_servers[1]: not an absolute http or https URL"),
        ("fhir_servers: ['https://u:p@a.example']", "fhir_servers[1]: a URL with a user name"),
        ("fhir_servers: ['https://a.example', 'https://A.example:443/']", "fhir_servers[2]: an origin is meant"),
        ("browser_origins: ['null']", "browser_origins[1]: not an absolute"),
        ("language: German", "language: has to be a language such as en"),
        ("time_budget_ms: 99", "time_budget_ms: input should be greater than or equal to 100."),
        ("time_budget_ms: 60001", "time_budget_ms: input should be less than or equal to 60000."),
        ("time_budget_ms: 500.5", "time_budget_ms: input should be a valid integer"),
        ("max_token_seconds: 9", "max_token_seconds: input should be greater than or equal to 10."),
        ("max_token_seconds: 86401", "max_token_seconds: input should be less than or equal to 86400."),
        ("jku: http://north.example/jwks", "jku: http is for loopback"),
    ],
)
def test_a_fault_of_what_may_be_added_is_named_with_its_place(line: str, told: str) -> None:
    (said,) = faults(f"{LEAST}    {line}\n")
    assert said.startswith(f"line 6, clients[1].{told}")


def test_one_key_set_is_enough() -> None:
    (said,) = faults(f"{LEAST}    jwks_file: a.json\n")
    assert said == "line 2, clients[1]: needs one of jwks_url and jwks_file, and not both."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty: has to be a mapping."),
        ("clients:", "line 1, clients: has to be a list."),
        ("clients: []", "line 1, clients: is empty."),
        ("clients: {}", "line 1, clients: has to be a list."),
        ("clients: [north]", "line 1, clients[1]: has to be a mapping."),
        ("- id: north", "line 1: has to be a mapping."),
        ("client: []\nclients: []", "line 1, client: is not known"),
    ],
)
def test_a_table_of_another_form_is_refused(text: str, told: str) -> None:
    assert any(told in x for x in faults(text)), faults(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LEAST + "    id: south\n", "'id' stands here twice"),
        ("clients: [", "clients.yaml, line 1: "),
        ("clients: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("clients: &a [*a]", "clients.yaml"),
    ],
)
def test_what_is_no_strict_yaml_is_refused(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=r"^CDS_CLIENTS") as refused:
        parse(text, PATH)
    assert told in str(refused.value)


def test_all_faults_are_named_at_once() -> None:
    text = FULL.replace("mode: live", "mode: on").replace("urn:south", "https://north.example")
    text = text.replace("time_budget_ms: 3000", "time_budget_ms: soon").replace("    jwks_file: keys/south.json\n", "")
    assert [x.partition(": ")[0] for x in faults(text.replace("id: south", "id: north"))] == [
        "line 5, clients[1].mode",
        "line 13, clients[1].time_budget_ms",
        "line 15, clients[2]",
        "line 15, clients[2].id",
        "line 16, clients[2].issuer",
    ]


def test_what_two_clients_lack_is_not_what_they_share() -> None:
    text = FULL.replace("id: north\n    issuer", "issuer").replace("id: south\n    issuer", "issuer")
    assert [x.partition(", ")[2] for x in faults(text)] == ["clients[1].id: is missing.", "clients[2].id: is missing."]


def test_a_file_is_read_from_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "clients.yaml"
    path.write_text(FULL, "utf-8")
    assert {x.id for x in load(path)} == {"north", "south"}
    assert load(path).by_issuer["urn:south"].jwks_file == tmp_path / "keys/south.json"


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^CDS_CLIENTS: .*missing\.yaml cannot be read: No such file"):
        load(tmp_path / "missing.yaml")
    (tmp_path / "latin.yaml").write_bytes("clients: [ä]".encode("latin-1"))
    with pytest.raises(SettingsError, match=r"latin\.yaml is not UTF-8"):
        load(tmp_path / "latin.yaml")


def test_browser_origins_are_those_of_clients_that_may_call() -> None:
    clients = [
        Client(id=x, issuer=x, mode=mode, browser_origins=frozenset({f"https://{x}.example"}))
        for x, mode in (("a", "live"), ("b", "silent"), ("c", "off"))
    ]
    assert Clients({x.issuer: x for x in clients}).browser_origins == {"https://a.example", "https://b.example"}


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.example", "https://a.example"),
        ("https://A.Example:443/x?y=1", "https://a.example"),
        ("HTTPS://a.example:8443", "https://a.example:8443"),
        ("http://localhost:80/", "http://localhost"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        ("http://127.8.0.1", "http://127.8.0.1"),
    ],
)
def test_origins_are_compared_in_one_spelling(url: str, found: str) -> None:
    assert origin(url) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "//a.example",
        "https://",
        "https:///x",
        "https://a.example:0",
        "https://a.example:99999",
        "https://a.example:x",
        "https://[::1",
        "https://a b.example",
        "https://a.example\n",
        "https://a.example\\x",
        "https://ä.example",
        "https://u@a.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://2130706433",
        "http://0x7f000001",
        "javascript:alert(1)",
    ],
)
def test_what_two_readers_could_read_differently_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        origin(url)


def test_every_member_is_explained_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text("utf-8")
    for name in Client.__slots__:
        assert f"\n| `{name}` | " in page, name


def test_the_example_of_the_docs_can_be_used() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text("utf-8")
    (client,) = parse(page.partition("```yaml\n")[2].partition("```")[0], PATH)
    assert (client.id, client.mode) == ("hospital-north", "silent")
