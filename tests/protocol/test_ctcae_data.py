"""The files of grading criteria say what CTCAE says: each number is read from its words and compared."""

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical.ctcae import Criterion, Ctcae, Term
from cds_service.clinical.facts import COUNTS, LYMPHOCYTES
from cds_service.protocols import criteria
from cds_service.protocols.load import HERE, MAINTENANCE, load
from cds_service.protocols.strict_yaml import Faulty, read
from tests.protocol.criteria_text import Limits, graded, rows

FILES = {"5.0": "ctcae-v5", "6.0": "ctcae-v6"}
ARMS = ("below", "molar", "above_uln", "above_baseline")
PER_MM3 = Decimal(1000)
PER_LITRE = Decimal(10)
RISING = ("creatinine", "bilirubin", "alt", "ast")

pytestmark = pytest.mark.hazard("H23", "H29")


def loaded(version: str) -> Ctcae:
    name = FILES[version]
    data = read((HERE / f"{name}.yaml").read_text(encoding="utf-8"), name)
    assert list(criteria.faults(data, name)) == []
    return criteria.ctcae(data)


def encoded(criterion: Criterion) -> Limits:
    arms = {arm: {x.grade: x.value for x in getattr(criterion, arm)} for arm in ARMS}
    return {arm: limits for arm, limits in arms.items() if limits}


CASES = [pytest.param(x, y, id=f"{y}-{x}") for x in FILES for y in graded(x)]


@pytest.mark.parametrize(("version", "analyte"), CASES)
def test_every_limit_is_the_number_in_the_criterion(version: str, analyte: str) -> None:
    row, criterion = graded(version)[analyte], loaded(version).criteria[analyte]
    assert encoded(criterion) == {arm: limits for arm, limits in row.limits.items() if arm in ARMS}
    assert criterion.term == row.term


@pytest.mark.parametrize(("version", "analyte"), CASES)
def test_every_range_ends_where_the_next_grade_begins(version: str, analyte: str) -> None:
    row = graded(version)[analyte]
    ends = [(row.limits[arm][grade + 1], end) for arm in row.ends for grade, end in row.ends[arm].items()]
    assert ends
    assert all(begin == end for begin, end in ends)


@pytest.mark.parametrize(("version", "analyte"), [x for x in CASES if x.values[1] not in RISING])
def test_the_criteria_say_the_same_in_their_other_units(version: str, analyte: str) -> None:
    limits = graded(version)[analyte].limits
    other, factor = ("in g/L", PER_LITRE) if analyte == "haemoglobin" else ("in /mm3", PER_MM3)
    assert {x: y / factor for x, y in limits[other].items()} == limits["below"]


@pytest.mark.parametrize("version", FILES)
def test_only_lymphocytes_are_graded_by_another_versions_limits(version: str) -> None:
    found = loaded(version)
    missing = set(found.criteria) - set(graded(version))
    assert missing == (set() if version == "5.0" else {LYMPHOCYTES})
    assert found.criteria[LYMPHOCYTES] == loaded("5.0").criteria[LYMPHOCYTES]
    assert found.version == version


def test_both_versions_know_the_same_terms_those_of_the_criteria() -> None:
    expected = {x.code: (x.term, x.haematological) for x in reversed(rows())}
    for version in FILES:
        terms = loaded(version).terms
        assert {x: (y.name, y.haematological) for x, y in terms.items()} == expected
        assert all(x == y.code for x, y in terms.items())
    assert loaded("5.0").terms == loaded("6.0").terms


@pytest.mark.parametrize(
    ("code", "name", "analyte"),
    [
        ("10002272", "Anemia", "haemoglobin"),
        ("10029366", "Neutrophil count decreased", "neutrophils"),
        ("10016288", "Febrile neutropenia", "neutrophils"),
        ("10035528", "Platelet count decreased", "platelets"),
        ("10043554", "Thrombocytopenia", "platelets"),
        ("10049182", "White blood cell decreased", "leukocytes"),
        ("10025256", "Lymphocyte count decreased", "lymphocytes"),
        ("10007839", "CD4 lymphocytes decreased", "lymphocytes"),
        ("10048580", "Bone marrow hypocellular", ""),
        ("10024378", "Leukocytosis", ""),
    ],
)
def test_a_term_of_the_blood_names_its_count(code: str, name: str, analyte: str) -> None:
    assert loaded("5.0").terms[code] == Term(code, name, haematological=True, analyte=analyte)


def test_every_other_term_is_of_no_count_and_not_of_the_blood() -> None:
    assert sum(x.haematological for x in loaded("5.0").terms.values()) == 10
    assert {x.analyte for x in loaded("5.0").terms.values() if not x.haematological} == {""}


