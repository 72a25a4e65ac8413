"""What a hospital installs: everything inside one package, and the licence with it."""

import subprocess
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath

import pytest

import cds_service


@pytest.fixture(scope="module")
def contents(wheel: Path) -> dict[PurePosixPath, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {PurePosixPath(name): archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def metadata(contents: dict[PurePosixPath, bytes]) -> Message:
    (path,) = [x for x in contents if x.name == "METADATA"]
    return Parser().parsestr(contents[path].decode())


def _kept(checkout: Path, folder: str) -> set[PurePosixPath]:
    """The files of a folder of the checkout that git does not ignore, relative to the checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", folder]
    listed = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True).stdout.splitlines()
    return {PurePosixPath(x) for x in listed if (checkout / x).is_file()}


def test_nothing_lies_outside_the_package(contents: dict[PurePosixPath, bytes]) -> None:
    assert {x.parts[0] for x in contents} == {
        "cds_service",
        f"trofosfamide_cds-{cds_service.__version__}.dist-info",
    }


@pytest.mark.parametrize("folder", ["cards", "fhir_fixtures"])
def test_data_of_the_checkout_lies_inside_the_package(
    checkout: Path, contents: dict[PurePosixPath, bytes], folder: str
) -> None:
    kept = _kept(checkout, folder)
    assert kept
    packed = {x.relative_to("cds_service/_data") for x in contents if x.is_relative_to(f"cds_service/_data/{folder}")}
    assert packed == kept
    assert all(contents["cds_service/_data" / x] == (checkout / x).read_bytes() for x in kept)


def test_the_whole_package_is_packed(checkout: Path, contents: dict[PurePosixPath, bytes]) -> None:
    kept = _kept(checkout, "cds_service")
    assert kept == {x for x in contents if x.parts[0] == "cds_service" and "_data" not in x.parts}
    assert {x.suffix for x in kept if x.parts[1] == "protocols"} >= {".py", ".yaml", ".json"}
    assert PurePosixPath("cds_service/py.typed") in kept


@pytest.mark.parametrize("name", ["LICENSE", "NOTICE"])
def test_licence_and_notice_are_packed(checkout: Path, contents: dict[PurePosixPath, bytes], name: str) -> None:
    (packed,) = [content for path, content in contents.items() if path.name == name]
    assert packed == (checkout / name).read_bytes()


def test_metadata_names_licence_version_and_command(contents: dict[PurePosixPath, bytes], metadata: Message) -> None:
    assert metadata["Name"] == "trofosfamide-cds"
    assert metadata["Version"] == cds_service.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    (entry_points,) = [content.decode() for path, content in contents.items() if path.name == "entry_points.txt"]
    assert "cds = cds_service.cli:main" in entry_points.splitlines()
