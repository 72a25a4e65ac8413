"""What `cds protocol export` gives for the protocols of the product, and for those of a site that changed something."""

from pathlib import Path
from typing import Any

import pytest

from cds_service.cli.authoring import exported

PROFILE = """
site: Invented Hospital
protocols:
  trofosfamide-maintenance:
    starting_dose:
      value: 50
      unit: mg/d
      reason: frail patients only are treated here
      signed_off_by: Dr A. Example
      date: 2026-11-01
"""


def by_place(resources: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The resources by type and id: "PlanDefinition/trofosfamide-maintenance"."""
    return {f"{x['resourceType']}/{x['id']}": x for x in resources}


def of_a_site(monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, dict[str, Any]]:
    """The same where a hospital changed the starting dose."""
    path = folder / "site-profile.yaml"
    path.write_text(PROFILE, encoding="utf-8")
    monkeypatch.setenv("CDS_SITE_PROFILE", str(path))
    return by_place(exported())
