"""Reading what the API server answers."""

from __future__ import annotations

import json

import pytest

from fairlead_operator.kube.answers import read_answer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, 2.5, true, null, "\xc3\xbc"]}', {"a": [1, 2.5, True, None, "ü"]}),
        (rb'"half a pair: \ud83d"', "half a pair: \ud83d"),
        (b"9223372036854775807", 2**63 - 1),
    ],
)
def test_it_reads_what_the_standard_library_reads(text: bytes, value: object) -> None:
    assert read_answer(text) == value == json.loads(text)


def test_what_is_nested_too_deeply_is_null() -> None:
    found = read_answer(b'{"deep": ' + b"[" * 5000 + b"]" * 5000 + b', "after": 1}')
    assert found["after"] == 1
    assert found["deep"]


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        read_answer(b'{"cut": ')
