"""What is packed is unpacked to the same, and long runs become short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.ranges import pack_keys, pack_references, unpack_keys, unpack_references
from fairlead.api.values import ResultReference
from fairlead.errors import InvalidRequestError

numbers = st.integers(0, 30).map(str)
words = st.sampled_from(["a", "a1", "007", "1_2", "²"])
keys = st.one_of(numbers, words)


@given(st.lists(keys))
def test_keys_come_back_in_order(some: list[str]) -> None:
    assert unpack_keys(pack_keys(some)) == some


def test_runs_of_keys_are_one_entry() -> None:
    assert pack_keys(map(str, range(10_000))) == ["0:10000"]
    assert pack_keys(["a", "3", "4", "5", "b", "9", "8", "007", "008"]) == [
        "a",
        "3:6",
        "b",
        "9",
        "8",
        "007",
        "008",
    ]
    assert pack_keys([]) == []


@pytest.mark.parametrize("packed", [["5:5"], ["5:4"], ["0:50001"], ["0:50000", "0:1"]])
def test_ranges_that_stand_for_nothing_or_too_much_are_refused(packed: list[str]) -> None:
    with pytest.raises(InvalidRequestError, match="stands for"):
        unpack_keys(packed)


def reference(path: str, task: str, count: int = 1) -> ResultReference:
    return ResultReference(path=path, task=task, count=count)


places = st.one_of(st.integers(0, 9).map(lambda n: f"/a/{n}"), st.sampled_from(["", "/a", "/b/x"]))
references = st.builds(
    ResultReference,
    path=places,
    task=st.integers(0, 9).map(str),
    kind=st.sampled_from(["Value", "Future"]),
    word=st.sampled_from([None, "Square"]),
)


@given(st.lists(references))
def test_references_come_back_in_order(some: list[ResultReference]) -> None:
    assert list(unpack_references(pack_references(some))) == some


def test_a_run_over_a_list_is_one_reference() -> None:
    many = [reference(f"/parts/{n}", str(n + 3)) for n in range(1000)]
    assert pack_references(many) == [reference("/parts/0", "3", 1000)]


@pytest.mark.parametrize(
    "run", [reference("/parts", "3", 2), reference("/parts/0", "a", 2), reference("", "0", 2)]
)
def test_a_count_needs_numbers_to_count_up_from(run: ResultReference) -> None:
    with pytest.raises(InvalidRequestError, match="numbered"):
        list(unpack_references([run]))
