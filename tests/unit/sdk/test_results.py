"""Results: by the return annotation where they fit it, else as plain JSON."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from fairlead import FutureTask, TaskResultError
from fairlead.sdk.results import ResultCodec
from fairlead.sdk.schema import result_schema


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Size:
    width: int
    data: bytes = b""


class Model(BaseModel):
    name: str


def codec_of(annotation: Any) -> ResultCodec:
    return ResultCodec("One", lambda: result_schema(annotation))


@pytest.mark.parametrize(
    ("annotation", "value", "json", "back"),
    [
        (int, 3, b"3", 3),
        (int, 10**30, str(10**30).encode(), 10**30),
        (float, 3, b"3.0", 3.0),
        (str, "ü", '"ü"'.encode(), "ü"),
        (Any, None, b"null", None),
        (int, None, b"null", None),
        (None, {"a": 1}, b'{"a":1}', {"a": 1}),
        (tuple[int, int], (1, 2), b"[1,2]", (1, 2)),
        (Any, (1, (2, 3)), b"[1,[2,3]]", [1, [2, 3]]),
        (dict[int, str], {1: "a"}, b'{"1":"a"}', {1: "a"}),
        (Any, {1: "a"}, b'{"1":"a"}', {"1": "a"}),
        (Colour, Colour.RED, b'"red"', Colour.RED),
        (Size, Size(1, b"\xff"), b'{"width":1,"data":"_w=="}', Size(1, b"\xff")),
        (list[Size], [Size(1)], b'[{"width":1,"data":""}]', [Size(1)]),
        (Model, Model(name="m"), b'{"name":"m"}', Model(name="m")),
        (Any, Model(name="m"), b'{"name":"m"}', {"name": "m"}),
        (FutureTask[int], 3, b"3", 3),
        (int, "text", b'"text"', "text"),
        (list[int], (1, 2), b"[1,2]", [1, 2]),
        (Size, {"width": "x"}, b'{"width":"x"}', {"width": "x"}),
        (Any, "NaN", b'"NaN"', "NaN"),
        (str, "Infinity", b'"Infinity"', "Infinity"),
    ],
    ids=repr,
)
def test_round_trip(annotation: Any, value: Any, json: bytes, back: Any):
    codec = codec_of(annotation)
    data, placeholders = codec.encode(value)
    assert (data, placeholders) == (json, ())
    assert codec.decode(data) == back
    assert type(codec.decode(data)) is type(back)


def test_a_datetime_comes_back_as_one_where_it_is_annotated():
    moment = datetime(2024, 2, 15, tzinfo=UTC)
    assert codec_of(datetime).decode(codec_of(datetime).encode(moment)[0]) == moment
    assert codec_of(Any).decode(codec_of(Any).encode(moment)[0]) == "2024-02-15T00:00:00Z"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), r"One returned object .*: a builtins\.object cannot be kept as JSON"),
        ({"a": [1, print]}, r"at result\.a\[1\]: a builtins\.builtin_function_or_method"),
        ([Size(1), {"x": Ellipsis}], r"at result\[1\]\.x: a builtins\.ellipsis"),
        (float("nan"), r"One returned nan, which JSON cannot hold"),
        ({"a": [float("inf")]}, r"One returned inf at result\.a\[0\]"),
    ],
    ids=["object", "function", "ellipsis", "nan", "infinity"],
)
@pytest.mark.parametrize("annotation", [Any, int, dict[str, Any]], ids=repr)
def test_what_is_no_json_is_named_with_its_place(annotation: Any, value: Any, message: str):
    with pytest.raises(TaskResultError, match=message):
        codec_of(annotation).encode(value)


def test_a_circular_result_is_refused():
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(TaskResultError, match="One returned"):
        codec_of(Any).encode(circle)


def test_no_result_decodes_to_none():
    assert codec_of(int).decode(None) is None


@pytest.mark.parametrize(
    ("value", "json", "paths"),
    [
        (FutureTask("a"), b"null", [()]),
        ([1, FutureTask("a")], b"[1,null]", [(1,)]),
        ({"x": (FutureTask("a"),)}, b'{"x":[null]}', [("x", 0)]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("annotation", [Any, int, list[int]], ids=repr)
def test_futures_in_a_result_are_placeholders(annotation: Any, value: Any, json: bytes, paths: Any):
    data, placeholders = codec_of(annotation).encode(value)
    assert data == json
    assert [placeholder.path for placeholder in placeholders] == paths
