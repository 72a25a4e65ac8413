"""What is mutated, and which tests have to notice it: only fast ones, which name single examples."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Scope:
    """Modules, as patterns from the root of the checkout, and what of pytest's arguments chooses their tests."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self, root: Path) -> list[str]:
        """Its modules, as paths from the root."""
        found = {x.relative_to(root).as_posix() for pattern in self.modules for x in root.glob(pattern)}
        return sorted(x for x in found if (root / x).read_text(encoding="utf-8").strip())


_CLINICAL = Scope(
    ("cds_service/clinical/*.py",),
    (
        "tests/clinical",
        "tests/protocol",
        "--ignore=tests/clinical/test_any_patient.py",  # any patient at all: slow, and another one in each run
        "--ignore=tests/protocol/test_hazards.py",
        # what is written wrongly in a file, and what follows from a right one
        "--ignore=tests/protocol/test_load.py",
        "--ignore=tests/protocol/test_profile.py",
        "--ignore=tests/protocol/test_profile_faults.py",
        "--ignore=tests/protocol/test_third_protocol.py",
    ),
)
_UNITS = Scope(("cds_service/fhir/units.py",), ("tests/fhir/test_units.py",))
_DOSING = Scope(
    ("cds_service/fhir/dosage/*.py",),
    (
        "tests/fhir/test_dosage.py",
        "tests/fhir/test_dosage_parts.py",
        "tests/fhir/test_dosage_phases.py",
        "tests/fhir/test_dosage_rhythm.py",
        "tests/fhir/test_dosage_shapes.py",
        "tests/fhir/test_dosage_tables.py",
        "tests/fhir/test_medication.py",
    ),
)
SCOPES = (_CLINICAL, _UNITS, _DOSING)


def scope_of(file: str) -> Scope:
    """The scope that a module is of. Raises SystemExit where it is of none."""
    for scope in SCOPES:
        if any(Path(file).match(pattern) for pattern in scope.modules):
            return scope
    raise SystemExit(
        f"{file} is none of the modules that are mutated: {', '.join(y for x in SCOPES for y in x.modules)}"
    )