@pytest.mark.hazard("H23")
def test_nothing_uses_version_6_unless_a_protocol_names_it(tmp_path: Path) -> None:
    assert load().ctcae == loaded("5.0")
    for path in HERE.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    protocol = tmp_path / f"{MAINTENANCE}.yaml"
    text = protocol.read_text(encoding="utf-8")
    assert text.count("\nctcae: ctcae-v5\n") == 1
    protocol.write_text(text.replace("\nctcae: ctcae-v5\n", "\nctcae: ctcae-v6\n"), encoding="utf-8")
    switched = load(folder=tmp_path)
    assert switched.ctcae == loaded("6.0")
    assert switched.digest != load().digest


Edit = Callable[[dict[str, Any]], Any]


def without_term(analyte: str) -> Edit:
    def edit(data: dict[str, Any]) -> None:
        data["terms"] = {x: y for x, y in data["terms"].items() if y.get("analyte") != analyte}

    return edit


def term(code: str, **members: Any) -> Edit:
    return lambda data: data["terms"][code].update(members)


def criterion(analyte: str, **members: Any) -> Edit:
    return lambda data: data["criteria"][analyte].update(members)


def new_term(code: str, content: Any) -> Edit:
    return lambda data: data["terms"].update({code: content})


PLAIN = {"name": "Malaise", "haematological": False}
LIMITS = {"4": Decimal(1), "3": Decimal(2), "2": Decimal(3)}
FAULTS: dict[str, tuple[Edit, str]] = {
    "no terms": (lambda data: data.pop("terms"), "terms is missing"),
    "terms that are a list": (lambda data: data.update(terms=[]), "terms is not a mapping of MedDRA codes"),
    **{
        f"no term of {x}": (without_term(x), f"terms: none is of {x}; its recorded toxicity would count as another")
        for x in (*COUNTS, LYMPHOCYTES)
    },
    "short code": (new_term("1001625", PLAIN), "terms.1001625 is not a MedDRA code"),
    "long code": (new_term("100162560", PLAIN), "terms.100162560 is not a MedDRA code"),
    "code with a letter": (new_term("1001625O", PLAIN), "terms.1001625O is not a MedDRA code"),
    "term without a name": (new_term("10016257", {"haematological": True}), "terms.10016257 has to consist of name"),
    "term without kind": (new_term("10016257", {"name": "x"}), "terms.10016257 has to consist of name"),
    "term with more": (term("10016256", grade="3"), "terms.10016256 has to consist of name"),
    "term that is a text": (new_term("10016257", "Malaise"), "terms.10016257 has to consist of name"),
    "name that is a number": (term("10016256", name=Decimal(3)), "terms.10016256 has to have a text as its name"),
    "kind that is a text": (term("10016256", haematological="no"), "terms.10016256 has to have a text as its name"),
    "unknown analyte": (term("10029366", analyte="bands"), "terms.10029366 has to name one of haemoglobin"),
    "chemistry as analyte": (term("10029366", analyte="alt"), "terms.10029366 has to name one of haemoglobin"),
    "analyte that is a list": (term("10029366", analyte=[]), "terms.10029366 has to name one of haemoglobin"),
    "count that is not of the blood": (term("10029366", haematological=False), "terms.10029366 has to name one of"),
    "note that is a number": (criterion("alt", note=Decimal(1)), "criteria.alt: term and note are texts"),
    "flag of a count": (criterion("platelets", low_baseline_only=True), ".low_baseline_only is not known here"),
    "flag that is a text": (criterion("alt", low_baseline_only="no"), "criteria.alt: worse_of_both true or false"),
    "grade 1 anaemia": (criterion("haemoglobin", below={"3": Decimal(8), "2": Decimal(10), "1": Decimal(12)}), "2, 3"),
    "grade 1 above grade 2": (criterion("platelets", below={**LIMITS, "1": Decimal(2)}), "has to lie beyond"),
    "grade 0": (criterion("platelets", below={**LIMITS, "0": Decimal(4)}), "grades 2, 3, 4 or 1, 2, 3, 4"),
}  # fmt: skip


@pytest.mark.parametrize("version", FILES)
@pytest.mark.parametrize(("edit", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_the_terms_and_of_the_new_limits_is_named(version: str, edit: Edit, said: str) -> None:
    name = FILES[version]
    data = read((HERE / f"{name}.yaml").read_text(encoding="utf-8"), name)
    edit(data)
    found = list(criteria.faults(data, name))
    assert any(said in x for x in found), found


@pytest.mark.parametrize("analyte", ["platelets", "leukocytes", "neutrophils", "lymphocytes"])
def test_grade_1_of_a_count_may_begin_at_a_number(analyte: str) -> None:
    data = read((HERE / "ctcae-v5.yaml").read_text(encoding="utf-8"), "ctcae-v5")
    data["criteria"][analyte]["below"] = {**LIMITS, "1": Decimal(4)}
    assert list(criteria.faults(data, "ctcae-v5")) == []


def test_a_faulty_file_of_criteria_is_not_loaded(tmp_path: Path) -> None:
    for path in HERE.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    path = tmp_path / "ctcae-v5.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  10016288:", "  1001628:"), encoding="utf-8")
    with pytest.raises(Faulty, match=r"ctcae-v5\.yaml, line \d+: terms\.1001628 is not a MedDRA code"):
        load(folder=tmp_path)
