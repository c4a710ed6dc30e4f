from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.states import TaskState
from fairlead.sdk.display.durations import STATE_ORDER, format_counts, format_duration


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (-1, "<1 ms"),
        (0, "<1 ms"),
        (0.0004, "<1 ms"),
        (0.001, "1 ms"),
        (0.041, "41 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (3.2, "3.2 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 m 00 s"),
        (252, "4 m 12 s"),
        (3599.4, "59 m 59 s"),
        (3599.6, "1 h 00 m"),
        (3780, "1 h 03 m"),
        (86_400 + 5 * 3600, "1 d 05 h"),
        (1_000 * 86_400, "1,000 d 00 h"),
    ],
)
def test_a_duration_is_written_as_precisely_as_it_matters(seconds: float, written: str) -> None:
    assert format_duration(seconds) == written


@given(st.floats(0, 1e7))
def test_no_duration_shows_sixty_of_anything(seconds: float) -> None:
    assert not re.search(r"\b(1000 ms|60 s|60 m|24 h)\b", format_duration(seconds))


def test_counts_are_told_in_one_order_with_separators() -> None:
    counts = {TaskState.FAILED: 2, TaskState.COMPLETED: 4900, TaskState.SKIPPED: 0}
    assert format_counts(counts) == "4,900 COMPLETED · 2 FAILED"


def test_every_state_has_its_place_in_the_order() -> None:
    assert sorted(STATE_ORDER) == sorted(TaskState)
