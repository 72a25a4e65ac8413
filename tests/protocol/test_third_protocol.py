"""A further protocol is a file and a name: it is then declared, asked, shown and exported like the others."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cds_service.clinical.decide import decide
from cds_service.clinical.protocol import FIRST_LINE, Protocol
from cds_service.data import data_dir
from cds_service.pages.book import book
from cds_service.pages.sheet import sheet
from cds_service.protocols import load as loading
from cds_service.protocols.cases.builders import NOW, draft, facts
from cds_service.protocols.load import HERE
from cds_service.protocols.strict_yaml import Faulty
from cds_service.render import cards

THIRD = "trofosfamide-invented"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the product, and beside them a third protocol that starts with 50 mg a day."""
    for path in HERE.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    text = (HERE / f"{FIRST_LINE}.yaml").read_text("utf-8").replace(FIRST_LINE, THIRD)
    text = text.replace("  starting_dose:\n    value: 150", "  starting_dose:\n    value: 50", 1)
    (tmp_path / f"{THIRD}.yaml").write_text(text.replace("title: ", "title: Invented, ", 1), "utf-8")
    return tmp_path


@pytest.fixture
def protocols(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Protocol]:
    monkeypatch.setattr(loading, "NAMES", (*loading.NAMES, THIRD))
    return loading.load_all(folder)


def test_a_third_protocol_decides_where_it_is_declared(protocols: Mapping[str, Protocol]) -> None:
    patient = facts(drafts=[draft(100)], declared=(protocols[THIRD].url,))
    decision = decide(protocols, patient, NOW)
    assert (decision.protocol, decision.doses.proposed) == (THIRD, 50)
    assert decide(protocols, facts(drafts=[draft(100)]), NOW).protocol != THIRD


def test_a_third_protocol_has_its_page_and_its_place_in_the_drawing(
    protocols: Mapping[str, Protocol], folder: Path
) -> None:
    pages = book([sheet(x, folder) for x in protocols.values()])
    assert THIRD in pages.names
    assert "starts with 50 mg/day" in pages.html("protocols")
    assert "Invented, " in pages.html(THIRD)


def test_a_third_protocol_without_words_stops_the_start(protocols: Mapping[str, Protocol]) -> None:
    with pytest.raises(Faulty, match=rf"protocols.*{THIRD}"):
        cards.load(data_dir("cards"), "en", protocols, "https://cds.example.org", demo=False)
