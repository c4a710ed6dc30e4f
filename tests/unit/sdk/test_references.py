"""Futures inside values: found, checked, written as null, replaced by results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from fairlead import ExecutionContext, FutureTask, Task, TaskInputError
from fairlead.sdk.attempt import Upstream
from fairlead.sdk.backend import Ref
from fairlead.sdk.codec import Codec
from fairlead.sdk.references import path_text

FUTURE: Any = FutureTask("a")
OTHER: Any = FutureTask("b")


@dataclass
class Size:
    width: int
    height: float = 1.0


def codec_of(annotation: Any) -> Codec:
    """Return the codec of a task with one field, named value."""

    def execute(self: Any, context: ExecutionContext) -> None: ...

    namespace = {"__annotations__": {"value": annotation}, "execute": execute}
    return type("One", (Task,), namespace).__fairlead__.codec  # type: ignore[attr-defined]


FOUND = [
    (int, FUTURE, b"null", [((), "a", "value")]),
    (list[int], FUTURE, b"null", [((), "a", "value")]),
    (list[int], [FUTURE, 2, OTHER], b"[null,2,null]", [((0,), "a", "value"), ((2,), "b", "value")]),
    (dict[str, int], {"x": FUTURE}, b'{"x":null}', [(("x",), "a", "value")]),
    (tuple[int, int], (1, FUTURE), b"[1,null]", [((1,), "a", "value")]),
    (list[int] | None, [FUTURE], b"[null]", [((0,), "a", "value")]),
    (int | list[int], [FUTURE], b"[null]", [((0,), "a", "value")]),
    (Size, Size(FUTURE), b'{"width":null,"height":1.0}', [(("width",), "a", "value")]),
    (Size | None, Size(FUTURE), b'{"width":null,"height":1.0}', [(("width",), "a", "value")]),
    (Any, {"deep": [[FUTURE]]}, b'{"deep":[[null]]}', [(("deep", 0, 0), "a", "value")]),
    (FutureTask[int], FUTURE, b"null", [((), "a", "future")]),
    (FutureTask[int] | None, FUTURE, b"null", [((), "a", "future")]),
    (list[FutureTask[int]], [FUTURE], b"[null]", [((0,), "a", "future")]),
    (dict[str, FutureTask[int]], {"x": FUTURE}, b'{"x":null}', [(("x",), "a", "future")]),
]


@pytest.mark.parametrize(("annotation", "value", "json", "places"), FOUND, ids=repr)
def test_futures_are_written_as_null_and_their_places_kept(
    annotation: Any, value: Any, json: bytes, places: Any
):
    codec = codec_of(annotation)
    data, placeholders = codec.encode(codec.check({"value": value}))
    assert data == b'{"value":' + json + b"}"
    assert [
        (path[1:], target.id, kind)  # type: ignore[attr-defined]
        for path, target, kind in placeholders
    ] == places


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (list[int], [FUTURE, "x"]),
        (list[int] | None, [FUTURE, "x"]),
        (int, [FUTURE]),
        (str, {"a": FUTURE}),
        (Size, Size(FUTURE, "high")),  # type: ignore[arg-type]
        (int | list[str], [FUTURE, 3]),
    ],
    ids=repr,
)
def test_what_is_wrong_beside_a_future_is_still_refused(annotation: Any, value: Any):
    with pytest.raises(TaskInputError, match=r"One\.value"):
        codec_of(annotation).check({"value": value})


def test_the_callers_values_are_not_changed():
    value = [FUTURE, {"x": OTHER}]
    codec_of(Any).encode({"value": value})
    assert value == [FUTURE, {"x": OTHER}]


def test_ten_thousand_futures():
    futures = [FutureTask(str(number)) for number in range(10_000)]
    codec = codec_of(list[int])
    data, placeholders = codec.encode(codec.check({"value": futures}))
    assert len(placeholders) == 10_000
    refs = [Ref(path, str(index)) for index, (path, _, _) in enumerate(placeholders)]
    ends = {str(n): Upstream(str(n), "COMPLETED", str(n * n).encode()) for n in range(10_000)}
    assert codec.decode(data, refs, ends)["value"] == [n * n for n in range(10_000)]


def ended(id: str, result: bytes | None, state: str = "COMPLETED") -> dict[str, Upstream]:
    return {id: Upstream(id, state, result)}


@pytest.mark.parametrize(
    ("annotation", "json", "path", "result", "expected"),
    [
        (int, b"null", (), b"9", 9),
        (list[int], b"[null,2]", (0,), b"9", [9, 2]),
        (dict[int, int], b'{"7":null}', (7,), b"9", {7: 9}),
        (Size, b'{"width":null,"height":1.0}', ("width",), b"3", Size(3)),
        (Size, b"null", (), b'{"width":3,"height":2.5}', Size(3, 2.5)),
        (Any, b"null", (), b"null", None),
        (int | None, b"null", (), None, None),
        (list[int | None], b"[null]", (0,), None, [None]),
    ],
)
def test_results_take_the_places_of_futures(
    annotation: Any, json: bytes, path: Any, result: bytes | None, expected: Any
):
    refs = [Ref(("value", *path), "a")]
    decoded = codec_of(annotation).decode(b'{"value":' + json + b"}", refs, ended("a", result))
    assert decoded == {"value": expected}


@pytest.mark.parametrize("state", ["FAILED_OPTIONAL", "CANCELLED", "SKIPPED"])
def test_a_missing_result_names_field_and_task(state: str):
    refs = [Ref(("value", 1), "a")]
    message = rf"One\.value\[1\] needs the result of task a, which has none \(it is {state}\)"
    with pytest.raises(TaskInputError, match=message):
        codec_of(list[int]).decode(b'{"value":[1,null]}', refs, ended("a", None, state))


def test_a_result_that_does_not_fit_names_field_and_task():
    refs = [Ref(("value",), "a")]
    message = r"One\.value wants a valid integer .* but got str 'x' from task a"
    with pytest.raises(TaskInputError, match=message):
        codec_of(int).decode(b'{"value":null}', refs, ended("a", b'"x"'))


def test_a_field_that_keeps_the_future_gets_it_with_its_end():
    refs = [Ref(("value", 0), "a", "future"), Ref(("value", 1), "b", "future")]
    ends = {**ended("a", b"1"), **ended("b", None, "SKIPPED")}
    decoded = codec_of(list[FutureTask[int]]).decode(b'{"value":[null,null]}', refs, ends)
    first, second = decoded["value"]
    assert (first.id, first.known.result, second.known.state) == ("a", b"1", "SKIPPED")


def test_a_future_cannot_be_written_by_hand():
    with pytest.raises(TaskInputError, match="future of another task"):
        codec_of(FutureTask[int]).decode(b'{"value":"a"}')


@pytest.mark.parametrize(
    ("annotation", "value", "refused"),
    [
        (int, FUTURE, "value"),
        (int | None, FUTURE, None),
        (list[int], [1, FUTURE], "value[1]"),
        (list[int | None], [1, FUTURE], None),
        (list[int] | None, [FUTURE], "value[0]"),
        (list[int] | None, FUTURE, None),
        (Any, FUTURE, None),
        (FutureTask[int], FUTURE, None),
        (Size, Size(1, FUTURE), "value.height"),
    ],
    ids=repr,
)
def test_which_places_admit_no_result(annotation: Any, value: Any, refused: str | None):
    codec = codec_of(annotation)
    _, placeholders = codec.encode({"value": value})
    assert codec.none_refused({"value": value}, placeholders) == refused


def test_value_is_the_future_itself():
    assert FUTURE.value is FUTURE
    assert repr(FUTURE) == "FutureTask('a')"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a",), "a"),
        (("a", 0, "b"), "a[0].b"),
        (("a", "not a name"), "a['not a name']"),
        ((), ""),
    ],
)
def test_paths_are_written_as_in_python(path: Any, text: str):
    assert path_text(path) == text
