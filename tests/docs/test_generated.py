"""The generated parts of the docs are those that the code and the tests give now."""

import re

import pytest

from cds_service import errors
from tests.docs import generate
from tests.docs.marks import proven


@pytest.mark.parametrize("page", generate.PAGES)
def test_a_generated_part_is_up_to_date(page: str) -> None:
    _, inside, after = generate.parts(page)
    assert after.startswith(generate.markers(page)[1]), "the markers are missing"
    assert inside == generate.PAGES[page][1](), "run: python -m tests.docs.generate"


def test_every_error_has_a_code_of_its_own_and_says_what_to_do() -> None:
    kinds = list(errors.every())
    assert len({x.code for x in kinds}) == len(kinds)
    assert all(re.fullmatch(r"[a-z][a-z-]+", x.code) for x in kinds)
    assert all(x.meaning.endswith(".") and x.remedy.endswith(".") for x in kinds)


def test_every_setting_is_described_with_an_example() -> None:
    fields = generate.Settings.model_fields.values()
    assert all(x.description and x.description.endswith(".") and x.examples for x in fields)


def test_marks_name_requirements_that_there_are() -> None:
    known = {x["no"] for x in generate.requirements()}
    assert len(known) == 123
    assert proven("requirement").keys() <= known
