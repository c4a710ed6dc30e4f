"""JSON that is deeper than Python's reader goes."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.reading import LEVELS_READ, is_deeper, read_json, without_depths

DEEP = 10 * sys.getrecursionlimit()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(levels: int, inside: str = "1") -> str:
    return '{"a":[' * (levels // 2) + inside + "]}" * (levels // 2)


def levels_of(value: Any) -> int:
    found = 0
    while isinstance(value, dict | list) and value:
        found += 1
        value = value["a"] if isinstance(value, dict) else value[0]
    return found


def test_what_is_too_deep_is_left_out_and_all_else_is_read() -> None:
    text = f'{{"before": "x", "deep": {nested(DEEP)}, "after": ["]}}", {{"b": 2}}]}}'
    found = read_json(text.encode())
    assert (found["before"], found["after"]) == ("x", ["]}", {"b": 2}])
    assert levels_of(found["deep"]) == LEVELS_READ - 1


def test_an_ordinary_value_is_read_as_it_is() -> None:
    assert read_json(nested(100).encode()) == json.loads(nested(100))


def test_what_is_no_json_is_refused_deep_or_not() -> None:
    for text in ("{", "[1,", nested(DEEP) + "}", "[" * DEEP):
        with pytest.raises(json.JSONDecodeError):
            read_json(text.encode())


@given(JSON, st.integers(1, 6))
def test_only_what_is_below_the_levels_goes(value: Any, levels: int) -> None:
    cut = json.loads(without_depths(json.dumps(value).encode(), levels))
    assert cut == _cut(value, levels)
    assert not is_deeper(cut, levels)
    assert is_deeper(value, levels) == (cut != value)


def _cut(value: Any, levels: int) -> Any:
    if not isinstance(value, dict | list):
        return value
    if levels == 0:
        return None
    if isinstance(value, dict):
        return {key: _cut(inner, levels - 1) for key, inner in value.items()}
    return [_cut(inner, levels - 1) for inner in value]


def test_brackets_in_texts_do_not_count() -> None:
    value = {"]": ['{[\\"', '"]}', "\\"], "[": "\n"}
    assert json.loads(without_depths(json.dumps(value).encode(), 2)) == value
