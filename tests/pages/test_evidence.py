"""The figures of the source text, copied a second time by hand, and the arithmetic of their caveats."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from cds_service.pages import evidence
from cds_service.pages.evidence import FILE, Table, share
from cds_service.protocols.strict_yaml import Faulty

EVIDENCE = evidence.load()
TABLES = {x.id: x for x in EVIDENCE.tables}
COHORT, EVALUATED, OF_TOXICITY = Decimal(59), Decimal(38), Decimal(54)

# As the three tables of the source show them, row by row; a cell that is empty there is "-".
TOLD = {
    "maintenance-efficacy": [
        "38.2 months | - | - | -",
        "9.0 months | - | - | -",
        "9.5 months | 29.4 months | 7.2 months | 8.1 months",
        "33.2 months | not reached | 26.3 months | 58.6 months",
        "79.6 % | - | - | -",
        "65.8 % | - | - | -",
        "63 % | - | - | -",
        "2.6 % (1 patient) | - | - | -",
    ],
    "first-line-efficacy": [
        "27.6 % | 35.9 %",
        "6.6 % | 7.7 %",
        "2 patients | 0 patients",
        "3 patients | 3 patients",
        "27.7 months | not applicable",
        "8.2 months | 4.3 months",
    ],
    "maintenance-toxicity": [
        "65 % (35 patients) | 4 % (2 patients) | 0 %",
        "56 % (30 patients) | 15 % (8 patients) | 0 %",
        "13 % (7 patients) | 2 % (1 patient) | 0 %",
        "31 % (18 patients) | - | -",
    ],
}


def reckoned(table: Table) -> set[str]:
    return {y for x in table.caveats for y in x.reckoned}


def whole(patients: Decimal, of: Decimal) -> Decimal:
    """The percentage without decimals, as the source gives it."""
    return (100 * patients / of).quantize(Decimal(1), ROUND_HALF_UP)


@pytest.mark.parametrize("name", TOLD)
def test_the_figures_are_those_of_the_source(name: str) -> None:
    assert [" | ".join(y.text for y in x.figures) for x in TABLES[name].rows] == TOLD[name]


def test_every_table_names_its_place_in_the_source() -> None:
    assert [x.citation for x in EVIDENCE.tables] == [f"BenchChem 2025, Table {n}" for n in (1, 2, 3)]
    assert all(x.study for x in EVIDENCE.tables)


def test_the_groups_do_not_add_up_to_the_cohort() -> None:
    groups = [Decimal(x.partition("n = ")[2].rstrip(")")) for x in TABLES["maintenance-efficacy"].columns]
    assert groups[0] == COHORT
    assert COHORT - sum(groups[1:]) == 7
    assert "11 + 31 + 10 = 52" in reckoned(TABLES["maintenance-efficacy"])


def test_the_evaluated_are_the_cohort_without_those_who_had_no_evidence_of_disease() -> None:
    assert COHORT - 11 - 10 == EVALUATED
    assert share(Decimal(1), EVALUATED) == Decimal("2.6")
    assert whole(Decimal(24), EVALUATED) == 63
    assert {"21 + 38 = 59", "1 of 38 = 2.6 %", "1 of 59 = 1.7 %"} <= reckoned(TABLES["maintenance-efficacy"])


def test_toxicities_are_shares_of_54_and_of_nothing_else_that_is_named() -> None:
    counted = [y for x in TABLES["maintenance-toxicity"].rows[:3] for y in x.figures if y.patients]
    fits = {
        n: [whole(x.patients or Decimal(0), n) == x.value for x in counted] for n in (COHORT, EVALUATED, OF_TOXICITY)
    }
    assert all(fits[OF_TOXICITY])
    assert not all(fits[COHORT])
    assert not any(fits[EVALUATED])


def test_reductions_and_interruptions_are_a_share_of_59() -> None:
    (figure, *_) = TABLES["maintenance-toxicity"].rows[3].figures
    assert figure.patients == 18
    assert whole(figure.patients, COHORT) == figure.value
    assert whole(figure.patients, OF_TOXICITY) != figure.value
    assert {"18 of 59 = 30.5 %", "18 of 54 = 33.3 %"} <= reckoned(TABLES["maintenance-toxicity"])


@pytest.mark.parametrize(("arm", "patients"), [(0, 76), (1, 39)])
def test_responses_fit_one_number_of_patients_that_the_source_does_not_name(arm: int, patients: int) -> None:
    rows = [x.figures[arm].value or Decimal(0) for x in TABLES["first-line-efficacy"].rows]
    responses = rows[2] + rows[3]
    assert [n for n in range(30, 101) if share(responses, Decimal(n)) == rows[1]] == [patients]
    assert f"{responses} of {patients} = {rows[1]} %" in reckoned(TABLES["first-line-efficacy"])
    assert rows[0] in {share(Decimal(n), Decimal(patients)) for n in range(patients)}
    assert not any(str(patients) in x for x in TABLES["first-line-efficacy"].columns)


@pytest.mark.parametrize("table", EVIDENCE.tables, ids=lambda x: x.id)
def test_no_table_comes_without_a_caveat(table: Table) -> None:
    assert len(table.caveats) >= 3


def test_percentages_are_rounded_halves_up() -> None:
    assert share(Decimal(1), Decimal(2000)) == Decimal("0.1")


def test_how_the_drug_works_is_cited_and_says_what_is_not_checked() -> None:
    assert all(x.citation == "BenchChem 2025, Mechanism of Action" for x in EVIDENCE.mechanism)
    said = " ".join(x.says for x in EVIDENCE.mechanism)
    assert "P450" in said
    assert "checks no interactions" in said


def faults(path: Path, *edits: tuple[str, str]) -> str:
    """What is said of the file after these edits."""
    text = FILE.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    broken = path / "evidence.yaml"
    broken.write_text(text, "utf-8")
    with pytest.raises(Faulty) as fault:
        evidence.load(broken)
    return str(fault.value)


def line(said: str) -> int:
    """The first line of the file with these words."""
    return next(n for n, x in enumerate(FILE.read_text("utf-8").splitlines(), 1) if said in x)


def test_faults_are_all_named_with_their_lines(tmp_path: Path) -> None:
    weeks = ("value: 38.2, unit: months", "value: 38.2, unit: weeks")
    said = faults(tmp_path, weeks, ("id: evidence", "id: hearsay"))
    assert f"evidence.yaml, line {line('id: evidence')}: id: 'evidence' was expected" in said
    assert f"evidence.yaml, line {line('value: 38.2')}: tables[0].rows[0].figures[0]: " in said


def test_a_figure_that_is_missing_is_named(tmp_path: Path) -> None:
    said = faults(tmp_path, (", {value: 4.3, unit: months}", ""))
    wanted = "tables[1].rows[5].figures: has to have 2 figures, one for each column"
    assert said == f"evidence.yaml, line {line('value: 4.3')}: {wanted}"
