"""A protocol file is used in whole or not at all: each fault is refused, with the file and the place, all at once."""

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from cds_service.app import create_app
from cds_service.clinical.protocol import FIRST_LINE
from cds_service.demo.fixtures import fixtures, request_for
from cds_service.protocols.load import HERE, MAINTENANCE, NAMES, load, load_all
from cds_service.protocols.strict_yaml import Faulty, read
from cds_service.settings import Settings
from cds_service.web.discovery import SERVICES
from tests.support import FIXED_NOW, ORDER_SIGN, CheckedClient

PROTOCOL, FIRST, CRITERIA = f"{MAINTENANCE}.yaml", f"{FIRST_LINE}.yaml", "ctcae-v5.yaml"
Edit = Callable[[str, str, str], None]

pytestmark = pytest.mark.hazard("H29")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in HERE.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replaces the only match of a pattern in a file."""

    def replace(name: str, pattern: str, new: str) -> None:
        path = folder / name
        text, times = re.subn(pattern, new, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert times == 1, f"{pattern} is there {times} times"
        path.write_text(text, encoding="utf-8")

    return replace


def faults(folder: Path) -> list[str]:
    with pytest.raises(Faulty) as caught:
        load(folder=folder)
    return str(caught.value).splitlines()


PROTOCOL_FAULTS = {
    "unknown key": ("^title:", "titel: x\ntitle:", "titel: is not known; remove it"),
    "unknown key of a parameter": (r"(starting_dose:\n    )value", r"\1valu: 1\n    value", r"dose\.valu: is not"),
    "unknown key of a rule": (r"(  none:\n)", r"\1    colour: red\n", r"colour: is not known"),
    "missing key": (r"^misuse: .*\n", "", "the file: .*misuse"),
    "missing parameter": (r"  maximum_dose:\n(    .*\n)+", "", r"parameters\.maximum_dose is missing"),
    "unknown parameter": ("  maximum_dose:", "  maximal_dose:", r"known .*write maximum_dose"),
    "missing rule": (r"  escalate:\n    .*\n", "", r"rules\.escalate is missing"),
    "unknown rule": ("  escalate:", "  escalates:", r"rules\.escalates is not known"),
    "number as text": ("value: 200$", 'value: "200"', r"dose\.value: has to be a"),
    "no number": ("value: 200$", "value: much", r"dose\.value: has to be a"),
    "negative number": ("value: 200$", "value: -200", r"dose\.value: has to be a"),
    "half a day": (r"(pause_window:\n    value: )14", r"\g<1>14.5", r"\.value: has to be a whole"),
    "half a grade": (r"(refer_grade:\n    value: )4", r"\g<1>3.5", r"grade\.value: has to be a grade"),
    "grade 5": (r"(refer_grade:\n    value: )4", r"\g<1>5", r"grade\.value: has to be a grade"),
    "wrong unit": (r"(maximum_dose:\n.*\n    unit: )mg/d", r"\1d", r"dose\.unit: has to be mg/d"),
    "unknown unit": (r"(maximum_dose:\n.*\n    unit: )mg/d", r"\1g", r"dose\.unit: has to be mg/d"),
    "days in hours": (r"(adult_age:\n.*\n    unit: )a", r"\1CTCAE grade", r"\.unit: has to be a$"),
    "grade in years": (r"(refer_grade:\n.*\n    unit: )CTCAE grade", r"\1a", r"\.unit: has to be CTCAE"),
    "no list": (r"value: \[100\]", "value: 100", r"from\.value: has to be a"),
    "list of texts": (r"value: \[100\]", 'value: ["100"]', r"from\.value: has to be a"),
    "no date": (r"(starting_dose:\n.*\n.*\n    since: )2026-01-01", r"\1soon", r"\.since: has to be a day"),
    "no such day": (r"(starting_dose:\n.*\n.*\n    since: ).*", r"\g<1>2026-02-30", r"\.since: has to be a day"),
    "missing reason": (r"    reason: as for counts\n", "", r"reason is missing; write why"),
    "missing source": (r"(adult_age:\n(.*\n){3})    source: .*\n", r"\1", r"parameters\.adult_age"),
    "source without place": (r'(adult_age:\n(.*\n){3}.*)section: "[^"]*", ', r"\1", r"parameters\.adult_age\.source"),
    "unknown reference": (r"(adult_age:\n(.*\n){3}.*)ref: seed", r"\1ref: sed", "adult_age: sed is"),
    "unknown reference of a difference": (r"seed\n(        value: 14 days)", r"sed\n\1", "time_at_dose: sed is not"),
    "unknown reference of a rule": (r"(  reduce:\n    source: \{ref: )seed", r"\1sed", r"rules\.reduce: sed is"),
    "no default reference": (r"  default:\n    label: .*\n    text: .*\n", "", "references: default is missing"),
    "wrong id": ("^id: .*", "id: trofosfamide", "id: has to be trofosfamide-maintenance"),
    "address without encryption": ("^url: https:", "url: http:", "url:"),
    "version without parts": ("^version: 0.2.0", "version: 1", "version:"),
    "count that does not act": (r"(value: \[)haemoglobin, ", r"\1", r"parameters\.acting_analytes: has to name"),
    "chemistry that acts": (r"neutrophils, platelets\]$", "neutrophils, platelets, alt]", "acting_analytes: has"),
    "start off the grid": (r"(starting_dose:\n    value: )100", r"\g<1>120", r"parameters\.starting_dose: is no l"),
    "escalation beyond the maximum": (r"value: \[100\]", "value: [200]", r"parameters\.escalate_from, 200 and one"),
    "recovery at grade 3": (r"(recovery_grade:\n    value: )1", r"\g<1>3", r"parameters\.interrupt_grade: has to"),
    "escalation at grade 3": (r"(\n  escalation_grade:\n    value: )1", r"\g<1>3", "interrupt_grade: has to"),
    "toxicity tolerated": (r"(tolerated_toxicity_grade:\n    value: )1", r"\g<1>3", "toxicity_grade: has to be ab"),
    "duplicate key": ("^version: ", "version: 0.1.0\nversion: ", r"line 6: the key 'version' stands here twice"),
    "default without a reference": (r"(as for counts\n)    reference: .*\n", r"\1", "reference is missing; write"),
    "default that names itself": (r"(as for counts\n    reference: ).*", r"\1default", "its reference has to be"),
    "default with a lost reference": (r"(as for counts\n    reference: ).*", r"\1nothing", "nothing is not one of"),
    "unknown question": ("^  advanced-disease:", "  advanced-diseases:", r"advanced-diseases is not"),
    "unknown topic": ("^  count-due:", "  counts-due:", r"monitoring\.counts-due is not known"),
    "no criteria of eligibility": (r"^criteria:\n(  .*\n|    .*\n)+", "", "criteria is missing; write a"),
    "start at grade 3": (r"(start_grade:\n    value: )1", r"\g<1>3", "interrupt_grade: has to be above"),
    "ECOG 5": (r"(performance_status_worst:\n    value: )2", r"\g<1>5", r"worst\.value: has to be"),
    "months in days": (r"(imaging_months:\n    value: 3\n    unit: )mo", r"\1d", r"months\.unit: has to be mo"),
    "analogy denied": (r"(    reason: as for counts\n)", r"\1    by_analogy: false\n", "toxicity_window"),
    "duplicate parameter": ("^  dose_step:", "  starting_dose:", "'starting_dose' stands here twice"),
    "no YAML": ("^parameters:", "parameters: [", "line"),
    "tag": ("^status: draft", "status: !!python/name:os.system draft", "line"),
}  # fmt: skip
CRITERIA_FAULTS = {
    "missing criterion": (r"  platelets:\n(    .*\n)+?(?=  l)", "", r"criteria\.platelets is missing"),
    "unknown criterion": ("  platelets:", "  thrombocytes:", r"criteria\.thrombocytes is not known"),
    "limit as text": (r"4: 25\.0", '4: "25.0"', r"criteria\.platelets\.below\.4 is not a number"),
    "limit of zero": (r"4: 25\.0", "4: 0", r"criteria\.platelets\.below\.4 is not a number"),
    "limits out of order": (r"4: 25\.0, 3: 50\.0", "4: 50.0, 3: 25.0", r"criteria\.platelets\.below: the limit of"),
    "increase out of order": (r"10\.0, 3: 3\.0, (2: 1\.5, 1: 1\})", r"10, 3: 1, \1", "above_uln: the limit"),
    "missing limit": (r"4: 25\.0, 3: 50\.0", "4: 25.0", r"platelets\.below has to give one limit for each of"),
    "grade 5 limit": (r"4: 25\.0, 3", "5: 25.0, 3", r"platelets\.below has to give one limit for each of"),
    "grade 4 anaemia": (r"\{3: 8\.0", "{4: 6.5, 3: 8.0", r"haemoglobin\.below has to give one limit"),
    "no mmol/L limits": (r"    molar: .*\n", "", r"criteria\.haemoglobin\.molar is missing"),
    "wrong unit of a criterion": ("unit: g/dL", "unit: g/L", r"criteria\.haemoglobin\.unit has to be g/dL"),
    "wrong unit of a count": (r"(platelets:\n.*\n    unit: ).*", r"\1/uL", r"platelets\.unit has to be 10\*9/L"),
    "unknown key of a criterion": (r"(platelets:\n    )term", r"\1above_uln: {1: 1}\n    term", "above_uln is not k"),
    "missing arm": (r"(  alt:\n(    .*\n){3})    above_baseline: .*\n", r"\1", r"criteria\.alt\.above_baseline is"),
    "missing term": (r"    term: Anemia\n", "", r"criteria\.haemoglobin\.term is missing"),
    "neither true nor false": ("worse_of_both: true", "worse_of_both: yes", "worse_of_both true or false"),
    "criterion that is none": (r"  platelets:\n(    .*\n)+?(?=  l)", "  platelets: low\n", "platelets has to be a"),
    "version as a number": ('^version: "5.0"', "version: 5.0", "version a text in quotation marks"),
    "other criteria": ("^id: ctcae-v5", "id: ctcae-v6", "id has to be ctcae-v5"),
    "unknown key of the criteria": ("^since:", "effective: soon\nsince:", "effective is not known"),
    "missing key of the criteria": (r"^since: .*\n", "", "since is missing"),
    "no criteria": (r"^criteria:\n((.*\n)+)", "criteria: none\n", "criteria is missing, or is not a mapping"),
    "duplicate criterion": ("^  alt:", "  ast:", "'ast' stands here twice"),
    "key that is no word": ("^since:", "[a, b]: c\nsince:", "a key has to be a word"),
}  # fmt: skip
FAULTS = {
    **{x: (PROTOCOL, *y) for x, y in PROTOCOL_FAULTS.items()},
    **{x: (CRITERIA, *y) for x, y in CRITERIA_FAULTS.items()},
}


def test_the_files_of_the_product_are_without_fault(folder: Path) -> None:
    assert load_all(folder) == load_all()


@pytest.mark.parametrize(("name", "pattern", "new", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_refused_with_its_file_and_place(
    folder: Path, edit: Edit, name: str, pattern: str, new: str, said: str
) -> None:
    edit(name, pattern, new)
    found = faults(folder)
    assert all(re.match(rf"{re.escape(name)}, line [1-9]\d*: ", x) for x in found)
    assert any(re.search(said, x) for x in found), "\n".join(found)


def test_all_faults_are_named_at_once(folder: Path, edit: Edit) -> None:
    chosen = ["unknown key", "wrong unit", "missing reason", "unknown reference of a rule"]
    chosen += ["missing criterion", "wrong unit of a criterion"]
    for fault in chosen:
        name, pattern, new, _ = FAULTS[fault]
        edit(name, pattern, new)
    found = "\n".join(faults(folder))
    assert all(re.search(FAULTS[x][3], found) for x in chosen), found


@pytest.mark.parametrize("name", [PROTOCOL, CRITERIA])
@pytest.mark.parametrize("content", [b"", b"- a\n- list\n", b"text", b"\xff\xfe"])
def test_a_file_that_says_something_else_is_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert all(x.startswith(name) for x in faults(folder))


@pytest.mark.parametrize("name", [PROTOCOL, CRITERIA])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert any(x.startswith(f"{name}: the file cannot be read") for x in faults(folder))


def test_criteria_that_do_not_exist_are_named(folder: Path, edit: Edit) -> None:
    edit(PROTOCOL, r"^ctcae: .*", "ctcae: ctcae-v9")
    assert faults(folder)[0].startswith("ctcae-v9.yaml: the file cannot be read")


@pytest.mark.parametrize("name", [PROTOCOL, CRITERIA])
def test_any_change_of_a_file_gives_its_content_another_name(folder: Path, name: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("# another remark\n")
    assert load(folder=folder).digest != load().digest


@pytest.mark.parametrize("text", ["no", "010", "12:30", "1e5", "~", "2026-01-01", "0x1F"])
def test_yaml_reads_words_as_words(text: str) -> None:
    assert read(f"a: {text}", "words") == {"a": text}


def test_yaml_reads_numbers_exactly() -> None:
    assert str(read("a: 0.10", "numbers")["a"]) == "0.10"


def test_the_faults_of_all_files_are_named_at_once(folder: Path, edit: Edit) -> None:
    edit(PROTOCOL, "^ctcae: .*", "ctcae: ctcae-v9")
    edit(FIRST, "value: 200$", "value: much")
    edit(CRITERIA, r"4: 25\.0", "4: 0")
    with pytest.raises(Faulty) as caught:
        load_all(folder)
    found = str(caught.value).splitlines()
    assert [x.partition(",")[0].partition(":")[0] for x in found] == ["ctcae-v9.yaml", FIRST, CRITERIA]


def test_first_line_may_escalate_from_no_dose(folder: Path) -> None:
    assert load_all(folder)[FIRST_LINE].parameters.escalate_from == ()


def test_a_service_reads_each_protocol_once_and_none_when_it_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read_text, opened = Path.read_text, Counter[str]()

    def counted(path: Path, *arguments: str, **more: str) -> str:
        opened[path.name] += path.parent == HERE
        return read_text(path, *arguments, **more)

    monkeypatch.setattr(Path, "read_text", counted)
    service = create_app(Settings(data_dir=tmp_path, log_level="error"), clock=lambda: FIXED_NOW).test_client()
    started = Counter(opened)
    assert all(started[f"{x}.yaml"] == 1 for x in NAMES)
    request = request_for(fixtures(FIXED_NOW)["escalate-after-21-days"], SERVICES[0].prefetch)
    answer = service.post(ORDER_SIGN, data=CheckedClient.encoded(request), content_type="application/json")
    assert answer.get_json()["cards"]
    assert opened == started
