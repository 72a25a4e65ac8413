"""The strict decode: exact numbers in, the same numbers out, and nothing ambiguous in between."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir.strict import Unreadable, strict

ENCODER = msgspec.json.Encoder(decimal_format="number")


@pytest.mark.hazard("H03", "H30")
@pytest.mark.parametrize(
    "text",
    ['{"a":1.10}', '{"a":0.30000000000000004}', '{"a":100}', '{"a":-0.0}', '{"a":1.000000000000000000001}', "{}"],
)
def test_a_resource_is_written_as_it_was_read(text: str) -> None:
    assert ENCODER.encode(strict(text.encode())) == text.encode()


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**200), max_value=10**200))
def test_every_number_keeps_all_its_digits(value: Decimal) -> None:
    read = strict(b'{"a":%b}' % str(value).encode())["a"]
    assert (Decimal(read), Decimal(read).as_tuple().exponent) == (value, value.as_tuple().exponent)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a":1,"a":1}', "a member is sent twice"),
        ('{"a":[{"b":1,"b":2}]}', "a member is sent twice"),
        ('{"a":NaN}', "NaN is not a number"),
        ('{"a":Infinity}', "Infinity is not a number"),
        ('{"a":-Infinity}', "-Infinity is not a number"),
        ('{"a":1e400}', "a number is too large"),
        ('{"a":-1.8e308}', "a number is too large"),
        ('{"a":1e99999999999999999999}', "a number is too large or too small"),
        ('{"a":1e-99999999999999999999}', "a number is too large or too small"),
        (f'{{"a":{"9" * 400}}}', "a number is too large"),
        (f'{{"a":{"9" * 9000}}}', "a number is too large"),
        ('{"a":"\\ud800"}', "a lone surrogate"),
        ('{"\\udfff":1}', "a lone surrogate"),
        ('{"a":1} {}', "not JSON"),
        ('{"a":01}', "not JSON"),
        ('{"a":"\t"}', "not JSON"),
        ("", "not JSON"),
        ("[{}]", "not an object"),
        ("null", "not an object"),
        ('{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_what_is_not_plain_json_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(Unreadable, match=f"^{why}"):
        strict(text.encode())


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(Unreadable, match="not UTF-8"):
        strict(b'{"a":"\xff"}')


def test_the_largest_double_and_escaped_pairs_are_accepted() -> None:
    assert strict(b'{"a":1.7976931348623157e308,"b":"\\ud83d\\ude00"}')["b"] == "\N{GRINNING FACE}"


def test_a_part_of_a_message_is_decoded_like_bytes() -> None:
    assert strict(msgspec.Raw(b'{"a": 1}')) == {"a": 1}
