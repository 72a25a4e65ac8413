"""The pages of the protocols over HTTP."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.clinical.protocol import Protocol
from cds_service.pages.book import INDEX, style_hash
from cds_service.protocols.load import load_all
from cds_service.settings import Settings
from tests.pages.books import BOOK, MAINTENANCE
from tests.support import FIXED_NOW

PROFILE = """
site: House of Trials
protocols:
  trofosfamide-maintenance:
    restart_window:
      value: 5
      unit: d
      reason: counts come every day here
      signed_off_by: A. Physician
      date: 2026-02-01
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("data")), clock=lambda: FIXED_NOW).test_client()


@pytest.mark.parametrize("name", BOOK.names)
def test_every_page_is_served_as_it_is_printed(client: FlaskClient, name: str) -> None:
    response = client.get("/protocols" if name == INDEX else f"/protocols/{name}")
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    assert response.text == BOOK.html(name)


@pytest.mark.parametrize("path", ["/protocols", f"/protocols/{MAINTENANCE.protocol.id}"])
def test_a_browser_may_load_nothing_but_the_style_of_the_page(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(x.strip().split(" ", 1) for x in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["style-src"] == f"'{style_hash()}'"
    assert not {"script-src", "img-src", "connect-src"} & policy.keys()
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("protocol", load_all().values(), ids=lambda x: x.id)
def test_what_a_card_cites_is_a_place_on_the_page(client: FlaskClient, protocol: Protocol) -> None:
    page = client.get(f"/protocols/{protocol.id}").text
    places = re.findall(r'<tr id="([^"]*)">', page)
    assert sorted(places) == sorted(protocol.sources)


@pytest.mark.parametrize("name", ["nothing", INDEX, "trofosfamide-maintenance.yaml", "..%2Fctcae-v5", "%3Cscript%3E"])
def test_another_name_is_not_found_and_not_repeated(client: FlaskClient, name: str) -> None:
    response = client.get(f"/protocols/{name}")
    assert response.status_code == 404
    assert response.get_json()["resourceType"] == "OperationOutcome"
    assert "script" not in response.text


def test_pages_are_only_read(client: FlaskClient) -> None:
    assert client.post("/protocols").status_code == 405


def test_what_the_site_changes_is_on_the_page(tmp_path: Path) -> None:
    profile = tmp_path / "site.yaml"
    profile.write_text(PROFILE, "utf-8")
    settings = Settings(data_dir=tmp_path, site_profile=profile)
    page = create_app(settings, clock=lambda: FIXED_NOW).test_client().get(f"/protocols/{MAINTENANCE.protocol.id}").text
    cells = "".join(
        f"<td>{x}</td>" for x in ("7 days", "5 days", "counts come every day here", "A. Physician, 2026-02-01")
    )
    assert f"<td><code>restart_window</code></td>{cells}" in page
    assert MAINTENANCE.protocol.digest not in page
