"""Settings come from the environment, and one that cannot be used is refused with a sentence that helps."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cds_service.errors import SettingsError
from cds_service.settings import load


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CDS_DATA_DIR", "CDS_DATABASE_URL", "CDS_PUBLIC_BASE_URL", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_without_any_the_data_lie_in_the_home_directory(tmp_path: Path) -> None:
    settings = load()
    assert settings.data_dir == tmp_path / ".local/share/trofosfamide-cds"
    assert settings.store_url == f"sqlite:///{tmp_path}/.local/share/trofosfamide-cds/decisions.sqlite"
    assert settings.site_map == ""
    assert (settings.zone, settings.fhir_servers, settings.max_body_bytes) == (ZoneInfo("UTC"), (), 10 * 1024 * 1024)


def test_every_setting_is_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "CDS_DATA_DIR": "/data",
        "CDS_DATABASE_URL": "sqlite:////elsewhere/d.sqlite",
        "CDS_PUBLIC_BASE_URL": "https://cds.example/",
        "CDS_MAX_BODY_BYTES": "2048",
        "CDS_TIME_ZONE": "Europe/Berlin",
        "CDS_FHIR_SERVERS": "https://a.example/r4/, http://b.example",
        "CDS_SITE_MAP": "/etc/site-map.yaml",
        "CDS_WORKERS": "3",
        "CDS_LOG_LEVEL": "WARNING",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.fhir_servers == ("https://a.example/r4", "http://b.example")
    assert (settings.public_base_url, settings.store_url) == ("https://cds.example", "sqlite:////elsewhere/d.sqlite")
    assert (settings.workers, settings.log_level, settings.max_body_bytes) == (3, "warning", 2048)
    assert (str(settings.zone), settings.site_map) == ("Europe/Berlin", "/etc/site-map.yaml")


def test_the_directory_of_the_desktop_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/xdg")
    assert load().data_dir == Path("/xdg/trofosfamide-cds")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CDS_TIME_ZONE", "Mars/Phobos"),
        ("CDS_TIME_ZONE", "../etc/passwd"),
        ("CDS_FHIR_SERVERS", "fhir.example"),
        ("CDS_FHIR_SERVERS", "https://a.example,ftp://b.example"),
        ("CDS_PUBLIC_BASE_URL", "cds.example"),
        ("CDS_PUBLIC_BASE_URL", "https://cds.example?x=1"),
        ("CDS_DATABASE_URL", "mysql://db.example/cds"),
        ("CDS_MAX_BODY_BYTES", "10MB"),
        ("CDS_MAX_BODY_BYTES", "1"),
        ("CDS_WORKERS", "0"),
        ("CDS_LOG_LEVEL", "chatty"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_an_example(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"^{name} cannot be used: .+\. Write for example {name}=\S+\. ") as error:
        load()
    assert "Nothing was started." in str(error.value)


def test_a_misspelt_name_is_refused() -> None:
    with pytest.raises(SettingsError, match="CDS_WORKER is not a setting"):
        load(worker=1)


def test_a_user_without_a_home_directory_is_asked_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(SettingsError, match=r"^CDS_DATA_DIR is not set\."):
        load()
    assert load(data_dir=Path("/data")).data_dir == Path("/data")
