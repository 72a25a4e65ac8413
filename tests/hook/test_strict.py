"""The quick checks of a body give the same verdicts as slow and obvious ones, on any input."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.errors import CdsError, DuplicateMember
from cds_service.hook import strict
from cds_service.hook.request import read

scalars = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["{", "}", "[", "]", '"', "\\"])
)
values = st.recursive(
    scalars, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=3), x, max_size=3), max_leaves=20
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def nested(value: Any, levels: int) -> Any:
    for level in range(levels):
        value = [value] if level % 3 else {"a": value, "b": 1}
    return value


@given(values, st.integers(0, 110), st.booleans())
def test_depth_is_counted_as_the_parsed_value_has_it(value: Any, levels: int, ascii_only: bool) -> None:
    whole = nested(value, levels)
    body = json.dumps(whole, ensure_ascii=ascii_only).encode()
    assert strict._depth(body) == depth(whole)
    if strict._flat(body):
        assert depth(whole) <= strict.MAX_DEPTH or not set("{}[]").isdisjoint(json.dumps(value))


@given(st.dictionaries(st.text(max_size=4), values, max_size=3), st.data())
def test_cutting_out_the_resources_changes_no_verdict(prefetch: dict[str, Any], data: st.DataObject) -> None:
    padding = data.draw(st.sampled_from(["", "x" * 300, '{"a": 1}' * 50]))
    big = {key: [value, padding, value] for key, value in prefetch.items()}
    members = [f"{json.dumps(x)}: {json.dumps(y)}" for x, y in big.items()]
    repeated = data.draw(st.lists(st.sampled_from(members), max_size=1)) if members else []
    body = b'{"prefetch": {%s}, "z": [%s]}' % (", ".join(members + repeated).encode(), json.dumps(big).encode())
    try:
        strict.unique(body, [json.dumps(x).encode() for x in big.values()])
        found = False
    except DuplicateMember:
        found = True
    assert found == bool(repeated)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda x: x.encode("utf-8", "surrogatepass")))
def test_no_body_gives_anything_but_a_refusal_with_a_sentence(body: bytes) -> None:
    with pytest.raises(CdsError, match=r"Nothing was evaluated or stored\.$") as refused:
        read(body, "order-sign")
    assert refused.value.status == 400


@given(st.text(alphabet='\\"ud8cDf0{}[]:,a1', max_size=40))
def test_strings_that_are_taken_are_text(escaped: str) -> None:
    body = b'{"hook": "order-sign", "spare": "%s"}' % escaped.encode()
    try:
        read(body, "order-sign")
    except CdsError as error:
        if error.code != "not-json":
            json.dumps(json.loads(body), ensure_ascii=False).encode()
