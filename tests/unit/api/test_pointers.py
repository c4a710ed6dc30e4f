"""A path becomes a JSON pointer and comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api.pointers import pointer, steps


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("parts", 0), "/parts/0"),
        (("a/b", "~", "m~n/"), "/a~1b/~0/m~0n~1"),
        (("",), "/"),
        (("007", "-1", "²"), "/007/-1/²"),
    ],
)
def test_a_pointer_escapes_what_it_must(path: tuple[str | int, ...], text: str) -> None:
    assert pointer(path) == text
    assert steps(text) == path


keys = st.one_of(st.integers(0, 20), st.text("ab~/01", max_size=4))


@given(st.lists(keys).map(tuple))
def test_paths_come_back_but_for_keys_that_look_like_indexes(path: tuple[str | int, ...]) -> None:
    assert tuple(map(str, steps(pointer(path)))) == tuple(map(str, path))
