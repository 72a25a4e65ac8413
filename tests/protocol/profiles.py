"""Site profiles to test with, in a few words."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cds_service.clinical.protocol import MAINTENANCE, Protocol
from cds_service.protocols import profile
from cds_service.protocols.strict_yaml import Faulty


def entry(value: object, unit: str, **more: object) -> str:
    """One change in YAML, in braces; `more` in place of its own words, None for what is left out."""
    words = {"value": value, "unit": unit, "reason": "as we do it", "signed_off_by": "Dr A", "date": "2026-11-02"}
    return "{" + ", ".join(f"{x}: {y}" for x, y in (words | more).items() if y is not None) + "}"


def text(changes: Mapping[str, Mapping[str, str]]) -> str:
    """A profile of these changes, by protocol and parameter; the first change of the first protocol is on line 4."""
    lines = ["site: Hospital North", "protocols:"]
    for name, given in changes.items():
        lines += [f"  {name}:", *(f"    {x}: {y}" for x, y in given.items())]
    return "\n".join(lines)


def written(folder: Path, content: str) -> Path:
    path = folder / "site-profile.yaml"
    path.write_text(content, "utf-8")
    return path


def in_force(folder: Path, **changes: str) -> Mapping[str, Protocol]:
    """The protocols as these changes of maintenance make them."""
    return profile.in_force(written(folder, text({MAINTENANCE: changes})))


def faults(folder: Path, content: str) -> list[str]:
    with pytest.raises(Faulty) as found:
        profile.in_force(written(folder, content))
    return [x.removeprefix("site-profile.yaml, ") for x in str(found.value).splitlines()]
