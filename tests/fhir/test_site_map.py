"""The site map: what it says is taken exactly, and a file with faults is refused with all of them."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from cds_service.fhir.codes import Meaning
from cds_service.fhir.site import Site
from cds_service.fhir.site_map import load
from cds_service.protocols.strict_yaml import Faulty

PAGE = Path(__file__).parents[2] / "docs" / "site-map.md"


def written(folder: Path, text: str) -> Path:
    path = folder / "site-map.yaml"
    path.write_text(text, "utf-8")
    return path


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(Faulty) as found:
        load(written(folder, text))
    return [x.removeprefix("site-map.yaml, ") for x in str(found.value).splitlines()]


def test_the_example_of_the_docs_is_a_site_map(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lab, ehr = "https://lab.hospital.example/codes", "https://ehr.hospital.example/codeSet/timing"
    assert load(written(tmp_path, example)) == Site(
        laboratory={(lab, "4711"): Meaning("neutrophils", "number"), (lab, "HB"): Meaning("haemoglobin", "mass")},
        products={("https://pharmacy.hospital.example/products", "0815"): Fraction(50)},
        timings={(ehr, "2109"): 2, (ehr, "2110"): 3},
        tablet=Fraction(50),
        protocols={"https://ehr.hospital.example/fhir/PlanDefinition/sarcoma-7": f"{OURS}trofosfamide-maintenance"},
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}", "laboratory: []\nproducts: []\ntimings: []\n"])
def test_a_map_may_say_nothing(tmp_path: Path, text: str) -> None:
    assert load(str(written(tmp_path, text))) == Site()


def test_a_product_may_have_no_strength(tmp_path: Path) -> None:
    text = 'products: [{system: "urn:p", code: A}, {system: "urn:p", code: B, mg: 12.5}]'
    assert load(written(tmp_path, text)).products == {("urn:p", "A"): None, ("urn:p", "B"): Fraction(25, 2)}


OURS = "https://trofosfamide-cds.example.org/fhir/PlanDefinition/"
ENTRY = "system: urn:x, code: A"
FAULTS = [
    ("[1]", "line 1: the file: has to hold laboratory, products, timings, protocols, tablet"),
    ("tablets: 50", "line 1: tablets: is not known; nothing reads it"),
    ("tablet: 49", "line 1: tablet: has to be 50, or left out: trofosfamide exists as tablets of 50 mg only"),
    ("tablet: true", "line 1: tablet: has to be 50, or left out: trofosfamide exists as tablets of 50 mg only"),
    ("timings: {}", "line 1: timings: has to be a list"),
    ("timings: [x]", "line 1: timings[0]: has to say system, code, intakes"),
    (f"timings: [{{{ENTRY}}}]", "line 1: timings[0]: intakes is missing"),
    ("timings: [{code: A, intakes: 1}]", "line 1: timings[0]: system is missing"),
    ("timings: [{system: urn:x, code: 7, intakes: 1}]", "line 1: timings[0].code: has to be text; put it in quotes"),
    (f"timings: [{{{ENTRY}, intakes: 0}}]", "line 1: timings[0].intakes: has to be a whole number from 1 to 24"),
    (f"timings: [{{{ENTRY}, intakes: 25}}]", "line 1: timings[0].intakes: has to be a whole number from 1 to 24"),
    (f"timings: [{{{ENTRY}, intakes: 1.5}}]", "line 1: timings[0].intakes: has to be a whole number from 1 to 24"),
    (f"timings: [{{{ENTRY}, intakes: '2'}}]", "line 1: timings[0].intakes: has to be a whole number from 1 to 24"),
    (f"timings: [{{{ENTRY}, intakes: true}}]", "line 1: timings[0].intakes: has to be a whole number from 1 to 24"),
    (f"timings: [{{{ENTRY}, intakes: 2, often: 1}}]", "line 1: timings[0].often: is not known; nothing reads it"),
    (
        "timings: [{system: http://snomed.info/sct, code: '229799001', intakes: 3}]",
        "line 1: timings[0].code: has a meaning of its own in this system; leave it out",
    ),
    (
        f"timings:\n  - {{{ENTRY}, intakes: 2}}\n  - {{{ENTRY}, intakes: 3}}",
        "line 3: timings[1]: stands here twice; keep one",
    ),
    (f"products: [{{{ENTRY}, mg: 0}}]", "line 1: products[0].mg: has to be a number above 0 and up to 1000"),
    (f"products: [{{{ENTRY}, mg: 1001}}]", "line 1: products[0].mg: has to be a number above 0 and up to 1000"),
    (
        "products: [{system: http://www.whocc.no/atc, code: L01AA06}]",
        "line 1: products[0].code: is another drug in the ATC",
    ),
    (f"laboratory: [{{{ENTRY}, analyte: sodium, of: molar}}]", "line 1: laboratory[0].analyte: is nothing that is"),
    (f"laboratory: [{{{ENTRY}, analyte: platelets, of: mass}}]", "line 1: laboratory[0].of: has to be one of: number"),
    (
        "laboratory: [{system: http://loinc.org, code: 777-3, analyte: leukocytes, of: number}]",
        "line 1: laboratory[0].code: is platelets (number) in LOINC",
    ),
]


PLAN = "url: 'urn:plan', protocol: trofosfamide-maintenance"
FAULTS += [
    ("protocols: [{protocol: trofosfamide-maintenance}]", "line 1: protocols[0]: url is missing"),
    ("protocols: [{url: 'urn:plan'}]", "line 1: protocols[0]: protocol is missing"),
    ("protocols: [x]", "line 1: protocols[0]: has to say url, protocol"),
    ("protocols: [{url: 7, protocol: x}]", "line 1: protocols[0].url: has to be text; put it in quotes"),
    (
        "protocols: [{url: 'urn:plan', protocol: other}]",
        "line 1: protocols[0].protocol: has to be one of: trofosfamide-",
    ),
    ("protocols: [{url: 'urn:plan', protocol: ctcae-v5}]", "line 1: protocols[0].protocol: has to be one of: trofosf"),
    ("protocols: [{url: 'urn:plan', protocol: [x]}]", "line 1: protocols[0].protocol: has to be one of: trofosf"),
    (f"protocols: [{{{PLAN}, system: x}}]", "line 1: protocols[0].system: is not known; nothing reads it"),
    (f"protocols:\n  - {{{PLAN}}}\n  - {{{PLAN}}}", "line 3: protocols[1]: stands here twice; keep one"),
    (f"protocols: [{{{PLAN.replace('urn:plan', 'urn:plan|2')}}}]", "line 1: protocols[0].url: has to be without a ver"),
    (
        f"protocols: [{{{PLAN.replace('urn:plan', OURS + 'x')}}}]",
        "line 1: protocols[0].url: is a protocol of this",
    ),
]


@pytest.mark.hazard("H01", "H29")
@pytest.mark.parametrize(("text", "said"), FAULTS)
def test_what_a_site_map_may_not_say(tmp_path: Path, text: str, said: str) -> None:
    (fault,) = faults(tmp_path, text)
    assert fault.startswith(said)


@pytest.mark.hazard("H29")
def test_every_fault_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    product = "products:\n  - system: urn:p\n    mg: 50\n"
    text = f"tablet: 25\n{product}timings:\n  - system: urn:t\n    code: B\n    intakes: 99\n"
    assert [x.partition(":")[0] for x in faults(tmp_path, text)] == ["line 1", "line 3", "line 8"]


def test_what_is_no_yaml_is_refused_with_its_place(tmp_path: Path) -> None:
    for text in ("tablet: 50\ntablet: 50\n", "tablet: [", "tablet: !!python/none x"):
        with pytest.raises(Faulty, match=r"line [12]"):
            load(written(tmp_path, text))


def test_a_file_that_is_not_there_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Faulty, match=r"none\.yaml: the file cannot be read \(No such file"):
        load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"# St\xfcck\n")
    with pytest.raises(Faulty, match="not UTF-8"):
        load(tmp_path / "latin.yaml")
