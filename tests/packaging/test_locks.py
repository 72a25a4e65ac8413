"""The locked dependencies: complete, hashed, true to pyproject.toml, and free of download addresses."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = ("runtime", "build", "dev")
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())


def _text(lock: str) -> str:
    return (CHECKOUT / "requirements" / f"{lock}.txt").read_text()


def _pins(lock: str) -> dict[str, Requirement]:
    """Each locked requirement by its name, without the hashes."""
    lines = re.findall(r"^([A-Za-z0-9][^\\\n]*?) *\\?$", _text(lock), re.MULTILINE)
    return {canonicalize_name(pin.name): pin for pin in map(Requirement, lines)}


def _version(pin: Requirement) -> Version:
    (specifier,) = pin.specifier
    assert specifier.operator == "=="
    return Version(specifier.version)


def _group(name: str) -> Iterator[Requirement]:
    for entry in PROJECT["dependency-groups"][name]:
        if isinstance(entry, str):
            yield Requirement(entry)
        else:
            yield from _group(entry["include-group"])


def _asked(lock: str) -> list[Requirement]:
    """What pyproject.toml asks a lock to contain."""
    runtime = [Requirement(x) for x in PROJECT["project"]["dependencies"]] if lock != "build" else []
    return runtime + ([] if lock == "runtime" else list(_group(lock)))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(lock: str) -> None:
    lines = _text(lock).splitlines()
    assert not [x for x in lines if "://" in x or "@" in x or re.match(r"\s*-(?!-hash=sha256:[0-9a-f]{64}\b)", x)]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_exact_and_hashed(lock: str) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", _text(lock).split("\n", 2)[2])
    assert len(blocks) == len(_pins(lock))
    assert all(_version(pin) for pin in _pins(lock).values())
    assert not [x for x in blocks if "--hash=sha256:" not in x]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_the_project(lock: str) -> None:
    pins = _pins(lock)
    for asked in _asked(lock):
        assert _version(pins[canonicalize_name(asked.name)]) in asked.specifier, asked


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_complete(lock: str) -> None:
    """What the locked packages need here is locked too: nothing is resolved when they are installed."""
    pins = {name: pin for name, pin in _pins(lock).items() if pin.marker is None or pin.marker.evaluate()}
    needed = [
        (name, requirement)
        for name in pins
        for requirement in map(Requirement, metadata.requires(name) or [])
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    ]
    missing = [
        (name, str(requirement))
        for name, requirement in needed
        if canonicalize_name(requirement.name) not in pins
        or _version(pins[canonicalize_name(requirement.name)]) not in requirement.specifier
    ]
    assert not missing


def test_tests_run_on_what_is_released() -> None:
    dev = {name: _version(pin) for name, pin in _pins("dev").items()}
    for lock in ("runtime", "build"):
        assert {name: dev[name] for name in _pins(lock)} == {name: _version(pin) for name, pin in _pins(lock).items()}
